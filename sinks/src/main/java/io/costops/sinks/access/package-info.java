/** Who may see which rows. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.access;
