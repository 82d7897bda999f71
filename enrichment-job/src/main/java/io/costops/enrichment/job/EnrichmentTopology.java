package io.costops.enrichment.job;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectedUsage;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.datastream.BroadcastStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.OutputTag;

/** How usage becomes ledger entries: read, keyed by event, priced by books that every task holds. */
public final class EnrichmentTopology {
    static final OutputTag<RejectedUsage> REJECTED = new OutputTag<>("rejected", StreamTypes.REJECTED_USAGE);
    private static final MapStateDescriptor<?, ?>[] NO_STATES = {};

    private EnrichmentTopology() {}

    /** What the job reads. */
    public record Sources(
            Source<SourceRecord, ?, ?> usage,
            Source<SourceRecord, ?, ?> requests,
            Source<SourceRecord, ?, ?> prices,
            Source<SourceRecord, ?, ?> attribution,
            Source<SourceRecord, ?, ?> periods) {}

    /** Where it writes. */
    public record Sinks(Sink<LedgerEntry> priced, Sink<RejectedUsage> rejected) {}

    /**
     * What the steps work with.
     *
     * @param horizon how long what stands for an event is held after its last entry
     * @param window how long an event is remembered after its last entry
     */
    public record Settings(
            RegistryAccess registry, BookLoader loader, JobClock clock, Duration horizon, Duration window) {}

    /** No step needs event time: entries carry their own, and state expires by {@link ActiveTime}. No watermark is made. */
    public static void topology(StreamExecutionEnvironment env, Sources in, Sinks out, Settings settings) {
        env.configure(rules());

        SingleOutputStreamOperator<UsageRecord> usage = source(env, in.usage(), "Usage events", "usage-events")
                .process(new ReadUsage(settings.registry(), settings.clock()), StreamTypes.USAGE_RECORD)
                .name("Read usage")
                .uid("read-usage");
        SingleOutputStreamOperator<UsageRecord> requests = source(
                        env, in.requests(), "Usage requests", "usage-requests")
                .process(new ReadRequests(settings.registry(), settings.clock()), StreamTypes.USAGE_RECORD)
                .name("Read requests")
                .uid("read-requests");
        SingleOutputStreamOperator<BookUpdate> prices = book(env, in.prices(), Book.PRICES, settings);
        SingleOutputStreamOperator<BookUpdate> attribution = book(env, in.attribution(), Book.ATTRIBUTION, settings);
        SingleOutputStreamOperator<BookUpdate> periods = book(env, in.periods(), Book.PERIODS, settings);
        // To every task, and into no state: each task loads its books from the topics.
        BroadcastStream<BookUpdate> books = prices.union(attribution, periods).broadcast(NO_STATES);

        SingleOutputStreamOperator<LedgerEntry> entries = usage.union(requests)
                .keyBy(UsageRecord::eventId, Types.STRING)
                .connect(books)
                .process(
                        new PriceUsage(
                                settings.registry(),
                                settings.loader(),
                                settings.clock(),
                                settings.horizon(),
                                settings.window()),
                        StreamTypes.LEDGER_ENTRY)
                .name("Price usage")
                .uid("price-usage");

        entries.sinkTo(out.priced()).name("Priced usage").uid("priced-usage");
        usage.getSideOutput(REJECTED)
                .union(
                        requests.getSideOutput(REJECTED),
                        prices.getSideOutput(REJECTED),
                        attribution.getSideOutput(REJECTED),
                        periods.getSideOutput(REJECTED),
                        entries.getSideOutput(REJECTED))
                .sinkTo(out.rejected())
                .name("Rejected")
                .uid("rejected");
    }

    /** One task reads a book: it is small, and must be read in order. */
    private static SingleOutputStreamOperator<BookUpdate> book(
            StreamExecutionEnvironment env, Source<SourceRecord, ?, ?> source, Book book, Settings settings) {
        String name = book.topic();
        return source(env, source, "Book of " + name, name)
                .setParallelism(1)
                .process(new ReadBook(book, settings.registry(), settings.clock()), StreamTypes.BOOK_UPDATE)
                .setParallelism(1)
                .name("Read " + name)
                .uid("read-" + name);
    }

    private static SingleOutputStreamOperator<SourceRecord> source(
            StreamExecutionEnvironment env, Source<SourceRecord, ?, ?> source, String name, String uid) {
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), name, StreamTypes.SOURCE_RECORD)
                .uid(uid);
    }

    private static Configuration rules() {
        Configuration rules = new Configuration();
        // A missing uid or a type that would fall back to Kryo fails when the graph is built.
        rules.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
        rules.set(PipelineOptions.GENERIC_TYPES, false);
        // No step changes what it was given, so records need not be copied between chained steps.
        rules.set(PipelineOptions.OBJECT_REUSE, true);
        return rules;
    }
}
