/** Whom a usage event is charged to. */
@org.jspecify.annotations.NullMarked
package io.costops.enrichment.attribution;
