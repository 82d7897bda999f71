package io.costops.infra.demo;

/** What a distinct event comes to in the end, once all that arrived about it is counted. */
public enum Standing {
    PRICED,
    UNPRICED,
    NO_USAGE,
    GATEWAY_CACHE_HIT,
    DELETED
}
