package io.costops.ingest.http;

import io.costops.ingest.normalise.SourceKind;
import java.util.Optional;

/** The value of a record of {@code usage.raw}; never changed once it is made. */
public final class RawEnvelope {
    private final byte[] bytes;
    private final Optional<SourceKind> source;

    /**
     * @param source kind of the payload, for the metrics; empty where it isn't known
     */
    RawEnvelope(byte[] bytes, Optional<SourceKind> source) {
        this.bytes = bytes;
        this.source = source;
    }

    Optional<SourceKind> source() {
        return source;
    }

    public byte[] bytes() {
        return bytes;
    }

    int size() {
        return bytes.length;
    }
}
