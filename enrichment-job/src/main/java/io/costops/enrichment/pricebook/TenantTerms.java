package io.costops.enrichment.pricebook;

import org.jspecify.annotations.Nullable;

/**
 * What a tenant pays otherwise than by the public prices, for a model at a moment.
 *
 * @param negotiated rates of its own
 * @param discount percentage off the public price, for what has no negotiated rate
 * @param markup percentage on top when it is billed
 * @param billing revision that says in which currency it is billed
 */
public record TenantTerms(
        PriceLookup.@Nullable Found negotiated,
        @Nullable Percentage discount,
        @Nullable Percentage markup,
        @Nullable Price billing) {
    /** The public prices, in their own currency. */
    public static final TenantTerms NONE = new TenantTerms(null, null, null, null);

    /** Currency that the tenant is billed in; the prices' own where nothing else was said. */
    public String billingCurrency(String pricingCurrency) {
        return billing == null ? pricingCurrency : billing.currency();
    }
}
