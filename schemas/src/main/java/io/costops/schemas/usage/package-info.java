/** Rules that hold for every usage event, whichever door it came through. */
@org.jspecify.annotations.NullMarked
package io.costops.schemas.usage;
