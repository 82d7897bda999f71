package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.clickhouse.ClickHouse;
import java.math.BigDecimal;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The roll-ups")
class RollUpTest {
    private static final DateTimeFormatter HOUR =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private final ClickHouse clickHouse = TestClickHouse.emptied(RollUpTest.class);

    /** Sums computed here, with BigDecimal, from the same entries. */
    private static final class Sums {
        private long requests;
        private long inputTokens;
        private long outputTokens;
        private BigDecimal billed = BigDecimal.ZERO;
        private boolean priced;

        private void add(LedgerEntry entry) {
            requests += entry.getRequests();
            inputTokens += entry.getInputTokens();
            outputTokens += entry.getOutputTokens();
            if (entry.getBilledCost() != null) {
                billed = billed.add(entry.getBilledCost());
                priced = true;
            }
        }

        private String text() {
            String cost = priced ? billed.stripTrailingZeros().toPlainString() : "\\N";
            return requests + "\t" + inputTokens + "\t" + outputTokens + "\t" + cost + "\t" + cost;
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void equal_sums_that_are_computed_independently(long seed) {
        List<LedgerEntry> entries = TestEntries.random(seed, 1_500, 4);
        commitInRandomBatches(entries, new Random(seed));

        assertThat(sums("hourly", "hour"))
                .isEqualTo(expected(
                        entries, time -> HOUR.format(time.getEventTime().truncatedTo(ChronoUnit.HOURS))));
        assertThat(sums("daily", "day"))
                .isEqualTo(expected(
                        entries,
                        entry -> entry.getEventTime()
                                .atZone(ZoneOffset.UTC)
                                .toLocalDate()
                                .toString()));
        assertThat(sums("monthly", "month"))
                .isEqualTo(expected(
                        entries,
                        entry -> TestEntries.month(entry.getEventTime()).toString()));
        assertReconciled();
    }

    @Test
    void stay_the_same_when_parts_merge() throws Exception {
        List<LedgerEntry> entries = TestEntries.random(4, 500, 2);
        commitInRandomBatches(entries, new Random(4));
        Map<String, String> before = sums("daily", "day");
        for (String table : List.of("chargeback_hourly_store", "chargeback_daily_store", "chargeback_monthly_store")) {
            clickHouse.query("OPTIMIZE TABLE " + clickHouse.address().database() + "." + table + " FINAL");
        }

        assertThat(sums("daily", "day")).isEqualTo(before);
        assertReconciled();
    }

    @Test
    void keep_a_row_whose_sums_are_zero_as_zero() throws Exception {
        LedgerEntry usage = TestEntries.entry("e", TestEntries.NOON);
        LedgerEntry reversal = TestEntries.entry("e", TestEntries.NOON);
        reversal.setRequests(-1);
        reversal.setInputTokens(-2000);
        reversal.setOutputTokens(-300);
        reversal.setBilledCost(usage.getBilledCost().negate());
        commit(List.of(usage));
        commit(List.of(reversal));
        clickHouse.query("OPTIMIZE TABLE " + clickHouse.address().database() + ".chargeback_daily_store FINAL");

        assertThat(TestClickHouse.row(
                        clickHouse,
                        "SELECT tenant, sum(requests), sum(input_tokens), sum(billed_cost) FROM db.chargeback_daily"
                                + " GROUP BY tenant"))
                .isEqualTo("acme\t0\t0\t0");
    }

    @Test
    void add_what_is_priced_to_what_is_not_without_making_it_zero() {
        LedgerEntry unpriced = TestEntries.blank("u", TestEntries.NOON).build();
        commit(List.of(unpriced));
        assertThat(TestClickHouse.row(clickHouse, "SELECT requests, billed_cost FROM db.chargeback_daily"))
                .isEqualTo("1\t\\N");

        commit(List.of(TestEntries.entry("p", TestEntries.NOON)));
        assertThat(TestClickHouse.row(clickHouse, "SELECT requests, billed_cost FROM db.chargeback_daily"))
                .isEqualTo("2\t0.008");
    }

    @Test
    void never_add_up_two_currencies() {
        LedgerEntry euro = TestEntries.entry("e", TestEntries.NOON);
        euro.setBillingCurrency("EUR");
        commit(List.of(euro, TestEntries.entry("d", TestEntries.NOON)));

        assertThat(TestClickHouse.rows(
                        clickHouse,
                        "SELECT billing_currency, pricing_currency, billed_cost FROM db.chargeback_monthly ORDER BY 1"))
                .containsExactly("EUR\tUSD\t0.008", "USD\tUSD\t0.008");
        assertThat(TestClickHouse.rows(
                        clickHouse,
                        "SELECT currency, ledger, rollup FROM db.reconciliation"
                                + " WHERE `check` = 'hourly' AND measure = 'billed_cost' ORDER BY 1"))
                .containsExactly("EUR\t0.008\t0.008", "USD\t0.008\t0.008");
    }

    @Test
    void hold_sums_that_no_64_bit_number_could() {
        BigDecimal most = TestEntries.amount("999999999999999999999999999999.999999999999999999999999999999");
        List<LedgerEntry> entries = Collections.nCopies(
                1_000,
                TestEntries.blank("e", TestEntries.NOON).setBilledCost(most).build());
        commit(entries);

        assertThat(TestClickHouse.row(clickHouse, "SELECT sum(billed_cost) FROM db.chargeback_monthly"))
                .isEqualTo(most.multiply(BigDecimal.valueOf(1_000))
                        .stripTrailingZeros()
                        .toPlainString());
    }

    private static Map<String, String> expected(List<LedgerEntry> entries, Function<LedgerEntry, String> period) {
        Map<String, Sums> sums = new TreeMap<>();
        for (LedgerEntry entry : entries) {
            String project = entry.getDimensions().getProject();
            String key = String.join(
                    "\t",
                    period.apply(entry),
                    entry.getDimensions().getTenant(),
                    project == null ? "" : project,
                    entry.getModel(),
                    entry.getKind().name().toLowerCase(java.util.Locale.ROOT));
            sums.computeIfAbsent(key, k -> new Sums()).add(entry);
        }
        Map<String, String> text = new TreeMap<>();
        sums.forEach((key, sum) -> text.put(key, sum.text()));
        return text;
    }

    private Map<String, String> sums(String view, String period) {
        Map<String, String> sums = new TreeMap<>();
        for (String row : TestClickHouse.rows(
                clickHouse,
                "SELECT %1$s, tenant, project, model, kind, sum(requests), sum(input_tokens), sum(output_tokens),"
                                .formatted(period)
                        + " sum(list_cost), sum(billed_cost) FROM db.chargeback_%1$s GROUP BY 1, 2, 3, 4, 5"
                                .formatted(view))) {
            String[] columns = row.split("\t", -1);
            sums.put(
                    String.join("\t", List.of(columns).subList(0, 5)),
                    String.join("\t", List.of(columns).subList(5, 10)));
        }
        return sums;
    }

    private void commitInRandomBatches(List<LedgerEntry> entries, Random random) {
        int from = 0;
        while (from < entries.size()) {
            int to = Math.min(entries.size(), from + 1 + random.nextInt(600));
            commit(entries.subList(from, to));
            from = to;
        }
    }

    private void commit(List<LedgerEntry> entries) {
        SinkHarness.commit(clickHouse, SinkHarness.seal(LedgerRows.format(), entries));
    }

    private void assertReconciled() {
        assertThat(TestClickHouse.rows(
                        clickHouse, "SELECT * FROM db.reconciliation WHERE difference != 0 OR groups_that_differ != 0"))
                .isEmpty();
        assertThat(TestClickHouse.row(clickHouse, "SELECT count() FROM db.reconciliation"))
                .isEqualTo("38");
    }
}
