package io.costops.anomaly.alert;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How providers and gateways say that a call failed. */
public final class Failures {
    static final List<String> OUTCOMES = List.of(
            "error",
            "errored",
            "failed",
            "failure",
            "timeout",
            "timed_out",
            "rate_limited",
            "overloaded",
            "cancelled",
            "canceled",
            "expired");

    private Failures() {}

    public static boolean isOne(@Nullable String outcome) {
        return outcome != null && OUTCOMES.contains(outcome.toLowerCase(Locale.ROOT));
    }
}
