/** The joint between raw payloads and canonical usage: a Kafka Streams topology around a pure normaliser. */
@org.jspecify.annotations.NullMarked
package io.costops.ingest;
