package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.PriceTier;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.usage.UsageRules;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.value.TenantId;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What every price revision must satisfy, whether a file was imported or someone published to the topic.
 *
 * <p>Price lists are wrong at times: 116 of 327 recorded changes of LiteLLM's map moved a rate by more than fifty
 * times, as when a price per thousand or million tokens had been taken for one per token.
 */
public final class PriceRules {
    /**
     * Bound on the rate of one token, in the price's currency: $1,000 a million tokens. A rate above it is a unit
     * error until a person says otherwise.
     */
    public static final BigDecimal MAX_RATE_PER_TOKEN = new BigDecimal("0.001");

    /** Scope of a tenant's own prices, before its name. */
    public static final String TENANT_SCOPE = "tenant:";

    public static final int MAX_KEY_LENGTH = 512;
    public static final int MAX_RATES = 1_000;
    public static final int MAX_TIERS = 100;

    private static final Instant MIN_TIME = Instant.EPOCH;
    private static final Instant MAX_TIME = Instant.parse("9999-12-31T23:59:59Z");

    private PriceRules() {}

    /** The first rule that a revision breaks; empty if it may enter the book. */
    public static Optional<Violation> violation(PriceRevision revision) {
        return Optional.ofNullable(firstViolation(revision));
    }

    private static @Nullable Violation firstViolation(PriceRevision revision) {
        Violation identity = identity(revision);
        if (identity != null) {
            return identity;
        }
        if (revision.getWithdrawn()) {
            return revision.getRates().isEmpty() && revision.getTiers().isEmpty()
                    ? null
                    : broken("withdrawn", "a withdrawn price can't have rates: leave out one or the other");
        }
        if (!hasRate(revision)) {
            return broken("rates", "the price has no rate: name at least one, 0 if the model is free");
        }
        if (revision.getRates().size() > MAX_RATES) {
            return broken("rates", "the price has more than " + MAX_RATES + " rates");
        }
        Violation rates = rates(revision.getRates(), "rates.", revision.getUnitChecked());
        return rates != null ? rates : tiers(revision);
    }

    private static @Nullable Violation identity(PriceRevision revision) {
        String scope = revision.getScope();
        if (!scope.equals(PriceBook.LIST) && !isTenantScope(scope)) {
            return broken("scope", "scope must be list or tenant: and the tenant's name");
        }
        String key = revision.getPriceKey();
        if (key.isBlank() || key.length() > MAX_KEY_LENGTH || UsageRules.hasControlCharacter(key)) {
            return broken(
                    "price_key",
                    "price_key must have 1 to " + MAX_KEY_LENGTH + " characters, none of them a control character");
        }
        String provider = revision.getProvider();
        if (provider != null
                && (provider.isBlank()
                        || provider.length() > MAX_KEY_LENGTH
                        || UsageRules.hasControlCharacter(provider))) {
            return broken("provider", "provider must be a name, or null where the price fits any");
        }
        if (!isCurrency(revision.getCurrency())) {
            return broken("currency", "currency must be three capital letters (ISO 4217)");
        }
        if (!isSane(revision.getEffectiveFrom())) {
            return broken("effective_from", "effective_from must be a time from 1970 to 9999: check its unit");
        }
        if (!isSane(revision.getRecordedAt())) {
            return broken("recorded_at", "recorded_at must be a time from 1970 to 9999: check its unit");
        }
        return null;
    }

    private static boolean isTenantScope(String scope) {
        if (!scope.startsWith(TENANT_SCOPE)) {
            return false;
        }
        try {
            new TenantId(scope.substring(TENANT_SCOPE.length()));
            return true;
        } catch (IllegalArgumentException invalidName) {
            return false;
        }
    }

    private static boolean isCurrency(String currency) {
        return currency.length() == 3 && currency.chars().allMatch(c -> c >= 'A' && c <= 'Z');
    }

    private static boolean isSane(Instant time) {
        return !time.isBefore(MIN_TIME) && !time.isAfter(MAX_TIME);
    }

    /** A multiplier alone is no price. */
    private static boolean hasRate(PriceRevision revision) {
        return revision.getRates().keySet().stream().anyMatch(RateFields::isCost)
                || revision.getTiers().stream()
                        .anyMatch(tier -> tier.getRates().keySet().stream().anyMatch(RateFields::isCost));
    }

    private static @Nullable Violation rates(Map<String, BigDecimal> rates, String path, boolean unitChecked) {
        // In the order of their names, so that the same price always breaks the same rule.
        for (String field : rates.keySet().stream().sorted().toList()) {
            if (field.isBlank() || field.length() > MAX_KEY_LENGTH || UsageRules.hasControlCharacter(field)) {
                return broken(path, "a rate's name must be a field of the price map");
            }
            Violation rate = rate(path + field, field, rates.get(field), unitChecked);
            if (rate != null) {
                return rate;
            }
        }
        return null;
    }

    private static @Nullable Violation rate(String path, String field, @Nullable BigDecimal rate, boolean unitChecked) {
        if (rate == null || !LedgerDecimal.fits(rate)) {
            return broken(path, field + " must have at most 30 decimals and be below 10^30");
        }
        if (rate.signum() < 0) {
            return broken(path, field + " is negative: a rate must be 0 or more");
        }
        if (!unitChecked && RateFields.isPerToken(field) && rate.compareTo(MAX_RATE_PER_TOKEN) > 0) {
            return broken(
                    path,
                    field + " is " + rate.stripTrailingZeros().toPlainString() + " a token, above the bound of "
                            + MAX_RATE_PER_TOKEN.toPlainString()
                            + ": divide it if it is meant for 1,000 or 1,000,000 tokens, or set unit_checked if it is"
                            + " right");
        }
        if (RateFields.isThreshold(field) && RateFields.thresholdTokens(field).isEmpty()) {
            return broken(path, field + " must name its threshold as a number with k or m, such as 200k");
        }
        return null;
    }

    private static @Nullable Violation tiers(PriceRevision revision) {
        List<PriceTier> tiers = revision.getTiers();
        if (tiers.size() > MAX_TIERS) {
            return broken("tiers", "the price has more than " + MAX_TIERS + " tiers");
        }
        for (int i = 0; i < tiers.size(); i++) {
            PriceTier tier = tiers.get(i);
            String path = "tiers[" + i + "]";
            Long upTo = tier.getUpToInputTokens();
            if (tier.getAboveInputTokens() < 0 || (upTo != null && upTo <= tier.getAboveInputTokens())) {
                return broken(path, "a tier must go from 0 or more input tokens up to a higher number");
            }
            if (tier.getRates().isEmpty()) {
                return broken(path + ".rates", "a tier has no rate: name at least one, 0 if it is free");
            }
            Violation rates = rates(tier.getRates(), path + ".rates.", revision.getUnitChecked());
            if (rates != null) {
                return rates;
            }
        }
        List<PriceTier> sorted = tiers.stream()
                .sorted(Comparator.comparingLong(PriceTier::getAboveInputTokens))
                .toList();
        for (int i = 1; i < sorted.size(); i++) {
            Long upTo = sorted.get(i - 1).getUpToInputTokens();
            if (upTo == null || upTo > sorted.get(i).getAboveInputTokens()) {
                return broken("tiers", "two tiers overlap: end one where the next begins");
            }
        }
        return null;
    }

    private static Violation broken(String field, String message) {
        return new Violation(RejectReason.INVALID_PRICE, field, message);
    }
}
