package io.costops.ingest.http;

import java.util.List;

/** What a route made of a body. */
sealed interface Decoded {
    record Batch(List<Element> elements) implements Decoded {}

    /** The request as a whole can't be used. */
    record Refused(Problem problem) implements Decoded {}
}
