/**
 * New generations of views, folded from the log beside the live ones, compared with them, and put in their place.
 *
 * <p>Imports {@code letters}, {@code snapshot} and what is below them.
 */
package io.hazelgate.engine.rebuild;
