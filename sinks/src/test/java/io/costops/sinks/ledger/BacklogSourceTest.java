package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.sinks.ledger.BacklogSource.Behind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.apache.flink.util.UserCodeClassLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("A backlog is told to Flink")
class BacklogSourceTest {
    private static final long NOON = 1_800_000_000_000L;

    private static final AtomicLong CLOCK = new AtomicLong();

    private final Feed feed = new Feed();
    private final BacklogSource<String, Part, Integer> source = new BacklogSource<>(feed, Types.STRING, CLOCK::get);

    @BeforeEach
    void noon() {
        CLOCK.set(NOON);
    }

    @Nested
    @DisplayName("by a reader")
    class ByAReader {
        private final Task task = new Task();

        @Test
        void when_anything_that_it_reads_was_written_more_than_ten_seconds_ago() throws Exception {
            SourceReader<String, Part> reader = source.createReader(task);

            read(reader, 2_000, 10_000);
            assertThat(task.events).isEmpty();

            read(reader, 1_000, 10_001, 1_000);
            assertThat(task.events).containsExactly(new Behind(true));
        }

        @Test
        void every_two_seconds_as_long_as_that_lasts() throws Exception {
            SourceReader<String, Part> reader = source.createReader(task);

            read(reader, 60_000, 60_000);
            CLOCK.addAndGet(1_999);
            read(reader, 60_000);
            assertThat(task.events).hasSize(1);

            CLOCK.addAndGet(1);
            read(reader, 60_000, 60_000);
            assertThat(task.events).hasSize(2);
        }

        @Test
        void no_longer_when_for_a_second_nothing_old_was_read_and_then_something_new() throws Exception {
            SourceReader<String, Part> reader = source.createReader(task);
            read(reader, 60_000);

            read(reader, 1_000);
            CLOCK.addAndGet(1_000);
            read(reader, 4_000);
            assertThat(task.events).as("too soon, too old").hasSize(1);

            read(reader, 3_999, 1_000);
            assertThat(task.events).containsExactly(new Behind(true), new Behind(false));

            read(reader, 10_001);
            assertThat(task.events).endsWith(new Behind(true));
        }

        @Test
        void while_every_record_goes_on_with_its_time() throws Exception {
            Collected collected = new Collected();
            SourceReader<String, Part> reader = source.createReader(task);
            feed.ages = List.of(20_000L, 1_000L);

            reader.pollNext(collected);

            assertThat(collected.records).containsExactly("a@" + (NOON - 20_000), "a@" + (NOON - 1_000));
        }

        private void read(SourceReader<String, Part> reader, long... agesMillis) throws Exception {
            List<Long> ages = new ArrayList<>();
            for (long age : agesMillis) {
                ages.add(age);
            }
            feed.ages = ages;
            reader.pollNext(new Collected());
        }
    }

    @Nested
    @DisplayName("by the coordinator")
    class ByTheCoordinator {
        private final Coordinator coordinator = new Coordinator();

        @Test
        void until_every_reader_has_caught_up() throws Exception {
            SplitEnumerator<Part, Integer> enumerator = started();

            enumerator.handleSourceEvent(0, new Behind(true));
            enumerator.handleSourceEvent(1, new Behind(true));
            enumerator.handleSourceEvent(0, new Behind(false));
            assertThat(coordinator.told).containsExactly(true);

            enumerator.handleSourceEvent(1, new Behind(false));
            assertThat(coordinator.told).containsExactly(true, false);
        }

        @Test
        void or_has_not_said_anything_for_fifteen_seconds() throws Exception {
            SplitEnumerator<Part, Integer> enumerator = started();

            enumerator.handleSourceEvent(0, new Behind(true));
            later(4_000);
            enumerator.handleSourceEvent(1, new Behind(true));
            later(15_000);
            assertThat(coordinator.told).containsExactly(true);

            later(1);
            assertThat(coordinator.told).containsExactly(true, false);
        }

        @Test
        void never_by_an_enumerator_that_is_gone() throws Exception {
            started().handleSourceEvent(0, new Behind(true));
            coordinator.told.clear();

            source.restoreEnumerator(coordinator, 41).start();

            assertThat(coordinator.told).containsExactly(false);
        }

        @Test
        void while_a_checkpoint_waits_for_more_than_three_seconds() throws Exception {
            SplitEnumerator<Part, Integer> enumerator = started();
            enumerator.snapshotState(7);
            later(3_000);
            assertThat(coordinator.told).isEmpty();

            later(1);
            later(300_000);
            assertThat(coordinator.told).containsExactly(true);

            enumerator.notifyCheckpointComplete(7);
            assertThat(coordinator.told).containsExactly(true, false);
        }

        @Test
        void or_until_it_is_given_up() throws Exception {
            SplitEnumerator<Part, Integer> enumerator = started();
            enumerator.snapshotState(7);
            later(10_000);

            enumerator.notifyCheckpointAborted(7);

            assertThat(coordinator.told).containsExactly(true, false);
        }

        @Test
        void after_a_restore_too_and_with_the_state_of_the_source_alone() throws Exception {
            SplitEnumerator<Part, Integer> enumerator = source.restoreEnumerator(coordinator, 41);

            assertThat(enumerator.snapshotState(1)).isEqualTo(41);
            enumerator.handleSourceEvent(0, new Behind(true));
            assertThat(coordinator.told).containsExactly(true);
        }

        @Test
        void while_the_sources_own_events_are_its_own() throws Exception {
            SourceEvent other = new SourceEvent() {
                private static final long serialVersionUID = 1L;
            };

            started().handleSourceEvent(2, other);

            assertThat(feed.events).containsExactly(other);
            assertThat(coordinator.told).isEmpty();
        }

        private SplitEnumerator<Part, Integer> started() throws Exception {
            SplitEnumerator<Part, Integer> enumerator = source.createEnumerator(coordinator);
            enumerator.start();
            coordinator.told.clear();
            return enumerator;
        }

        private void later(long millis) {
            CLOCK.addAndGet(millis);
            coordinator.look.run();
        }
    }

    private record Part(String splitId) implements SourceSplit {}

    /** Emits one record of each age with a poll. */
    private static final class Feed implements Source<String, Part, Integer> {
        private static final long serialVersionUID = 1L;

        private transient List<Long> ages = List.of();
        private final transient List<SourceEvent> events = new ArrayList<>();

        @Override
        public Boundedness getBoundedness() {
            return Boundedness.CONTINUOUS_UNBOUNDED;
        }

        @Override
        public SourceReader<String, Part> createReader(SourceReaderContext context) {
            return new SourceReader<>() {
                @Override
                public void start() {}

                @Override
                public InputStatus pollNext(ReaderOutput<String> output) {
                    SourceOutput<String> part = output.createOutputForSplit("part");
                    ages.forEach(age -> part.collect("a", CLOCK.get() - age));
                    return InputStatus.NOTHING_AVAILABLE;
                }

                @Override
                public List<Part> snapshotState(long checkpoint) {
                    return List.of();
                }

                @Override
                public CompletableFuture<Void> isAvailable() {
                    return CompletableFuture.completedFuture(null);
                }

                @Override
                public void addSplits(List<Part> splits) {}

                @Override
                public void notifyNoMoreSplits() {}

                @Override
                public void close() {}
            };
        }

        @Override
        public SplitEnumerator<Part, Integer> createEnumerator(SplitEnumeratorContext<Part> context) {
            return restoreEnumerator(context, 0);
        }

        @Override
        public SplitEnumerator<Part, Integer> restoreEnumerator(SplitEnumeratorContext<Part> context, Integer state) {
            return new SplitEnumerator<>() {
                @Override
                public void start() {}

                @Override
                public void handleSplitRequest(int subtask, @Nullable String host) {}

                @Override
                public void addSplitsBack(List<Part> splits, int subtask) {}

                @Override
                public void addReader(int subtask) {}

                @Override
                public void handleSourceEvent(int subtask, SourceEvent event) {
                    events.add(event);
                }

                @Override
                public Integer snapshotState(long checkpoint) {
                    return state;
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public SimpleVersionedSerializer<Part> getSplitSerializer() {
            throw new UnsupportedOperationException();
        }

        @Override
        public SimpleVersionedSerializer<Integer> getEnumeratorCheckpointSerializer() {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Collected implements ReaderOutput<String> {
        private final List<String> records = new ArrayList<>();

        @Override
        public void collect(String record) {
            throw new UnsupportedOperationException("without a time");
        }

        @Override
        public void collect(String record, long millis) {
            records.add(record + "@" + millis);
        }

        @Override
        public void emitWatermark(Watermark watermark) {}

        @Override
        public void markIdle() {}

        @Override
        public void markActive() {}

        @Override
        public SourceOutput<String> createOutputForSplit(String split) {
            return this;
        }

        @Override
        public void releaseOutputForSplit(String split) {}
    }

    private static final class Task implements SourceReaderContext {
        private final List<SourceEvent> events = new ArrayList<>();

        @Override
        public void sendSourceEventToCoordinator(SourceEvent event) {
            events.add(event);
        }

        @Override
        public SourceReaderMetricGroup metricGroup() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Configuration getConfiguration() {
            return new Configuration();
        }

        @Override
        public String getLocalHostName() {
            return "localhost";
        }

        @Override
        public int getIndexOfSubtask() {
            return 0;
        }

        @Override
        public void sendSplitRequest() {}

        @Override
        public UserCodeClassLoader getUserCodeClassLoader() {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Coordinator implements SplitEnumeratorContext<Part> {
        private final List<Boolean> told = new ArrayList<>();
        private Runnable look = () -> {};

        @Override
        public void setIsProcessingBacklog(boolean backlog) {
            told.add(backlog);
        }

        @Override
        public <V> void callAsync(
                Callable<V> call, BiConsumer<V, Throwable> handler, long initialDelayMillis, long periodMillis) {
            look = () -> callAsync(call, handler);
        }

        @Override
        @SuppressWarnings("NullAway") // null: nothing was thrown
        public <V> void callAsync(Callable<V> call, BiConsumer<V, Throwable> handler) {
            try {
                handler.accept(call.call(), null);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void runInCoordinatorThread(Runnable runnable) {
            runnable.run();
        }

        @Override
        public SplitEnumeratorMetricGroup metricGroup() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sendEventToSourceReader(int subtask, SourceEvent event) {}

        @Override
        public int currentParallelism() {
            return 2;
        }

        @Override
        public Map<Integer, ReaderInfo> registeredReaders() {
            return Map.of();
        }

        @Override
        public void assignSplits(SplitsAssignment<Part> assignment) {}

        @Override
        public void signalNoMoreSplits(int subtask) {}
    }
}
