package io.costops.enrichment.job;

import static io.costops.enrichment.job.TestTopics.price;
import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricing.Pricing;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Books that were loaded while the stream comes")
class BooksTest {
    private final TestRegistry registry = new TestRegistry();
    private final TestTopics topics = new TestTopics(registry);
    private final BookDecoder decoder =
            new BookDecoder(registry, new Rejections(ManualClock.at(Instant.parse("2026-08-03T12:00:00Z"))));
    private final Books books = new Books();

    @Test
    void take_what_was_published_after_the_load() throws Exception {
        SourceRecord loaded = topics.price(price("0.0000025", "0.00001"));
        load(List.of(loaded), 1);

        apply(topics.price(price("0.000005", "0.00002")));

        assertThat(cost()).isEqualTo("0.00643");
    }

    @Test
    void lose_what_was_removed_after_the_load() throws Exception {
        SourceRecord loaded = topics.price(price("0.0000025", "0.00001"));
        load(List.of(loaded), 1);

        apply(removal(loaded));

        assertThat(cost()).isNull();
        assertThat(books.prices()).isZero();
    }

    @Test
    void pass_over_what_the_load_had_with_the_removals_among_it() throws Exception {
        SourceRecord first = topics.price(price("0.0009", "0.0009"));
        SourceRecord removal = removal(first);
        SourceRecord second = topics.price(price("0.0000025", "0.00001"));
        load(List.of(first, removal, second), 3);

        for (SourceRecord again : List.of(first, removal, second)) {
            apply(again);
            assertThat(cost()).isEqualTo("0.003215");
        }
    }

    /** The stream had fetched it before the topic was compacted, and so does not bring its removal either. */
    @Test
    void pass_over_a_price_that_was_compacted_away_with_its_removal() throws Exception {
        SourceRecord removed = topics.price(price("0.0009", "0.0009"));
        long end = removal(removed).offset() + 1;
        load(List.of(), end);

        apply(removed);

        assertThat(cost()).isNull();
    }

    @Test
    void take_a_partition_that_was_added_after_the_load() throws Exception {
        load(List.of(), 7);
        SourceRecord elsewhere = topics.price(price("0.0000025", "0.00001"));

        apply(new SourceRecord(
                elsewhere.topic(),
                1,
                elsewhere.offset(),
                elsewhere.timestampMillis(),
                elsewhere.key(),
                elsewhere.value(),
                elsewhere.headers()));

        assertThat(cost()).isEqualTo("0.003215");
    }

    private void load(List<SourceRecord> prices, long end) throws Exception {
        books.load(
                (book, to) -> {
                    if (book != Book.PRICES) {
                        return Map.of();
                    }
                    for (SourceRecord record : prices) {
                        to.take(record);
                    }
                    return Map.of(0, end);
                },
                decoder);
    }

    private void apply(SourceRecord record) {
        books.apply(((BookDecoder.Outcome.Valid) decoder.decode(Book.PRICES, record)).update());
    }

    private SourceRecord removal(SourceRecord of) {
        SourceRecord next = topics.price(price("0.0009", "0.0009"));
        return new SourceRecord(
                of.topic(), of.partition(), next.offset(), of.timestampMillis(), of.key(), null, of.headers());
    }

    private @Nullable String cost() {
        return books.price(usage(0).build()) instanceof Pricing.Priced priced
                ? priced.listCost().stripTrailingZeros().toPlainString()
                : null;
    }
}
