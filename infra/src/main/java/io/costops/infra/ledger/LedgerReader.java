package io.costops.infra.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.value.LedgerDecimal;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads entries back from the ledger, to the last digit. */
public final class LedgerReader {
    /** Events that are read at once: it bounds the memory, and the length of the query. */
    public static final int PAGE = 5_000;

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final ObjectReader JSON = new ObjectMapper().readerFor(JsonNode.class);
    private static final Map<String, String> SETTINGS = Map.of(
            "wait_end_of_query", "1",
            "output_format_json_quote_decimals", "1",
            "output_format_json_quote_64bit_integers", "1",
            "date_time_output_format", "iso",
            "max_query_size", "33554432",
            "max_ast_elements", "1000000");

    private static final String COLUMNS = "entry_id, event_id, revision, sequence, kind, status, event_time,"
            + " billing_period, recorded_at, received_at, tenant, department, project, team, cost_center, environment,"
            + " workload_type, feature, user, api_key_id, session, agent_run, agent_step, source_kind, gateway, provider,"
            + " model, region, service_tier, requests, input_tokens, output_tokens, list_cost, contracted_cost,"
            + " billed_cost, effective_cost, reported_cost, pricing_currency, billing_currency, price_key,"
            + " price_revision, attribution_revision, exchange_rate_revision, rule_version, reason, request_id, tags,"
            + " `lines.meter` AS l_meter, `lines.quantity` AS l_quantity, `lines.list_unit_price` AS l_list_unit_price,"
            + " `lines.contracted_unit_price` AS l_contracted_unit_price, `lines.list_cost` AS l_list_cost,"
            + " `lines.contracted_cost` AS l_contracted_cost, `lines.billed_cost` AS l_billed_cost,"
            + " `lines.effective_cost` AS l_effective_cost, `lines.price_field` AS l_price_field, pricing_attributes,"
            + " latency_ms, outcome, attempt, prompt_hash, experiment, variant, quality, src_topic, src_partition,"
            + " src_offset, src_element, cause_revision";

    private final ClickHouseHttp clickHouse;
    private final String database;

    public LedgerReader(ClickHouseHttp clickHouse, String database) {
        this.clickHouse = clickHouse;
        this.database = database;
    }

    String table(String name) {
        return database + "." + name;
    }

    /** All entries of each of the events, whatever tenant and time they stand under. */
    public Map<String, List<LedgerEntry>> entries(Collection<String> eventIds) {
        Map<String, List<LedgerEntry>> byEvent = new LinkedHashMap<>();
        if (!eventIds.isEmpty()) {
            rows(
                    "SELECT " + COLUMNS + " FROM " + table("ledger") + " WHERE event_id IN " + SqlText.list(eventIds)
                            + " ORDER BY event_id, sequence, recorded_at",
                    row -> byEvent.computeIfAbsent(text(row, "event_id"), unseen -> new ArrayList<>())
                            .add(entry(row)));
        }
        return byEvent;
    }

    /** Passes on each row of an answer, without holding all of them. */
    public void rows(String sql, Consumer<JsonNode> target) {
        try (InputStream answer = clickHouse.stream(sql, "JSONEachRow", SETTINGS, PATIENCE);
                MappingIterator<JsonNode> rows = JSON.readValues(answer)) {
            while (rows.hasNext()) {
                target.accept(rows.next());
            }
        } catch (IOException e) {
            throw new PlatformException("ClickHouse broke off its answer: " + e.getMessage(), e);
        }
    }

    public List<JsonNode> rows(String sql) {
        List<JsonNode> rows = new ArrayList<>();
        rows(sql, rows::add);
        return rows;
    }

    /** Runs a statement that answers nothing. */
    void run(String sql, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("wait_end_of_query", "1");
        try (InputStream answer = clickHouse.stream(sql, "TSV", all, PATIENCE)) {
            answer.readAllBytes();
        } catch (IOException e) {
            throw new PlatformException("ClickHouse broke off its answer: " + e.getMessage(), e);
        }
    }

    private static LedgerEntry entry(JsonNode row) {
        LedgerEntry entry = new LedgerEntry();
        entry.setEntryId(text(row, "entry_id"));
        entry.setEventId(text(row, "event_id"));
        entry.setRevision(whole(row, "revision"));
        entry.setSequence(Math.toIntExact(whole(row, "sequence")));
        entry.setKind(EntryKind.valueOf(text(row, "kind").toUpperCase(Locale.ROOT)));
        entry.setStatus(EntryStatus.valueOf(text(row, "status").toUpperCase(Locale.ROOT)));
        entry.setEventTime(Instant.parse(text(row, "event_time")));
        entry.setBillingPeriod(LocalDate.parse(text(row, "billing_period")));
        entry.setRecordedAt(Instant.parse(text(row, "recorded_at")));
        entry.setReceivedAt(Instant.parse(text(row, "received_at")));
        entry.setSourceKind(text(row, "source_kind"));
        entry.setGateway(named(row, "gateway"));
        entry.setProvider(named(row, "provider"));
        entry.setModel(named(row, "model"));
        entry.setRegion(named(row, "region"));
        entry.setServiceTier(text(row, "service_tier"));
        entry.setDimensions(dimensions(row));
        entry.setTags(texts(row, "tags"));
        entry.setRequests(Math.toIntExact(whole(row, "requests")));
        entry.setInputTokens(whole(row, "input_tokens"));
        entry.setOutputTokens(whole(row, "output_tokens"));
        entry.setListCost(amount(row.get("list_cost")));
        entry.setContractedCost(amount(row.get("contracted_cost")));
        entry.setBilledCost(amount(row.get("billed_cost")));
        entry.setEffectiveCost(amount(row.get("effective_cost")));
        entry.setReportedCost(amount(row.get("reported_cost")));
        entry.setPricingCurrency(text(row, "pricing_currency"));
        entry.setBillingCurrency(text(row, "billing_currency"));
        entry.setPriceKey(named(row, "price_key"));
        entry.setPriceRevision(named(row, "price_revision"));
        entry.setAttributionRevision(named(row, "attribution_revision"));
        entry.setExchangeRateRevision(named(row, "exchange_rate_revision"));
        entry.setRuleVersion(named(row, "rule_version"));
        entry.setReason(named(row, "reason"));
        entry.setRequestId(named(row, "request_id"));
        entry.setLines(lines(row));
        entry.setPricingAttributes(texts(row, "pricing_attributes"));
        entry.setLatencyMs(wholeOrNull(row, "latency_ms"));
        entry.setOutcome(named(row, "outcome"));
        Long attempt = wholeOrNull(row, "attempt");
        entry.setAttempt(attempt == null ? null : Math.toIntExact(attempt));
        entry.setQuality(isNull(row.get("quality")) ? null : row.get("quality").asDouble());
        entry.setOrigin(new Origin(
                text(row, "src_topic"),
                Math.toIntExact(whole(row, "src_partition")),
                whole(row, "src_offset"),
                named(row, "src_element")));
        entry.setCauseRevision(wholeOrNull(row, "cause_revision"));
        return entry;
    }

    private static Dimensions dimensions(JsonNode row) {
        return Dimensions.newBuilder()
                .setTenant(named(row, "tenant"))
                .setDepartment(named(row, "department"))
                .setProject(named(row, "project"))
                .setTeam(named(row, "team"))
                .setCostCenter(named(row, "cost_center"))
                .setEnvironment(named(row, "environment"))
                .setWorkloadType(named(row, "workload_type"))
                .setFeature(named(row, "feature"))
                .setUser(named(row, "user"))
                .setApiKeyId(named(row, "api_key_id"))
                .setSession(named(row, "session"))
                .setAgentRun(named(row, "agent_run"))
                .setAgentStep(wholeOrNull(row, "agent_step"))
                .setPromptHash(named(row, "prompt_hash"))
                .setExperiment(named(row, "experiment"))
                .setVariant(named(row, "variant"))
                .build();
    }

    private static List<LedgerLine> lines(JsonNode row) {
        int count = row.get("l_meter").size();
        List<LedgerLine> lines = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            BigDecimal quantity = amount(row.get("l_quantity").get(i));
            String field = row.get("l_price_field").get(i).asText();
            lines.add(new LedgerLine(
                    row.get("l_meter").get(i).asText(),
                    quantity == null ? BigDecimal.ZERO.setScale(LedgerDecimal.SCALE) : quantity,
                    amount(row.get("l_list_unit_price").get(i)),
                    amount(row.get("l_contracted_unit_price").get(i)),
                    amount(row.get("l_list_cost").get(i)),
                    amount(row.get("l_contracted_cost").get(i)),
                    amount(row.get("l_billed_cost").get(i)),
                    amount(row.get("l_effective_cost").get(i)),
                    field.isEmpty() ? null : field));
        }
        return lines;
    }

    static String text(JsonNode row, String column) {
        return row.get(column).asText();
    }

    /** In the tables an empty text says that nobody named it. */
    private static @Nullable String named(JsonNode row, String column) {
        String text = text(row, column);
        return text.isEmpty() ? null : text;
    }

    static long whole(JsonNode row, String column) {
        return Long.parseLong(text(row, column));
    }

    private static @Nullable Long wholeOrNull(JsonNode row, String column) {
        return isNull(row.get(column)) ? null : Long.valueOf(text(row, column));
    }

    private static Map<String, String> texts(JsonNode row, String column) {
        Map<String, String> texts = new TreeMap<>();
        row.get(column)
                .properties()
                .forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
        return texts;
    }

    static @Nullable BigDecimal amount(@Nullable JsonNode value) {
        return value == null || value.isNull() ? null : new BigDecimal(value.asText()).setScale(LedgerDecimal.SCALE);
    }

    private static boolean isNull(@Nullable JsonNode value) {
        return value == null || value.isNull();
    }
}
