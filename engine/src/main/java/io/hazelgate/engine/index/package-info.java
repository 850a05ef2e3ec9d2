/**
 * The sorted indexes of views, of the event store and of dead letters.
 *
 * <p>Imports {@code views}, {@code wire}.
 */
package io.hazelgate.engine.index;
