package io.costops.ingest.http;

import io.costops.ingest.normalise.SourceKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What became of a request's elements.
 *
 * @param accepted elements that are in Kafka on all in-sync replicas and will be taken by the stream
 * @param ignored elements that are no usage
 * @param faults of the others, by index
 * @param kept how many of those are in Kafka all the same, to be rejected and kept by the stream
 * @param acceptedBySource the accepted ones, by the kind of their payload
 */
record Receipt(
        String requestId,
        int accepted,
        int ignored,
        List<Fault> faults,
        int kept,
        Map<Optional<SourceKind>, Integer> acceptedBySource) {
    boolean noneGood() {
        return accepted == 0 && ignored == 0 && !faults.isEmpty();
    }
}
