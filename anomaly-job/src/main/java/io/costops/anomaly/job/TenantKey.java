package io.costops.anomaly.job;

/** A tenant's money in one currency: amounts of two are never added or compared. */
public record TenantKey(String tenant, String currency) {}
