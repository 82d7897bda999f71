package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.record;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where other calculators go wrong before any price is looked at. */
@DisplayName("A pitfall of pricing that lies in the parsing")
class PricingPitfallsTest {
    @Test
    void cached_tokens_are_part_of_the_prompt_and_counted_once() {
        UsageEvent event = payload(
                "openai.chat",
                "{'model':'gpt-4o','usage':{'prompt_tokens':2006,'completion_tokens':300,"
                        + "'prompt_tokens_details':{'cached_tokens':1920}}}");

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "86", "cache_read", "1920", "output_text", "300"));
    }

    @Test
    void anthropics_input_leaves_the_cache_out() {
        UsageEvent event = payload(
                "anthropic.messages",
                "{'model':'claude-haiku-4-5','usage':{'input_tokens':3,'cache_creation_input_tokens':1956,"
                        + "'cache_read_input_tokens':9511,'output_tokens':44}}");

        assertThat(units(event))
                .isEqualTo(Map.of(
                        "uncached_input", "3", "cache_write_5m", "1956", "cache_read", "9511", "output_text", "44"));
    }

    @Test
    void cache_reads_and_writes_count_towards_a_threshold() {
        UsageEvent event = payload(
                "anthropic.messages",
                "{'model':'claude-sonnet-4-5','usage':{'input_tokens':1,'cache_creation_input_tokens':100000,"
                        + "'cache_read_input_tokens':100000,'output_tokens':1}}");

        assertThat(event.getMeters().stream()
                        .filter(line -> !line.getMeter().equals("output_text"))
                        .map(line -> line.getQuantity())
                        .reduce(BigDecimal.ZERO, BigDecimal::add))
                .isEqualByComparingTo("200001");
    }

    @Test
    void a_batch_keeps_its_cached_tokens_apart_and_is_of_the_batch_tier() {
        UsageEvent event = payload(
                "openai.chat",
                "{'model':'gpt-4o','service_tier':'default','usage':{'prompt_tokens':2006,'completion_tokens':300,"
                        + "'prompt_tokens_details':{'cached_tokens':1920}}}",
                "{'batch':true}");

        assertThat(event.getServiceTier()).isEqualTo("batch");
        assertThat(units(event)).containsEntry("cache_read", "1920").containsEntry("uncached_input", "86");
    }

    @ParameterizedTest
    @CsvSource({"default, standard", "auto, standard", "priority, priority", "flex, flex"})
    void who_asked_for_priority_pays_what_the_response_reports(String reported, String paid) {
        UsageEvent event = payload(
                "openai.chat",
                "{'model':'gpt-4o','service_tier':'" + reported + "','usage':{'prompt_tokens':1}}",
                "{'request_service_tier':'priority'}");

        assertThat(event.getServiceTier()).isEqualTo(paid);
    }

    @Test
    void the_output_of_anthropics_stream_is_a_running_total() {
        UsageEvent event = payload(
                "anthropic.messages_stream",
                "{'stream_events':[{'type':'message_start','message':{'id':'msg_1','model':'claude-sonnet-4-5',"
                        + "'usage':{'input_tokens':25,'output_tokens':1}}},"
                        + "{'type':'message_delta','usage':{'output_tokens':15}},"
                        + "{'type':'message_delta','usage':{'output_tokens':40}}]}");

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "25", "output_text", "40"));
    }

    @Test
    void a_stream_without_include_usage_is_no_usage_and_never_0() {
        UsageEvent event = payload(
                "openai.chat_stream",
                "{'stream_events':[{'id':'chatcmpl-1','model':'gpt-4o','choices':[{'delta':{'content':'x'}}],"
                        + "'usage':null}]}");

        assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
        assertThat(event.getMeters()).isEmpty();
    }

    @Test
    void deepseeks_cache_hits_are_part_of_the_prompt() {
        UsageEvent event = payload(
                "deepseek.chat",
                "{'model':'deepseek-v4-flash','usage':{'prompt_tokens':563,'prompt_cache_hit_tokens':512,"
                        + "'prompt_cache_miss_tokens':51,'completion_tokens':116}}");

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "51", "cache_read", "512", "output_text", "116"));
    }

    @Test
    void a_parent_span_over_chats_is_never_billed_beside_them() {
        String trace = "{'source':'otel.genai','payload':{'resourceSpans':[{'scopeSpans':[{'spans':["
                + span("invoke_agent", "a", "", 300, 30) + "," + span("chat", "b", "a", 100, 10) + ","
                + span("chat", "c", "a", 200, 20) + "]}]}]}}";

        List<UsageEvent> billed = record(trace).stream()
                .filter(Outcome.Usage.class::isInstance)
                .map(outcome -> ((Outcome.Usage) outcome).event())
                .toList();

        assertThat(billed)
                .extracting(event -> units(event).get("uncached_input"))
                .containsExactly("100", "200");
        assertThat(billed).extracting(event -> units(event).get("output_text")).containsExactly("10", "20");
    }

    private static String span(String operation, String id, String parent, int input, int output) {
        return "{'traceId':'t','spanId':'" + id + "','parentSpanId':'" + parent
                + "','startTimeUnixNano':'1785542400000000000','attributes':["
                + "{'key':'gen_ai.operation.name','value':{'stringValue':'" + operation + "'}},"
                + "{'key':'gen_ai.response.model','value':{'stringValue':'gpt-4o'}},"
                + "{'key':'gen_ai.usage.input_tokens','value':{'intValue':'" + input + "'}},"
                + "{'key':'gen_ai.usage.output_tokens','value':{'intValue':'" + output + "'}}]}";
    }

    @Test
    void a_gateways_callback_and_a_span_of_one_response_are_one_charge() {
        UsageEvent callback = payload(
                "litellm.slp",
                "{'id':'chatcmpl-1','custom_llm_provider':'azure','model':'gpt-4o',"
                        + "'metadata':{'usage_object':{'prompt_tokens':2}}}");
        UsageEvent span = payload(
                "otel.genai",
                "{'name':'chat','start_time':'2026-08-01T00:00:00Z','attributes':{'gen_ai.system':'az.ai.openai',"
                        + "'gen_ai.response.id':'chatcmpl-1','gen_ai.response.model':'gpt-4o',"
                        + "'gen_ai.usage.input_tokens':2}}");

        assertThat(span.getEventId()).isEqualTo(callback.getEventId());
    }

    @Test
    void a_stated_amount_keeps_every_digit_and_stays_beside_the_cost() {
        UsageEvent event = payload(
                "openrouter.chat", "{'model':'m','usage':{'prompt_tokens':1,'cost':0.00000000000000000000001}}");

        assertThat(event.getReportedCost()).isEqualTo(new BigDecimal("0.00000000000000000000001"));
    }
}
