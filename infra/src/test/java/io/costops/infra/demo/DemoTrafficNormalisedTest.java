package io.costops.infra.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.attribution.AttributionBook;
import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("the demo's traffic, normalised as usage-ingest does")
class DemoTrafficNormalisedTest {
    private static final TrafficPlan MONTH =
            TrafficPlan.endingAt(Instant.parse("2026-11-20T15:30:00Z")).withCallsPerDay(400);

    /** What stands of each event: of its records the highest revision, and of those the first with usage. */
    private static final Map<String, UsageEvent> STANDING = new HashMap<>();

    private static final Map<RejectReason, Long> REJECTED = new EnumMap<>(RejectReason.class);
    private static final DemoTraffic TRAFFIC = new DemoTraffic(MONTH);

    @BeforeAll
    static void normalise_the_month() {
        Normaliser normaliser = new Normaliser();
        long[] offset = new long[1];
        TRAFFIC.forEachRemaining(record -> {
            Origin place = new Origin("usage.raw", 0, offset[0]++, null);
            for (Outcome outcome : normaliser.normalise(
                    record.value().getBytes(StandardCharsets.UTF_8), place, MONTH.end(), Map.of())) {
                if (outcome instanceof Outcome.Usage usage) {
                    STANDING.merge(usage.event().getEventId(), usage.event(), DemoTrafficNormalisedTest::standing);
                } else if (outcome instanceof Outcome.Rejected rejected) {
                    REJECTED.merge(rejected.reason(), 1L, Long::sum);
                }
            }
        });
    }

    @Test
    void every_distinct_event_is_recognised_as_one() {
        assertThat(STANDING).hasSize((int) TRAFFIC.expectation().distinctEvents());
    }

    @Test
    void each_mishap_is_rejected_for_its_reason() {
        assertThat(REJECTED).isEqualTo(TRAFFIC.expectation().rejected());
    }

    @Test
    void what_stands_is_what_was_made() {
        Expectation expectation = TRAFFIC.expectation();

        assertThat(count(UsageStatus.NO_USAGE)).isEqualTo(expectation.of(Standing.NO_USAGE));
        assertThat(count(UsageStatus.GATEWAY_CACHE_HIT)).isEqualTo(expectation.of(Standing.GATEWAY_CACHE_HIT));
        assertThat(count(UsageStatus.BILLABLE))
                .isEqualTo(expectation.of(Standing.PRICED) + expectation.of(Standing.UNPRICED));
        assertThat(STANDING.values()).filteredOn(UsageEvent::getDeleted).hasSize((int)
                expectation.of(Standing.DELETED));
    }

    @Test
    void no_token_is_lost_or_counted_twice() {
        assertThat(tokens(Meter.Direction.INPUT))
                .isEqualTo(TRAFFIC.expectation().inputTokens());
        assertThat(tokens(Meter.Direction.OUTPUT))
                .isEqualTo(TRAFFIC.expectation().outputTokens());
    }

    @Test
    void exactly_the_models_without_a_public_price_are_unpriced() {
        PriceBook book = new PriceBook();
        BuiltInPrices.map().revisions().forEach(book::add);
        Pricer pricer = new Pricer();

        assertThat(billable()
                        .filter(event -> pricer.price(event, book) instanceof Pricing.Unpriced)
                        .count())
                .isEqualTo(TRAFFIC.expectation().of(Standing.UNPRICED));
        assertThat(billable()
                        .filter(event -> pricer.price(event, book) instanceof Pricing.Priced)
                        .count())
                .isEqualTo(TRAFFIC.expectation().of(Standing.PRICED));
    }

    @Test
    void the_rules_give_every_request_its_tenant() {
        AttributionBook book = new AttributionBook();
        DemoCompanies.attributionRules(MONTH, MONTH.end()).forEach(book::add);
        Map<String, Long> requests = new HashMap<>();
        billable().forEach(event -> {
            String tenant = book.attribute(event).dimensions().getTenant();
            requests.merge(tenant == null ? Expectation.NO_TENANT : tenant, 1L, Long::sum);
        });

        assertThat(requests).isEqualTo(TRAFFIC.expectation().requestsByTenant());
    }

    @Test
    void a_key_that_moved_is_charged_to_its_new_team_from_then_on() {
        AttributionBook book = new AttributionBook();
        DemoCompanies.attributionRules(MONTH, MONTH.end()).forEach(book::add);

        assertThat(billable()
                        .filter(event -> DemoCompanies.MOVED_KEY.equals(
                                event.getDimensions().getApiKeyId())))
                .isNotEmpty()
                .allSatisfy(
                        event -> assertThat(book.attribute(event).dimensions().getTeam())
                                .isEqualTo(
                                        event.getEventTime().isBefore(MONTH.middle())
                                                ? "branches"
                                                : DemoCompanies.TEAM_AFTER_MOVE));
    }

    private static Stream<UsageEvent> billable() {
        return STANDING.values().stream()
                .filter(event -> !event.getDeleted() && event.getStatus() == UsageStatus.BILLABLE);
    }

    private static UsageEvent standing(UsageEvent first, UsageEvent second) {
        if (first.getRevision() != second.getRevision()) {
            return first.getRevision() > second.getRevision() ? first : second;
        }
        return first.getStatus() == UsageStatus.NO_USAGE ? second : first;
    }

    private static long count(UsageStatus status) {
        return STANDING.values().stream()
                .filter(event -> !event.getDeleted() && event.getStatus() == status)
                .count();
    }

    private static long tokens(Meter.Direction direction) {
        return billable()
                .flatMap(event -> event.getMeters().stream())
                .filter(metered ->
                        Meter.byWireName(metered.getMeter()).orElseThrow().direction() == direction)
                .map(MeterQuantity::getQuantity)
                .mapToLong(BigDecimal::longValueExact)
                .sum();
    }
}
