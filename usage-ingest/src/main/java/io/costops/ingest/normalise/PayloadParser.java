package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;

/** Knows what the numbers of one kind of payload mean. A pure function; it throws nothing. */
interface PayloadParser {
    Parsing parse(Json payload, CallContext context);
}
