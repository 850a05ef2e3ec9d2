/**
 * The member: its settings, its parts, each made of those that it uses, and the watch over them.
 *
 * <p>Imports every package. None imports it. PackagesTest holds all of them to what their package-info says.
 */
package io.hazelgate.engine;
