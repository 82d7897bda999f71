package io.costops.enrichment.job;

import io.costops.enrichment.position.Bookkeeper;
import io.costops.enrichment.position.Decision;
import io.costops.enrichment.position.Known;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place that speaks for an event: prices and attributes its records and applies requests about it, each once.
 *
 * <p>Keyed by event id, it keeps what stands for an event until nothing came for the position's horizon, and a memory of
 * it until nothing came for the dedup window. Each event that is remembered has one timer, which looks at the active
 * time when it fires and sets itself again if it was early.
 */
final class PriceUsage extends KeyedBroadcastProcessFunction<String, UsageRecord, BookUpdate, LedgerEntry>
        implements CheckpointedFunction {
    static final ValueStateDescriptor<MemoryState> MEMORY = new ValueStateDescriptor<>("memory", StreamTypes.MEMORY);
    static final ValueStateDescriptor<Position> POSITION = new ValueStateDescriptor<>("position", StreamTypes.POSITION);
    static final ListStateDescriptor<Long> ACTIVE_TIME = new ListStateDescriptor<>("active-time", Types.LONG);

    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(PriceUsage.class);

    private final RegistryAccess registry;
    private final BookLoader loader;
    private final JobClock clock;
    private final long horizonMillis;
    private final long windowMillis;

    @SuppressWarnings("NullAway.Init") // by initializeState
    private transient ValueState<MemoryState> memories;

    @SuppressWarnings("NullAway.Init") // by initializeState
    private transient ValueState<Position> positions;

    @SuppressWarnings("NullAway.Init") // by initializeState
    private transient ListState<Long> activeTimes;

    @SuppressWarnings("NullAway.Init") // by initializeState
    private transient ActiveTime activeTime;

    @SuppressWarnings("NullAway.Init") // by initializeState
    private transient Books books;

    @SuppressWarnings("NullAway.Init") // by open
    private transient Bookkeeper bookkeeper;

    @SuppressWarnings("NullAway.Init") // by open
    private transient AvroCodec<UsageEvent> codec;

    @SuppressWarnings("NullAway.Init") // by open
    private transient AvroCodec<UsageRequest> requests;

    @SuppressWarnings("NullAway.Init") // by open
    private transient Rejections rejections;

    @SuppressWarnings("NullAway.Init") // by open
    private transient JobMetrics metrics;

    /**
     * @param horizon how long what stands for an event is held after its last entry
     * @param window how long an event is remembered after its last entry, at least the horizon
     */
    PriceUsage(RegistryAccess registry, BookLoader loader, JobClock clock, Duration horizon, Duration window) {
        this.registry = registry;
        this.loader = loader;
        this.clock = clock;
        this.horizonMillis = horizon.toMillis();
        this.windowMillis = window.toMillis();
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        memories = context.getKeyedStateStore().getState(MEMORY);
        positions = context.getKeyedStateStore().getState(POSITION);
        // Every task sees the times of all, so that the clock goes on wherever keys move when the job is rescaled.
        activeTimes = context.getOperatorStateStore().getUnionListState(ACTIVE_TIME);
        activeTime = new ActiveTime(clock, earliest(activeTimes.get()));
        FormerBooks.clear(context.getOperatorStateStore());
        books = new Books();
        // After a restore too: usage that waited while the job was down is priced by what came meanwhile.
        books.load(loader, new BookDecoder(registry.connect(), new Rejections(clock)));
        LOG.info(
                "{} with {} prices, {} attribution rules and {} months on record",
                context.isRestored() ? "Restored" : "Fresh start",
                books.prices(),
                books.rules(),
                books.periods());
    }

    /** The earliest, so that no task's state expires before its time. */
    private static long earliest(Iterable<Long> millis) {
        long earliest = Long.MAX_VALUE;
        for (long each : millis) {
            earliest = Math.min(earliest, each);
        }
        return earliest == Long.MAX_VALUE ? 0 : earliest;
    }

    @Override
    public void open(OpenContext context) {
        SchemaRegistry connected = registry.connect();
        codec = new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), connected);
        requests = ReadRequests.codec(connected);
        bookkeeper = new Bookkeeper(books, books);
        rejections = new Rejections(clock);
        metrics = new JobMetrics(getRuntimeContext().getMetricGroup());
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        activeTimes.update(List.of(activeTime.millis()));
    }

    @Override
    public void processBroadcastElement(BookUpdate update, Context context, Collector<LedgerEntry> out) {
        books.apply(update);
    }

    @Override
    public void processElement(UsageRecord usage, ReadOnlyContext context, Collector<LedgerEntry> out)
            throws Exception {
        if (usage.isRequest()) {
            apply(usage.record(), context, out);
        } else {
            book(usage, context, out);
        }
    }

    private void book(UsageRecord usage, ReadOnlyContext context, Collector<LedgerEntry> out) throws Exception {
        UsageEvent event = decode(usage.record());
        MemoryState memory = memories.value();
        Decision decision = bookkeeper.decide(known(memory), event, clock.now());
        if (decision instanceof Decision.Booked booked) {
            for (LedgerEntry entry : booked.entries()) {
                // What was said too late to be applied here is kept whole, for the request that will apply it. What
                // deletes
                // nothing that is known here may delete what was forgotten, or what comes when it is forgotten itself.
                if (entry.getStatus() == EntryStatus.DELETED || entry.getStatus() == EntryStatus.POSITION_EXPIRED) {
                    entry.setRecord(ByteBuffer.wrap(
                            Objects.requireNonNull(usage.record().value())));
                }
            }
            emit(booked, memory == null, context, out);
        } else if (decision instanceof Decision.Duplicate) {
            metrics.duplicate();
        } else if (decision instanceof Decision.Refused refused) {
            metrics.rejected(RejectReason.OUT_OF_RANGE);
            context.output(
                    EnrichmentTopology.REJECTED,
                    rejections.invalid(
                            usage.record(),
                            new Violation(RejectReason.OUT_OF_RANGE, refused.field(), refused.message()),
                            event));
        }
    }

    private void apply(SourceRecord record, ReadOnlyContext context, Collector<LedgerEntry> out) throws Exception {
        if (!(requests.decode(record.value()) instanceof Decoded.Value<UsageRequest> value)) {
            throw undecodable(record);
        }
        UsageRequest request = value.record();
        MemoryState memory = memories.value();
        Decision decision = bookkeeper.decide(known(memory), request, clock.now());
        if (decision instanceof Decision.Booked booked) {
            metrics.requestApplied();
            emit(booked, memory == null, context, out);
        } else if (decision instanceof Decision.Duplicate) {
            metrics.requestRepeated();
        } else if (decision instanceof Decision.Unchanged) {
            metrics.requestUnchanged();
        } else if (decision instanceof Decision.Stale) {
            metrics.requestStale();
        } else if (decision instanceof Decision.Refused refused) {
            metrics.rejected(RejectReason.OUT_OF_RANGE);
            RejectedUsage rejected = rejections.invalid(
                    record, new Violation(RejectReason.OUT_OF_RANGE, refused.field(), refused.message()));
            rejected.setEventId(request.getEventId());
            context.output(EnrichmentTopology.REJECTED, rejected);
        }
    }

    private void emit(Decision.Booked booked, boolean first, ReadOnlyContext context, Collector<LedgerEntry> out)
            throws Exception {
        remember(booked.next());
        if (first) {
            expireAfter(horizonMillis, context.timerService());
        }
        for (LedgerEntry entry : booked.entries()) {
            metrics.booked(entry);
            out.collect(entry);
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<LedgerEntry> out) throws Exception {
        MemoryState memory = memories.value();
        if (memory == null) {
            return;
        }
        long idleMillis = activeTime.millis() - memory.touchedAtMillis();
        if (idleMillis >= windowMillis) {
            positions.clear();
            memories.clear();
        } else if (idleMillis >= horizonMillis) {
            positions.clear();
            expireAfter(windowMillis - idleMillis, context.timerService());
        } else {
            expireAfter(horizonMillis - idleMillis, context.timerService());
        }
    }

    private UsageEvent decode(SourceRecord record) {
        if (codec.decode(record.value()) instanceof Decoded.Value<UsageEvent> value) {
            UsageEvent event = value.record();
            if (event.getOrigin() == null) {
                event.setOrigin(new Origin(record.topic(), record.partition(), record.offset(), null));
            }
            return event;
        }
        throw undecodable(record);
    }

    private static IllegalStateException undecodable(SourceRecord record) {
        return new IllegalStateException("what decoded before the shuffle doesn't after it: " + record.topic() + "-"
                + record.partition() + " offset " + record.offset());
    }

    private Known known(@Nullable MemoryState memory) throws Exception {
        if (memory == null) {
            return new Known.Unseen();
        }
        Position position = positions.value();
        return position == null ? new Known.Remembered(memory.memory()) : new Known.Held(memory.memory(), position);
    }

    private void remember(Known known) throws Exception {
        if (known instanceof Known.Held held) {
            memories.update(MemoryState.of(held.memory(), activeTime.millis()));
            positions.update(held.position());
        } else if (known instanceof Known.Remembered remembered) {
            memories.update(MemoryState.of(remembered.memory(), activeTime.millis()));
        }
    }

    private static void expireAfter(long millis, TimerService timers) {
        timers.registerProcessingTimeTimer(timers.currentProcessingTime() + millis);
    }
}
