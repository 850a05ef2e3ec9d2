/**
 * The log of all stored events, in the maps or in PostgreSQL, and whether anything can be stored just now.
 *
 * <p>Imports {@code index}, {@code views}, {@code wire}.
 */
package io.hazelgate.engine.log;
