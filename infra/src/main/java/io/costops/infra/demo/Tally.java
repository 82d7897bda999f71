package io.costops.infra.demo;

import io.costops.infra.demo.Workload.Owner;
import io.costops.schemas.avro.RejectReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** Counts what is made while it is made, in constant memory. */
final class Tally {
    private final Map<Standing, Long> events = new EnumMap<>(Standing.class);
    private final Map<RejectReason, Long> rejected = new EnumMap<>(RejectReason.class);
    private final Map<String, Long> requestsByTenant = new TreeMap<>();
    private long records;
    private long repeats;
    private long corrections;
    private long superseded;
    private long deletions;
    private long completions;
    private long conflicts;
    private long inputTokens;
    private long outputTokens;

    /** A distinct event, with the units that stand in the end. */
    void event(Call call, Standing standing) {
        events.merge(standing, 1L, Long::sum);
        if (standing == Standing.PRICED || standing == Standing.UNPRICED) {
            Owner owner = call.workload().owner();
            requestsByTenant.merge(owner == null ? Expectation.NO_TENANT : owner.tenant(), 1L, Long::sum);
            inputTokens += call.units().input();
            outputTokens += call.units().output();
        }
    }

    void record() {
        records++;
    }

    void rejected(RejectReason reason) {
        rejected.merge(reason, 1L, Long::sum);
    }

    void repeat() {
        repeats++;
    }

    void correction() {
        corrections++;
    }

    void superseded() {
        superseded++;
    }

    void deletion() {
        deletions++;
    }

    void completion() {
        completions++;
    }

    void conflict() {
        conflicts++;
    }

    Expectation expectation() {
        return new Expectation(
                records,
                events,
                rejected,
                repeats,
                corrections,
                superseded,
                deletions,
                completions,
                conflicts,
                requestsByTenant,
                inputTokens,
                outputTokens);
    }
}
