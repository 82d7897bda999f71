package io.costops.infra.demo;

import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.RejectReason;
import java.util.Map;

/**
 * What a platform that counts right must find in a stretch of traffic. The generator knows it from what it made, not from
 * any of the code that is put to the test.
 *
 * @param records records in usage.raw
 * @param events distinct events by what they come to; a rejected record is none
 * @param rejected rejected records by reason
 * @param repeats records that say again what an earlier one said, twice delivered or through a second door
 * @param corrections records with a higher revision of an event
 * @param superseded records with a lower revision than one that came before
 * @param deletions tombstones
 * @param completions records that bring the usage of an event that was first reported without
 * @param conflicts records that say other units than the standing one of the same revision
 * @param requestsByTenant requests that stand, priced or unpriced, by tenant after attribution; "" for none
 * @param inputTokens input tokens of these requests
 * @param outputTokens output tokens of these requests
 */
public record Expectation(
        long records,
        Map<Standing, Long> events,
        Map<RejectReason, Long> rejected,
        long repeats,
        long corrections,
        long superseded,
        long deletions,
        long completions,
        long conflicts,
        Map<String, Long> requestsByTenant,
        long inputTokens,
        long outputTokens) {

    /** Key of requestsByTenant for usage that belongs to nobody. */
    public static final String NO_TENANT = "";

    public Expectation {
        events = Map.copyOf(events);
        rejected = Map.copyOf(rejected);
        requestsByTenant = Map.copyOf(requestsByTenant);
    }

    public long distinctEvents() {
        return sum(events);
    }

    public long rejectedRecords() {
        return sum(rejected);
    }

    public long of(Standing standing) {
        return events.getOrDefault(standing, 0L);
    }

    /** Entries that the ledger must hold, by what they book. */
    public Map<EntryKind, Long> entries() {
        return Map.of(
                EntryKind.USAGE, distinctEvents(),
                EntryKind.REVERSAL, corrections + deletions + completions,
                EntryKind.CORRECTION, corrections + completions,
                EntryKind.MEMO, superseded + conflicts);
    }

    private static long sum(Map<?, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
