package io.costops.enrichment.job;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectReason;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** What a task counts. The counters begin at 0 with each run of the task; the ledger itself is the lasting count. */
final class JobMetrics {
    private final MetricGroup group;
    private final Counter priced;
    private final Counter unpriced;
    private final Counter noUsage;
    private final Counter gatewayCacheHits;
    private final Counter duplicates;
    private final Counter reversals;
    private final Counter deletions;
    private final Counter conflicts;
    private final Counter superseded;
    private final Counter afterPosition;
    private final Counter adjustments;
    private final Counter requestsApplied;
    private final Counter requestsRepeated;
    private final Counter requestsUnchanged;
    private final Counter requestsStale;
    private final Counter unpricedLines;
    private final UnpricedCounters unpricedEvents;
    private final Map<RejectReason, Counter> rejected = new EnumMap<>(RejectReason.class);

    JobMetrics(MetricGroup operator) {
        this.group = operator.addGroup("costops");
        this.priced = group.counter("priced");
        this.unpriced = group.counter("unpriced");
        this.noUsage = group.counter("noUsage");
        this.gatewayCacheHits = group.counter("gatewayCacheHits");
        this.duplicates = group.counter("duplicates");
        this.reversals = group.counter("reversals");
        this.deletions = group.counter("deletions");
        this.conflicts = group.counter("conflicts");
        this.superseded = group.counter("superseded");
        this.afterPosition = group.counter("afterPosition");
        this.unpricedLines = group.counter("unpricedLines");
        this.unpricedEvents = new UnpricedCounters(group);
        this.requestsStale = group.counter("requestsStale");
        this.requestsUnchanged = group.counter("requestsUnchanged");
        this.requestsRepeated = group.counter("requestsRepeated");
        this.requestsApplied = group.counter("requestsApplied");
        this.adjustments = group.counter("adjustments");
    }

    void duplicate() {
        duplicates.inc();
    }

    void requestApplied() {
        requestsApplied.inc();
    }

    void requestRepeated() {
        requestsRepeated.inc();
    }

    void requestUnchanged() {
        requestsUnchanged.inc();
    }

    void requestStale() {
        requestsStale.inc();
    }

    void rejected(RejectReason reason) {
        rejected.computeIfAbsent(
                        reason,
                        unseen -> group.addGroup("reason", unseen.name().toLowerCase(Locale.ROOT))
                                .counter("rejected"))
                .inc();
    }

    void booked(LedgerEntry entry) {
        switch (entry.getKind()) {
            case USAGE, CORRECTION -> charged(entry);
            case REVERSAL -> reversals.inc();
            case ADJUSTMENT -> adjustments.inc();
            case MEMO -> noted(entry);
            case UNKNOWN, ALLOCATION, COMMITMENT_USED, COMMITMENT_UNUSED, CREDIT ->
                throw new IllegalArgumentException("usage makes no entry of kind " + entry.getKind());
        }
    }

    private void charged(LedgerEntry entry) {
        switch (entry.getStatus()) {
            case PRICED -> {
                priced.inc();
                long without = entry.getLines().stream()
                        .filter(line -> line.getListUnitPrice() == null)
                        .count();
                if (without > 0) {
                    unpricedLines.inc(without);
                    unpricedEvents.count(entry);
                }
            }
            case UNPRICED -> {
                unpriced.inc();
                unpricedEvents.count(entry);
            }
            case NO_USAGE -> noUsage.inc();
            case GATEWAY_CACHE_HIT -> gatewayCacheHits.inc();
            case UNKNOWN, DELETED, SUPERSEDED, CONFLICT, POSITION_EXPIRED ->
                throw new IllegalArgumentException("no charge has the status " + entry.getStatus());
        }
    }

    private void noted(LedgerEntry entry) {
        switch (entry.getStatus()) {
            case DELETED -> deletions.inc();
            case SUPERSEDED -> superseded.inc();
            case CONFLICT -> conflicts.inc();
            case POSITION_EXPIRED -> afterPosition.inc();
            case UNKNOWN, PRICED, UNPRICED, NO_USAGE, GATEWAY_CACHE_HIT ->
                throw new IllegalArgumentException("no memo has the status " + entry.getStatus());
        }
    }
}
