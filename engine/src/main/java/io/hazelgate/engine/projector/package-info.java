/**
 * The process that runs the user's functions, as the engine knows it: what is asked, what it answers, and what is done when it dies of a
 * question.
 *
 * <p>Imports {@code wire}.
 */
package io.hazelgate.engine.projector;
