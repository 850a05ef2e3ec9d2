/**
 * Dead letters: tried again when they are due, or when an operator says so.
 *
 * <p>Imports {@code live} and what that may import, and {@code index}.
 */
package io.hazelgate.engine.letters;
