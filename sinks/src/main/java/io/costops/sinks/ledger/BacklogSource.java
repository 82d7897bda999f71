package io.costops.sinks.ledger;

import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.jspecify.annotations.Nullable;

/**
 * A source that says when there is a backlog, so that Flink takes the checkpoint interval that is meant for one.
 *
 * <p>It is behind while what it reads was written to its topic long ago. A checkpoint is an insert into ClickHouse,
 * and one of many rows costs hardly more than one of few: fewer and larger ones are what makes the ledger catch up.
 *
 * <p>It is held up when a checkpoint doesn't come to its end, for the task waits for ClickHouse. Flink asks for further
 * checkpoints meanwhile, keeps every one of those requests, and serves them one upon the other as soon as it can: after five
 * minutes there would be hundreds, each with an insert of few rows.
 *
 * @param <T> what is read
 * @param <S> its splits
 * @param <E> state of its enumerator
 */
final class BacklogSource<T, S extends SourceSplit, E> implements Source<T, S, E>, ResultTypeQueryable<T> {
    private static final long serialVersionUID = 1L;

    /** Behind from this age of a record on. In good times one is read two seconds after it was written. */
    static final Duration BEHIND = Duration.ofSeconds(10);

    /** No longer behind when something younger than this is read and nothing old was for {@link #ALL_READ}. */
    static final Duration CAUGHT_UP = Duration.ofSeconds(4);

    /** Long enough that each partition has had its turn. */
    static final Duration ALL_READ = Duration.ofSeconds(1);

    /** How often a reader that is behind says so. */
    static final Duration REMINDER = Duration.ofSeconds(2);

    /** No longer behind when it hasn't said so for this long: nothing comes any more. */
    static final Duration SILENT = Duration.ofSeconds(15);

    /** Held up from this age of a checkpoint on. */
    static final Duration HELD_UP = Duration.ofSeconds(3);

    private static final Duration LOOK = Duration.ofSeconds(1);

    /** The time of now, wherever the task runs. */
    interface Now extends Serializable {
        long millis();
    }

    /** What a reader tells again and again as long as it is behind, and once when it has caught up. */
    record Behind(boolean behind) implements SourceEvent {
        private static final long serialVersionUID = 1L;
    }

    private final Source<T, S, E> source;
    private final TypeInformation<T> produced;
    private final Now now;

    /** @param source gives each record the time at which it was written */
    BacklogSource(Source<T, S, E> source, TypeInformation<T> produced, Now now) {
        this.source = source;
        this.produced = produced;
        this.now = now;
    }

    @Override
    public Boundedness getBoundedness() {
        return source.getBoundedness();
    }

    @Override
    public TypeInformation<T> getProducedType() {
        return produced;
    }

    @Override
    public SourceReader<T, S> createReader(SourceReaderContext context) throws Exception {
        return new Reader<>(source.createReader(context), new Age(context, now));
    }

    @Override
    public SplitEnumerator<S, E> createEnumerator(SplitEnumeratorContext<S> context) throws Exception {
        return new Enumerator<>(source.createEnumerator(context), context, now);
    }

    @Override
    public SplitEnumerator<S, E> restoreEnumerator(SplitEnumeratorContext<S> context, E state) throws Exception {
        return new Enumerator<>(source.restoreEnumerator(context, state), context, now);
    }

    @Override
    public SimpleVersionedSerializer<S> getSplitSerializer() {
        return source.getSplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<E> getEnumeratorCheckpointSerializer() {
        return source.getEnumeratorCheckpointSerializer();
    }

    /** How old what is read is; one old record of any partition is enough. */
    private static final class Age {
        private final SourceReaderContext context;
        private final Now now;
        private boolean behind;
        private long oldReadMillis;
        private long saidMillis;

        Age(SourceReaderContext context, Now now) {
            this.context = context;
            this.now = now;
        }

        void of(long writtenMillis) {
            long millis = now.millis();
            long age = millis - writtenMillis;
            if (age > BEHIND.toMillis()) {
                oldReadMillis = millis;
                if (!behind || millis - saidMillis >= REMINDER.toMillis()) {
                    say(true, millis);
                }
            } else if (behind && age < CAUGHT_UP.toMillis() && millis - oldReadMillis >= ALL_READ.toMillis()) {
                say(false, millis);
            }
        }

        private void say(boolean isBehind, long millis) {
            behind = isBehind;
            saidMillis = millis;
            context.sendSourceEventToCoordinator(new Behind(isBehind));
        }
    }

    @SuppressWarnings("try") // A reader may be interrupted as it closes; nobody closes one but Flink.
    private static final class Reader<T, S extends SourceSplit> implements SourceReader<T, S> {
        private final SourceReader<T, S> reader;
        private final Age age;
        private @Nullable AgedReaderOutput<T> output;

        Reader(SourceReader<T, S> reader, Age age) {
            this.reader = reader;
            this.age = age;
        }

        @Override
        public void start() {
            reader.start();
        }

        @Override
        public InputStatus pollNext(ReaderOutput<T> to) throws Exception {
            AgedReaderOutput<T> aged = output;
            if (aged == null || aged.output != to) {
                aged = new AgedReaderOutput<>(to, age);
                output = aged;
            }
            return reader.pollNext(aged);
        }

        @Override
        public List<S> snapshotState(long checkpoint) {
            return reader.snapshotState(checkpoint);
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return reader.isAvailable();
        }

        @Override
        public void addSplits(List<S> splits) {
            reader.addSplits(splits);
        }

        @Override
        public void notifyNoMoreSplits() {
            reader.notifyNoMoreSplits();
        }

        @Override
        public void handleSourceEvents(SourceEvent event) {
            reader.handleSourceEvents(event);
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) throws Exception {
            reader.notifyCheckpointComplete(checkpoint);
        }

        @Override
        public void notifyCheckpointAborted(long checkpoint) throws Exception {
            reader.notifyCheckpointAborted(checkpoint);
        }

        @Override
        public void pauseOrResumeSplits(Collection<String> toPause, Collection<String> toResume) {
            reader.pauseOrResumeSplits(toPause, toResume);
        }

        @Override
        public void close() throws Exception {
            reader.close();
        }
    }

    private static class AgedOutput<T> implements SourceOutput<T> {
        private final SourceOutput<T> output;
        private final Age age;

        AgedOutput(SourceOutput<T> output, Age age) {
            this.output = output;
            this.age = age;
        }

        @Override
        public void collect(T record) {
            output.collect(record);
        }

        @Override
        public void collect(T record, long writtenMillis) {
            age.of(writtenMillis);
            output.collect(record, writtenMillis);
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            output.emitWatermark(watermark);
        }

        @Override
        public void markIdle() {
            output.markIdle();
        }

        @Override
        public void markActive() {
            output.markActive();
        }
    }

    private static final class AgedReaderOutput<T> extends AgedOutput<T> implements ReaderOutput<T> {
        private final ReaderOutput<T> output;
        private final Age age;

        AgedReaderOutput(ReaderOutput<T> output, Age age) {
            super(output, age);
            this.output = output;
            this.age = age;
        }

        @Override
        public SourceOutput<T> createOutputForSplit(String split) {
            return new AgedOutput<>(output.createOutputForSplit(split), age);
        }

        @Override
        public void releaseOutputForSplit(String split) {
            output.releaseOutputForSplit(split);
        }
    }

    private static final class Enumerator<S extends SourceSplit, E> implements SplitEnumerator<S, E> {
        private final SplitEnumerator<S, E> enumerator;
        private final SplitEnumeratorContext<S> context;
        private final Now now;
        /** When a reader said last that it is behind, by subtask. */
        private final Map<Integer, Long> behindMillis = new HashMap<>();
        /** Since when a checkpoint is under way. */
        private OptionalLong underWayMillis = OptionalLong.empty();

        private boolean backlog;

        Enumerator(SplitEnumerator<S, E> enumerator, SplitEnumeratorContext<S> context, Now now) {
            this.enumerator = enumerator;
            this.context = context;
            this.now = now;
        }

        @Override
        public void start() {
            // What an enumerator before this one told would hold for ever.
            context.setIsProcessingBacklog(false);
            enumerator.start();
            context.callAsync(() -> true, (ignored, problem) -> tell(), LOOK.toMillis(), LOOK.toMillis());
        }

        @Override
        public void handleSplitRequest(int subtask, @Nullable String host) {
            enumerator.handleSplitRequest(subtask, host);
        }

        @Override
        public void addSplitsBack(List<S> splits, int subtask) {
            enumerator.addSplitsBack(splits, subtask);
        }

        @Override
        public void addReader(int subtask) {
            enumerator.addReader(subtask);
        }

        @Override
        public void handleSourceEvent(int subtask, SourceEvent event) {
            if (event instanceof Behind told) {
                if (told.behind()) {
                    behindMillis.put(subtask, now.millis());
                } else {
                    behindMillis.remove(subtask);
                }
                tell();
            } else {
                enumerator.handleSourceEvent(subtask, event);
            }
        }

        private void tell() {
            long millis = now.millis();
            behindMillis.values().removeIf(said -> millis - said > SILENT.toMillis());
            boolean heldUp = underWayMillis.isPresent() && millis - underWayMillis.getAsLong() > HELD_UP.toMillis();
            if (backlog != (heldUp || !behindMillis.isEmpty())) {
                backlog = !backlog;
                context.setIsProcessingBacklog(backlog);
            }
        }

        @Override
        public E snapshotState(long checkpoint) throws Exception {
            underWayMillis = OptionalLong.of(now.millis());
            return enumerator.snapshotState(checkpoint);
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) throws Exception {
            underWayMillis = OptionalLong.empty();
            tell();
            enumerator.notifyCheckpointComplete(checkpoint);
        }

        @Override
        public void notifyCheckpointAborted(long checkpoint) throws Exception {
            underWayMillis = OptionalLong.empty();
            tell();
            enumerator.notifyCheckpointAborted(checkpoint);
        }

        @Override
        public void close() throws IOException {
            enumerator.close();
        }
    }
}
