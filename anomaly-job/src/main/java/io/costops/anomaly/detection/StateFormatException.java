package io.costops.anomaly.detection;

/** Saved state that this version can't read: it is from another version, another kind of detector, or cut short. */
public final class StateFormatException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public StateFormatException(String message) {
        super(message);
    }
}
