@org.jspecify.annotations.NullMarked
package io.costops.enrichment.pricebook;
