package io.costops.enrichment.job;

import static io.costops.enrichment.job.TestTopics.price;
import static io.costops.enrichment.position.Events.meter;
import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.LedgerEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.co.CoBroadcastWithKeyedOperator;
import org.apache.flink.streaming.util.KeyedBroadcastOperatorTestHarness;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("In a checkpoint a typical event takes")
class StateSizeTest {
    private static final int EVENTS = 2_000;
    private static final Duration HORIZON = Duration.ofHours(24);
    private static final Duration WINDOW = Duration.ofDays(3);

    @Test
    @SuppressWarnings("try") // the harness's close may be interrupted
    void a_kilobyte_and_a_quarter_while_its_position_is_held_and_an_eighth_of_it_after() throws Exception {
        TestRegistry registry = new TestRegistry();
        TestTopics topics = new TestTopics(registry);
        ManualClock clock = ManualClock.at(Instant.parse("2026-08-03T12:00:00Z"));
        BookLoader loader = TestTopics.loader(List.of(topics.price(price("0.0000025", "0.00001"))));
        PriceUsage step = new PriceUsage(registry.access(), loader, clock, HORIZON, WINDOW);
        try (var job = new KeyedBroadcastOperatorTestHarness<String, UsageRecord, BookUpdate, LedgerEntry>(
                new CoBroadcastWithKeyedOperator<>(step, List.of()), UsageRecord::eventId, Types.STRING, 128, 1, 0)) {
            job.setup(StreamTypes.LEDGER_ENTRY.createSerializer(new SerializerConfigImpl()));
            job.open();
            job.setProcessingTime(clock.now().toEpochMilli());
            long empty = job.snapshot(1, 1).getStateSize();
            for (int i = 0; i < EVENTS; i++) {
                String eventId = "openai:chatcmpl-BqrY5iFpwnOprhssFHqQBTtZX%05d".formatted(i);
                SourceRecord record = topics.usage(usage(0).setEventId(eventId)
                        .setDimensions(Dimensions.newBuilder()
                                .setTenant("acme")
                                .setDepartment("engineering")
                                .setProject("chatbot")
                                .setTeam("search")
                                .setCostCenter("CC-1042")
                                .setEnvironment("prod")
                                .setWorkloadType("inference")
                                .setFeature("answers")
                                .setUser("user-4711")
                                .setApiKeyId("key-7")
                                .setSession("session-0815")
                                .build())
                        .setTags(Map.of("release", "2026-07", "region", "eu-central-1"))
                        .setMeters(List.of(
                                meter("uncached_input", "1234"),
                                meter("cache_read", "10240"),
                                meter("output_text", "567"),
                                meter("reasoning", "89")))
                        .setLatencyMs(840L)
                        .setOutcome("stop")
                        .build());
                job.processElement(new UsageRecord(eventId, record), 0);
            }
            long held = (job.snapshot(2, 2).getStateSize() - empty) / EVENTS;

            clock.advance(HORIZON);
            job.setProcessingTime(clock.now().toEpochMilli());
            long remembered = (job.snapshot(3, 3).getStateSize() - empty) / EVENTS;

            assertThat(held).isBetween(1_000L, 1_400L);
            assertThat(remembered).isBetween(100L, 192L);
        }
    }
}
