package io.costops.infra.bench;

import io.costops.enrichment.attribution.AttributionBook;
import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a stretch of traffic must come to, worked out in one piece and in memory: no broker, no job, no state that is
 * restored, no table. It shares the rules of parsing and pricing with the jobs, which have proofs of their own, and
 * nothing of what keeps, orders, repeats, corrects and sums.
 */
public final class Truth {
    private static final String USAGE_RAW = "usage.raw";

    private final Normaliser normaliser = new Normaliser();
    private final Pricer pricer = new Pricer();
    private final PriceBook prices = new PriceBook();
    private final AttributionBook attribution = new AttributionBook();
    private final Map<String, Standing> standing = new HashMap<>();
    private final Map<String, String> names = new HashMap<>();
    private long offset;

    /** With the built-in prices and these rules. */
    public Truth(Collection<AttributionRule> rules) {
        BuiltInPrices.history().revisions().forEach(prices::add);
        BuiltInPrices.map().revisions().forEach(prices::add);
        rules.forEach(attribution::add);
    }

    /** What speaks for an event: the highest revision, in it the stronger claim, of equals the first. */
    private record Standing(
            long revision, Claim claim, @Nullable Place place, Sums sums) {
        boolean yieldsTo(Standing other) {
            return other.revision != revision ? other.revision > revision : other.claim.compareTo(claim) > 0;
        }
    }

    /** Of two records of one revision the later constant speaks. */
    private enum Claim {
        NO_USAGE,
        USAGE,
        DELETED
    }

    /** Where a charge shows: by the finest time of the roll-ups and the dimensions that a correction may change. */
    public record Place(Instant hour, String tenant, String project, String provider, String model) {
        public Place byDay() {
            return new Place(hour.truncatedTo(ChronoUnit.DAYS), tenant, project, provider, model);
        }

        public Place byMonth() {
            Instant month = hour.atZone(ZoneOffset.UTC)
                    .toLocalDate()
                    .withDayOfMonth(1)
                    .atStartOfDay(ZoneOffset.UTC)
                    .toInstant();
            return new Place(month, tenant, project, provider, model);
        }
    }

    /** What adds up. */
    public record Sums(
            long requests,
            long inputTokens,
            long outputTokens,
            BigDecimal list,
            BigDecimal billed,
            BigDecimal effective) {
        static final Sums NOTHING = new Sums(0, 0, 0, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);

        /** Amounts are compared by their digits: 0.10 is 0.1. */
        public Sums {
            list = list.stripTrailingZeros();
            billed = billed.stripTrailingZeros();
            effective = effective.stripTrailingZeros();
        }

        Sums plus(Sums other) {
            return new Sums(
                    requests + other.requests,
                    inputTokens + other.inputTokens,
                    outputTokens + other.outputTokens,
                    list.add(other.list),
                    billed.add(other.billed),
                    effective.add(other.effective));
        }

        Sums minus(Sums other) {
            return new Sums(
                    requests - other.requests,
                    inputTokens - other.inputTokens,
                    outputTokens - other.outputTokens,
                    list.subtract(other.list),
                    billed.subtract(other.billed),
                    effective.subtract(other.effective));
        }

        boolean isNothing() {
            return equals(NOTHING);
        }
    }

    /** Takes a record of usage.raw, in the order in which its event's records were sent. */
    public void read(String envelope, Instant received) {
        List<Outcome> outcomes = normaliser.normalise(
                envelope.getBytes(StandardCharsets.UTF_8),
                new Origin(USAGE_RAW, 0, offset++, null),
                received,
                Map.of());
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Usage usage) {
                read(usage.event());
            }
        }
    }

    private void read(UsageEvent event) {
        Standing said = standing(event);
        standing.merge(event.getEventId(), said, (stands, other) -> stands.yieldsTo(other) ? other : stands);
    }

    private Standing standing(UsageEvent event) {
        if (event.getDeleted()) {
            return new Standing(event.getRevision(), Claim.DELETED, null, Sums.NOTHING);
        }
        return switch (event.getStatus()) {
            case NO_USAGE ->
                new Standing(event.getRevision(), Claim.NO_USAGE, place(event), Sums.NOTHING.plus(requests(1)));
            case BILLABLE, GATEWAY_CACHE_HIT ->
                new Standing(event.getRevision(), Claim.USAGE, place(event), sums(event));
            case UNKNOWN -> throw new IllegalStateException("the normaliser gives no such status");
        };
    }

    private static Sums requests(long count) {
        return new Sums(count, 0, 0, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);
    }

    private Sums sums(UsageEvent event) {
        long input = 0;
        long output = 0;
        for (MeterQuantity metered : event.getMeters()) {
            switch (Meter.byWireName(metered.getMeter()).orElseThrow().direction()) {
                case INPUT -> input += metered.getQuantity().longValueExact();
                case OUTPUT -> output += metered.getQuantity().longValueExact();
                case NONE -> {}
            }
        }
        return pricer.price(event, prices) instanceof Pricing.Priced priced
                ? new Sums(1, input, output, priced.listCost(), priced.billedCost(), priced.effectiveCost())
                : new Sums(1, input, output, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);
    }

    private Place place(UsageEvent event) {
        Dimensions payer = attribution.attribute(event).dimensions();
        return new Place(
                event.getEventTime().truncatedTo(ChronoUnit.HOURS),
                name(payer.getTenant()),
                name(payer.getProject()),
                name(event.getProvider()),
                name(event.getModel()));
    }

    /** One text for each name; ClickHouse has '' where there is none. */
    private String name(@Nullable String text) {
        return text == null ? "" : names.computeIfAbsent(text, same -> same);
    }

    /** What stands, event by event; deleted ones are left out. */
    Map<String, Sums> byEvent() {
        Map<String, Sums> sums = new TreeMap<>();
        standing.forEach((event, stands) -> {
            if (stands.claim != Claim.DELETED) {
                sums.put(event, stands.sums);
            }
        });
        return sums;
    }

    /** What stands, by place; places where nothing stands are left out. */
    Map<Place, Sums> byPlace() {
        Map<Place, Sums> sums = new HashMap<>();
        for (Standing stands : standing.values()) {
            if (stands.place != null && !stands.sums.isNothing()) {
                sums.merge(stands.place, stands.sums, Sums::plus);
            }
        }
        return sums;
    }

    /** All of it. */
    public Sums total() {
        return standing.values().stream().map(Standing::sums).reduce(Sums.NOTHING, Sums::plus);
    }
}
