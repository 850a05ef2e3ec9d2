/**
 * The lanes of the log: the positions that a member gives out, and how many events may be in flight in a lane.
 *
 * <p>Imports {@code wire}.
 */
package io.hazelgate.engine.lanes;
