package io.costops.enrichment.job;

import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.wire.AvroCodec;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records as they would be read from the topics, with offsets that count up. */
final class TestTopics {
    private static final Instant RECORDED = Instant.parse("2026-01-01T00:00:00Z");

    private final AvroCodec<UsageEvent> usage;
    private final AvroCodec<PriceRevision> prices;
    private final AvroCodec<AttributionRule> rules;
    private final AvroCodec<UsageRequest> requests;
    private final AvroCodec<Period> periods;
    private final Map<String, Long> offsets = new HashMap<>();

    TestTopics(SchemaRegistry registry) {
        usage = new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry);
        prices = new AvroCodec<>(PriceRevision.class, Topics.PRICES.subject(), registry);
        requests = new AvroCodec<>(UsageRequest.class, Topics.USAGE_REQUESTS.subject(), registry);
        periods = new AvroCodec<>(Period.class, Topics.PERIODS.subject(), registry);
        rules = new AvroCodec<>(AttributionRule.class, Topics.ATTRIBUTION.subject(), registry);
    }

    SourceRecord usage(UsageEvent event) {
        return record(Topics.USAGE_EVENTS.name(), event.getEventId(), usage.encode(event));
    }

    /** The same, said to follow the schema of another id. */
    SourceRecord usage(UsageEvent event, int schemaId) {
        byte[] value = usage.encode(event);
        ByteBuffer.wrap(value).putInt(1, schemaId);
        return record(Topics.USAGE_EVENTS.name(), event.getEventId(), value);
    }

    SourceRecord price(PriceRevision price) {
        return record(
                Topics.PRICES.name(),
                price.getScope() + "/" + price.getPriceKey() + "/" + price.getEffectiveFrom(),
                prices.encode(price));
    }

    SourceRecord request(UsageRequest request) {
        return record(Topics.USAGE_REQUESTS.name(), request.getEventId(), requests.encode(request));
    }

    SourceRecord period(String month, boolean closed) {
        return record(
                Topics.PERIODS.name(),
                month,
                periods.encode(Period.newBuilder()
                        .setMonth(LocalDate.parse(month + "-01"))
                        .setClosed(closed)
                        .setRecordedAt(RECORDED)
                        .build()));
    }

    SourceRecord rule(AttributionRule rule) {
        return record(Topics.ATTRIBUTION.name(), rule.getRuleId(), rules.encode(rule));
    }

    SourceRecord record(String topic, @Nullable String key, byte @Nullable [] value) {
        long offset = offsets.merge(topic, 1L, Long::sum) - 1;
        return new SourceRecord(
                topic,
                0,
                offset,
                RECORDED.toEpochMilli(),
                key == null ? null : key.getBytes(StandardCharsets.UTF_8),
                value,
                Map.of("trace", new byte[] {1, 2}));
    }

    /** A price of gpt-4o, by which 86 tokens in and 300 out cost 86 x input + 300 x output. */
    static PriceRevision price(String input, String output) {
        return PriceRevision.newBuilder()
                .setPriceKey("gpt-4o")
                .setProvider("openai")
                .setEffectiveFrom(Instant.parse("2025-01-01T00:00:00Z"))
                .setRecordedAt(RECORDED)
                .setRates(Map.of("input_cost_per_token", rate(input), "output_cost_per_token", rate(output)))
                .build();
    }

    /** The project's usage is the team's. */
    static AttributionRule team(String project, String team) {
        return AttributionRule.newBuilder()
                .setRuleId("team-of-" + project)
                .setEffectiveFrom(Instant.parse("2025-01-01T00:00:00Z"))
                .setRecordedAt(RECORDED)
                .setMatch(Map.of("project", project))
                .setDimensions(Dimensions.newBuilder().setTeam(team).build())
                .build();
    }

    /** A loader of what the topics hold at the start. */
    static BookLoader loader(List<SourceRecord> records) {
        return new ListLoader(Handle.to(records));
    }

    private static BigDecimal rate(String rate) {
        return LedgerDecimal.fit(new BigDecimal(rate), "rate");
    }

    private record ListLoader(Handle<List<SourceRecord>> records) implements BookLoader {
        @Override
        public Map<Integer, Long> load(Book book, Target to) throws Exception {
            Map<Integer, Long> ends = new HashMap<>();
            for (SourceRecord record : records.get()) {
                if (record.topic().equals(book.topic())) {
                    to.take(record);
                    ends.put(record.partition(), record.offset() + 1);
                }
            }
            return ends;
        }
    }
}
