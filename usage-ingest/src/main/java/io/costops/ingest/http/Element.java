package io.costops.ingest.http;

/** One element of a request, once it has been looked at. */
sealed interface Element {

    /** How many bytes of it are kept until Kafka has them. */
    int keptBytes();

    /**
     * Goes to the topic.
     */
    record Take(int index, RawEnvelope envelope) implements Element {
        @Override
        public int keptBytes() {
            return envelope.size();
        }
    }

    /** Goes nowhere: the sender can mend it. */
    record Refuse(Fault fault) implements Element {
        @Override
        public int keptBytes() {
            return 0;
        }
    }

    /** Goes to the topic although it will be rejected there, where its bytes are kept and can be replayed. */
    record Keep(RawEnvelope envelope, Fault fault) implements Element {
        @Override
        public int keptBytes() {
            return envelope.size();
        }
    }

    /** Is no usage at all, such as a span of a database call. */
    record Ignore(int index) implements Element {
        @Override
        public int keptBytes() {
            return 0;
        }
    }
}
