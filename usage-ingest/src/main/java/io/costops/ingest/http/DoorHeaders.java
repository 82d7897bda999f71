package io.costops.ingest.http;

/** Headers of the records that the door writes. */
public final class DoorHeaders {
    /** Request id and the element's index in it, {@code <uuid>/<index>}. */
    public static final String ORIGIN = "costops-origin";

    private DoorHeaders() {}
}
