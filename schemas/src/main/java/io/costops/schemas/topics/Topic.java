package io.costops.schemas.topics;

import java.time.Duration;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/**
 * A Kafka topic as a contract.
 *
 * @param name the topic's name
 * @param key what its key is, in words
 * @param value the record type, empty where the value is raw bytes
 * @param retention how long a record is kept
 * @param maxMessageBytes largest record that the topic takes
 */
public record Topic<T extends SpecificRecord>(
        String name, String key, Optional<Class<T>> value, Retention retention, int maxMessageBytes) {

    /** The registry's subject for the value, by Confluent's topic-name strategy. */
    public String subject() {
        return name + "-value";
    }

    /**
     * The record type.
     *
     * @throws IllegalStateException if the topic carries raw bytes
     */
    public Class<T> valueType() {
        return value.orElseThrow(() -> new IllegalStateException(name + " carries raw bytes"));
    }

    /** How long records stay. */
    public sealed interface Retention {
        record For(Duration time) implements Retention {}

        record Forever() implements Retention {}

        /** The newest record of each key stays. */
        record Compacted() implements Retention {}
    }
}
