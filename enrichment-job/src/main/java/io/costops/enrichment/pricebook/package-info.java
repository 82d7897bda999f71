/** Which price holds for a model at a moment, and what one unit costs by it. */
@org.jspecify.annotations.NullMarked
package io.costops.enrichment.pricebook;
