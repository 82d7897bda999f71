package io.costops.enrichment.job;

import static io.costops.enrichment.position.Events.meter;
import static io.costops.enrichment.position.Events.noUsage;
import static io.costops.enrichment.position.Events.tombstone;
import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.position.BillingCalendar;
import io.costops.enrichment.position.Bookkeeper;
import io.costops.enrichment.position.Decision;
import io.costops.enrichment.position.FixedRating;
import io.costops.enrichment.position.Known;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The counters")
class JobMetricsTest {
    private final Map<String, Counter> counters = new TreeMap<>();
    private final JobMetrics metrics = new JobMetrics(new Group(""));

    @Test
    void tell_what_became_of_the_records() {
        Bookkeeper bookkeeper = new Bookkeeper(new FixedRating(), BillingCalendar.everyMonthOpen());
        Known known = new Known.Unseen();
        List<UsageEvent> records = List.of(
                noUsage(0),
                usage(0).build(),
                usage(0).setMeters(List.of(meter("output_text", "1"))).build(),
                usage(1).setModel(FixedRating.UNKNOWN_MODEL).build(),
                usage(2).setStatus(UsageStatus.GATEWAY_CACHE_HIT).build(),
                tombstone(3),
                tombstone(4),
                usage(3).build());
        for (UsageEvent record : records) {
            Decision.Booked booked = (Decision.Booked) bookkeeper.decide(known, record, Instant.EPOCH);
            booked.entries().forEach(metrics::booked);
            known = booked.next();
        }
        Known remembered = new Known.Remembered(((Known.Held) known).memory());
        ((Decision.Booked) bookkeeper.decide(remembered, usage(9).build(), Instant.EPOCH))
                .entries()
                .forEach(metrics::booked);
        metrics.duplicate();
        metrics.requestApplied();
        metrics.requestRepeated();
        metrics.requestUnchanged();
        metrics.requestStale();
        metrics.rejected(RejectReason.INVALID_PRICE);
        metrics.rejected(RejectReason.INVALID_PRICE);

        assertThat(counted())
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("costops.noUsage", 1L),
                        Map.entry("costops.priced", 1L),
                        Map.entry("costops.unpriced", 1L),
                        Map.entry("costops.gatewayCacheHits", 1L),
                        Map.entry("costops.reversals", 4L),
                        Map.entry("costops.conflicts", 1L),
                        Map.entry("costops.deletions", 1L),
                        Map.entry("costops.superseded", 1L),
                        Map.entry("costops.afterPosition", 1L),
                        Map.entry("costops.duplicates", 1L),
                        Map.entry("costops.adjustments", 0L),
                        Map.entry("costops.unpricedLines", 0L),
                        Map.entry("costops.requestsApplied", 1L),
                        Map.entry("costops.requestsRepeated", 1L),
                        Map.entry("costops.requestsUnchanged", 1L),
                        Map.entry("costops.requestsStale", 1L),
                        Map.entry("costops.tenant=acme.model=nobody-knows.unpricedEvents", 1L),
                        Map.entry("costops.reason=invalid_price.rejected", 2L)));
    }

    @Test
    void of_unpriced_usage_are_bounded_however_many_models_there_are() {
        UnpricedCounters unpriced = new UnpricedCounters(new Group(""));
        for (int i = 0; i < 2 * UnpricedCounters.MAX_SERIES; i++) {
            LedgerEntry entry = new LedgerEntry();
            entry.setDimensions(new Dimensions());
            entry.setModel("model-" + i);
            unpriced.count(entry);
        }

        Map<String, Long> counted = counted();
        counted.keySet().removeIf(name -> !name.endsWith("unpricedEvents"));
        assertThat(counted)
                .hasSize(UnpricedCounters.MAX_SERIES + 1)
                .containsEntry("tenant=(none).model=model-0.unpricedEvents", 1L)
                .containsEntry("tenant=(others).model=(others).unpricedEvents", (long) UnpricedCounters.MAX_SERIES);
    }

    private Map<String, Long> counted() {
        Map<String, Long> counted = new TreeMap<>();
        counters.forEach((name, counter) -> counted.put(name, counter.getCount()));
        return counted;
    }

    private final class Group extends UnregisteredMetricsGroup {
        private final String path;

        Group(String path) {
            this.path = path;
        }

        @Override
        public Counter counter(String name) {
            return counters.computeIfAbsent(path + name, unseen -> new SimpleCounter());
        }

        @Override
        public MetricGroup addGroup(String name) {
            return new Group(path + name + ".");
        }

        @Override
        public MetricGroup addGroup(String key, String value) {
            return new Group(path + key + "=" + value + ".");
        }
    }
}
