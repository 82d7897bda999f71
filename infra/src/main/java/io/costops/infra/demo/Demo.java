package io.costops.infra.demo;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.infra.books.BookTopic;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.Platform;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.text.Progress;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A month of traffic through a running platform, and what came of it. */
public final class Demo {
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("uuuu-MM-dd").withZone(ZoneOffset.UTC);

    private final TrafficPlan plan;
    private final Clock clock;
    private final PrintWriter out;
    private final boolean terminal;

    public Demo(TrafficPlan plan, Clock clock, PrintWriter out, boolean terminal) {
        this.plan = plan;
        this.clock = clock;
        this.out = out;
        this.terminal = terminal;
    }

    /** Fills the books. Done before the jobs start, so that no event is priced by half a book. */
    public void fillBooks(PlatformAddresses addresses) {
        SchemaRegistry registry = new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry()));
        PriceImport history = BuiltInPrices.history();
        PriceImport map = BuiltInPrices.map();
        BookTopic.prices(addresses.requireKafka(), registry)
                .append(Stream.concat(history.revisions().stream(), map.revisions().stream())
                        .toList());
        List<AttributionRule> rules = DemoCompanies.attributionRules(plan, clock.instant());
        BookTopic.attribution(addresses.requireKafka(), registry).append(rules);
        out.printf(
                Locale.ROOT,
                "Books: %,d prices (%s), %,d dated ones before it, %d attribution rules%n",
                map.revisions().size(),
                BuiltInPrices.MAP_SOURCE,
                history.revisions().size(),
                rules.size());
    }

    /**
     * Publishes the month, waits until the ledger holds all of it, and reports.
     *
     * @throws DemoException if what the ledger holds is not what was published
     */
    public void run(Platform platform) {
        PlatformAddresses addresses = platform.addresses();
        ClickHouseHttp clickHouse = addresses.requireClickHouse().connect();
        try (TrafficPublisher publisher = new TrafficPublisher(addresses.requireKafka())) {
            LedgerCounts before = LedgerCounts.read(clickHouse);
            long started = System.nanoTime();
            Expectation expectation = publish(publisher);
            Progress progress = progress();
            new Accounting(
                            () -> LedgerCounts.readOr(before, clickHouse).since(before),
                            () -> TimeUnit.MILLISECONDS.sleep(500),
                            System::nanoTime)
                    .await(expectation, progress);
            progress.done(String.format(
                    Locale.ROOT,
                    "Ledger: all of it is accounted for, %.1f s after the first record",
                    seconds(System.nanoTime() - started)));
            explain(expectation);
            Report report = new Report(clickHouse, out);
            report.print();
            requireReconciled(report);
            live(publisher, clickHouse);
        }
    }

    private Expectation publish(TrafficPublisher publisher) {
        out.printf(
                Locale.ROOT,
                "Traffic: %d days of five companies, %s to %s, seed %d%n",
                plan.days(),
                DAY.format(plan.start()),
                DAY.format(plan.end()),
                plan.seed());
        DemoTraffic traffic = new DemoTraffic(plan);
        Progress progress = progress();
        long started = System.nanoTime();
        long records = publisher.publish(
                traffic,
                (record, count) -> progress.show(String.format(
                        Locale.ROOT,
                        "  day %d of %d, %,d records",
                        1 + Duration.between(plan.start(), record.arrival()).toDays(),
                        plan.days(),
                        count)));
        progress.done(String.format(
                Locale.ROOT,
                "Published: %,d records to usage.raw in %.1f s, each acknowledged",
                records,
                seconds(System.nanoTime() - started)));
        return traffic.expectation();
    }

    private void explain(Expectation expectation) {
        out.printf(
                Locale.ROOT,
                "  %,d events (%,d priced, %,d unpriced, %,d without usage, %,d gateway cache hits, %,d deleted)%n",
                expectation.distinctEvents(),
                expectation.of(Standing.PRICED),
                expectation.of(Standing.UNPRICED),
                expectation.of(Standing.NO_USAGE),
                expectation.of(Standing.GATEWAY_CACHE_HIT),
                expectation.of(Standing.DELETED));
        out.printf(
                Locale.ROOT,
                "  %,d repeats counted once, %,d corrections, %,d overtaken by one, %,d deletions, %,d completed later,"
                        + " %,d conflicts, %,d rejected%n",
                expectation.repeats(),
                expectation.corrections(),
                expectation.superseded(),
                expectation.deletions(),
                expectation.completions(),
                expectation.conflicts(),
                expectation.rejectedRecords());
    }

    private static void requireReconciled(Report report) {
        List<String> differences = report.reconciliationDifferences();
        if (!differences.isEmpty()) {
            throw new DemoException("ledger and roll-ups disagree: " + String.join("; ", differences));
        }
    }

    private void live(TrafficPublisher publisher, ClickHouseHttp clickHouse) {
        Optional<Duration> took = LiveEvent.publish(
                publisher, clickHouse, clock.instant(), () -> TimeUnit.MILLISECONDS.sleep(50), System::nanoTime);
        out.println();
        out.println(took.map(time -> String.format(
                        Locale.ROOT,
                        "Live: an event published now stood in chargeback_hourly after %.1f s",
                        seconds(time.toNanos())))
                .orElseThrow(() -> new DemoException("an event published live was not in chargeback_hourly in time")));
    }

    private Progress progress() {
        return new Progress(out, terminal, System::nanoTime);
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }
}
