package io.costops.infra.ledger;

import io.costops.enrichment.attribution.Attributed;
import io.costops.enrichment.attribution.AttributionBook;
import io.costops.enrichment.position.Bookkeeper;
import io.costops.enrichment.position.ClosedMonths;
import io.costops.enrichment.position.Decision;
import io.costops.enrichment.position.Known;
import io.costops.enrichment.position.Rating;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.infra.clickhouse.LocalClickHouse;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.value.BillingPeriod;
import io.costops.schemas.wire.AvroCodec;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.ledger.LedgerInsert;
import io.costops.sinks.migrations.Deployment;
import io.costops.sinks.migrations.Migrations;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The very bookkeeper and pricer over the real ledger tables, with nothing between them: what takes seconds is at once. */
final class LedgerDouble implements Rating, AutoCloseable {
    static final Instant NOW = Instant.parse("2026-08-03T12:00:00Z");
    private static final String USER = "costops";
    private static final String PASSWORD = "secret";

    private final LocalClickHouse engine;
    private final ClickHouse clickHouse;
    private final Bookkeeper bookkeeper =
            new Bookkeeper(this, (charged, recorded) -> new ClosedMonths(closed()).billedIn(charged, recorded));
    private final Map<String, Known> known = new HashMap<>();
    private final List<PriceRevision> revisions = new ArrayList<>();
    private final SchemaRegistry registry = new InMemorySchemaRegistry();
    private final AvroCodec<UsageEvent> codec =
            new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry);
    private final Set<BillingPeriod> closed = new HashSet<>();
    private Instant now = NOW;

    LedgerDouble(Path directory) throws Exception {
        engine = LocalClickHouse.builder(directory).admin(USER, PASSWORD).start();
        clickHouse = new ClickHouse(
                new ClickHouseAddress(engine.httpUrl(), USER, PASSWORD, "costops", Duration.ofSeconds(60)));
        Migrations.apply(clickHouse, new Deployment.SingleServer());
    }

    /** Begins anew. */
    void clear() throws Exception {
        for (String table : List.of(
                "ledger",
                "chargeback_hourly_store",
                "chargeback_daily_store",
                "chargeback_monthly_store",
                "statements")) {
            clickHouse.query("TRUNCATE TABLE costops." + table);
        }
        known.clear();
        revisions.clear();
        closed.clear();
        now = NOW;
    }

    LedgerReader reader() {
        return new LedgerReader(new ClickHouseHttp(engine.httpUrl().toString(), USER, PASSWORD), "costops");
    }

    SchemaRegistry registry() {
        return registry;
    }

    /** From now on nothing is billed in it. */
    void close(YearMonth month) {
        closed.add(new BillingPeriod(month));
    }

    /** As a writer does that is restored from a checkpoint which is not its newest. */
    void insertAgain(List<LedgerEntry> entries) {
        LedgerInsert.insert(clickHouse, entries);
    }

    private Set<BillingPeriod> closed() {
        return closed;
    }

    void price(PriceRevision revision) {
        revisions.add(revision);
    }

    CurrentPrices prices() {
        return new CurrentPrices(revisions);
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    void usage(UsageEvent event) {
        take(event.getEventId(), bookkeeper.decide(of(event.getEventId()), event, now), event);
    }

    void apply(List<UsageRequest> requests) {
        requests.forEach(
                request -> take(request.getEventId(), bookkeeper.decide(of(request.getEventId()), request, now), null));
    }

    /** What stands is no longer held. */
    void expire() {
        known.replaceAll((event, what) -> what instanceof Known.Held held ? new Known.Remembered(held.memory()) : what);
    }

    void forget() {
        known.clear();
    }

    private Known of(String eventId) {
        return known.getOrDefault(eventId, new Known.Unseen());
    }

    private void take(String eventId, Decision decision, @Nullable UsageEvent event) {
        if (decision instanceof Decision.Booked booked) {
            known.put(eventId, booked.next());
            List<LedgerEntry> entries = booked.entries();
            if (event != null) {
                ByteBuffer record = ByteBuffer.wrap(codec.encode(event));
                entries.stream()
                        .filter(entry -> entry.getStatus() == EntryStatus.POSITION_EXPIRED
                                || entry.getStatus() == EntryStatus.DELETED)
                        .forEach(entry -> entry.setRecord(record));
            }
            LedgerInsert.insert(clickHouse, entries);
        }
    }

    /** The one row that a query answers, its columns separated by a blank. */
    String row(String sql) throws Exception {
        return clickHouse.query(sql).strip().replace('\t', ' ');
    }

    @Override
    public Attributed attribute(UsageEvent event) {
        return new AttributionBook().attribute(event);
    }

    @Override
    public Pricing price(UsageEvent event) {
        PriceBook book = new PriceBook();
        revisions.forEach(book::add);
        return new Pricer().price(event, book);
    }

    @Override
    public void close() {
        engine.close();
    }
}
