package io.costops.sinks.ledger;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.topics.Topics;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.clickhouse.ClickHouseException;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.ledger.PricedLog.Extent;
import io.costops.sinks.ledger.PricedLog.Placed;
import io.costops.sinks.migrations.Deployment;
import io.costops.sinks.migrations.Migrations;
import io.costops.sinks.rowbinary.RowBuffer;
import io.costops.sinks.rowbinary.RowFormat;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Fills a second ledger from usage.priced, beside the one that is read and written, and exchanges them.
 *
 * <ol>
 *   <li>A database of its own gets the same tables, and everything that usage.priced holds goes into them, batch after batch.
 *       Of each batch is written down first which offsets it covers and under which token it is inserted.
 *   <li>The writer is held. What has come meanwhile is put in, up to the end of what is committed: the cut.
 *   <li>The two ledgers are compared, entry by entry where they differ.
 *   <li>The tables are exchanged, one after another, each in one step. Readers see a table or the other, never half of one.
 *   <li>The cut is written down, and the writer goes on: from its newest checkpoint as ever, but it passes over what comes
 *       before the cut, and over the batches that it sealed before.
 * </ol>
 *
 * <p>Killed at any point it goes on where it was when it is run again. The tables of before stay in the other database until
 * they are dropped.
 */
public final class LedgerRebuild {
    /** Those that are exchanged. */
    static final List<String> TABLES =
            List.of(LedgerRows.TABLE, "chargeback_hourly_store", "chargeback_daily_store", "chargeback_monthly_store");

    private static final List<String> FEEDS =
            List.of("chargeback_hourly_feed", "chargeback_daily_feed", "chargeback_monthly_feed");

    private static final String STEPS = "rebuild_steps";
    private static final String MARKS = "rebuild_marks";

    /** Everything of an entry but when it came into ClickHouse. NULLs and arrays are told apart by their texts. */
    private static final String HASH = "cityHash64(toString(tuple(* EXCEPT (inserted_at))))";

    private static final Map<String, String> INSERT = Map.of("async_insert", "0");
    private static final Map<String, String> SPILL = Map.of("max_bytes_before_external_group_by", "1000000000");
    /** Rounds of filling before the writer is held; each takes what came during the one before. */
    private static final int MOST_ROUNDS = 10;

    private static final long FEW_ENTRIES = 50_000;
    /** So many offsets are looked at first for the newest entry that the old ledger has. */
    private static final long LOOK_BACK = 20_000;
    /** Above that what is missing is counted as lost: no writer is so far behind. */
    private static final long MOST_IN_FLIGHT = 2_000_000;

    /** What is told of the progress, and kept in the other database. */
    private enum Mark {
        /** Begun; the number of the cut that it will make. */
        BEGUN,
        /** The exchange may have begun: the identities of the new tables. */
        EXCHANGE,
        /** Up to where the new tables hold usage.priced. */
        CUT,
        /** Done; the other database holds the tables of before. */
        DONE
    }

    /** Whoever runs the ledger writer. */
    public interface Writer {
        boolean isHeld();

        /** Returns when no run of it can insert any more, and none begins before it is released. */
        void hold();

        void release();
    }

    /**
     * How the ledger of before compares with the rebuilt one.
     *
     * @param same entries that are in both and equal, of those that were looked at one by one
     * @param lost entries of usage.priced that the old ledger lacks
     * @param unknown entries of the old ledger that usage.priced doesn't have
     * @param changed entries that differ
     * @param doubled entries that the old ledger has more than once
     * @param inFlight entries that the writer had not inserted yet when it was held
     * @param billed sums of the billed cost: currency, in the old ledger, in the new
     */
    public record Comparison(
            long same, long lost, long unknown, long changed, long doubled, long inFlight, List<Sum> billed) {
        public Comparison {
            billed = List.copyOf(billed);
        }

        public boolean isEqual() {
            return lost == 0 && unknown == 0 && changed == 0 && doubled == 0;
        }
    }

    /** A sum of both ledgers in one currency. */
    public record Sum(String currency, String before, String after) {}

    /**
     * What came of it.
     *
     * @param entries rows of the rebuilt ledger
     * @param comparison absent where the exchange had begun in an earlier run
     * @param exchanged whether the rebuilt tables are the ones that are read now
     */
    public record Outcome(long entries, Optional<Comparison> comparison, boolean exchanged) {}

    private final ClickHouse live;
    private final ClickHouse fresh;
    private final Deployment deployment;
    private final PricedLog log;
    private final Writer writer;
    private final Retry retry;
    private final BatchLimits limits;
    private final Consumer<String> says;
    private final RowFormat<LedgerEntry> format = LedgerRows.format();
    /** What an earlier run may have left half done is done. */
    private boolean resumed;

    /**
     * @param address the database that is read and written; the rebuilt tables are made beside it, in {@code
     *     <database>_rebuild}
     * @param says is told what is being done
     */
    public static LedgerRebuild of(
            ClickHouseAddress address, Deployment deployment, PricedLog log, Writer writer, Consumer<String> says) {
        return new LedgerRebuild(
                address,
                deployment,
                log,
                writer,
                Retry.lasting(Duration.ofMinutes(10)),
                new BatchLimits(100_000, 64 << 20),
                says);
    }

    LedgerRebuild(
            ClickHouseAddress address,
            Deployment deployment,
            PricedLog log,
            Writer writer,
            Retry retry,
            BatchLimits limits,
            Consumer<String> says) {
        this.live = new ClickHouse(address);
        this.fresh = new ClickHouse(new ClickHouseAddress(
                address.url(),
                address.user(),
                address.password(),
                address.database() + "_rebuild",
                address.requestTimeout()));
        this.deployment = deployment;
        this.log = log;
        this.writer = writer;
        this.retry = retry;
        this.limits = limits;
        this.says = says;
    }

    /**
     * Rebuilds, or goes on with a rebuild that was cut off.
     *
     * @param acceptDifferences whether the tables are exchanged though the two ledgers differ
     * @throws RebuildException if it can't go on, saying why
     */
    public Outcome run(boolean acceptDifferences) throws InterruptedException {
        try {
            Migrations.apply(live, deployment);
            if (mark(Mark.DONE).isPresent()) {
                if (writer.isHeld()) {
                    writer.release();
                    return new Outcome(count(live), Optional.empty(), true);
                }
                throw new RebuildException("the tables from before the last rebuild are kept in "
                        + fresh.address().database() + ": drop them first (--drop-old)");
            }
            if (mark(Mark.EXCHANGE).isPresent()) {
                says.accept("going on with the exchange that was cut off");
                writer.hold();
                return exchanged(Optional.empty());
            }
            return rebuilt(acceptDifferences);
        } catch (ClickHouseException | IOException e) {
            throw new RebuildException(e.getMessage() + ". Nothing is lost; run it again to go on", e);
        }
    }

    private Outcome rebuilt(boolean acceptDifferences) throws ClickHouseException, InterruptedException, IOException {
        boolean ready = false;
        try {
            requireWholeLog();
            begin();
            fillBeside();
            holdWriter();
            Map<Integer, Long> cut = fill();
            requireBalance();
            Comparison comparison = compare(cut);
            if (!comparison.isEqual() && !acceptDifferences && count(live) > 0) {
                return new Outcome(count(fresh), Optional.of(comparison), false);
            }
            putMark(Mark.CUT, text(cut));
            ready = true;
            putMark(Mark.EXCHANGE, String.join(",", uuids(fresh)));
            return exchanged(Optional.of(comparison));
        } finally {
            if (!ready) {
                writer.release();
            }
        }
    }

    private Outcome exchanged(Optional<Comparison> comparison) throws ClickHouseException, InterruptedException {
        exchange();
        writer.release();
        return new Outcome(count(live), comparison, true);
    }

    /**
     * Drops the tables of before.
     *
     * @throws RebuildException if there are none, or a rebuild is under way
     */
    public void dropOld() throws InterruptedException {
        try {
            if (mark(Mark.DONE).isEmpty()) {
                throw new RebuildException("there are no tables from before a rebuild");
            }
            dropFresh();
        } catch (ClickHouseException e) {
            throw new RebuildException("ClickHouse refuses: " + e.getMessage(), e);
        }
    }

    /**
     * Gives a rebuild up and lets the writer go on over the tables that it had.
     *
     * @throws RebuildException if the exchange has begun: that can only be finished
     */
    public void abandon() throws InterruptedException {
        try {
            if (mark(Mark.DONE).isPresent()) {
                throw new RebuildException("the rebuild is done; --drop-old drops the tables of before");
            }
            if (mark(Mark.EXCHANGE).isPresent()) {
                throw new RebuildException(
                        "the tables are being exchanged, which can only be finished: run it again to go on");
            }
            dropFresh();
            writer.release();
        } catch (ClickHouseException e) {
            throw new RebuildException("ClickHouse refuses: " + e.getMessage(), e);
        }
    }

    /** A log that has lost its beginning can't make the ledger again. */
    private void requireWholeLog() throws IOException {
        log.extents().forEach((partition, extent) -> {
            if (extent.begin() > 0) {
                throw new RebuildException(Topics.USAGE_PRICED.name() + " begins at offset " + extent.begin()
                        + " in partition " + partition
                        + ": it doesn't hold everything any more, and the ledger can't be made from it. It is to be kept"
                        + " for ever (retention.ms = -1)");
            }
        });
    }

    private void begin() throws ClickHouseException, InterruptedException {
        Optional<String> begun = mark(Mark.BEGUN);
        if (begun.isPresent()) {
            says.accept("going on with the rebuild that was cut off, in "
                    + fresh.address().database());
            return;
        }
        dropFresh();
        Migrations.apply(fresh, deployment);
        String mergeTree = deployment.substitutions(fresh.address().database()).getOrDefault("merge_tree", "MergeTree");
        ask(
                fresh,
                "CREATE TABLE IF NOT EXISTS %s %s (at DateTime64(6, 'UTC') DEFAULT now64(6), src_partition Int32, from_offset Int64,"
                                .formatted(table(fresh, STEPS), deployment.onCluster())
                        + " until_offset Int64, entries Int64, token UUID) ENGINE = " + mergeTree
                        + " ORDER BY (src_partition, from_offset)");
        ask(
                fresh,
                "CREATE TABLE IF NOT EXISTS %s %s (at DateTime64(6, 'UTC') DEFAULT now64(6), mark String, value String) ENGINE = %s ORDER BY at"
                        .formatted(table(fresh, MARKS), deployment.onCluster(), mergeTree));
        int number = LedgerCut.newest(live, deployment).number() + 1;
        putMark(Mark.BEGUN, String.valueOf(number));
        says.accept("rebuilding the ledger in " + fresh.address().database());
    }

    private void dropFresh() throws ClickHouseException, InterruptedException {
        ask(fresh, "DROP DATABASE IF EXISTS " + fresh.address().database() + " " + deployment.onCluster() + " SYNC");
    }

    /** What is there goes in while the writer works; what comes meanwhile too, until it is little. */
    private void fillBeside() throws ClickHouseException, InterruptedException, IOException {
        for (int round = 0; round < MOST_ROUNDS; round++) {
            long before = entriesFilled();
            fill();
            if (entriesFilled() - before <= FEW_ENTRIES) {
                return;
            }
        }
    }

    private void holdWriter() throws ClickHouseException, InterruptedException {
        says.accept("holding the ledger writer");
        writer.hold();
        // A request whose client is gone may still be worked on.
        String inserting = "SELECT count() FROM system.processes WHERE query_kind = 'Insert' AND query ILIKE '%"
                + table(live, LedgerRows.TABLE) + " %' AND query_id != queryID()";
        for (int look = 0; !ask(live, inserting).strip().equals("0"); look++) {
            if (look == 600) {
                throw new RebuildException("an insert into the ledger goes on for a minute: see system.processes");
            }
            Thread.sleep(100);
        }
    }

    /**
     * Puts in what is committed now.
     *
     * @return up to where, by partition
     */
    private Map<Integer, Long> fill() throws ClickHouseException, InterruptedException, IOException {
        Map<Integer, Long> untils = new TreeMap<>();
        Map<Integer, Step> last = lastSteps();
        for (Map.Entry<Integer, Extent> partition : log.extents().entrySet()) {
            int number = partition.getKey();
            long until = partition.getValue().end();
            Step step = last.get(number);
            long next = step == null ? 0 : step.until();
            if (step != null && !resumed) {
                // It may have been cut off; inserted a second time it is known by its token.
                repeat(step);
            }
            Iterator<Placed> entries = log.read(number, next, until);
            @Nullable Placed held = null;
            long from = next;
            while (held != null || entries.hasNext()) {
                OpenBatch batch = new OpenBatch(format);
                held = take(batch, held, entries);
                insert(batch, number, from, held == null ? until : held.offset());
                from = held == null ? until : held.offset();
            }
            untils.put(number, Math.max(until, next));
        }
        resumed = true;
        return untils;
    }

    /** @return the first entry that the batch doesn't take any more */
    private @Nullable Placed take(OpenBatch batch, @Nullable Placed first, Iterator<Placed> entries)
            throws IOException {
        RowBuffer row = new RowBuffer();
        Placed placed = first;
        while (placed != null || entries.hasNext()) {
            if (placed == null) {
                placed = entries.next();
            }
            row.clear();
            format.write(placed.entry(), row);
            if (!batch.takes(row, limits)) {
                return placed;
            }
            batch.add(row);
            placed = null;
        }
        return null;
    }

    private record Step(int partition, long from, long until, long entries, UUID token) {}

    private void insert(OpenBatch open, int partition, long from, long until)
            throws ClickHouseException, InterruptedException, IOException {
        SealedBatch batch = open.seal(UUID.randomUUID(), 0);
        Step step = new Step(partition, from, until, batch.rows(), batch.token());
        retry.untilAvailable(
                "write down a step",
                () -> fresh.query(
                        "INSERT INTO %s (src_partition, from_offset, until_offset, entries, token) VALUES (%d, %d, %d, %d, '%s')"
                                .formatted(
                                        table(fresh, STEPS),
                                        step.partition(),
                                        step.from(),
                                        step.until(),
                                        step.entries(),
                                        step.token()),
                        INSERT));
        insert(batch);
        says.accept("%,d entries".formatted(entriesFilled()));
    }

    private void insert(SealedBatch batch) throws ClickHouseException, InterruptedException {
        ClickHouseBatches batches = new ClickHouseBatches(fresh);
        retry.untilAvailable("insert " + batch, () -> {
            batches.insert(batch);
            return batch;
        });
    }

    private void repeat(Step step) throws ClickHouseException, InterruptedException, IOException {
        OpenBatch batch = new OpenBatch(format);
        RowBuffer row = new RowBuffer();
        Iterator<Placed> entries = log.read(step.partition(), step.from(), step.until());
        while (entries.hasNext()) {
            row.clear();
            format.write(entries.next().entry(), row);
            batch.add(row);
        }
        SealedBatch sealed = batch.seal(step.token(), 0);
        if (sealed.rows() != step.entries()) {
            throw new RebuildException(
                    "%s has %d entries between %d and %d of partition %d and had %d: give it up and begin anew (--abandon)"
                            .formatted(
                                    Topics.USAGE_PRICED.name(),
                                    sealed.rows(),
                                    step.from(),
                                    step.until(),
                                    step.partition(),
                                    step.entries()));
        }
        insert(sealed);
    }

    private Map<Integer, Step> lastSteps() throws ClickHouseException, InterruptedException {
        Map<Integer, Step> steps = new TreeMap<>();
        ask(
                        fresh,
                        "SELECT src_partition, from_offset, until_offset, entries, token FROM " + table(fresh, STEPS)
                                + " ORDER BY from_offset DESC, at DESC LIMIT 1 BY src_partition")
                .lines()
                .map(line -> line.split("\t"))
                .forEach(row -> steps.put(
                        Integer.valueOf(row[0]),
                        new Step(
                                Integer.parseInt(row[0]),
                                Long.parseLong(row[1]),
                                Long.parseLong(row[2]),
                                Long.parseLong(row[3]),
                                UUID.fromString(row[4]))));
        return steps;
    }

    /** Each once: one whose acknowledgement was lost was written down twice. */
    private String steps() {
        return "(SELECT DISTINCT src_partition, from_offset, until_offset, entries, token FROM " + table(fresh, STEPS)
                + ")";
    }

    private long entriesFilled() throws ClickHouseException, InterruptedException {
        return number(fresh, "SELECT sum(entries) FROM " + steps());
    }

    /** The rebuilt tables must agree with each other and with what was read, whatever the old ones hold. */
    private void requireBalance() throws ClickHouseException, InterruptedException {
        long filled = entriesFilled();
        long rows = count(fresh);
        if (rows != filled) {
            throw new RebuildException("the rebuilt ledger has " + rows + " entries, but " + filled
                    + " were read: give it up and begin anew (--abandon)");
        }
        String overlapping = "SELECT count() FROM (SELECT src_partition FROM " + steps()
                + " GROUP BY src_partition HAVING sum(until_offset - from_offset) != max(until_offset))";
        if (number(fresh, overlapping) > 0) {
            throw new RebuildException("two rebuilds have run at once: give it up and begin anew (--abandon)");
        }
        String differing = ask(
                fresh,
                "SELECT concat(check, ' ', measure) FROM " + table(fresh, "reconciliation")
                        + " WHERE check IN ('hourly', 'daily', 'monthly') AND (difference != 0 OR groups_that_differ != 0)");
        if (!differing.isBlank()) {
            throw new RebuildException("the rebuilt roll-ups don't agree with the rebuilt ledger ("
                    + differing.strip().replace("\n", ", ") + "): give it up and begin anew (--abandon)");
        }
    }

    private Comparison compare(Map<Integer, Long> cut) throws ClickHouseException, InterruptedException {
        for (String table : TABLES) {
            // One that was lost altogether counts as empty.
            ask(
                    live,
                    "CREATE TABLE IF NOT EXISTS %s %s AS %s"
                            .formatted(table(live, table), deployment.onCluster(), table(fresh, table)));
        }
        says.accept("comparing the two ledgers");
        String days =
                "SELECT tenant, day FROM (SELECT tenant, toDate(event_time) AS day, 1 AS side, %1$s AS hash FROM %2$s"
                                .formatted(HASH, table(live, LedgerRows.TABLE))
                        + " UNION ALL SELECT tenant, toDate(event_time) AS day, -1 AS side, %1$s AS hash FROM %2$s)"
                                .formatted(HASH, table(fresh, LedgerRows.TABLE))
                        + " GROUP BY tenant, day HAVING sum(side) != 0 OR sum(toInt256(hash) * side) != 0";
        String one =
                "SELECT entry_id, %1$s AS hash, %2$d AS side FROM %3$s WHERE (tenant, toDate(event_time)) IN (%4$s)";
        // An event that came again after the dedup window has entries of the same ids, recorded at other times.
        String entries =
                " FROM (SELECT entry_id, sum(in_old) AS old, sum(in_new) AS new, max(in_old != in_new) AS differs"
                        + " FROM (SELECT entry_id, hash, countIf(side = 1) AS in_old, countIf(side = -1) AS in_new FROM ("
                        + one.formatted(HASH, 1, table(live, LedgerRows.TABLE), days) + " UNION ALL "
                        + one.formatted(HASH, -1, table(fresh, LedgerRows.TABLE), days)
                        + ") GROUP BY entry_id, hash) GROUP BY entry_id)";
        String[] counts = retry.untilAvailable(
                        "compare the ledgers",
                        () -> live.query(
                                "SELECT countIf(NOT differs), countIf(old = 0), countIf(new = 0),"
                                        + " countIf(differs AND old = new), countIf(new > 0 AND old > new),"
                                        + " countIf(old > 0 AND old < new)" + entries,
                                SPILL))
                .strip()
                .split("\t");
        long missing = Long.parseLong(counts[1]);
        long inFlight = 0;
        if (missing > 0 && missing <= MOST_IN_FLIGHT && count(live) > 0) {
            Set<String> ids = retry.untilAvailable(
                            "list what is missing",
                            () -> live.query("SELECT entry_id" + entries + " WHERE old = 0", SPILL))
                    .lines()
                    .collect(Collectors.toCollection(HashSet::new));
            for (Map.Entry<Integer, Long> partition : cut.entrySet()) {
                inFlight += behindTheNewestOf(partition.getKey(), partition.getValue(), ids);
            }
        }
        return new Comparison(
                Long.parseLong(counts[0]),
                missing - inFlight + Long.parseLong(counts[5]),
                Long.parseLong(counts[2]),
                Long.parseLong(counts[3]),
                Long.parseLong(counts[4]),
                inFlight,
                sums());
    }

    /**
     * The writer inserts each partition in its order. So what stands behind the newest entry that the old ledger has was in
     * flight when the writer was held; what is missing before it is lost.
     */
    private long behindTheNewestOf(int partition, long end, Set<String> missing) {
        long until = end;
        long behind = 0;
        for (long width = LOOK_BACK; until > 0; width *= 2) {
            long from = Math.max(0, until - width);
            long inARow = 0;
            boolean found = false;
            Iterator<Placed> entries = log.read(partition, from, until);
            while (entries.hasNext()) {
                boolean isMissing = missing.contains(entries.next().entry().getEntryId());
                found |= !isMissing;
                inARow = isMissing ? inARow + 1 : 0;
            }
            behind += inARow;
            if (found) {
                return behind;
            }
            until = from;
        }
        return behind;
    }

    private List<Sum> sums() throws ClickHouseException, InterruptedException {
        String one = "SELECT billing_currency, %d AS side, billed_cost FROM %s WHERE isNotNull(billed_cost)";
        return ask(
                        live,
                        "SELECT billing_currency, sumIf(billed_cost, side = 1), sumIf(billed_cost, side = 2) FROM ("
                                + one.formatted(1, table(live, LedgerRows.TABLE)) + " UNION ALL "
                                + one.formatted(2, table(fresh, LedgerRows.TABLE))
                                + ") GROUP BY billing_currency ORDER BY billing_currency")
                .lines()
                .map(line -> line.split("\t"))
                .map(row -> new Sum(row[0], row[1], row[2]))
                .toList();
    }

    /** Each table in one step; which have been is told by their identities. */
    private void exchange() throws ClickHouseException, InterruptedException {
        List<String> wanted = Arrays.asList(mark(Mark.EXCHANGE).orElseThrow().split(","));
        // Nobody writes now. A feed that was made for one table must not hang on another one of the same name.
        for (ClickHouse where : List.of(live, fresh)) {
            for (String feed : FEEDS) {
                ask(where, "DROP VIEW IF EXISTS " + table(where, feed) + " " + deployment.onCluster() + " SYNC");
            }
        }
        for (int i = 0; i < TABLES.size(); i++) {
            String table = TABLES.get(i);
            if (!uuid(live, table).equals(wanted.get(i))) {
                ask(
                        live,
                        "EXCHANGE TABLES " + table(live, table) + " AND " + table(fresh, table) + " "
                                + deployment.onCluster());
            }
        }
        for (String feed : Migrations.feeds(live.address().database(), deployment)) {
            ask(live, feed);
        }
        int number = Integer.parseInt(mark(Mark.BEGUN).orElseThrow());
        LedgerCut cut = new LedgerCut(number, offsets(mark(Mark.CUT).orElseThrow()), count(live));
        retry.untilAvailable("write down the cut", () -> {
            cut.write(live);
            return cut;
        });
        putMark(Mark.DONE, "");
        says.accept("the rebuilt tables are in place, " + cut);
    }

    private List<String> uuids(ClickHouse where) throws ClickHouseException, InterruptedException {
        List<String> uuids = new ArrayList<>();
        for (String table : TABLES) {
            uuids.add(uuid(where, table));
        }
        return uuids;
    }

    private String uuid(ClickHouse where, String table) throws ClickHouseException, InterruptedException {
        return ask(
                        where,
                        "SELECT uuid FROM system.tables WHERE database = '"
                                + where.address().database() + "' AND name = '" + table + "'")
                .strip();
    }

    private Optional<String> mark(Mark mark) throws ClickHouseException, InterruptedException {
        if (ask(fresh, "EXISTS TABLE " + table(fresh, MARKS)).strip().equals("0")) {
            return Optional.empty();
        }
        return ask(
                        fresh,
                        "SELECT value FROM " + table(fresh, MARKS) + " WHERE mark = '" + mark
                                + "' ORDER BY at DESC LIMIT 1")
                .lines()
                .findFirst();
    }

    private void putMark(Mark mark, String value) throws ClickHouseException, InterruptedException {
        String statement =
                "INSERT INTO " + table(fresh, MARKS) + " (mark, value) VALUES ('" + mark + "', '" + value + "')";
        retry.untilAvailable("write down the progress", () -> fresh.query(statement, INSERT));
    }

    private static String text(Map<Integer, Long> offsets) {
        return offsets.entrySet().stream()
                .map(next -> next.getKey() + "=" + next.getValue())
                .collect(Collectors.joining(","));
    }

    private static Map<Integer, Long> offsets(String text) {
        Map<Integer, Long> offsets = new TreeMap<>();
        for (String each : text.split(",")) {
            String[] pair = each.split("=");
            offsets.put(Integer.valueOf(pair[0]), Long.valueOf(pair[1]));
        }
        return offsets;
    }

    private long count(ClickHouse where) throws ClickHouseException, InterruptedException {
        return number(where, "SELECT count() FROM " + table(where, LedgerRows.TABLE));
    }

    private long number(ClickHouse where, String sql) throws ClickHouseException, InterruptedException {
        return Long.parseLong(ask(where, sql).strip());
    }

    private String ask(ClickHouse where, String sql) throws ClickHouseException, InterruptedException {
        return retry.untilAvailable("rebuild the ledger", () -> where.query(sql));
    }

    private static String table(ClickHouse where, String table) {
        return where.address().database() + "." + table;
    }
}
