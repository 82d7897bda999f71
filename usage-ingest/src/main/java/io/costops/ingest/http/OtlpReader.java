package io.costops.ingest.http;

import java.util.Map;

/** Takes what is found in an OTLP trace request, in the order in which it stands there. */
interface OtlpReader {

    /** The spans that follow belong to this resource; its attributes that are strings, numbers or booleans. */
    void resource(Map<String, String> attributes);

    /** A span that may be a model's, in OTLP's JSON form. */
    void span(byte[] json, int from, int length) throws TooManySpans;

    /** A span that is no model's. */
    void unrelated() throws TooManySpans;

    void unusable(String message) throws TooManySpans;

    /** The request holds more spans than one request may. */
    final class TooManySpans extends Exception {
        private static final long serialVersionUID = 1L;
    }
}
