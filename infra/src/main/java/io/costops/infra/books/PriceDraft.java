package io.costops.infra.books;

import io.costops.enrichment.pricebook.Conversion;
import io.costops.enrichment.pricebook.Percentage;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.PriceRules;
import io.costops.enrichment.pricebook.PriceScope;
import io.costops.enrichment.pricebook.PriceScope.Kind;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One price, discount, mark-up, exchange rate or billing currency, as a person asks for it in the words of a command.
 *
 * <p>What is asked for must be one thing: each method that says what it is may be called once in all.
 */
public final class PriceDraft {
    private static final int MILLION_DIGITS = 6;
    private static final String INPUT = "input_cost_per_token";
    private static final String OUTPUT = "output_cost_per_token";
    private static final String CACHE_READ = "cache_read_input_token_cost";
    private static final String GPU_SECOND = "gpu_cost_per_second";

    private final Map<String, BigDecimal> rates = new TreeMap<>();
    private @Nullable String tenant;
    private @Nullable String model;
    private @Nullable String provider;
    private @Nullable BigDecimal discountPercent;
    private @Nullable BigDecimal markupPercent;
    private @Nullable String billingCurrency;
    private @Nullable String exchangePair;
    private @Nullable BigDecimal exchangeRate;
    private @Nullable String currency;
    private boolean unitChecked;
    private boolean withdrawn;

    public PriceDraft tenant(@Nullable String name) {
        tenant = name;
        return this;
    }

    public PriceDraft model(@Nullable String priceKey) {
        model = priceKey;
        return this;
    }

    public PriceDraft provider(@Nullable String name) {
        provider = name;
        return this;
    }

    public PriceDraft currency(@Nullable String code) {
        currency = code;
        return this;
    }

    public PriceDraft rates(Map<String, BigDecimal> byField) {
        rates.putAll(byField);
        return this;
    }

    public PriceDraft inputPerMillion(@Nullable BigDecimal amount) {
        return perMillion(INPUT, amount);
    }

    public PriceDraft cacheReadPerMillion(@Nullable BigDecimal amount) {
        return perMillion(CACHE_READ, amount);
    }

    public PriceDraft outputPerMillion(@Nullable BigDecimal amount) {
        return perMillion(OUTPUT, amount);
    }

    private PriceDraft perMillion(String field, @Nullable BigDecimal amount) {
        return amount == null ? this : rate(field, amount.movePointLeft(MILLION_DIGITS));
    }

    /** A model that is paid by the GPU's time alone: its tokens cost nothing, unless they have a rate too. */
    public PriceDraft perGpuSecond(@Nullable BigDecimal amount) {
        if (amount != null) {
            rate(GPU_SECOND, amount);
            rates.putIfAbsent(INPUT, BigDecimal.ZERO);
            rates.putIfAbsent(OUTPUT, BigDecimal.ZERO);
        }
        return this;
    }

    private PriceDraft rate(String field, BigDecimal amount) {
        if (rates.putIfAbsent(field, amount) != null) {
            throw new BookException(field + " is given twice: leave one");
        }
        return this;
    }

    public PriceDraft discount(@Nullable BigDecimal percent) {
        discountPercent = percent;
        return this;
    }

    public PriceDraft markup(@Nullable BigDecimal percent) {
        markupPercent = percent;
        return this;
    }

    public PriceDraft billedIn(@Nullable String code) {
        billingCurrency = code;
        return this;
    }

    /** What one unit of the first currency is worth in the second, as USD/EUR=0.92. */
    public PriceDraft exchange(@Nullable String rate) {
        if (rate == null) {
            return this;
        }
        int equals = rate.indexOf('=');
        try {
            exchangePair = rate.substring(0, Math.max(0, equals));
            exchangeRate = new BigDecimal(rate.substring(equals + 1));
        } catch (NumberFormatException e) {
            throw new BookException("an exchange rate must look like USD/EUR=0.92, but is " + rate, e);
        }
        return this;
    }

    public PriceDraft unitChecked(boolean byAPerson) {
        unitChecked = byAPerson;
        return this;
    }

    /** From then on it holds no longer. */
    public PriceDraft withdrawn(boolean ends) {
        withdrawn = ends;
        return this;
    }

    /**
     * The revision that says so.
     *
     * @throws BookException if it isn't one thing, or one that may not enter the book
     */
    public PriceRevision revision(Instant effectiveFrom, Instant recordedAt, @Nullable String source) {
        Kind kind = kind();
        PriceRevision revision = PriceRevision.newBuilder()
                .setScope(
                        kind.ofTenant() ? kind.of(tenant == null ? PriceScope.EVERY_TENANT : tenant) : kind.wireName())
                .setPriceKey(key(kind))
                .setProvider(providerOf(kind))
                .setEffectiveFrom(effectiveFrom.truncatedTo(ChronoUnit.MICROS))
                .setRecordedAt(recordedAt.truncatedTo(ChronoUnit.MICROS))
                .setCurrency(currencyOf(kind))
                .setRates(withdrawn ? new HashMap<>() : numbers(kind))
                .setWithdrawn(withdrawn)
                .setUnitChecked(unitChecked)
                .setSource(source)
                .build();
        Violation violation = PriceRules.violation(revision).orElse(null);
        if (violation != null) {
            throw new BookException("nothing was put: "
                    + violation.message().replace("set unit_checked", "confirm it by --confirm-units"));
        }
        return revision;
    }

    /** What is asked for; a tenant's name makes a price a negotiated one. */
    private Kind kind() {
        Map<Kind, Boolean> asked = new TreeMap<>(Map.of(
                Kind.DISCOUNT,
                discountPercent != null,
                Kind.MARKUP,
                markupPercent != null,
                Kind.BILLING_CURRENCY,
                billingCurrency != null,
                Kind.EXCHANGE_RATE,
                exchangePair != null,
                tenant == null ? Kind.LIST : Kind.NEGOTIATED,
                !rates.isEmpty()));
        asked.values().removeIf(is -> !is);
        if (asked.size() > 1) {
            throw new BookException("one thing at a time, but this is " + String.join(" and ", words(asked)));
        }
        if (asked.isEmpty() && withdrawn && model != null) {
            return tenant == null ? Kind.LIST : Kind.NEGOTIATED;
        }
        return asked.keySet().stream()
                .findFirst()
                .orElseThrow(() -> new BookException("nothing is asked for: give rates of a --model, a --discount, a"
                        + " --markup, a --billing-currency or an --exchange-rate, or a FILE"));
    }

    private static Iterable<String> words(Map<Kind, Boolean> asked) {
        return asked.keySet().stream()
                .map(kind -> switch (kind) {
                    case LIST -> "a public price";
                    case NEGOTIATED -> "a negotiated price";
                    case DISCOUNT -> "a discount";
                    case MARKUP -> "a mark-up";
                    case BILLING_CURRENCY -> "a billing currency";
                    case EXCHANGE_RATE -> "an exchange rate";
                })
                .toList();
    }

    private String key(Kind kind) {
        return switch (kind) {
            case LIST, NEGOTIATED -> {
                if (model == null) {
                    throw new BookException("--model is missing: the price key that the rates are of");
                }
                yield model;
            }
            case DISCOUNT, MARKUP -> {
                if (model != null) {
                    yield model;
                }
                yield provider == null ? PriceBook.EVERY_MODEL : provider + PriceRules.EVERY_MODEL_OF;
            }
            case BILLING_CURRENCY -> PriceBook.EVERY_MODEL;
            case EXCHANGE_RATE -> exchangePair == null ? "" : exchangePair;
        };
    }

    private @Nullable String providerOf(Kind kind) {
        return switch (kind) {
            case LIST, NEGOTIATED -> provider;
            // A percentage for a provider says so by its key.
            case DISCOUNT, MARKUP -> model == null ? null : provider;
            case BILLING_CURRENCY, EXCHANGE_RATE -> null;
        };
    }

    private String currencyOf(Kind kind) {
        String ofPrice = currency == null ? "USD" : currency;
        return switch (kind) {
            case LIST, NEGOTIATED, DISCOUNT, MARKUP -> ofPrice;
            case BILLING_CURRENCY -> billingCurrency == null ? ofPrice : billingCurrency;
            case EXCHANGE_RATE ->
                exchangePair == null ? ofPrice : exchangePair.substring(exchangePair.indexOf('/') + 1);
        };
    }

    private Map<String, BigDecimal> numbers(Kind kind) {
        return switch (kind) {
            case LIST, NEGOTIATED -> {
                Map<String, BigDecimal> fitted = new HashMap<>();
                rates.forEach((field, rate) -> fitted.put(field, fit(field, rate)));
                yield fitted;
            }
            case DISCOUNT -> one(Percentage.DISCOUNT, discountPercent);
            case MARKUP -> one(Percentage.MARKUP, markupPercent);
            case BILLING_CURRENCY -> new HashMap<>();
            case EXCHANGE_RATE -> one(Conversion.RATE, exchangeRate);
        };
    }

    private static Map<String, BigDecimal> one(String field, @Nullable BigDecimal number) {
        Map<String, BigDecimal> one = new HashMap<>();
        if (number != null) {
            one.put(field, fit(field, number));
        }
        return one;
    }

    private static BigDecimal fit(String field, BigDecimal number) {
        try {
            return LedgerDecimal.fit(number, field);
        } catch (LedgerDecimal.DoesNotFitException e) {
            throw new BookException(
                    "nothing was put: " + field + " must have at most 30 decimals and be below 10^30", e);
        }
    }
}
