package io.costops.anomaly.watch;

/**
 * Where money is spent: the finest place that is watched. An empty text stands for what nobody named.
 *
 * @param currency ISO 4217 code of the amounts; money of two currencies is never added
 */
public record Place(String tenant, String currency, String project, String model, String apiKeyId) {}
