package io.costops.infra.platform;

import java.time.Instant;

/** Something that happened to a component, as the log and the listeners are told it. */
public record PlatformEvent(Instant at, String component, Kind kind, String message) {

    /** What happened. */
    public enum Kind {
        STARTING,
        READY,
        /** An exit or a failure that nobody asked for. */
        DIED,
        /** The supervisor waits before it tries again. */
        BACKING_OFF,
        STOPPED
    }

    @Override
    public String toString() {
        return component + ": " + message;
    }
}
