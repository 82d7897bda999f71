package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.rejectedPayload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A span of OpenTelemetry's GenAI conventions")
class OtelSpansTest {
    private static final String START =
            "'startTimeUnixNano':'1785542400123456789','endTimeUnixNano':'1785542402123456789'";

    /** An OTLP span; attributes as key=value, whole numbers as OTLP's strings of digits. */
    private static String otlp(String ids, String... attributes) {
        List<String> entries = new ArrayList<>();
        for (String attribute : attributes) {
            String key = attribute.substring(0, attribute.indexOf('='));
            String value = attribute.substring(attribute.indexOf('=') + 1);
            String type = value.chars().allMatch(Character::isDigit) ? "intValue" : "stringValue";
            entries.add("{'key':'" + key + "','value':{'" + type + "':'" + value + "'}}");
        }
        return "{" + ids + "," + START + ",'attributes':[" + String.join(",", entries) + "]}";
    }

    private static String chat(String ids, int input, int output, String... more) {
        String[] attributes = new String[more.length + 4];
        attributes[0] = "gen_ai.operation.name=chat";
        attributes[1] = "gen_ai.request.model=gpt-5";
        attributes[2] = "gen_ai.usage.input_tokens=" + input;
        attributes[3] = "gen_ai.usage.output_tokens=" + output;
        System.arraycopy(more, 0, attributes, 4, more.length);
        return otlp(ids, attributes);
    }

    private static String console(String attributes) {
        return "{'name':'chat','context':{'trace_id':'0xaa','span_id':'0xbb'},'start_time':'2026-08-01T00:00:00.123456Z',"
                + "'end_time':'2026-08-01T00:00:02Z','attributes':{" + attributes + "}}";
    }

    @Test
    void includes_the_cache_in_its_input_and_reasoning_in_its_output() {
        UsageEvent event = payload(
                "otel.genai",
                chat(
                        "'traceId':'aa','spanId':'bb'",
                        63439,
                        100,
                        "gen_ai.provider.name=anthropic",
                        "gen_ai.response.model=claude-haiku",
                        "gen_ai.response.id=msg_1",
                        "gen_ai.usage.cache_read.input_tokens=39014",
                        "gen_ai.usage.cache_creation.input_tokens=19934",
                        "gen_ai.usage.reasoning.output_tokens=40"));

        assertThat(units(event))
                .isEqualTo(Map.of(
                        "uncached_input", "4491",
                        "cache_read", "39014",
                        "cache_write_5m", "19934",
                        "output_text", "60",
                        "reasoning", "40"));
        assertThat(event.getModel()).isEqualTo("claude-haiku");
        assertThat(event.getRequestModel()).isEqualTo("gpt-5");
        assertThat(event.getEventId()).isEqualTo("anthropic:msg_1");
        assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T00:00:00.123456Z"));
        assertThat(event.getLatencyMs()).isEqualTo(2000);
    }

    @Test
    void may_be_printed_by_a_console_exporter() {
        UsageEvent event = payload(
                "otel.genai",
                console(
                        "'gen_ai.operation.name':'chat','gen_ai.request.model':'gpt-5.6','gen_ai.provider.name':'openai',"
                                + "'gen_ai.usage.input_tokens':1314,'gen_ai.usage.output_tokens':2700,"
                                + "'gen_ai.usage.reasoning.output_tokens':2618,'openai.response.service_tier':'priority',"
                                + "'gen_ai.response.finish_reasons':['stop']"));

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "1314", "output_text", "82", "reasoning", "2618"));
        assertThat(event.getServiceTier()).isEqualTo("priority");
        assertThat(event.getOutcome()).isEqualTo("stop");
        assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T00:00:00.123456Z"));
        assertThat(event.getEventId()).isEqualTo("otel-call:aa-bb");
    }

    @ParameterizedTest
    @CsvSource({
        "gen_ai.usage.input_tokens, gen_ai.usage.output_tokens",
        "gen_ai.usage.prompt_tokens, gen_ai.usage.completion_tokens",
        "llm.usage.prompt_tokens, llm.usage.completion_tokens"
    })
    void spells_its_counts_in_every_way_they_ever_had(String input, String output) {
        UsageEvent event = payload(
                "otel.genai",
                otlp(
                        "'traceId':'aa','spanId':'bb'",
                        "gen_ai.system=openai",
                        "gen_ai.request.model=m",
                        input + "=7",
                        output + "=3"));

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "7", "output_text", "3"));
        assertThat(event.getProvider()).isEqualTo("openai");
    }

    @Test
    void tells_modalities_apart_each_with_what_was_cached_of_it() {
        assertThat(units(payload(
                        "otel.genai",
                        chat(
                                "'spanId':'b'",
                                1000,
                                100,
                                "gen_ai.usage.audio.input_tokens=300",
                                "gen_ai.usage.audio.cache_read.input_tokens=100",
                                "gen_ai.usage.image.input_tokens=200",
                                "gen_ai.usage.cache_read.input_tokens=250",
                                "gen_ai.usage.audio.output_tokens=30"))))
                .isEqualTo(Map.of(
                        "uncached_input", "350",
                        "cache_read", "150",
                        "cache_read_audio", "100",
                        "audio_in", "200",
                        "image_in", "200",
                        "audio_out", "30",
                        "output_text", "70"));
    }

    @ParameterizedTest
    @CsvSource({
        "openai, openai",
        "azure.ai.openai, azure",
        "az.ai.openai, azure",
        "aws.bedrock, bedrock",
        "gcp.gemini, gemini",
        "gcp.vertex_ai, vertex_ai",
        "vertex_ai, vertex_ai",
        "mistral_ai, mistral",
        "x_ai, xai",
        "deepseek, deepseek",
        "groq, groq",
        "perplexity, perplexity",
        "cohere, cohere"
    })
    void names_its_provider_in_the_price_maps_spelling(String named, String provider) {
        assertThat(payload("otel.genai", chat("'spanId':'b'", 1, 1, "gen_ai.provider.name=" + named))
                        .getProvider())
                .isEqualTo(provider);
    }

    @Test
    void makes_one_charge_with_the_gateways_callback_of_the_same_response() {
        UsageEvent span = payload(
                "otel.genai",
                chat("'spanId':'b'", 1, 1, "gen_ai.provider.name=azure.ai.openai", "gen_ai.response.id=chatcmpl-1"));
        UsageEvent callback = payload(
                "litellm.slp",
                "{'id':'chatcmpl-1','custom_llm_provider':'azure','model':'m','metadata':{'usage_object':{'prompt_tokens':1}}}");

        assertThat(span.getEventId()).isEqualTo(callback.getEventId()).isEqualTo("azure:chatcmpl-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"invoke_agent", "execute_tool", "create_agent", "fetch_response", "chain"})
    void that_contains_calls_is_never_billed(String operation) {
        String span = otlp(
                "'spanId':'b'",
                "gen_ai.operation.name=" + operation,
                "gen_ai.request.model=m",
                "gen_ai.usage.input_tokens=300",
                "gen_ai.usage.output_tokens=30");

        assertThat(Normalised.record("{'source':'otel.genai','payload':" + span + "}"))
                .containsExactly(new Outcome.Ignored("otel.genai", "container span"));
    }

    @Test
    void of_no_model_is_nothing() {
        assertThat(Normalised.record(
                        "{'source':'otel.genai','payload':" + otlp("'spanId':'b'", "db.system=postgresql") + "}"))
                .containsExactly(new Outcome.Ignored("otel.genai", "span of no model"));
    }

    @Test
    void of_a_call_without_counts_is_no_usage() {
        UsageEvent event = payload(
                "otel.genai",
                otlp(
                        "'traceId':'a','spanId':'b'",
                        "gen_ai.operation.name=chat",
                        "gen_ai.request.model=m",
                        "error.type=timeout"));

        assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
        assertThat(event.getOutcome()).isEqualTo("error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"'-5'", "'x'", "1.5", "true"})
    void with_a_count_that_is_none_is_rejected(String value) {
        String span = "{'attributes':[{'key':'gen_ai.request.model','value':{'stringValue':'m'}},"
                + "{'key':'gen_ai.usage.input_tokens','value':{'intValue':" + value + "}}]}";

        assertThat(rejectedPayload("otel.genai", span).field())
                .isEqualTo("payload.attributes.gen_ai.usage.input_tokens");
    }

    @Test
    void with_more_cached_than_there_was_is_rejected() {
        Outcome.Rejected rejected =
                rejectedPayload("otel.genai", chat("'spanId':'b'", 5, 1, "gen_ai.usage.cache_read.input_tokens=6"));

        assertThat(rejected.reason()).isEqualTo(RejectReason.INVALID_FIELD);
    }

    @Test
    void on_bedrock_finds_its_region_in_the_address() {
        assertThat(payload(
                                "otel.genai",
                                chat(
                                        "'spanId':'b'",
                                        1,
                                        1,
                                        "gen_ai.provider.name=aws.bedrock",
                                        "server.address=bedrock-runtime.eu-west-1.amazonaws.com"))
                        .getRegion())
                .isEqualTo("eu-west-1");
    }

    @Nested
    @DisplayName("within a trace")
    class Trace {
        private List<Outcome> trace(String... spans) {
            return Normalised.record("{'source':'otel.genai','tenant':'acme','payload':{'resourceSpans':[{'resource':"
                    + "{'attributes':[{'key':'service.name','value':{'stringValue':'bot'}},"
                    + "{'key':'deployment.environment.name','value':{'stringValue':'prod'}}]},"
                    + "'scopeSpans':[{'scope':{},'spans':[" + String.join(",", spans) + "]}]}]}}");
        }

        private List<UsageEvent> billed(String... spans) {
            return trace(spans).stream()
                    .flatMap(outcome -> outcome instanceof Outcome.Usage usage
                            ? java.util.stream.Stream.of(usage.event())
                            : java.util.stream.Stream.empty())
                    .toList();
        }

        @Test
        void an_agent_over_two_chats_costs_what_the_chats_cost() {
            List<UsageEvent> billed = billed(
                    otlp(
                            "'traceId':'t','spanId':'1'",
                            "gen_ai.operation.name=invoke_agent",
                            "gen_ai.usage.input_tokens=300",
                            "gen_ai.usage.output_tokens=30"),
                    chat("'traceId':'t','spanId':'2','parentSpanId':'1'", 100, 10),
                    chat("'traceId':'t','spanId':'3','parentSpanId':'1'", 200, 20));

            assertThat(billed)
                    .extracting(Normalised::units)
                    .containsExactly(
                            Map.of("uncached_input", "100", "output_text", "10"),
                            Map.of("uncached_input", "200", "output_text", "20"));
        }

        @Test
        void a_span_of_an_unknown_operation_around_calls_is_a_container() {
            List<UsageEvent> billed = billed(
                    otlp(
                            "'spanId':'1'",
                            "gen_ai.operation.name=ai.generateText",
                            "gen_ai.request.model=m",
                            "gen_ai.usage.input_tokens=300"),
                    otlp("'spanId':'2','parentSpanId':'1'", "db.system=postgresql"),
                    chat("'spanId':'3','parentSpanId':'2'", 300, 0));

            assertThat(billed).hasSize(1);
            assertThat(billed.get(0).getEventId()).doesNotContain("1-");
        }

        @Test
        void a_call_around_another_call_is_billed_too_if_each_has_its_own_response() {
            assertThat(billed(
                            chat("'spanId':'1'", 100, 1, "gen_ai.response.id=r1"),
                            chat("'spanId':'2','parentSpanId':'1'", 200, 2, "gen_ai.response.id=r2")))
                    .hasSize(2);
        }

        @Test
        void parents_in_a_circle_do_no_harm() {
            assertThat(trace(
                            chat("'spanId':'1','parentSpanId':'2'", 1, 1),
                            chat("'spanId':'2','parentSpanId':'1'", 2, 2)))
                    .hasSize(2);
        }

        @Test
        void that_names_itself_as_its_parent_is_billed() {
            assertThat(Normalised.record("{'source':'otel.genai','payload':["
                            + chat("'spanId':'1','parentSpanId':'1'", 5, 1) + "]}"))
                    .singleElement()
                    .isInstanceOf(Outcome.Usage.class);
        }

        @Test
        void of_another_trace_is_no_container_though_its_id_is_the_parents() {
            assertThat(Normalised.record("{'source':'otel.genai','payload':["
                            + chat("'traceId':'a','spanId':'1'", 5, 1) + ","
                            + chat("'traceId':'b','spanId':'2','parentSpanId':'1'", 7, 1) + "]}"))
                    .hasSize(2)
                    .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Outcome.Usage.class));
        }

        @Test
        void a_bad_span_spoils_no_other() {
            List<Outcome> outcomes = trace(
                    chat("'traceId':'t','spanId':'1'", 1, 1),
                    chat("'traceId':'t','spanId':'2'", 1, 1, "gen_ai.usage.cache_read.input_tokens=9"));

            assertThat(outcomes.get(0)).isInstanceOf(Outcome.Usage.class);
            assertThat(outcomes.get(1))
                    .isInstanceOfSatisfying(
                            Outcome.Rejected.class,
                            rejected ->
                                    assertThat(rejected.origin().getElement()).isEqualTo("#1"));
        }

        @Test
        void the_resource_says_where_it_ran() {
            UsageEvent event = billed(chat("'traceId':'t','spanId':'1'", 1, 1, "gen_ai.conversation.id=c9"))
                    .get(0);

            assertThat(event.getDimensions().getEnvironment()).isEqualTo("prod");
            assertThat(event.getDimensions().getSession()).isEqualTo("c9");
            assertThat(event.getTags()).containsEntry("service.name", "bot");
        }
    }
}
