package io.costops.anomaly.detection;

/** How loudly an incident asks for a person. */
public enum Severity {
    WARNING,
    CRITICAL
}
