/** The HTTP door: takes usage over HTTP and writes it to the topic {@code usage.raw}. */
@org.jspecify.annotations.NullMarked
package io.costops.ingest.http;
