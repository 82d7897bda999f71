package io.costops.enrichment.job;

import io.costops.schemas.topics.Topics;

/** What pricing looks things up in; each is a compacted topic. */
public enum Book {
    PRICES(Topics.PRICES.name()),
    ATTRIBUTION(Topics.ATTRIBUTION.name()),
    PERIODS(Topics.PERIODS.name());

    private final String topic;

    Book(String topic) {
        this.topic = topic;
    }

    public String topic() {
        return topic;
    }
}
