package io.costops.enrichment.job;

import io.costops.enrichment.attribution.Attributed;
import io.costops.enrichment.attribution.AttributionBook;
import io.costops.enrichment.position.BillingCalendar;
import io.costops.enrichment.position.ClosedMonths;
import io.costops.enrichment.position.Rating;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.value.BillingPeriod;
import java.time.Instant;
import java.time.YearMonth;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.Types;
import org.jspecify.annotations.Nullable;

/**
 * The prices, attribution rules and closed months that a task holds: broadcast state, and over it the books that answer quickly.
 *
 * <p>At each start a task loads the topics itself, over what was restored, before it takes any usage. The stream that follows
 * begins earlier than what was loaded; a record that was loaded is not applied again, else an old value of a key would hold
 * for a while.
 */
final class Books implements Rating, BillingCalendar {
    static final MapStateDescriptor<String, PriceRevision> PRICES =
            new MapStateDescriptor<>("prices", Types.STRING, StreamTypes.PRICE_REVISION);
    static final MapStateDescriptor<String, AttributionRule> ATTRIBUTION =
            new MapStateDescriptor<>("attribution", Types.STRING, StreamTypes.ATTRIBUTION_RULE);

    static final MapStateDescriptor<String, Period> PERIODS =
            new MapStateDescriptor<>("periods", Types.STRING, StreamTypes.PERIOD);
    /** Offset after the last that was loaded, by topic and partition. */
    static final MapStateDescriptor<String, Long> LOADED =
            new MapStateDescriptor<>("books-loaded", Types.STRING, Types.LONG);

    private final BroadcastState<String, PriceRevision> prices;
    private final BroadcastState<String, AttributionRule> rules;
    private final BroadcastState<String, Period> periods;
    private final BroadcastState<String, Long> loaded;
    private final Pricer pricer = new Pricer();

    /** Null when it must be built from the state: books can only be added to. */
    private @Nullable PriceBook priceBook;

    private @Nullable AttributionBook attributionBook;

    private @Nullable ClosedMonths closedMonths;

    /** The books as they stand in broadcast state: empty at a fresh start, else as they were restored. */
    Books(OperatorStateStore state) throws Exception {
        this.prices = state.getBroadcastState(PRICES);
        this.rules = state.getBroadcastState(ATTRIBUTION);
        this.periods = state.getBroadcastState(PERIODS);
        this.loaded = state.getBroadcastState(LOADED);
    }

    /** Takes over what the topics hold; records that may not enter a book are rejected where the stream is read. */
    void load(BookLoader loader, BookDecoder decoder) throws Exception {
        for (Book book : Book.values()) {
            loader.load(book, record -> {
                if (decoder.decode(book, record) instanceof BookDecoder.Outcome.Valid valid) {
                    put(valid.update());
                }
                loaded.put(place(book, record.partition()), record.offset() + 1);
            });
        }
    }

    /** Applies a record of the stream, unless it was loaded. */
    void apply(BookUpdate update) throws Exception {
        Long loadedTo = loaded.get(place(update.book(), update.partition()));
        if (loadedTo == null || update.offset() >= loadedTo) {
            put(update);
        }
    }

    int prices() {
        return priceBook().size();
    }

    int rules() {
        return attributionBook().size();
    }

    int periods() {
        int periods = 0;
        for (Map.Entry<String, Period> ignored : entries(this.periods)) {
            periods++;
        }
        return periods;
    }

    @Override
    public Attributed attribute(UsageEvent event) {
        return attributionBook().attribute(event);
    }

    @Override
    public Pricing price(UsageEvent event) {
        PriceBook book = priceBook();
        // Terms are those of the tenant that the event is charged to, whoever it named itself.
        return book.hasTerms()
                ? pricer.price(event, attribute(event).dimensions().getTenant(), book)
                : pricer.price(event, book);
    }

    @Override
    public Pricing reprice(UsageEvent charged) {
        return pricer.price(charged, charged.getDimensions().getTenant(), priceBook());
    }

    @Override
    public BillingPeriod billedIn(Instant charged, Instant recorded) {
        ClosedMonths closed = closedMonths;
        if (closed == null) {
            Set<BillingPeriod> months = new HashSet<>();
            for (Map.Entry<String, Period> held : entries(periods)) {
                if (held.getValue().getClosed()) {
                    months.add(new BillingPeriod(YearMonth.from(held.getValue().getMonth())));
                }
            }
            closed = new ClosedMonths(months);
            closedMonths = closed;
        }
        return closed.billedIn(charged, recorded);
    }

    private void put(BookUpdate update) throws Exception {
        switch (update.book()) {
            case PRICES -> {
                if (replaces(prices, update.key(), update.price())) {
                    priceBook = null;
                } else if (priceBook != null && update.price() != null) {
                    priceBook.add(update.price());
                }
            }
            case ATTRIBUTION -> {
                if (replaces(rules, update.key(), update.rule())) {
                    attributionBook = null;
                } else if (attributionBook != null && update.rule() != null) {
                    attributionBook.add(update.rule());
                }
            }
            case PERIODS -> {
                replaces(periods, update.key(), update.period());
                closedMonths = null;
            }
        }
    }

    /**
     * Puts a value under its key; true if another one made way.
     *
     * <p>Compared as text: equals of an Avro record that was decoded fails on arrays of decimals. Two texts of one value
     * may differ in the order of a map, which costs no more than building the book again.
     */
    private static <V> boolean replaces(BroadcastState<String, V> state, String key, @Nullable V value)
            throws Exception {
        V before = state.get(key);
        if (value == null) {
            state.remove(key);
        } else {
            state.put(key, value);
        }
        return before != null && !before.toString().equals(String.valueOf(value));
    }

    private PriceBook priceBook() {
        PriceBook book = priceBook;
        if (book == null) {
            book = new PriceBook();
            for (Map.Entry<String, PriceRevision> held : entries(prices)) {
                book.add(held.getValue());
            }
            priceBook = book;
        }
        return book;
    }

    private AttributionBook attributionBook() {
        AttributionBook book = attributionBook;
        if (book == null) {
            book = new AttributionBook();
            for (Map.Entry<String, AttributionRule> held : entries(rules)) {
                book.add(held.getValue());
            }
            attributionBook = book;
        }
        return book;
    }

    private static <V> Iterable<Map.Entry<String, V>> entries(BroadcastState<String, V> state) {
        try {
            return state.immutableEntries();
        } catch (Exception e) {
            throw new IllegalStateException("the broadcast state can't be read", e);
        }
    }

    private static String place(Book book, int partition) {
        return book.topic() + "-" + partition;
    }
}
