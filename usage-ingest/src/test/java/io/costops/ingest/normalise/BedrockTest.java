package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.rejectedPayload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("Amazon Bedrock")
class BedrockTest {
    private static final String CONTEXT = "{'request_model':'eu.anthropic.claude-opus-4-5-v1:0','region':'eu-west-1'}";

    private static String log(String operation, String body) {
        return "{'schemaType':'ModelInvocationLog','schemaVersion':'1.0','timestamp':'2026-08-01T08:00:00Z','region':'us-west-2',"
                + "'requestId':'req-1','operation':'" + operation + "','modelId':'global.anthropic.claude-sonnet-5',"
                + "'input':{'inputBodyJson':{'messages':[]},'inputTokenCount':999},'output':{'outputBodyJson':" + body
                + ",'outputTokenCount':999}}";
    }

    @Nested
    @DisplayName("Converse")
    class Converse {
        private static final String ANSWER =
                "{'output':{'message':{'content':[{'text':'x'}]}},'stopReason':'end_turn','usage':{'inputTokens':596,"
                        + "'outputTokens':2200,'totalTokens':15300,'cacheReadInputTokens':94,'cacheWriteInputTokens':12410,"
                        + "'cacheReadInputTokenCount':94,'cacheWriteInputTokenCount':12410,"
                        + "'cacheDetails':[{'ttl':'1h','inputTokens':12000},{'ttl':'5m','inputTokens':410}]},"
                        + "'metrics':{'latencyMs':6774}}";
        private static final Map<String, String> UNITS = Map.of(
                "uncached_input", "596",
                "cache_read", "94",
                "cache_write_1h", "12000",
                "cache_write_5m", "410",
                "output_text", "2200");

        @Test
        void leaves_the_cache_out_of_its_input_and_ignores_the_twins() {
            UsageEvent event = payload("bedrock.converse", ANSWER, CONTEXT);

            assertThat(units(event)).isEqualTo(UNITS);
            assertThat(event.getModel()).isEqualTo("eu.anthropic.claude-opus-4-5-v1:0");
            assertThat(event.getRegion()).isEqualTo("eu-west-1");
            assertThat(event.getLatencyMs()).isEqualTo(6774);
            assertThat(event.getOutcome()).isEqualTo("end_turn");
        }

        @Test
        void takes_model_region_time_and_id_from_its_log() {
            UsageEvent event = payload("bedrock.converse", log("Converse", ANSWER));

            assertThat(units(event)).isEqualTo(UNITS);
            assertThat(event.getModel()).isEqualTo("global.anthropic.claude-sonnet-5");
            assertThat(event.getRegion()).isEqualTo("us-west-2");
            assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T08:00:00Z"));
            assertThat(event.getEventId()).isEqualTo("bedrock:req-1");
        }

        @Test
        void keeps_what_is_written_without_details_for_five_minutes() {
            assertThat(units(payload(
                            "bedrock.converse",
                            "{'usage':{'inputTokens':1,'outputTokens':1,'cacheWriteInputTokens':7}}",
                            CONTEXT)))
                    .containsEntry("cache_write_5m", "7");
        }

        @Test
        void that_was_streamed_has_its_usage_in_the_last_event() {
            String stream = "[{'messageStart':{}},{'contentBlockDelta':{}},{'metadata':{'usage':{'inputTokens':5,"
                    + "'outputTokens':2},'metrics':{'latencyMs':9}}}]";

            assertThat(units(payload("bedrock.converse", stream, CONTEXT)))
                    .isEqualTo(Map.of("uncached_input", "5", "output_text", "2"));
            assertThat(units(payload("bedrock.converse", log("ConverseStream", stream))))
                    .isEqualTo(Map.of("uncached_input", "5", "output_text", "2"));
        }

        @Test
        void reports_its_tier() {
            assertThat(payload(
                                    "bedrock.converse",
                                    "{'usage':{'inputTokens':1},'serviceTier':{'type':'priority'}}",
                                    CONTEXT)
                            .getServiceTier())
                    .isEqualTo("priority");
        }

        @Test
        void without_a_model_is_rejected() {
            assertThat(rejectedPayload("bedrock.converse", "{'usage':{'inputTokens':1}}")
                            .field())
                    .isEqualTo("payload.modelId");
        }

        @Test
        void without_a_body_in_its_log_is_no_usage() {
            assertThat(payload("bedrock.converse", log("Converse", "null")).getStatus())
                    .isEqualTo(UsageStatus.NO_USAGE);
        }

        @Test
        void with_more_written_for_an_hour_than_at_all_is_rejected() {
            assertThat(rejectedPayload(
                                    "bedrock.converse",
                                    "{'modelId':'m','usage':{'inputTokens':1,'cacheWriteInputTokens':5,"
                                            + "'cacheDetails':[{'ttl':'1h','inputTokens':6}]}}")
                            .field())
                    .isEqualTo("payload.usage.cacheWriteInputTokens");
        }
    }

    @Nested
    @DisplayName("InvokeModel of Anthropic's models")
    class Invoke {
        private static final String MESSAGE =
                "{'id':'msg_bdrk_1','type':'message','model':'claude-opus-4-7','usage':{'input_tokens':1195,"
                        + "'cache_creation_input_tokens':29810,'cache_creation':{'ephemeral_1h_input_tokens':29810},"
                        + "'output_tokens':32}}";

        @Test
        void has_anthropics_usage_at_the_price_of_the_model_that_was_invoked() {
            UsageEvent event = payload("bedrock.invoke_anthropic", log("InvokeModel", MESSAGE));

            assertThat(units(event))
                    .isEqualTo(Map.of("uncached_input", "1195", "cache_write_1h", "29810", "output_text", "32"));
            assertThat(event.getModel()).isEqualTo("global.anthropic.claude-sonnet-5");
            assertThat(event.getProvider()).isEqualTo("bedrock");
            assertThat(event.getRegion()).isEqualTo("us-west-2");
            assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T08:00:00Z"));
            assertThat(event.getEventId()).isEqualTo("bedrock:msg_bdrk_1");
        }

        @Test
        void bare_takes_its_model_and_region_from_the_context() {
            UsageEvent event = payload("bedrock.invoke_anthropic", MESSAGE, CONTEXT);

            assertThat(event.getModel()).isEqualTo("eu.anthropic.claude-opus-4-5-v1:0");
            assertThat(event.getRegion()).isEqualTo("eu-west-1");
        }

        @Test
        void that_was_streamed_into_its_log_is_billed_by_its_events() {
            UsageEvent event = payload(
                    "bedrock.invoke_anthropic",
                    log(
                            "InvokeModelWithResponseStream",
                            "[{'type':'message_start','message':{'id':'msg_bdrk_2','usage':{'input_tokens':9,'output_tokens':1}}},"
                                    + "{'type':'message_delta','usage':{'output_tokens':7}},{'type':'message_stop',"
                                    + "'amazon-bedrock-invocationMetrics':{'inputTokenCount':9}}]"));

            assertThat(units(event)).isEqualTo(Map.of("uncached_input", "9", "output_text", "7"));
            assertThat(event.getEventId()).isEqualTo("bedrock:msg_bdrk_2");
        }

        @Test
        void that_failed_is_no_usage() {
            UsageEvent event = payload(
                    "bedrock.invoke_anthropic",
                    "{'schemaType':'ModelInvocationLog','timestamp':'2026-08-01T08:00:00Z','modelId':'m','requestId':'r',"
                            + "'errorCode':'ThrottlingException'}");

            assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
            assertThat(event.getOutcome()).isEqualTo("error");
        }
    }
}
