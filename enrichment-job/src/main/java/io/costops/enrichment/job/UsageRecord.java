package io.costops.enrichment.job;

import io.costops.schemas.topics.Topics;

/**
 * A record of usage.events or usage.requests that decodes and is valid, under the id that it is keyed by.
 *
 * <p>The bytes travel, not the decoded event: they are shorter than any other form, need no encoding on this side of the
 * shuffle, and are at hand should the event's cost turn out not to fit the ledger.
 */
public record UsageRecord(String eventId, SourceRecord record) {
    boolean isRequest() {
        return record.topic().equals(Topics.USAGE_REQUESTS.name());
    }
}
