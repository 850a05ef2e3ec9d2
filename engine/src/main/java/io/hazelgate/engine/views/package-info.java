/**
 * The views: which map holds each of them, the gate that every batch passes, and up to which position they have every event.
 *
 * <p>Imports {@code lanes}, {@code network}, {@code wire}.
 */
package io.hazelgate.engine.views;
