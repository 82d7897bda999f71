package io.costops.ingest.http;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The topic {@code usage.raw}, as the door writes to it. */
public interface RawTopic extends AutoCloseable {

    /**
     * One record.
     *
     * @param origin request id and the element's index in it, {@code <id>/<index>}: tells apart what has no id of its own,
     *     and lets anyone find the request of a record
     */
    record Message(RawEnvelope value, String origin) {}

    /**
     * What became of the records of one request.
     *
     * @param acknowledged records that are on all in-sync replicas
     * @param failed records that are not, or of which it isn't known
     * @param failure the first one; empty if there is none
     */
    record Delivery(int acknowledged, int failed, Optional<Failure> failure) {}

    /** Why a record was not acknowledged. */
    enum Failure {
        NOT_IN_TIME("Kafka did not acknowledge in time"),
        NOT_ALLOWED("Kafka does not let this service write"),
        TOO_LARGE("Kafka's topic is configured for smaller records"),
        OTHER("Kafka could not take it");

        private final String sentence;

        Failure(String sentence) {
            this.sentence = sentence;
        }

        /** In words for the sender. */
        String sentence() {
            return sentence;
        }
    }

    /**
     * Writes records without waiting.
     *
     * @param done called once, on any thread, when the fate of all of them is known; it must not block
     */
    void write(List<Message> messages, Consumer<Delivery> done);

    /** Whether records would be taken now. */
    Readiness readiness();

    /** Waits for what is under way. */
    @Override
    void close();
}
