/**
 * What is in the maps and goes over the wire: entries in bulk, keys, JSON, instants, and the ids of whatever is serialized.
 *
 * <p>Imports no other package of the engine.
 */
package io.hazelgate.engine.wire;
