package io.costops.ingest.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An envelope")
class EnvelopeTest {
    private static final String PAYLOAD =
            "{'id':'chatcmpl-1','created':1785542400,'model':'gpt-4o','choices':[{'finish_reason':'stop'}],"
                    + "'usage':{'prompt_tokens':20,'completion_tokens':5}}";

    @Test
    void carries_every_field_of_its_contract() {
        UsageEvent event = Normalised.event("{'source':'openai.chat','id':'k-1','revision':2,'deleted':false,"
                + "'received_at':'2026-08-01T00:00:05Z','event_time':'2026-08-01T00:00:01Z',"
                + "'tenant':'acme','department':'eng','project':'chatbot','api_key_id':'key-7','user':'u-42','session':'s-1',"
                + "'environment':'prod','workload_type':'inference','feature':'search','tags':{'team':'ml','n':7},"
                + "'context':{'region':'eu','batch':false,'attempt':1,'latency_ms':840,'agent_run':'r-9','agent_step':3,"
                + "'prompt_hash':'h','experiment':'e','variant':'v','quality':0.9},'payload':" + PAYLOAD + "}");

        assertThat(event.getRevision()).isEqualTo(2);
        assertThat(event.getDeleted()).isFalse();
        assertThat(event.getStatus()).isEqualTo(UsageStatus.BILLABLE);
        assertThat(event.getSourceKind()).isEqualTo("openai.chat");
        assertThat(event.getReceivedAt()).isEqualTo(Instant.parse("2026-08-01T00:00:05Z"));
        assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T00:00:00Z"));
        assertThat(event.getDimensions().getTenant()).isEqualTo("acme");
        assertThat(event.getDimensions().getDepartment()).isEqualTo("eng");
        assertThat(event.getDimensions().getProject()).isEqualTo("chatbot");
        assertThat(event.getDimensions().getApiKeyId()).isEqualTo("key-7");
        assertThat(event.getDimensions().getUser()).isEqualTo("u-42");
        assertThat(event.getDimensions().getSession()).isEqualTo("s-1");
        assertThat(event.getDimensions().getEnvironment()).isEqualTo("prod");
        assertThat(event.getDimensions().getWorkloadType()).isEqualTo("inference");
        assertThat(event.getDimensions().getFeature()).isEqualTo("search");
        assertThat(event.getDimensions().getTeam()).isEqualTo("ml");
        assertThat(event.getDimensions().getAgentRun()).isEqualTo("r-9");
        assertThat(event.getDimensions().getAgentStep()).isEqualTo(3);
        assertThat(event.getDimensions().getPromptHash()).isEqualTo("h");
        assertThat(event.getDimensions().getExperiment()).isEqualTo("e");
        assertThat(event.getDimensions().getVariant()).isEqualTo("v");
        assertThat(event.getTags()).containsOnly(java.util.Map.entry("team", "ml"), java.util.Map.entry("n", "7"));
        assertThat(event.getRegion()).isEqualTo("eu");
        assertThat(event.getAttempt()).isEqualTo(1);
        assertThat(event.getLatencyMs()).isEqualTo(840);
        assertThat(event.getQuality()).isEqualTo(0.9);
        assertThat(event.getOutcome()).isEqualTo("stop");
        assertThat(event.getOrigin()).isEqualTo(Normalised.PLACE);
    }

    @Test
    void keeps_what_it_does_not_know_as_tags() {
        UsageEvent event = Normalised.event("{'source':'openai.chat','shard':12,'nested':{'a':[1.50]},'none':null,"
                + "'tags':{'shard':'own'},'context':{'api_base':'https://x','extra':true},'payload':" + PAYLOAD + "}");

        assertThat(event.getTags())
                .containsOnly(
                        java.util.Map.entry("shard", "own"),
                        java.util.Map.entry("nested", "{\"a\":[1.50]}"),
                        java.util.Map.entry("context.api_base", "https://x"),
                        java.util.Map.entry("context.extra", "true"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai.chat", "OpenAI.Chat"})
    void names_its_source_in_any_case(String source) {
        assertThat(Normalised.payload(source, PAYLOAD).getSourceKind()).isEqualTo("openai.chat");
    }

    @Nested
    @DisplayName("says when")
    class Time {
        @Test
        void the_outer_received_at_wins() {
            UsageEvent event = Normalised.event("{'source':'openai.chat','received_at':'2026-08-01T08:00:00Z',"
                    + "'context':{'received_at':'2026-08-01T07:00:00Z'},'payload':" + PAYLOAD + "}");

            assertThat(event.getReceivedAt()).isEqualTo(Instant.parse("2026-08-01T08:00:00Z"));
        }

        @Test
        void the_contexts_received_at_is_next_and_kafkas_time_stamp_last() {
            assertThat(Normalised.payload("openai.chat", PAYLOAD, "{'received_at':'2026-08-01T07:00:00Z'}")
                            .getReceivedAt())
                    .isEqualTo(Instant.parse("2026-08-01T07:00:00Z"));
            assertThat(Normalised.payload("openai.chat", PAYLOAD).getReceivedAt())
                    .isEqualTo(Normalised.NOW);
        }

        @Test
        void the_payloads_time_wins_over_event_time_and_that_over_received_at() {
            String silent = PAYLOAD.replace("'created':1785542400,", "");

            assertThat(Normalised.event("{'source':'openai.chat','event_time':'2026-07-31T00:00:00Z','payload':"
                                    + PAYLOAD + "}")
                            .getEventTime())
                    .isEqualTo(Instant.ofEpochSecond(1785542400));
            assertThat(Normalised.event("{'source':'openai.chat','event_time':'2026-07-31T00:00:00Z','payload':"
                                    + silent + "}")
                            .getEventTime())
                    .isEqualTo(Instant.parse("2026-07-31T00:00:00Z"));
            assertThat(Normalised.payload("openai.chat", silent).getEventTime()).isEqualTo(Normalised.NOW);
        }

        @Test
        void an_event_more_than_an_hour_after_its_receipt_is_refused() {
            Outcome.Rejected rejected = Normalised.rejected(
                    "{'source':'openai.chat'," + "'received_at':'2026-07-31T22:59:59Z','payload':" + PAYLOAD + "}");

            assertThat(rejected.reason()).isEqualTo(RejectReason.FUTURE_TIME);
            assertThat(rejected.field()).isEqualTo("payload.created");
        }

        @Test
        void a_receipt_more_than_an_hour_after_kafkas_own_time_is_refused() {
            Outcome.Rejected rejected = Normalised.rejected(
                    "{'source':'openai.chat','received_at':'2026-08-01T11:00:01Z','payload':" + PAYLOAD + "}");

            assertThat(rejected.reason()).isEqualTo(RejectReason.FUTURE_TIME);
            assertThat(rejected.field()).isEqualTo("received_at");
        }

        @ParameterizedTest
        @CsvSource({
            "2026-08-01T07:00:00.123456789Z, 2026-08-01T07:00:00.123456Z",
            "2026-08-01T07:00:00.1Z,         2026-08-01T07:00:00.1Z",
            "2026-08-01T09:00:00+02:00,      2026-08-01T07:00:00Z",
            "2026-08-01 07:00:00,            2026-08-01T07:00:00Z",
            "2026-07-31T07:00:00Z,           2026-07-31T07:00:00Z"
        })
        void a_moment_may_be_written_in_any_iso_form(String written, String meant) {
            assertThat(Normalised.event("{'source':'openai.chat','received_at':'" + written
                                    + "','payload':{'model':'gpt-4o','usage':{'prompt_tokens':1}}}")
                            .getReceivedAt())
                    .isEqualTo(Instant.parse(meant));
        }

        @Test
        void what_is_no_moment_is_refused() {
            Outcome.Rejected rejected =
                    Normalised.rejected("{'source':'openai.chat','received_at':'yesterday','payload':" + PAYLOAD + "}");

            assertThat(rejected.reason()).isEqualTo(RejectReason.INVALID_FIELD);
            assertThat(rejected.field()).isEqualTo("received_at");
        }

        @Test
        void milliseconds_in_place_of_seconds_are_refused() {
            Outcome.Rejected rejected =
                    Normalised.rejectedPayload("openai.chat", PAYLOAD.replace("1785542400", "1785542400000"));

            assertThat(rejected.reason()).isEqualTo(RejectReason.FUTURE_TIME);
            assertThat(rejected.field()).isEqualTo("payload.created");
        }
    }

    @Nested
    @DisplayName("is rejected, naming the field,")
    class Rejected {
        @Test
        void without_a_source() {
            Outcome.Rejected rejected = Normalised.rejected("{'payload':" + PAYLOAD + "}");

            assertThat(rejected.reason()).isEqualTo(RejectReason.MISSING_FIELD);
            assertThat(rejected.field()).isEqualTo("source");
        }

        @Test
        void with_an_unknown_source() {
            Outcome.Rejected rejected =
                    Normalised.rejected("{'source':'acme.llm','tenant':'t','payload':" + PAYLOAD + "}");

            assertThat(rejected.reason()).isEqualTo(RejectReason.UNKNOWN_SOURCE);
            assertThat(rejected.field()).isEqualTo("source");
            assertThat(rejected.sourceKind()).isEqualTo("acme.llm");
            assertThat(rejected.tenant()).isEqualTo("t");
        }

        @Test
        void without_a_payload() {
            Outcome.Rejected rejected = Normalised.rejected("{'source':'openai.chat','payload':null}");

            assertThat(rejected.reason()).isEqualTo(RejectReason.MISSING_FIELD);
            assertThat(rejected.field()).isEqualTo("payload");
        }

        @ParameterizedTest
        @ValueSource(strings = {"[]", "'text'", "7", "true"})
        void with_a_payload_that_is_no_object(String payload) {
            Outcome.Rejected rejected = Normalised.rejectedPayload("litellm.slp", payload);

            assertThat(rejected.reason()).isEqualTo(RejectReason.INVALID_FIELD);
            assertThat(rejected.field()).isEqualTo("payload");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                        'revision':-1          | NEGATIVE_QUANTITY | revision
                        'revision':'2'         | INVALID_FIELD     | revision
                        'revision':1.5         | INVALID_FIELD     | revision
                        'deleted':'maybe'      | INVALID_FIELD     | deleted
                        'tenant':{'a':1}       | INVALID_FIELD     | tenant
                        'tenant':'a\\u0000b'   | INVALID_FIELD     | tenant
                        'user':'\\ud800'       | INVALID_FIELD     | user
                        'tags':[1]             | INVALID_FIELD     | tags
                        'tags':{'a':'b\\u0007'}| INVALID_TAG       | tags.a
                        'tags':{'':'b'}        | INVALID_TAG       | tags
                        'context':7            | INVALID_FIELD     | context
                        'context':{'batch':3}  | INVALID_FIELD     | context.batch
                        'context':{'attempt':99999999999} | OUT_OF_RANGE | context.attempt
                        'context':{'latency_ms':-4}       | NEGATIVE_QUANTITY | context.latency_ms
                        'context':{'agent_run':'\\u001b'} | INVALID_FIELD     | context.agent_run
                        """)
        void with_a_field_that_is_wrong(String member, RejectReason reason, String field) {
            Outcome.Rejected rejected =
                    Normalised.rejected("{'source':'openai.chat'," + member + ",'payload':" + PAYLOAD + "}");

            assertThat(rejected.reason()).isEqualTo(reason);
            assertThat(rejected.field()).isEqualTo(field);
            assertThat(rejected.message()).isNotBlank();
        }

        @ParameterizedTest
        @ValueSource(strings = {"[]", "null", "3", "\"x\""})
        void when_it_is_no_object(String json) {
            Outcome.Rejected rejected = Normalised.rejected(json);

            assertThat(rejected.reason()).isEqualTo(RejectReason.INVALID_FIELD);
        }

        @Test
        void when_there_is_nothing() {
            Outcome.Rejected rejected = (Outcome.Rejected) Normalised.only(
                    new Normaliser().normalise(null, Normalised.PLACE, Normalised.NOW, java.util.Map.of()));

            assertThat(rejected.reason()).isEqualTo(RejectReason.MALFORMED_JSON);
        }
    }

    @Nested
    @DisplayName("of a tombstone")
    class Tombstone {
        @Test
        void needs_no_payload_if_it_has_an_id() {
            UsageEvent event =
                    Normalised.event("{'source':'openai.embeddings','tenant':'t','id':'k','revision':1,'deleted':true}"
                            .replace("openai.embeddings", "openai.chat"));

            assertThat(event.getDeleted()).isTrue();
            assertThat(event.getRevision()).isEqualTo(1);
            assertThat(event.getEventId()).isEqualTo("envelope:tenant=t:openai.chat:k");
        }

        @Test
        void names_the_response_by_a_payload_without_usage() {
            UsageEvent event = Normalised.event(
                    "{'source':'openai.chat','revision':1,'deleted':true,'payload':{'id':'chatcmpl-1'}}");

            assertThat(event.getEventId()).isEqualTo("openai:chatcmpl-1");
            assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
        }

        @Test
        void that_names_nothing_is_refused() {
            assertThat(Normalised.rejected("{'source':'openai.chat','deleted':true}")
                            .field())
                    .isEqualTo("payload");
        }
    }
}
