package io.costops.infra.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import io.costops.infra.books.BookTopic;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.Period;
import io.costops.schemas.topics.Topics;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Closes months and draws up their statements.
 *
 * <p>A statement is final only once nothing can be billed in its month any more: the job must have heard of the close, and
 * the ledger must hold everything that was priced before that. So closing waits for both; killed in between, it goes on
 * when it is run again.
 */
public final class MonthEnd {
    private static final Duration LOOK = Duration.ofMillis(500);

    /** What a statement is drawn up by: everything but the unit of use. */
    private static final String KEYS = "tenant, department, project, team, cost_center, environment, provider, model,"
            + " service_tier, kind, pricing_currency, billing_currency";

    private final LedgerReader ledger;
    private final Periods periods;
    private final Clock clock;

    /** Those who speak for the months. */
    interface Periods {
        /** The months that are closed. */
        Set<YearMonth> closed();

        void append(Collection<Period> months);

        /**
         * Returns when the job has heard of every month that was closed.
         *
         * @throws PlatformException if that takes longer than the time given
         */
        void awaitJob(Duration atMost);

        /**
         * Returns when the ledger holds all that was priced before.
         *
         * @throws PlatformException if that takes longer than the time given
         */
        void awaitLedger(Duration atMost);
    }

    MonthEnd(LedgerReader ledger, Periods periods, Clock clock) {
        this.ledger = ledger;
        this.periods = periods;
        this.clock = clock;
    }

    /**
     * @param jobGroup consumer group of the enrichment job, which tells that it has heard of a close
     */
    public MonthEnd(
            LedgerReader ledger,
            BookTopic<Period> periods,
            LedgerTail tail,
            String bootstrap,
            String jobGroup,
            Clock clock) {
        this(ledger, new PeriodsInKafka(periods, tail, bootstrap, jobGroup), clock);
    }

    private record PeriodsInKafka(BookTopic<Period> topic, LedgerTail tail, String bootstrap, String jobGroup)
            implements Periods {
        @Override
        public Set<YearMonth> closed() {
            return topic.read().revisions().stream()
                    .filter(Period::getClosed)
                    .map(period -> YearMonth.from(period.getMonth()))
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        @Override
        public void append(Collection<Period> months) {
            topic.append(List.copyOf(months));
        }

        @Override
        public void awaitJob(Duration atMost) {
            long giveUpAt = System.nanoTime() + atMost.toNanos();
            try (JobHearing job = new JobHearing(bootstrap, jobGroup)) {
                Map<TopicPartition, Long> ends = job.ends(Topics.PERIODS);
                while (!job.hasHeard(ends)) {
                    if (System.nanoTime() > giveUpAt) {
                        throw new PlatformException("the job has not heard of the close within " + atMost.toSeconds()
                                + " s: does enrichment run (./costops status), in the group " + jobGroup
                                + "? Run the command again to go on");
                    }
                    Pause.of(LOOK);
                }
            }
        }

        @Override
        public void awaitLedger(Duration atMost) {
            // The job tells what it has heard of at a checkpoint whose entries may still wait for their commit.
            tail.awaitWithOpenTransactions(atMost);
        }
    }

    /**
     * Closes a month and draws up its statement.
     *
     * @param andEarlier whether to close every earlier month that is open first; else there must be none
     * @param says is told what is being done
     * @return the months that have a statement now and had none before; none if the month was closed before
     * @throws PlatformException if the month can't be closed, saying why, or if something takes longer than the time given
     */
    public Set<YearMonth> close(YearMonth month, boolean andEarlier, Duration atMost, Consumer<String> says) {
        YearMonth now = YearMonth.from(clock.instant().atZone(ZoneOffset.UTC));
        if (!month.isBefore(now)) {
            throw new PlatformException(month + " is not over: it can be closed from "
                    + month.plusMonths(1).atDay(1) + " on");
        }
        Set<YearMonth> closed = periods.closed();
        Set<YearMonth> open = months("SELECT DISTINCT billing_period FROM " + ledger.table("ledger")
                + " WHERE kind != 'memo' AND billing_period < "
                + SqlText.of(month.atDay(1).toString()));
        open.removeAll(closed);
        if (!open.isEmpty() && !andEarlier) {
            throw new PlatformException("an earlier month is open: close "
                    + open.iterator().next()
                    + " first, or with --and-earlier all of them, so that what comes late has one month to go to");
        }
        if (!closed.contains(month)) {
            open.add(month);
        }
        Set<YearMonth> due = new TreeSet<>(open);
        // A close that was cut off has left months behind without a statement, this one or earlier ones.
        closed.stream().filter(each -> !each.isAfter(month)).forEach(due::add);
        due.removeAll(months("SELECT DISTINCT billing_period FROM " + ledger.table("statements")));
        if (due.isEmpty()) {
            return due;
        }
        if (!open.isEmpty()) {
            periods.append(open.stream().map(this::closing).toList());
            says.accept("closed " + open.stream().map(YearMonth::toString).collect(Collectors.joining(", "))
                    + ": what is recorded from now on is billed later");
        }
        periods.awaitJob(atMost);
        says.accept("the job has heard of it");
        periods.awaitLedger(atMost);
        says.accept("the ledger holds everything that was priced before");
        for (YearMonth each : List.copyOf(due)) {
            freeze(each);
            if (!open.contains(each) && !isFrozen(each)) {
                // It was closed before, and nothing was billed in it.
                due.remove(each);
            }
        }
        return due;
    }

    private Period closing(YearMonth month) {
        return Period.newBuilder()
                .setMonth(month.atDay(1))
                .setClosed(true)
                .setRecordedAt(clock.instant().truncatedTo(ChronoUnit.MICROS))
                .build();
    }

    private Set<YearMonth> months(String sql) {
        Set<YearMonth> months = new TreeSet<>();
        ledger.rows(sql, row -> months.add(YearMonth.from(LocalDate.parse(LedgerReader.text(row, "billing_period")))));
        return months;
    }

    public boolean isFrozen(YearMonth month) {
        return !ledger.rows("SELECT 1 AS one FROM " + ledger.table("statements") + " WHERE billing_period = "
                        + SqlText.of(month.atDay(1).toString()) + " LIMIT 1")
                .isEmpty();
    }

    /** One insert under a token of the month's own: cut off and repeated, it counts once. */
    private void freeze(YearMonth month) {
        if (isFrozen(month)) {
            return;
        }
        ledger.run(
                "INSERT INTO " + ledger.table("statements")
                        + " (billing_period, closed_at, charge_month, charge_class, "
                        + KEYS
                        + ", entries, requests, input_tokens, output_tokens, unpriced_requests, list_cost, contracted_cost,"
                        + " billed_cost, effective_cost) SELECT billing_period, "
                        + SqlText.of(clock.instant())
                        + ", toStartOfMonth(event_time) AS charge_month, charge_class, " + KEYS
                        + ", count(), sum(l.requests), sum(l.input_tokens), sum(l.output_tokens),"
                        + " sumIf(l.requests, l.status = 'unpriced'), sum(l.list_cost), sum(l.contracted_cost),"
                        + " sum(l.billed_cost), sum(l.effective_cost) FROM " + ledger.table("ledger")
                        + " AS l WHERE billing_period = "
                        + SqlText.of(month.atDay(1).toString())
                        + " GROUP BY billing_period, charge_month, charge_class, " + KEYS + " ORDER BY ALL",
                Map.of(
                        "insert_deduplication_token",
                        "statement of " + month,
                        "insert_deduplicate",
                        "1",
                        "max_insert_threads",
                        "1",
                        "min_insert_block_size_rows",
                        "100000000",
                        "min_insert_block_size_bytes",
                        "0"));
    }

    /** A line of a statement or, of an open month, of what it comes to so far. */
    public record Line(
            List<String> group,
            String chargeClass,
            String currency,
            long requests,
            long inputTokens,
            long outputTokens,
            long unpricedRequests,
            @Nullable BigDecimal listCost,
            @Nullable BigDecimal billedCost) {}

    /**
     * A month's lines.
     *
     * @param by columns of the statement to group by
     */
    public List<Line> lines(YearMonth month, List<String> by, @Nullable String tenant) {
        boolean frozen = isFrozen(month);
        String unpriced = frozen ? "sum(unpriced_requests)" : "sumIf(t.requests, t.status = 'unpriced')";
        String keys = String.join(", ", by);
        String sql = "SELECT " + keys + ", charge_class, billing_currency, sum(t.requests) AS requests_sum,"
                + " sum(t.input_tokens) AS input, sum(t.output_tokens) AS output, " + unpriced
                + " AS unpriced_sum, sum(t.list_cost) AS list, sum(t.billed_cost) AS billed FROM "
                + ledger.table(frozen ? "statements" : "ledger") + " AS t WHERE billing_period = "
                + SqlText.of(month.atDay(1).toString())
                + (tenant == null ? "" : " AND tenant = " + SqlText.of(tenant))
                + " GROUP BY " + keys + ", charge_class, billing_currency ORDER BY " + keys
                + ", charge_class, billing_currency";
        List<Line> lines = new ArrayList<>();
        ledger.rows(sql, row -> lines.add(line(row, by)));
        return lines;
    }

    private static Line line(JsonNode row, List<String> by) {
        return new Line(
                by.stream().map(column -> LedgerReader.text(row, column)).toList(),
                LedgerReader.text(row, "charge_class"),
                LedgerReader.text(row, "billing_currency"),
                LedgerReader.whole(row, "requests_sum"),
                LedgerReader.whole(row, "input"),
                LedgerReader.whole(row, "output"),
                LedgerReader.whole(row, "unpriced_sum"),
                LedgerReader.amount(row.get("list")),
                LedgerReader.amount(row.get("billed")));
    }
}
