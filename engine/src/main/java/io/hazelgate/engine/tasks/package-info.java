/**
 * What gateways and other members ask of this one, as docs/reference/protocol.md has it: bytes in, bytes out.
 *
 * <p>Imports every package but the root. Imported by the root alone.
 */
package io.hazelgate.engine.tasks;
