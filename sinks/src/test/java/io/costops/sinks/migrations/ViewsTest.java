package io.costops.sinks.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.ledger.TestRows;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("The views over the ledger")
class ViewsTest {
    private final ClickHouse clickHouse = TestClickHouse.emptied(ViewsTest.class);

    /** The exact negation of an entry. */
    private static LedgerEntry reversal(LedgerEntry of, int sequence) {
        LedgerEntry entry = next(of, EntryKind.REVERSAL, sequence);
        entry.setRequests(-of.getRequests());
        entry.setInputTokens(-of.getInputTokens());
        entry.setOutputTokens(-of.getOutputTokens());
        entry.setListCost(negated(of.getListCost()));
        entry.setContractedCost(negated(of.getContractedCost()));
        entry.setBilledCost(negated(of.getBilledCost()));
        entry.setEffectiveCost(negated(of.getEffectiveCost()));
        entry.setLines(of.getLines().stream()
                .map(line -> LedgerLine.newBuilder(line)
                        .setQuantity(line.getQuantity().negate())
                        .setListCost(negated(line.getListCost()))
                        .setContractedCost(negated(line.getContractedCost()))
                        .setBilledCost(negated(line.getBilledCost()))
                        .setEffectiveCost(negated(line.getEffectiveCost()))
                        .build())
                .toList());
        return entry;
    }

    private static LedgerEntry next(LedgerEntry of, EntryKind kind, int sequence) {
        return LedgerEntry.newBuilder(of)
                .setKind(kind)
                .setSequence(sequence)
                .setEntryId(of.getEventId() + "/" + sequence)
                .setRecordedAt(of.getRecordedAt().plusSeconds(sequence))
                .build();
    }

    private static LedgerEntry memo(LedgerEntry of, EntryStatus status, int sequence) {
        LedgerEntry entry = next(of, EntryKind.MEMO, sequence);
        entry.setStatus(status);
        entry.setRequests(0);
        entry.setInputTokens(0L);
        entry.setOutputTokens(0L);
        entry.setListCost(null);
        entry.setContractedCost(null);
        entry.setBilledCost(null);
        entry.setEffectiveCost(null);
        entry.setLines(List.of());
        return entry;
    }

    private static LedgerEntry unpriced(String eventId) {
        LedgerEntry entry = TestEntries.entry(eventId, TestEntries.NOON);
        entry.setStatus(EntryStatus.UNPRICED);
        entry.setListCost(null);
        entry.setContractedCost(null);
        entry.setBilledCost(null);
        entry.setEffectiveCost(null);
        entry.setLines(entry.getLines().stream()
                .map(line -> LedgerLine.newBuilder()
                        .setMeter(line.getMeter())
                        .setQuantity(line.getQuantity())
                        .build())
                .toList());
        return entry;
    }

    private static @Nullable BigDecimal negated(@Nullable BigDecimal amount) {
        return amount == null ? null : amount.negate();
    }

    private void book(LedgerEntry... entries) {
        // Each in a batch of its own, the last one first: no view may depend on the order in which rows came.
        for (int i = entries.length - 1; i >= 0; i--) {
            TestRows.insertEntries(clickHouse, List.of(entries[i]));
        }
    }

    @Nested
    @DisplayName("usage_current")
    class UsageCurrent {
        private String position(String columns) {
            return TestClickHouse.row(clickHouse, "SELECT " + columns + " FROM db.usage_current WHERE event_id = 'e'");
        }

        @Test
        void shows_a_usage_as_it_was_booked() {
            book(TestEntries.entry("e", TestEntries.NOON));

            assertThat(position("tenant, standing, kind, status, revision, next_sequence, entries, model, requests,"
                            + " input_tokens, output_tokens, billed_cost, quantities"))
                    .isEqualTo("acme\t1\tusage\tpriced\t0\t1\t1\tgpt-4o\t1\t2000\t300\t0.008\t"
                            + "{'output_text':300,'uncached_input':2000}");
        }

        @Test
        void nets_a_correction_to_what_stands_now() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            LedgerEntry correction = next(usage, EntryKind.CORRECTION, 2);
            correction.setRevision(1);
            correction.setModel("gpt-4o-mini");
            correction.setInputTokens(10L);
            correction.setOutputTokens(0L);
            correction.setBilledCost(TestEntries.amount("0.001"));
            correction.setLines(List.of(TestEntries.line("uncached_input", "10", "0.0001")));
            book(usage, reversal(usage, 1), correction);

            assertThat(position("standing, kind, status, revision, next_sequence, model, requests, input_tokens,"
                            + " output_tokens, billed_cost, quantities"))
                    .isEqualTo("1\tcorrection\tpriced\t1\t3\tgpt-4o-mini\t1\t10\t0\t0.001\t{'uncached_input':10}");
        }

        @Test
        void shows_a_deleted_event_as_not_standing() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            book(usage, reversal(usage, 1));

            assertThat(position("standing, requests, input_tokens, billed_cost, quantities"))
                    .isEqualTo("0\t0\t0\t0\t{}");
        }

        @Test
        void is_not_changed_by_a_memo() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            LedgerEntry conflict = memo(usage, EntryStatus.CONFLICT, 1);
            conflict.setModel("another");
            book(usage, conflict);

            assertThat(position("standing, status, model, requests, billed_cost, entries, next_sequence"))
                    .isEqualTo("1\tpriced\tgpt-4o\t1\t0.008\t2\t2");
        }

        @Test
        void of_an_event_of_memos_alone_does_not_stand() {
            book(memo(TestEntries.entry("e", TestEntries.NOON), EntryStatus.DELETED, 0));
            assertThat(position("standing, status, requests, billed_cost")).isEqualTo("0\tdeleted\t0\t\\N");
        }

        @Test
        void does_not_call_an_unknown_cost_zero_when_a_correction_has_no_price() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            LedgerEntry correction = next(unpriced("e"), EntryKind.CORRECTION, 2);
            book(usage, reversal(usage, 1), correction);

            assertThat(position("standing, status, list_cost, billed_cost")).isEqualTo("1\tunpriced\t\\N\t\\N");
        }

        @Test
        void takes_over_a_fact_that_became_unknown() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            usage.setLatencyMs(840L);
            usage.setQuality(0.5);
            LedgerEntry correction = next(usage, EntryKind.CORRECTION, 2);
            correction.setLatencyMs(null);
            correction.setQuality(null);
            book(usage, reversal(usage, 1), correction);

            assertThat(position("latency_ms, quality")).isEqualTo("\\N\t\\N");
        }

        @Test
        void lets_an_event_stand_that_was_charged_twice_and_taken_back_once() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            LedgerEntry again = LedgerEntry.newBuilder(usage)
                    .setRecordedAt(usage.getRecordedAt().plusSeconds(60))
                    .build();
            book(usage, again, reversal(usage, 1));

            assertThat(position("standing, kind, requests, billed_cost, model"))
                    .isEqualTo("1\tusage\t1\t0.008\tgpt-4o");
        }

        @Test
        void shows_an_event_that_moved_to_another_tenant_with_each_standing_with_the_new_one() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            LedgerEntry correction = next(usage, EntryKind.CORRECTION, 2);
            correction.getDimensions().setTenant("globex");
            book(usage, reversal(usage, 1), correction);

            assertThat(TestClickHouse.rows(
                            clickHouse,
                            "SELECT tenant, standing, requests, billed_cost FROM db.usage_current ORDER BY 1"))
                    .containsExactly("acme\t0\t0\t0", "globex\t1\t1\t0.008");
        }
    }

    @Nested
    @DisplayName("unpriced_usage")
    class UnpricedUsage {
        private List<String> unpricedEvents() {
            return TestClickHouse.rows(
                    clickHouse, "SELECT event_id, quantities['uncached_input'], billed_cost FROM db.unpriced_usage");
        }

        @Test
        void lists_an_event_with_its_quantities_and_no_cost() {
            book(unpriced("u"), TestEntries.entry("p", TestEntries.NOON));
            assertThat(unpricedEvents()).containsExactly("u\t2000\t\\N");
        }

        @Test
        void lets_an_event_go_when_its_price_has_come() {
            LedgerEntry unpriced = unpriced("u");
            LedgerEntry adjustment = next(unpriced, EntryKind.ADJUSTMENT, 1);
            adjustment.setStatus(EntryStatus.PRICED);
            adjustment.setRequests(0);
            adjustment.setInputTokens(0L);
            adjustment.setOutputTokens(0L);
            adjustment.setBilledCost(TestEntries.amount("0.008"));
            adjustment.setLines(List.of());
            book(unpriced, adjustment);

            assertThat(unpricedEvents()).isEmpty();
            assertThat(TestClickHouse.row(
                            clickHouse, "SELECT requests, input_tokens, billed_cost FROM db.usage_current"))
                    .isEqualTo("1\t2000\t0.008");
        }

        @Test
        void lists_an_event_of_which_a_part_has_no_price_until_it_has() {
            LedgerEntry usage = TestEntries.entry("u", TestEntries.NOON);
            LedgerLine search = LedgerLine.newBuilder()
                    .setMeter("web_search")
                    .setQuantity(TestEntries.amount("1"))
                    .build();
            usage.setLines(List.of(usage.getLines().get(0), search));
            LedgerEntry adjustment = next(usage, EntryKind.ADJUSTMENT, 1);
            adjustment.setRequests(0);
            adjustment.setLines(List.of(TestEntries.line("web_search", "0", "0.01")));

            book(usage);
            assertThat(TestClickHouse.rows(
                            clickHouse, "SELECT event_id, status, unpriced_meters FROM db.unpriced_usage"))
                    .containsExactly("u\tpriced\t['web_search']");
            book(adjustment);
            assertThat(unpricedEvents()).isEmpty();
        }

        @Test
        void lets_an_event_go_that_was_deleted() {
            LedgerEntry unpriced = unpriced("u");
            book(unpriced, reversal(unpriced, 1));
            assertThat(unpricedEvents()).isEmpty();
        }
    }

    @Test
    void ledger_lines_has_one_row_a_line() {
        LedgerEntry entry = TestEntries.entry("e", TestEntries.NOON);
        book(entry, memo(entry, EntryStatus.CONFLICT, 1));

        assertThat(TestClickHouse.rows(
                        clickHouse,
                        "SELECT event_id, tenant, line_number, meter, quantity, list_unit_price, list_cost, billed_cost,"
                                + " price_field FROM db.ledger_lines ORDER BY line_number"))
                .containsExactly(
                        "e\tacme\t1\tuncached_input\t2000\t0.0000025\t0.005\t0.005\tinput_cost_per_token",
                        "e\tacme\t2\toutput_text\t300\t0.00001\t0.003\t0.003\toutput_cost_per_token");
    }

    @Nested
    @DisplayName("pending_corrections")
    class PendingCorrections {
        @Test
        void lists_what_came_too_late_until_a_request_has_applied_it() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            LedgerEntry late = memo(usage, EntryStatus.POSITION_EXPIRED, 1);
            late.setRecord(ByteBuffer.wrap(new byte[] {0, (byte) 0xff, 7}));
            book(usage, late);
            assertThat(TestClickHouse.rows(
                            clickHouse, "SELECT event_id, entry_id, hex(record) FROM db.pending_corrections"))
                    .containsExactly("e\te/1\t00FF07");

            LedgerEntry reversal = reversal(usage, 2);
            reversal.setRequestId("late:e/1");
            reversal.setCauseRevision(1L);
            book(reversal);
            assertThat(TestClickHouse.rows(clickHouse, "SELECT event_id FROM db.pending_corrections"))
                    .isEmpty();
            assertThat(TestClickHouse.row(clickHouse, "SELECT cause_revision FROM db.ledger WHERE kind = 'reversal'"))
                    .isEqualTo("1");
        }
    }

    @Nested
    @DisplayName("late_records")
    class LateRecords {
        private static final String SINCE = "(since = '2026-07-14 12:00:00.000000')";
        private static final String IDS = "SELECT groupArray(entry_id) FROM (SELECT entry_id FROM ";

        private LedgerEntry late(String eventId, int sequence) {
            LedgerEntry late =
                    memo(TestEntries.entry(eventId, TestEntries.NOON), EntryStatus.POSITION_EXPIRED, sequence);
            late.setRecord(ByteBuffer.wrap(new byte[] {1}));
            return late;
        }

        private LedgerEntry applied(LedgerEntry late) {
            LedgerEntry correction = next(late, EntryKind.CORRECTION, late.getSequence() + 1);
            correction.setStatus(EntryStatus.PRICED);
            correction.setRecord(null);
            correction.setRequestId("late:" + late.getEntryId());
            return correction;
        }

        private String ids(String source) {
            return TestClickHouse.row(clickHouse, IDS + "db." + source + " ORDER BY entry_id)");
        }

        @Test
        void are_those_of_pending_corrections_that_were_recorded_since() {
            LedgerEntry earlier = late("earlier", 1);
            earlier.setRecordedAt(TestEntries.NOON.minusSeconds(60));
            LedgerEntry done = late("done", 1);
            book(
                    TestEntries.entry("waits", TestEntries.NOON),
                    late("waits", 1),
                    earlier,
                    TestEntries.entry("done", TestEntries.NOON),
                    done,
                    applied(done));

            assertThat(ids("late_records" + SINCE)).isEqualTo("['waits/1']");
            assertThat(ids("late_records(since = '1970-01-01 00:00:00.000000')"))
                    .isEqualTo("['earlier/1','waits/1']")
                    .isEqualTo(ids("pending_corrections"));
        }

        @Test
        void take_no_more_rows_to_find_when_the_ledger_has_grown() throws Exception {
            LedgerEntry done = late("done", 1);
            book(late("waits", 1), done, applied(done));
            long young = rowsRead();

            // Of six weeks that are over, with late records all through, each applied.
            clickHouse.query("""
                    INSERT INTO db.ledger (entry_id, event_id, kind, status, request_id, record, event_time, recorded_at, tenant)
                    SELECT toString(number), concat('old-', toString(number)), if(number % 20 = 0, 'memo', 'usage'),
                        if(number % 20 = 0, 'position_expired', 'priced'),
                        if(number % 20 = 10, concat('late:', toString(number - 10)), ''), if(number % 20 = 0, 'x', NULL),
                        toDateTime64('2026-06-01 00:00:00', 6, 'UTC') + number * 18,
                        toDateTime64('2026-06-01 00:00:01', 6, 'UTC') + number * 18, concat('t', toString(number % 5))
                    FROM numbers(200000)
                    """.replace("db.", clickHouse.address().database() + "."));
            clickHouse.query("OPTIMIZE TABLE " + clickHouse.address().database() + ".ledger FINAL");

            assertThat(rowsRead()).isLessThan(young + 50_000);
            assertThat(ids("late_records" + SINCE)).isEqualTo("['waits/1']");
            assertThat(ids("pending_corrections")).isEqualTo("['waits/1']");
        }

        /** In the statistics at the end of an answer in JSON. */
        private long rowsRead() throws Exception {
            String answer = clickHouse.query("SELECT entry_id FROM "
                    + clickHouse.address().database() + ".late_records" + SINCE + " FORMAT JSON");
            Matcher rows = Pattern.compile("\"rows_read\": (\\d+)").matcher(answer);
            assertThat(rows.find()).as(answer).isTrue();
            return Long.parseLong(rows.group(1));
        }
    }

    @Nested
    @DisplayName("booked_again")
    class BookedAgain {
        @Test
        void lists_an_event_that_stands_twice_whatever_tenant_and_time_it_came_with() {
            LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
            LedgerEntry again = LedgerEntry.newBuilder(usage)
                    .setRecordedAt(usage.getRecordedAt().plusSeconds(60))
                    .setEventTime(usage.getEventTime().plusSeconds(1))
                    .build();
            again.getDimensions().setTenant("globex");
            book(usage, again, TestEntries.entry("other", TestEntries.NOON));

            assertThat(TestClickHouse.rows(clickHouse, "SELECT event_id, charges, billed_cost FROM db.booked_again"))
                    .containsExactly("e\t2\t0.016");
            assertThat(TestClickHouse.row(
                            clickHouse, "SELECT difference FROM db.reconciliation WHERE measure = 'booked again'"))
                    .isEqualTo("1");

            book(reversal(again, 1));
            assertThat(TestClickHouse.rows(clickHouse, "SELECT difference FROM db.reconciliation"))
                    .allMatch(difference -> difference.equals("0"));
        }
    }

    @Nested
    @DisplayName("reconciliation")
    class Reconciliation {
        private String check(String check, String measure) {
            return TestClickHouse.row(
                    clickHouse,
                    "SELECT ledger, rollup, difference, groups_that_differ FROM db.reconciliation WHERE `check` = '"
                            + check + "' AND measure = '" + measure + "'");
        }

        @Test
        void proves_that_ledger_and_roll_ups_agree() {
            book(TestEntries.entry("a", TestEntries.NOON), TestEntries.entry("b", TestEntries.NOON), unpriced("u"));

            for (String rollUp : List.of("hourly", "daily", "monthly")) {
                assertThat(check(rollUp, "entries")).isEqualTo("3\t3\t0\t0");
                assertThat(check(rollUp, "requests")).isEqualTo("3\t3\t0\t0");
                assertThat(check(rollUp, "input_tokens")).isEqualTo("6000\t6000\t0\t0");
                assertThat(check(rollUp, "billed_cost")).isEqualTo("0.016\t0.016\t0\t0");
            }
            assertThat(check("lines", "input_tokens")).isEqualTo("6000\t6000\t0\t0");
            assertThat(check("lines", "effective_cost")).isEqualTo("0.016\t0.016\t0\t0");
        }

        /** It would take a million events at the bound of every meter; the lines are added up in decimals. */
        @Test
        void shows_a_sum_of_tokens_that_left_its_64_bits() {
            LedgerEntry[] entries = {TestEntries.entry("a", TestEntries.NOON), TestEntries.entry("b", TestEntries.NOON)
            };
            for (LedgerEntry entry : entries) {
                entry.setInputTokens(5_000_000_000_000_000_000L);
                entry.setLines(List.of(TestEntries.line("uncached_input", "5000000000000000000", "0")));
            }
            book(entries);

            assertThat(check("lines", "input_tokens"))
                    .isEqualTo("-8446744073709551616\t10000000000000000000\t-18446744073709551616\t1");
        }

        @Test
        void shows_what_a_roll_up_lacks() throws Exception {
            book(TestEntries.entry("a", TestEntries.NOON));
            clickHouse.query("TRUNCATE TABLE " + clickHouse.address().database() + ".chargeback_daily_store");

            assertThat(check("daily", "requests")).isEqualTo("1\t0\t1\t1");
            assertThat(check("daily", "billed_cost")).isEqualTo("0.008\t\\N\t0.008\t1");
            assertThat(check("hourly", "billed_cost")).isEqualTo("0.008\t0.008\t0\t0");
        }

        @Test
        void shows_errors_that_cancel_out() throws Exception {
            LedgerEntry other = TestEntries.entry("b", TestEntries.NOON);
            other.getDimensions().setTenant("globex");
            book(TestEntries.entry("a", TestEntries.NOON), other);
            for (String[] row : new String[][] {{"acme", "1"}, {"globex", "-1"}}) {
                clickHouse.query("INSERT INTO " + clickHouse.address().database()
                        + ".chargeback_monthly_store (month, tenant, kind, billing_currency, pricing_currency,"
                        + " billed_cost) VALUES ('2026-07-01', '" + row[0] + "', 'usage', 'USD', 'USD', " + row[1]
                        + ")");
            }

            assertThat(check("monthly", "billed_cost")).isEqualTo("0.016\t0.016\t0\t2");
        }

        @Test
        void shows_lines_that_do_not_add_up_to_their_entry() {
            LedgerEntry entry = TestEntries.entry("a", TestEntries.NOON);
            entry.setBilledCost(TestEntries.amount("0.009"));
            book(entry);

            assertThat(check("lines", "billed_cost")).isEqualTo("0.009\t0.008\t0.001\t1");
        }

        @Test
        void shows_an_entry_that_stands_twice() {
            LedgerEntry entry = TestEntries.entry("a", TestEntries.NOON);
            book(entry, entry, entry);
            assertThat(check("facts", "duplicate entries")).isEqualTo("2\t\\N\t2\t0");
        }

        @Test
        void counts_what_wants_a_look() {
            LedgerEntry entry = TestEntries.entry("a", TestEntries.NOON);
            book(
                    entry,
                    memo(entry, EntryStatus.CONFLICT, 1),
                    memo(entry, EntryStatus.CONFLICT, 2),
                    memo(entry, EntryStatus.SUPERSEDED, 3),
                    memo(entry, EntryStatus.POSITION_EXPIRED, 4),
                    unpriced("u"));

            assertThat(check("facts", "conflicts")).isEqualTo("2\t\\N\t0\t0");
            assertThat(check("facts", "superseded")).isEqualTo("1\t\\N\t0\t0");
            assertThat(check("facts", "position expired")).isEqualTo("1\t\\N\t0\t0");
            assertThat(check("facts", "unpriced events")).isEqualTo("1\t\\N\t0\t0");
            assertThat(check("facts", "memos that carry an amount")).isEqualTo("0\t\\N\t0\t0");
        }

        @Test
        void shows_a_statement_that_no_longer_agrees_with_the_ledger() throws Exception {
            book(TestEntries.entry("a", TestEntries.NOON));
            String database = clickHouse.address().database();
            clickHouse.query("INSERT INTO " + database + ".statements (billing_period, tenant, kind, billing_currency,"
                    + " pricing_currency, entries, requests, input_tokens, output_tokens, list_cost, contracted_cost,"
                    + " billed_cost, effective_cost) SELECT billing_period, tenant, kind, billing_currency,"
                    + " pricing_currency, count(), sum(requests), sum(input_tokens), sum(output_tokens), sum(list_cost),"
                    + " sum(contracted_cost), sum(billed_cost), sum(effective_cost) FROM " + database
                    + ".ledger GROUP BY ALL");
            assertThat(check("statements", "billed_cost")).isEqualTo("0.008\t0.008\t0\t0");

            book(TestEntries.entry("b", TestEntries.NOON));
            assertThat(check("statements", "billed_cost")).isEqualTo("0.016\t0.008\t0.008\t1");
        }

        @Test
        void shows_zero_at_a_glance() {
            book(TestEntries.entry("a", TestEntries.NOON), unpriced("u"));
            assertThat(TestClickHouse.rows(clickHouse, "SELECT check, difference FROM db.reconciliation"))
                    .hasSize(38)
                    .allMatch(row -> row.endsWith("\t0"));
        }
    }
}
