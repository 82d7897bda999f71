package io.costops.infra.books;

import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.ServiceTier;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.ingest.normalise.PriceCase;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Prices cases with the very parsers and pricer of the platform, without one. */
final class DryRun {
    /** What a case's {@code context.price_book} is when the dated prices apply. */
    static final String HISTORY = "price_history.json";

    private static final String PLACE = "case";
    private static final String USD = "USD";

    private final Normaliser normaliser = new Normaliser();
    private final Pricer pricer = new Pricer();
    private final PriceBook map;
    private final PriceBook history;
    private final Instant now;

    /**
     * @param map prices for the cases that name no book
     * @param history prices for the cases that name {@value #HISTORY}
     * @param now time of receipt of a case that names none
     */
    DryRun(PriceBook map, PriceBook history, Instant now) {
        this.map = map;
        this.history = history;
        this.now = now;
    }

    /**
     * What became of a case, and the calls in it.
     *
     * @param calls those that were priced before one was rejected, if one was
     */
    record Trace(Result result, List<Call> calls) {}

    /**
     * One call of a case.
     *
     * @param book the book that it was priced by
     */
    record Call(UsageEvent event, PriceBook book, Pricing pricing) {}

    /** Prices a case as {@link #trace} does. */
    Result price(byte[] line, long number) {
        return trace(line, number).result();
    }

    /**
     * Prices a case. One with several calls is priced as their sum: it is rejected if one of them is, and has no cost if
     * one of them has none.
     *
     * @param number of the case, to name it by if it has no id
     */
    Trace trace(byte[] line, long number) {
        PriceCase dryCase = normaliser.normaliseCase(line, new Origin(PLACE, 0, number, null), now);
        String stated = dryCase.id() == null ? CaseId.of(line) : dryCase.id();
        String id = stated == null ? Long.toString(number) : stated;
        PriceBook book = HISTORY.equals(dryCase.priceBook()) ? history : map;
        List<Call> calls = new ArrayList<>();
        List<Result.Priced> results = new ArrayList<>();
        for (Outcome outcome : dryCase.outcomes()) {
            if (outcome instanceof Outcome.Rejected rejected) {
                return new Trace(
                        new Result.Rejected(
                                id,
                                rejected.reason().name().toLowerCase(Locale.ROOT),
                                rejected.field(),
                                rejected.message()),
                        calls);
            } else if (outcome instanceof Outcome.Usage usage) {
                Call call = new Call(usage.event(), book, pricer.price(usage.event(), book));
                calls.add(call);
                Result result = result(id, call);
                if (result instanceof Result.Priced priced) {
                    results.add(priced);
                } else {
                    return new Trace(result, calls);
                }
            }
        }
        return new Trace(sum(id, results), calls);
    }

    private static Result result(String id, Call call) {
        UsageEvent event = call.event();
        Pricing pricing = call.pricing();
        String tier = ServiceTier.of(event.getServiceTier()).wireName();
        Map<Meter, BigDecimal> quantities = quantities(event);
        if (pricing instanceof Pricing.Priced priced) {
            return new Result.Priced(
                    id, Status.PRICED, billed(priced), tier, priced.priceKey(), usd(priced), Terms.of(priced));
        } else if (pricing instanceof Pricing.Unpriced) {
            return new Result.Priced(id, Status.UNPRICED, quantities, tier, null, null, null);
        } else if (pricing instanceof Pricing.Free free) {
            return switch (free.reason()) {
                case NO_USAGE -> new Result.Priced(id, Status.NO_USAGE, Map.of(), tier, null, null, null);
                case GATEWAY_CACHE_HIT ->
                    new Result.Priced(id, Status.GATEWAY_CACHE_HIT, quantities, tier, null, BigDecimal.ZERO, null);
            };
        } else if (pricing instanceof Pricing.Refused refused) {
            return new Result.Rejected(id, "out_of_range", refused.field(), refused.message());
        }
        throw new IllegalStateException("an outcome of pricing that is not known: " + pricing);
    }

    /** The units as they are billed: a search may be billed by its queries. */
    private static Map<Meter, BigDecimal> billed(Pricing.Priced priced) {
        Map<Meter, BigDecimal> quantities = new EnumMap<>(Meter.class);
        quantities.putAll(priced.unrated());
        priced.lines().forEach(line -> quantities.put(line.meter(), line.quantity()));
        return quantities;
    }

    private static Map<Meter, BigDecimal> quantities(UsageEvent event) {
        Map<Meter, BigDecimal> quantities = new EnumMap<>(Meter.class);
        for (MeterQuantity metered : event.getMeters()) {
            if (metered.getQuantity().signum() != 0) {
                // The normaliser lets no unknown meter through.
                Meter.byWireName(metered.getMeter())
                        .ifPresent(meter -> quantities.merge(meter, metered.getQuantity(), BigDecimal::add));
            }
        }
        return quantities;
    }

    private static Result sum(String id, List<Result.Priced> calls) {
        if (calls.isEmpty()) {
            return new Result.Priced(id, Status.NO_USAGE, Map.of(), ServiceTier.STANDARD.wireName(), null, null, null);
        }
        if (calls.size() == 1) {
            return calls.get(0);
        }
        Map<Meter, BigDecimal> quantities = new EnumMap<>(Meter.class);
        BigDecimal cost = BigDecimal.ZERO;
        boolean inDollars = true;
        Set<Status> statuses = calls.stream().map(Result.Priced::status).collect(Collectors.toSet());
        for (Result.Priced call : calls) {
            call.quantities().forEach((meter, quantity) -> quantities.merge(meter, quantity, BigDecimal::add));
            cost = cost.add(call.cost() == null ? BigDecimal.ZERO : call.cost());
            inDollars &= call.status() != Status.PRICED || call.cost() != null;
        }
        Status status = statuses.contains(Status.UNPRICED)
                ? Status.UNPRICED
                : statuses.contains(Status.PRICED)
                        ? Status.PRICED
                        : calls.get(0).status();
        return new Result.Priced(
                id,
                status,
                quantities,
                common(calls.stream().map(Result.Priced::tier)),
                common(calls.stream().map(Result.Priced::priceKey)),
                inDollars && (status == Status.PRICED || status == Status.GATEWAY_CACHE_HIT) ? cost : null,
                Terms.sum(calls));
    }

    /** What all that say something agree on. */
    private static @Nullable String common(Stream<@Nullable String> values) {
        List<String> distinct =
                values.flatMap(Stream::ofNullable).distinct().limit(2).toList();
        return distinct.size() == 1 ? distinct.get(0) : null;
    }

    /** What is billed, if it is billed in US dollars. */
    private static @Nullable BigDecimal usd(Pricing.Priced priced) {
        return priced.billingCurrency().equals(USD) ? priced.billedCost() : null;
    }

    /**
     * What a tenant pays, where that is not simply the public price in US dollars.
     *
     * @param priceRevision the revisions that it came out of
     * @param exchangeRateRevision the exchange rates, if any
     */
    record Terms(
            BigDecimal listCost,
            BigDecimal contractedCost,
            BigDecimal billedCost,
            BigDecimal effectiveCost,
            String pricingCurrency,
            String billingCurrency,
            @Nullable String priceRevision,
            @Nullable String exchangeRateRevision) {
        static @Nullable Terms of(Pricing.Priced priced) {
            boolean plain = priced.pricingCurrency().equals(USD)
                    && priced.billingCurrency().equals(USD)
                    && priced.listCost().compareTo(priced.contractedCost()) == 0
                    && priced.listCost().compareTo(priced.billedCost()) == 0;
            return plain
                    ? null
                    : new Terms(
                            priced.listCost(),
                            priced.contractedCost(),
                            priced.billedCost(),
                            priced.effectiveCost(),
                            priced.pricingCurrency(),
                            priced.billingCurrency(),
                            priced.revisionId(),
                            priced.exchangeRateId());
        }

        /** Null if a call has none, or the calls differ in a currency: then each call's own are in the explanation. */
        static @Nullable Terms sum(List<Result.Priced> calls) {
            Terms sum = null;
            for (Result.Priced call : calls) {
                Terms terms = call.terms();
                if (terms == null || (sum != null && !sum.isInCurrenciesOf(terms))) {
                    return null;
                }
                sum = sum == null ? terms : sum.plus(terms);
            }
            return sum;
        }

        private boolean isInCurrenciesOf(Terms other) {
            return pricingCurrency.equals(other.pricingCurrency) && billingCurrency.equals(other.billingCurrency);
        }

        private Terms plus(Terms other) {
            return new Terms(
                    listCost.add(other.listCost),
                    contractedCost.add(other.contractedCost),
                    billedCost.add(other.billedCost),
                    effectiveCost.add(other.effectiveCost),
                    pricingCurrency,
                    billingCurrency,
                    common(Stream.of(priceRevision, other.priceRevision)),
                    common(Stream.of(exchangeRateRevision, other.exchangeRateRevision)));
        }
    }

    /** How a case ends that isn't rejected. */
    enum Status {
        PRICED,
        UNPRICED,
        NO_USAGE,
        GATEWAY_CACHE_HIT
    }

    /** What became of a case. */
    sealed interface Result {
        String id();

        /**
         * @param quantities those above 0, in the order of Meter
         * @param tier tier that is billed; null if several calls differ
         * @param priceKey key of the price; null without one, or if several calls differ
         * @param cost what is billed, exact; null if nothing can be said of it, or it is not in US dollars
         * @param terms null where it is the public price in US dollars
         */
        record Priced(
                String id,
                Status status,
                Map<Meter, BigDecimal> quantities,
                @Nullable String tier,
                @Nullable String priceKey,
                @Nullable BigDecimal cost,
                @Nullable Terms terms)
                implements Result {}

        record Rejected(String id, String reason, @Nullable String field, String message) implements Result {}
    }
}
