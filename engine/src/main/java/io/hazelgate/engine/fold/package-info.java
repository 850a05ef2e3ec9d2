/**
 * What every fold of events into views has in common, live or again: writing entries, replaying, what operators decided.
 *
 * <p>Imports {@code log}, {@code projector}, {@code views}, {@code wire}.
 */
package io.hazelgate.engine.fold;
