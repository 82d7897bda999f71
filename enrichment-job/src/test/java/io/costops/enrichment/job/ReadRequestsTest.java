package io.costops.enrichment.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.position.BillingCalendar;
import io.costops.enrichment.position.Bookkeeper;
import io.costops.enrichment.position.Decision;
import io.costops.enrichment.position.Events;
import io.costops.enrichment.position.FixedRating;
import io.costops.enrichment.position.Known;
import io.costops.enrichment.position.Requests;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.RequestKind;
import io.costops.schemas.topics.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A record of usage.requests")
@SuppressWarnings("NullAway.Init") // by start
class ReadRequestsTest {
    private static final Instant NOW = Instant.parse("2026-08-03T12:00:00Z");

    private final TestRegistry registry = new TestRegistry();
    private final TestTopics topics = new TestTopics(registry);
    private OneInputStreamOperatorTestHarness<SourceRecord, UsageRecord> harness;

    @BeforeEach
    void start() throws Exception {
        harness = new OneInputStreamOperatorTestHarness<>(
                new ProcessOperator<>(new ReadRequests(registry.access(), ManualClock.at(NOW))));
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @Test
    void passes_on_under_its_event_id() throws Exception {
        SourceRecord record = topics.request(Requests.reprice("r-1", ledger()));

        harness.processElement(new StreamRecord<>(record));

        assertThat(harness.extractOutputValues()).singleElement().satisfies(passed -> {
            assertThat(passed.eventId()).isEqualTo("openai:chatcmpl-1");
            assertThat(passed.isRequest()).isTrue();
            assertThat(passed.record().value()).isEqualTo(record.value());
        });
    }

    @Test
    void that_breaks_a_rule_is_rejected_whole_with_the_field_and_the_fix() throws Exception {
        SourceRecord record = topics.request(
                Requests.request("r-1", RequestKind.CORRECT, ledger()).build());

        harness.processElement(new StreamRecord<>(record));

        assertThat(harness.extractOutputValues()).isEmpty();
        RejectedUsage rejected = rejected();
        assertThat(rejected.getReason()).isEqualTo(RejectReason.INVALID_REQUEST);
        assertThat(rejected.getField()).isEqualTo("event");
        assertThat(rejected.getMessage()).isEqualTo("a CORRECT request must carry the event's record");
        assertThat(rejected.getEventId()).isEqualTo("openai:chatcmpl-1");
        assertThat(rejected.getOriginal().array()).isEqualTo(record.value());
        assertThat(rejected.getOrigin().getTopic()).isEqualTo("usage.requests");
    }

    @Test
    void that_is_no_avro_is_rejected() throws Exception {
        harness.processElement(new StreamRecord<>(
                topics.record(Topics.USAGE_REQUESTS.name(), "k", "not avro".getBytes(StandardCharsets.UTF_8))));

        assertThat(rejected().getReason()).isEqualTo(RejectReason.UNDECODABLE_AVRO);
    }

    private RejectedUsage rejected() {
        return harness.getSideOutput(EnrichmentTopology.REJECTED).element().getValue();
    }

    private static List<LedgerEntry> ledger() {
        Bookkeeper bookkeeper = new Bookkeeper(new FixedRating(), BillingCalendar.everyMonthOpen());
        return ((Decision.Booked)
                        bookkeeper.decide(new Known.Unseen(), Events.usage(0).build(), NOW))
                .entries();
    }
}
