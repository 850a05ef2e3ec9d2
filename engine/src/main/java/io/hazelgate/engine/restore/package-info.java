/**
 * What comes before the first event: views brought back from a durable log, and a log that is imported.
 *
 * <p>Imports {@code rebuild} and what is below it.
 */
package io.hazelgate.engine.restore;
