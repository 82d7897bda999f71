package io.costops.ingest.http;

import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;

/** One way in: how a body becomes envelopes. Pure: it neither reads the network nor writes to Kafka. */
interface Route {
    /** Its path with placeholders, as the metrics name it. */
    String name();

    /** The language that a request wants its answer in; empty if the content type isn't this route's. */
    Optional<Dialect> dialect(HttpFields headers);

    /** What the content type should have been, for the answer 415. */
    String contentTypes();

    Decoded decode(Call call);
}
