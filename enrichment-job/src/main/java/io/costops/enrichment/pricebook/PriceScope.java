package io.costops.enrichment.pricebook;

import io.costops.schemas.value.TenantId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a revision of the topic {@code prices} says, and for whom: the public prices, or what a tenant pays otherwise.
 *
 * <p>The tenant {@value #EVERY_TENANT} stands for all of them, and for usage that names none; a tenant's own word comes
 * before it.
 */
public record PriceScope(Kind kind, @Nullable String tenant) {
    /** Instead of a tenant's name: whoever has no word of its own. */
    public static final String EVERY_TENANT = "*";

    /** What the numbers of a revision mean. */
    public enum Kind {
        /** Rates that everybody can read. */
        LIST("list", false),
        /** Rates that a tenant negotiated; the fields that they don't name are those of the list. */
        NEGOTIATED("tenant:", true),
        /** A percentage off the public price, for what has no negotiated rate. */
        DISCOUNT("discount:", true),
        /** A percentage on what the provider charges, before it is billed internally. */
        MARKUP("markup:", true),
        /** The currency that a tenant is billed in. */
        BILLING_CURRENCY("billing_currency:", true),
        /** What one unit of a currency is worth in another. */
        EXCHANGE_RATE("exchange_rate", false);

        private final String wireName;
        private final boolean ofTenant;

        Kind(String wireName, boolean ofTenant) {
            this.wireName = wireName;
            this.ofTenant = ofTenant;
        }

        /** The scope, or its beginning before a tenant's name. */
        public String wireName() {
            return wireName;
        }

        /** Whether a tenant's name belongs to it. */
        public boolean ofTenant() {
            return ofTenant;
        }

        /** The scope of a tenant's revisions of this kind. */
        public String of(String tenant) {
            return wireName + tenant;
        }
    }

    /** What a scope means; empty if it is none. */
    public static Optional<PriceScope> parse(String scope) {
        for (Kind kind : Kind.values()) {
            if (kind.ofTenant && scope.startsWith(kind.wireName)) {
                String name = scope.substring(kind.wireName.length());
                return isTenant(name) ? Optional.of(new PriceScope(kind, name)) : Optional.empty();
            }
            if (!kind.ofTenant && scope.equals(kind.wireName)) {
                return Optional.of(new PriceScope(kind, null));
            }
        }
        return Optional.empty();
    }

    private static boolean isTenant(String name) {
        try {
            return !new TenantId(name).value().isBlank();
        } catch (IllegalArgumentException invalidName) {
            return false;
        }
    }
}
