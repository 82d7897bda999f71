/** What a usage event costs: exact decimals, by the rules of the providers. */
@org.jspecify.annotations.NullMarked
package io.costops.enrichment.pricing;
