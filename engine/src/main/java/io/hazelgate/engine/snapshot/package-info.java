/**
 * Snapshots of views. A package of its own: rebuilds begin with one, and so does a start, which is {@code restore}.
 *
 * <p>Imports {@code live} and what that may import.
 */
package io.hazelgate.engine.snapshot;
