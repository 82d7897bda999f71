package io.costops.ingest.http;

/**
 * The bounds of one request.
 *
 * @param bodyBytes of the body as sent
 * @param inflatedBytes of the body once decompressed
 * @param envelopeBytes of one envelope
 * @param elements of one request
 */
record Limits(int bodyBytes, int inflatedBytes, int envelopeBytes, int elements) {}
