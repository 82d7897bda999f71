package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.avro.Origin;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.rowbinary.RowBuffer;
import io.costops.sinks.rowbinary.RowFormat.UnfitRowException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A row of the ledger")
class LedgerRowsTest {
    private static final String GREATEST = "999999999999999999999999999999.999999999999999999999999999999";
    private static final String SMALLEST = "0.000000000000000000000000000001";
    private static final String AWKWARD = "a'b\\c\"é😀\u2028 <&>";

    private final ClickHouse clickHouse = TestClickHouse.emptied(LedgerRowsTest.class);

    @Test
    void holds_every_field_of_an_entry_to_the_last_digit() {
        LedgerEntry entry = LedgerEntry.newBuilder()
                .setEntryId("0123456789abcdef0123456789abcdef")
                .setEventId(AWKWARD)
                .setRevision(Long.MAX_VALUE)
                .setSequence(Integer.MAX_VALUE)
                .setKind(EntryKind.COMMITMENT_UNUSED)
                .setStatus(EntryStatus.GATEWAY_CACHE_HIT)
                .setEventTime(Instant.parse("2026-02-28T23:59:59.999999Z"))
                .setBillingPeriod(LocalDate.of(2026, 3, 1))
                .setRecordedAt(Instant.parse("2106-02-07T06:28:15.999999Z"))
                .setReceivedAt(Instant.EPOCH)
                .setSourceKind("openai.chat")
                .setGateway("litellm")
                .setProvider("openai")
                .setModel("gpt-4o")
                .setRegion("eu")
                .setServiceTier("flex")
                .setDimensions(new Dimensions(
                        "acme", "dep", "pro", "tea", "cc", "env", "wt", "fea", AWKWARD, "key", "ses", "run", 0L, "ph",
                        "exp", "var"))
                .setTags(new TreeMap<>(Map.of("", "", AWKWARD, AWKWARD)))
                .setRequests(-1)
                .setInputTokens(Long.MIN_VALUE)
                .setOutputTokens(Long.MAX_VALUE)
                .setListCost(TestEntries.amount(GREATEST))
                .setContractedCost(TestEntries.amount("-" + GREATEST))
                .setBilledCost(TestEntries.amount(SMALLEST))
                .setEffectiveCost(TestEntries.amount("-" + SMALLEST))
                .setReportedCost(TestEntries.amount("0"))
                .setPricingCurrency("USD")
                .setBillingCurrency("EUR")
                .setPriceKey("pk")
                .setPriceRevision("pr")
                .setAttributionRevision("ar")
                .setExchangeRateRevision("xr")
                .setRuleVersion("rv")
                .setReason("because")
                .setRequestId("req")
                .setLines(List.of(
                        LedgerLine.newBuilder()
                                .setMeter("uncached_input")
                                .setQuantity(TestEntries.amount("-" + GREATEST))
                                .setListUnitPrice(TestEntries.amount(SMALLEST))
                                .setContractedUnitPrice(TestEntries.amount(GREATEST))
                                .setListCost(TestEntries.amount("1"))
                                .setContractedCost(TestEntries.amount("-2"))
                                .setBilledCost(TestEntries.amount("3"))
                                .setEffectiveCost(TestEntries.amount("-4"))
                                .setPriceField("input_cost_per_token")
                                .build(),
                        LedgerLine.newBuilder()
                                .setMeter("web_search")
                                .setQuantity(TestEntries.amount(SMALLEST))
                                .build()))
                .setPricingAttributes(Map.of("speed", "fast"))
                .setLatencyMs(0L)
                .setOutcome("success")
                .setAttempt(-1)
                .setQuality(-0.1)
                .setOrigin(new Origin("usage.raw", 7, Long.MAX_VALUE, "r-1/2"))
                .build();
        insert(entry);

        assertThat(values())
                .containsEntry("entry_id", "0123456789abcdef0123456789abcdef")
                .containsEntry("event_id", AWKWARD)
                .containsEntry("revision", "9223372036854775807")
                .containsEntry("sequence", "2147483647")
                .containsEntry("kind", "commitment_unused")
                .containsEntry("status", "gateway_cache_hit")
                .containsEntry("event_time", "2026-02-28 23:59:59.999999")
                .containsEntry("billing_period", "2026-03-01")
                .containsEntry("recorded_at", "2106-02-07 06:28:15.999999")
                .containsEntry("received_at", "1970-01-01 00:00:00.000000")
                .containsEntry("source_kind", "openai.chat")
                .containsEntry("gateway", "litellm")
                .containsEntry("provider", "openai")
                .containsEntry("model", "gpt-4o")
                .containsEntry("region", "eu")
                .containsEntry("service_tier", "flex")
                .containsEntry("tenant", "acme")
                .containsEntry("department", "dep")
                .containsEntry("project", "pro")
                .containsEntry("team", "tea")
                .containsEntry("cost_center", "cc")
                .containsEntry("environment", "env")
                .containsEntry("workload_type", "wt")
                .containsEntry("feature", "fea")
                .containsEntry("user", AWKWARD)
                .containsEntry("api_key_id", "key")
                .containsEntry("session", "ses")
                .containsEntry("agent_run", "run")
                .containsEntry("agent_step", "0")
                .containsEntry("prompt_hash", "ph")
                .containsEntry("experiment", "exp")
                .containsEntry("variant", "var")
                .containsEntry("requests", "-1")
                .containsEntry("input_tokens", "-9223372036854775808")
                .containsEntry("output_tokens", "9223372036854775807")
                .containsEntry("list_cost", GREATEST)
                .containsEntry("contracted_cost", "-" + GREATEST)
                .containsEntry("billed_cost", SMALLEST)
                .containsEntry("effective_cost", "-" + SMALLEST)
                .containsEntry("reported_cost", "0")
                .containsEntry("pricing_currency", "USD")
                .containsEntry("billing_currency", "EUR")
                .containsEntry("price_key", "pk")
                .containsEntry("price_revision", "pr")
                .containsEntry("attribution_revision", "ar")
                .containsEntry("exchange_rate_revision", "xr")
                .containsEntry("rule_version", "rv")
                .containsEntry("reason", "because")
                .containsEntry("request_id", "req")
                .containsEntry("lines.meter", "['uncached_input','web_search']")
                .containsEntry("lines.quantity", "[-" + GREATEST + "," + SMALLEST + "]")
                .containsEntry("lines.list_unit_price", "[" + SMALLEST + ",NULL]")
                .containsEntry("lines.contracted_unit_price", "[" + GREATEST + ",NULL]")
                .containsEntry("lines.list_cost", "[1,NULL]")
                .containsEntry("lines.contracted_cost", "[-2,NULL]")
                .containsEntry("lines.billed_cost", "[3,NULL]")
                .containsEntry("lines.effective_cost", "[-4,NULL]")
                .containsEntry("lines.price_field", "['input_cost_per_token','']")
                .containsEntry("pricing_attributes", "{'speed':'fast'}")
                .containsEntry("latency_ms", "0")
                .containsEntry("outcome", "success")
                .containsEntry("attempt", "-1")
                .containsEntry("quality", "-0.1")
                .containsEntry("src_topic", "usage.raw")
                .containsEntry("src_partition", "7")
                .containsEntry("src_offset", "9223372036854775807")
                .containsEntry("src_element", "r-1/2")
                .hasSize(LedgerRows.format().columns().size() + 2);
        assertThat(TestClickHouse.row(clickHouse, "SELECT length(tags), tags[''], tags[user] = user FROM db.ledger"))
                .isEqualTo("2\t\t1");
    }

    @Test
    void says_empty_where_nobody_named_a_text_and_NULL_where_nothing_is_known() {
        LedgerEntry entry = TestEntries.blank("e", TestEntries.NOON)
                .setProvider(null)
                .setModel(null)
                .setDimensions(new Dimensions())
                .setStatus(EntryStatus.UNPRICED)
                .build();
        insert(entry);

        assertThat(values())
                .containsEntry("provider", "")
                .containsEntry("model", "")
                .containsEntry("gateway", "")
                .containsEntry("region", "")
                .containsEntry("tenant", "")
                .containsEntry("user", "")
                .containsEntry("price_revision", "")
                .containsEntry("reason", "")
                .containsEntry("src_element", "")
                .containsEntry("tags", "{}")
                .containsEntry("pricing_attributes", "{}")
                .containsEntry("lines.meter", "[]")
                .containsEntry("lines.billed_cost", "[]")
                .containsEntry("list_cost", "NULL")
                .containsEntry("billed_cost", "NULL")
                .containsEntry("reported_cost", "NULL")
                .containsEntry("agent_step", "NULL")
                .containsEntry("latency_ms", "NULL")
                .containsEntry("attempt", "NULL")
                .containsEntry("quality", "NULL");
        assertThat(TestClickHouse.row(clickHouse, "SELECT requests, list_cost, billed_cost FROM db.chargeback_hourly"))
                .isEqualTo("1\t\\N\t\\N");
    }

    @Test
    void is_refused_by_name_where_the_table_could_not_hold_it_exactly() {
        LedgerEntry late = TestEntries.entry("ev", TestEntries.NOON);
        late.setReceivedAt(Instant.parse("+58543-01-01T00:00:00Z"));
        assertRefused(late, "entry " + late.getEntryId() + " of event ev", "column received_at", "the time");

        LedgerEntry large = TestEntries.entry("ev", TestEntries.NOON);
        large.getLines().get(0).setQuantity(TestEntries.amount("1e30"));
        assertRefused(large, "column lines.quantity", "does not fit the ledger's decimal(76, 30)");
    }

    @Test
    void of_a_kind_or_status_that_only_a_newer_version_knows_is_not_written() {
        LedgerEntry entry = TestEntries.entry("ev", TestEntries.NOON);
        entry.setKind(EntryKind.UNKNOWN);
        assertRefused(entry, "column kind", "upgrade the ledger writer");

        LedgerEntry other = TestEntries.entry("ev", TestEntries.NOON);
        other.setStatus(EntryStatus.UNKNOWN);
        assertRefused(other, "column status", "upgrade the ledger writer");
    }

    private static void assertRefused(LedgerEntry entry, String... message) {
        assertThatThrownBy(() -> LedgerRows.format().write(entry, new RowBuffer()))
                .isInstanceOf(UnfitRowException.class)
                .hasMessageContainingAll(message);
    }

    private void insert(LedgerEntry entry) {
        SinkHarness.commit(clickHouse, SinkHarness.seal(LedgerRows.format(), List.of(entry)));
    }

    /** Each column of the only row, as ClickHouse prints it. */
    private Map<String, String> values() {
        Map<String, String> values = new TreeMap<>();
        String[] names = TestClickHouse.rows(clickHouse, "SELECT * FROM db.ledger FORMAT TSVWithNames")
                .get(0)
                .split("\t");
        for (String name : names) {
            List<String> lines = TestClickHouse.rows(
                    clickHouse, "SELECT ifNull(toString(`" + name + "`), 'NULL') FROM db.ledger FORMAT TSVRaw");
            values.put(name, String.join("\n", lines));
        }
        values.put("(columns)", String.valueOf(names.length));
        return values;
    }
}
