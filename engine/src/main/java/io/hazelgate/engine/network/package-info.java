/**
 * How members reach one another: the channels, the tasks and who answers them, the question to all members, the turns at what only one
 * may do at a time.
 *
 * <p>Imports {@code wire}.
 */
package io.hazelgate.engine.network;
