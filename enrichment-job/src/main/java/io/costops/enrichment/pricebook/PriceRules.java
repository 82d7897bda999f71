package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.PriceTier;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.usage.UsageRules;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

    /**
     * Bound on the rate of a GPU's second, in the price's currency: $360 an hour. A rate above it is one for an hour until
     * a person says otherwise.
     */
    public static final BigDecimal MAX_RATE_PER_GPU_SECOND = new BigDecimal("0.1");

    /** After a provider's name: every model of it, in a discount or mark-up. */
    public static final String EVERY_MODEL_OF = "/*";

    /** Bound on a mark-up. A discount ends at 100. */
    public static final BigDecimal MAX_MARKUP_PERCENT = new BigDecimal(1_000);

    /** Decimals of a percentage, so that a price less a percentage has an end within the ledger's. */
    public static final int MAX_PERCENT_DECIMALS = 6;

    /** Bounds on an exchange rate: no two currencies lie further apart. */
    public static final BigDecimal MAX_EXCHANGE_RATE = BigDecimal.TEN.pow(9);

    private static final BigDecimal MIN_EXCHANGE_RATE = BigDecimal.ONE.movePointLeft(9);
    private static final BigDecimal FULL_DISCOUNT = new BigDecimal(100);
    private static final int CURRENCY_LENGTH = 3;

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
        PriceScope scope = PriceScope.parse(revision.getScope()).orElse(null);
        if (scope == null) {
            return broken(
                    "scope",
                    "scope must be list, exchange_rate, or one of tenant:, discount:, markup: and billing_currency: with"
                            + " the tenant's name after it (* for every tenant)");
        }
        Violation identity = identity(revision);
        if (identity != null) {
            return identity;
        }
        return switch (scope.kind()) {
            case LIST, NEGOTIATED -> price(revision);
            case DISCOUNT -> percentage(revision, Percentage.DISCOUNT, FULL_DISCOUNT);
            case MARKUP -> percentage(revision, Percentage.MARKUP, MAX_MARKUP_PERCENT);
            case BILLING_CURRENCY -> billingCurrency(revision);
            case EXCHANGE_RATE -> exchangeRate(revision);
        };
    }

    private static @Nullable Violation price(PriceRevision revision) {
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

    private static @Nullable Violation percentage(PriceRevision revision, String field, BigDecimal max) {
        String key = revision.getPriceKey();
        if (key.endsWith("*") && !key.equals(PriceBook.EVERY_MODEL) && !isEveryModelOf(key)) {
            return broken(
                    "price_key",
                    "price_key must be a model's price key, * for every model, or a provider and /* such as openai/*");
        }
        Violation only = only(revision, field);
        if (only != null || revision.getWithdrawn()) {
            return only;
        }
        BigDecimal percent = revision.getRates().get(field);
        if (percent == null || percent.signum() < 0 || percent.compareTo(max) > 0) {
            return broken("rates." + field, field + " must be a number from 0 to " + max.toPlainString());
        }
        return percent.stripTrailingZeros().scale() > MAX_PERCENT_DECIMALS
                ? broken("rates." + field, field + " must have at most " + MAX_PERCENT_DECIMALS + " decimals")
                : null;
    }

    private static boolean isEveryModelOf(String key) {
        String provider = key.substring(0, Math.max(0, key.length() - EVERY_MODEL_OF.length()));
        return key.endsWith(EVERY_MODEL_OF)
                && !provider.isBlank()
                && provider.toLowerCase(Locale.ROOT).equals(Providers.family(provider));
    }

    private static @Nullable Violation billingCurrency(PriceRevision revision) {
        if (!revision.getPriceKey().equals(PriceBook.EVERY_MODEL)) {
            return broken("price_key", "price_key must be *: a tenant is billed in one currency");
        }
        return revision.getRates().isEmpty() && revision.getTiers().isEmpty()
                ? null
                : broken("rates", "a billing currency has no rates: leave them out");
    }

    private static @Nullable Violation exchangeRate(PriceRevision revision) {
        String pair = revision.getPriceKey();
        boolean isPair = pair.length() == 2 * CURRENCY_LENGTH + 1
                && pair.charAt(CURRENCY_LENGTH) == '/'
                && isCurrency(pair.substring(0, CURRENCY_LENGTH))
                && isCurrency(pair.substring(CURRENCY_LENGTH + 1))
                && !pair.startsWith(pair.substring(CURRENCY_LENGTH + 1));
        if (!isPair) {
            return broken("price_key", "price_key must be two different currencies such as USD/EUR");
        }
        if (!revision.getCurrency().equals(pair.substring(CURRENCY_LENGTH + 1))) {
            return broken("currency", "currency must be the second of the pair, which the rate is a number of");
        }
        Violation only = only(revision, Conversion.RATE);
        if (only != null || revision.getWithdrawn()) {
            return only;
        }
        BigDecimal rate = revision.getRates().get(Conversion.RATE);
        return rate == null
                        || rate.compareTo(MIN_EXCHANGE_RATE) < 0
                        || rate.compareTo(MAX_EXCHANGE_RATE) > 0
                        || !LedgerDecimal.fits(rate)
                ? broken(
                        "rates." + Conversion.RATE,
                        "rate must be what one unit of the first currency is worth in the second, from 0.000000001 to "
                                + MAX_EXCHANGE_RATE.toPlainString())
                : null;
    }

    /** A revision with one number and no other, or with none if it withdraws what was said before. */
    private static @Nullable Violation only(PriceRevision revision, String field) {
        boolean right = revision.getTiers().isEmpty()
                && (revision.getWithdrawn()
                        ? revision.getRates().isEmpty()
                        : revision.getRates().keySet().equals(Set.of(field)));
        return right
                ? null
                : broken("rates", "rates must hold " + field + " and nothing else, or nothing if it is withdrawn");
    }

    private static @Nullable Violation identity(PriceRevision revision) {
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

    private static boolean isCurrency(String currency) {
        return currency.length() == CURRENCY_LENGTH && currency.chars().allMatch(c -> c >= 'A' && c <= 'Z');
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
        if (!unitChecked && field.equals(RateFields.GPU_SECOND) && rate.compareTo(MAX_RATE_PER_GPU_SECOND) > 0) {
            return broken(
                    path,
                    field + " is " + rate.stripTrailingZeros().toPlainString() + " a second, above the bound of "
                            + MAX_RATE_PER_GPU_SECOND.toPlainString()
                            + ": divide it by 3,600 if it is meant for an hour, or set unit_checked if it is right");
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
