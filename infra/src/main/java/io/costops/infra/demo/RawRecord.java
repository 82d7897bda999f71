package io.costops.infra.demo;

import java.time.Instant;

/**
 * One record for the topic usage.raw.
 *
 * @param key what the caller keys it by: the response id, so that the records of one response keep their order
 * @param value the envelope's JSON text, or what should have been one
 * @param arrival when it arrives, in the demo's month
 */
public record RawRecord(String key, String value, Instant arrival) {}
