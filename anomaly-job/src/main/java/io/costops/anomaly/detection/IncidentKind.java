package io.costops.anomaly.detection;

import java.util.Locale;

/** What an incident looks like. A best guess from the numbers of one key. */
public enum IncidentKind {
    /** Requests carry many more tokens than usual. */
    TOKEN_SPIKE(1),
    /** More requests than usual, and many of them fail: someone tries again and again. */
    RETRY_LOOP(2),
    /** Requests fail more often, their number is as usual. */
    ERROR_BURST(3),
    /** A token costs several times what it did: another model answers. */
    MODEL_SWITCH(4),
    /** A token costs more than it did. */
    PRICE_HIKE(5),
    /** A token costs more than it did because fewer of them come from the prompt cache. */
    CACHE_COLLAPSE(6),
    /** Requests of the usual kind, far too many for this time of the week. */
    LEAKED_KEY(7),
    /** More requests than usual at a time when the key is busy anyway. */
    TRAFFIC_SURGE(8),
    /** Spend rises day by day. */
    SLOW_DRIFT(9),
    /** A key too young to be judged has spent more than the cap for such keys. */
    COLD_START_CAP(10),
    /** A model that was hardly ever asked before makes the difference. Only who sees all series can tell. */
    NEW_MODEL(11);

    /** What stands for it in saved state; never reused. */
    final byte code;

    IncidentKind(int code) {
        this.code = (byte) code;
    }

    static IncidentKind ofCode(int code) {
        for (IncidentKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new StateFormatException("state names incident kind " + code + ", which isn't known");
    }

    /** The name in files, topics and tables. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
