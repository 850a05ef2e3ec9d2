/**
 * The pipelines: the way of a new event from {@code pending-events} to the views and to whoever waits.
 *
 * <p>Imports {@code fold}, {@code lanes}, {@code log}, {@code network}, {@code projector}, {@code views}, {@code wire}.
 */
package io.hazelgate.engine.live;
