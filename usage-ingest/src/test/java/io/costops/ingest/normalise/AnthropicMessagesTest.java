package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.rejectedPayload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An answer of Anthropic's Messages API")
class AnthropicMessagesTest {
    private static UsageEvent message(String usage) {
        return payload("anthropic.messages", "{'id':'msg_1','type':'message','model':'claude','usage':" + usage + "}");
    }

    @Test
    void leaves_the_cache_out_of_its_input() {
        assertThat(units(message("{'input_tokens':3,'cache_creation_input_tokens':1956,'cache_read_input_tokens':9511,"
                        + "'output_tokens':44}")))
                .isEqualTo(Map.of(
                        "uncached_input", "3", "cache_write_5m", "1956", "cache_read", "9511", "output_text", "44"));
    }

    @Test
    void tells_writes_for_an_hour_from_writes_for_five_minutes() {
        assertThat(units(message("{'input_tokens':1,'cache_creation_input_tokens':100,'cache_creation':"
                        + "{'ephemeral_5m_input_tokens':40,'ephemeral_1h_input_tokens':60},'output_tokens':0}")))
                .isEqualTo(Map.of("uncached_input", "1", "cache_write_5m", "40", "cache_write_1h", "60"));
    }

    @Test
    void takes_the_breakdown_where_the_sum_is_missing() {
        assertThat(units(message("{'input_tokens':1,'cache_creation_input_tokens':null,'cache_creation':"
                        + "{'ephemeral_5m_input_tokens':40,'ephemeral_1h_input_tokens':60}}")))
                .containsEntry("cache_write_5m", "40")
                .containsEntry("cache_write_1h", "60");
    }

    @Test
    void includes_thinking_in_its_output() {
        assertThat(units(message(
                        "{'input_tokens':1,'output_tokens':929,'output_tokens_details':{'thinking_tokens':290}}")))
                .containsEntry("output_text", "639")
                .containsEntry("reasoning", "290");
    }

    @Test
    void counts_the_searches_of_the_server() {
        assertThat(units(message(
                        "{'input_tokens':1,'server_tool_use':{'web_search_requests':3,'web_fetch_requests':9}}")))
                .containsEntry("web_search", "3");
    }

    @Test
    void takes_every_null_for_0() {
        assertThat(units(message("{'input_tokens':5,'cache_creation_input_tokens':null,'cache_read_input_tokens':null,"
                        + "'cache_creation':null,'output_tokens':2,'server_tool_use':null,'output_tokens_details':null,"
                        + "'service_tier':null,'iterations':null}")))
                .isEqualTo(Map.of("uncached_input", "5", "output_text", "2"));
    }

    @Test
    void says_what_its_rates_depend_on() {
        UsageEvent event = message("{'input_tokens':1,'service_tier':'batch','inference_geo':'us','speed':'fast'}");

        assertThat(event.getServiceTier()).isEqualTo("batch");
        assertThat(event.getPricingAttributes())
                .containsOnly(Map.entry("inference_geo", "us"), Map.entry("speed", "fast"));
    }

    @Test
    void that_is_an_error_is_no_usage() {
        UsageEvent event = payload(
                "anthropic.messages", "{'type':'error','error':{'type':'overloaded_error'},'request_id':'req_1'}");

        assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
        assertThat(event.getOutcome()).isEqualTo("error");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {'input_tokens':-3}                              | NEGATIVE_QUANTITY | payload.usage.input_tokens
                    {'input_tokens':1,'cache_read_input_tokens':'9'} | INVALID_FIELD | payload.usage.cache_read_input_tokens
                    {'input_tokens':1,'output_tokens':2,'output_tokens_details':{'thinking_tokens':3}} | INVALID_FIELD | payload.usage.output_tokens
                    {'input_tokens':1,'cache_creation_input_tokens':5,'cache_creation':{'ephemeral_1h_input_tokens':6}} | INVALID_FIELD | payload.usage.cache_creation_input_tokens
                    {'prompt_tokens':1}                              | MISSING_FIELD | payload.usage.input_tokens
                    """)
    void with_usage_that_is_wrong_is_rejected(String usage, RejectReason reason, String field) {
        Outcome.Rejected rejected = rejectedPayload("anthropic.messages", "{'model':'m','usage':" + usage + "}");

        assertThat(rejected.reason()).isEqualTo(reason);
        assertThat(rejected.field()).isEqualTo(field);
    }

    @Nested
    @DisplayName("that was streamed")
    class Streamed {
        private static final String START =
                "{'type':'message_start','message':{'id':'msg_1','model':'claude','usage':{'input_tokens':3131,"
                        + "'cache_creation_input_tokens':27580,'cache_read_input_tokens':0,'cache_creation':"
                        + "{'ephemeral_5m_input_tokens':27580,'ephemeral_1h_input_tokens':0},'output_tokens':4,"
                        + "'service_tier':'standard'}}}";
        private static final String DELTA =
                "{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':1339}}";

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{'stream_events':[" + START + ",{'type':'ping'}," + DELTA + ",{'type':'message_stop'}]}",
                    "[" + START + ",{'type':'message_delta','usage':{'output_tokens':7}}," + DELTA + "]"
                })
        void overlays_running_totals_and_adds_nothing(String stream) {
            UsageEvent event = payload("anthropic.messages_stream", stream);

            assertThat(units(event))
                    .isEqualTo(Map.of("uncached_input", "3131", "cache_write_5m", "27580", "output_text", "1339"));
            assertThat(event.getEventId()).isEqualTo("anthropic:msg_1");
            assertThat(event.getOutcome()).isEqualTo("end_turn");
        }

        @Test
        void lets_a_later_count_of_the_input_win() {
            assertThat(units(payload(
                            "anthropic.messages_stream",
                            "[" + START + ",{'type':'message_delta','usage':{'input_tokens':5000,'output_tokens':9,"
                                    + "'cache_read_input_tokens':null,'server_tool_use':{'web_search_requests':1}}}]")))
                    .isEqualTo(Map.of(
                            "uncached_input",
                            "5000",
                            "cache_write_5m",
                            "27580",
                            "output_text",
                            "9",
                            "web_search",
                            "1"));
        }

        @Test
        void that_was_cut_off_is_billed_by_its_start() {
            assertThat(units(payload("anthropic.messages_stream", "[" + START + "]")))
                    .containsEntry("output_text", "4");
        }

        @Test
        void without_a_start_is_no_usage() {
            assertThat(payload("anthropic.messages_stream", "[{'type':'ping'},{'type':'error','error':{}}]")
                            .getStatus())
                    .isEqualTo(UsageStatus.NO_USAGE);
        }
    }

    @Nested
    @DisplayName("with calls of the server's own")
    class Iterations {
        private static final String RECORD =
                "{'source':'anthropic.messages','payload':{'id':'msg_1','model':'claude-a','usage':{'input_tokens':23000,"
                        + "'output_tokens':1000,'speed':'fast','iterations':["
                        + "{'type':'compaction','input_tokens':180000,'output_tokens':3500},"
                        + "{'type':'message','input_tokens':23000,'output_tokens':1000},"
                        + "{'type':'advisor_message','model':'claude-b','input_tokens':823,'cache_read_input_tokens':10,"
                        + "'cache_creation_input_tokens':0,'output_tokens':1612}]}}}";

        @Test
        void bills_compaction_and_advice_beside_the_answer_each_by_its_model() {
            List<UsageEvent> events = Normalised.record(RECORD).stream()
                    .map(outcome -> ((Outcome.Usage) outcome).event())
                    .toList();

            assertThat(events)
                    .extracting(UsageEvent::getEventId)
                    .containsExactly("anthropic:msg_1", "anthropic:msg_1/iteration-0", "anthropic:msg_1/iteration-2");
            assertThat(events).extracting(UsageEvent::getModel).containsExactly("claude-a", "claude-a", "claude-b");
            assertThat(events)
                    .extracting(Normalised::units)
                    .containsExactly(
                            Map.of("uncached_input", "23000", "output_text", "1000"),
                            Map.of("uncached_input", "180000", "output_text", "3500"),
                            Map.of("uncached_input", "823", "cache_read", "10", "output_text", "1612"));
        }

        @Test
        void rejects_the_whole_answer_if_one_is_broken() {
            Outcome.Rejected rejected = Normalised.rejected(RECORD.replace("180000", "-1"));

            assertThat(rejected.field()).isEqualTo("payload.usage.iterations[0].input_tokens");
        }
    }

    @Nested
    @DisplayName("in a batch")
    class Batch {
        @Test
        void is_of_the_batch_tier() {
            UsageEvent event = payload(
                    "anthropic.batch_result",
                    "{'custom_id':'r','result':{'type':'succeeded','message':{'id':'msg_1','model':'claude',"
                            + "'usage':{'input_tokens':2645,'output_tokens':21}}}}");

            assertThat(event.getServiceTier()).isEqualTo("batch");
            assertThat(event.getEventId()).isEqualTo("anthropic:msg_1");
        }

        @ParameterizedTest
        @ValueSource(strings = {"errored", "canceled", "expired"})
        void is_billed_only_if_it_succeeded(String type) {
            UsageEvent event = payload("anthropic.batch_result", "{'custom_id':'r','result':{'type':'" + type + "'}}");

            assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
            assertThat(event.getOutcome()).isEqualTo(type);
        }
    }

    @Test
    void on_vertex_is_of_its_provider_and_region() {
        UsageEvent event = payload(
                "vertex.anthropic",
                "{'id':'msg_vrtx_1','model':'claude-opus-4-1@20250805','usage':{'input_tokens':1}}",
                "{'region':'us-east5'}");

        assertThat(event.getProvider()).isEqualTo("vertex_ai");
        assertThat(event.getRegion()).isEqualTo("us-east5");
        assertThat(event.getModel()).isEqualTo("claude-opus-4-1@20250805");
    }
}
