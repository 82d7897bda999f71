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
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The prices, attribution rules and closed months that a task holds, and over them the books that answer quickly.
 *
 * <p>They are no state of Flink's: at each start, after a restore too, a task loads the topics itself before it takes any
 * usage, and so holds what they hold and nothing that they lost while the job was down. The stream that follows begins
 * earlier than what was loaded; a record that was loaded is not applied again, else an old value of a key would hold for
 * a while.
 */
final class Books implements Rating, BillingCalendar {
    private final Map<String, PriceRevision> prices = new HashMap<>();
    private final Map<String, AttributionRule> rules = new HashMap<>();
    private final Map<String, Period> periods = new HashMap<>();
    /** Offset up to which was loaded, by topic and partition. */
    private final Map<String, Long> loaded = new HashMap<>();

    private final Pricer pricer = new Pricer();

    /** Null when it must be built from the revisions: books can only be added to. */
    private @Nullable PriceBook priceBook;

    private @Nullable AttributionBook attributionBook;

    private @Nullable ClosedMonths closedMonths;

    /** Takes over what the topics hold; records that may not enter a book are rejected where the stream is read. */
    void load(BookLoader loader, BookDecoder decoder) throws Exception {
        for (Book book : Book.values()) {
            Map<Integer, Long> ends = loader.load(book, record -> {
                if (decoder.decode(book, record) instanceof BookDecoder.Outcome.Valid valid) {
                    put(valid.update());
                }
            });
            ends.forEach((partition, end) -> loaded.put(place(book, partition), end));
        }
    }

    /** Applies a record of the stream, unless it was loaded. */
    void apply(BookUpdate update) {
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
        return periods.size();
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
            for (Period period : periods.values()) {
                if (period.getClosed()) {
                    months.add(new BillingPeriod(YearMonth.from(period.getMonth())));
                }
            }
            closed = new ClosedMonths(months);
            closedMonths = closed;
        }
        return closed.billedIn(charged, recorded);
    }

    private void put(BookUpdate update) {
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
    private static <V> boolean replaces(Map<String, V> held, String key, @Nullable V value) {
        V before = value == null ? held.remove(key) : held.put(key, value);
        return before != null && !before.toString().equals(String.valueOf(value));
    }

    private PriceBook priceBook() {
        PriceBook book = priceBook;
        if (book == null) {
            book = new PriceBook();
            prices.values().forEach(book::add);
            priceBook = book;
        }
        return book;
    }

    private AttributionBook attributionBook() {
        AttributionBook book = attributionBook;
        if (book == null) {
            book = new AttributionBook();
            rules.values().forEach(book::add);
            attributionBook = book;
        }
        return book;
    }

    private static String place(Book book, int partition) {
        return book.topic() + "-" + partition;
    }
}
