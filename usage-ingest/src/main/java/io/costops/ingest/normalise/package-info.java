/**
 * Raw payloads become canonical usage: pure functions, with no Kafka, HTTP or Flink in them.
 *
 * <p>{@link io.costops.ingest.normalise.Normaliser} is the way in; one {@link
 * io.costops.ingest.normalise.PayloadParser} for each {@link io.costops.ingest.normalise.SourceKind} knows what a
 * provider's numbers mean.
 */
@org.jspecify.annotations.NullMarked
package io.costops.ingest.normalise;
