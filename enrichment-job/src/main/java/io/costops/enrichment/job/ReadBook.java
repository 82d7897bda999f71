package io.costops.enrichment.job;

import io.costops.schemas.avro.RejectedUsage;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Lets through what may enter a book. It stands before the broadcast, so that what may not is rejected once. */
final class ReadBook extends ProcessFunction<SourceRecord, BookUpdate> {
    private static final long serialVersionUID = 1L;

    private final Book book;
    private final RegistryAccess registry;
    private final JobClock clock;

    @SuppressWarnings("NullAway.Init") // by open
    private transient BookDecoder decoder;

    @SuppressWarnings("NullAway.Init") // by open
    private transient JobMetrics metrics;

    ReadBook(Book book, RegistryAccess registry, JobClock clock) {
        this.book = book;
        this.registry = registry;
        this.clock = clock;
    }

    @Override
    public void open(OpenContext context) {
        decoder = new BookDecoder(registry.connect(), new Rejections(clock));
        metrics = new JobMetrics(getRuntimeContext().getMetricGroup());
    }

    @Override
    public void processElement(SourceRecord record, Context context, Collector<BookUpdate> out) {
        BookDecoder.Outcome outcome = decoder.decode(book, record);
        if (outcome instanceof BookDecoder.Outcome.Valid valid) {
            out.collect(valid.update());
        } else if (outcome instanceof BookDecoder.Outcome.Invalid invalid) {
            RejectedUsage rejected = invalid.rejected();
            metrics.rejected(rejected.getReason());
            context.output(EnrichmentTopology.REJECTED, rejected);
        }
    }
}
