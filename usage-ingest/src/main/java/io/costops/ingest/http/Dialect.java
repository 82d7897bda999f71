package io.costops.ingest.http;

/** How a route's senders want to be answered. */
interface Dialect {

    /** Everything that could be written is written. */
    Reply written(Receipt receipt);

    Reply refused(Problem problem, String requestId);
}
