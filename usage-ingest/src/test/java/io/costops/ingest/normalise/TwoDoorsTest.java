package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.UsageEvent;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A response, the gateway's callback about it and the client's span of it have one event id. */
@DisplayName("One response through several doors is one charge")
class TwoDoorsTest {
    private static final String OPENAI_ID = "chatcmpl-CKzdbkpGGJwJNz5vpDrkFLqFpOtiB";
    private static final String ANTHROPIC_ID = "msg_01XFDUDYJgAACzvnptvVoYEL";
    private static final String AWS_ID = "1e4d183b-bbb8-43dd-9c42-c71549897d78";
    private static final String GOOGLE_ID = "D9QZaZ2bBJB0nvgPdpZF0A";

    private static String openAi(String kind, String id) {
        return id(payload(kind, "{'id':'" + id + "','model':'m','usage':{'prompt_tokens':10,'completion_tokens':2}}"));
    }

    private static String anthropic(String kind, String id) {
        return id(payload(
                kind,
                "{'id':'" + id + "','model':'m','usage':{'input_tokens':10,'output_tokens':2}}",
                "{'request_model':'m'}"));
    }

    private static String gemini(String kind, String id) {
        return id(payload(
                kind,
                "{'responseId':'" + id + "','modelVersion':'m','usageMetadata':{'promptTokenCount':10,"
                        + "'candidatesTokenCount':2,'totalTokenCount':12}}"));
    }

    private static String callback(String provider, String id) {
        return id(payload(
                "litellm.slp",
                "{'id':'" + id + "','custom_llm_provider':'" + provider + "','model':'m','metadata':{'usage_object':"
                        + "{'prompt_tokens':10,'completion_tokens':2}}}"));
    }

    private static String span(String provider, String id) {
        return spanAt(provider, null, id);
    }

    private static String spanAt(String provider, @Nullable String address, String id) {
        return id(payload(
                "otel.genai",
                "{'traceId':'aa','spanId':'bb','startTimeUnixNano':'1785542400000000000','attributes':["
                        + attribute("gen_ai.operation.name", "chat")
                        + "," + attribute("gen_ai.provider.name", provider)
                        + (address == null ? "" : "," + attribute("server.address", address))
                        + "," + attribute("gen_ai.response.id", id)
                        + "," + attribute("gen_ai.response.model", "m")
                        + ",{'key':'gen_ai.usage.input_tokens','value':{'intValue':'10'}}"
                        + ",{'key':'gen_ai.usage.output_tokens','value':{'intValue':'2'}}]}"));
    }

    private static String attribute(String key, String value) {
        return "{'key':'" + key + "','value':{'stringValue':'" + value + "'}}";
    }

    private static String id(UsageEvent event) {
        return event.getEventId();
    }

    @Test
    void of_openai() {
        assertThat(openAi("openai.chat", OPENAI_ID))
                .isEqualTo("openai:" + OPENAI_ID)
                .isEqualTo(callback("openai", OPENAI_ID))
                .isEqualTo(span("openai", OPENAI_ID));
    }

    @ParameterizedTest
    @ValueSource(strings = {"azure.ai.openai", "az.ai.openai", "azure_openai", "openai"})
    void of_azure_whatever_a_tracer_calls_it(String tracers) {
        assertThat(openAi("azure.chat", OPENAI_ID))
                .isEqualTo(callback("azure", OPENAI_ID))
                .isEqualTo(span(tracers, OPENAI_ID));
    }

    @Test
    void of_anthropic_itself() {
        assertThat(anthropic("anthropic.messages", ANTHROPIC_ID))
                .isEqualTo("anthropic:" + ANTHROPIC_ID)
                .isEqualTo(callback("anthropic", ANTHROPIC_ID))
                .isEqualTo(span("anthropic", ANTHROPIC_ID));
    }

    @Test
    void of_claude_on_bedrock_whose_client_calls_it_anthropic() {
        String id = "msg_bdrk_01CRYSTALjgAACzvnptvVoYEL";
        assertThat(anthropic("bedrock.invoke_anthropic", id))
                .isEqualTo("bedrock:" + id)
                .isEqualTo(callback("bedrock", id))
                .isEqualTo(span("aws.bedrock", id))
                .isEqualTo(span("anthropic", id));
    }

    @Test
    void of_claude_on_vertex_whose_client_calls_it_anthropic() {
        String id = "msg_vrtx_01CRYSTALjgAACzvnptvVoYEL";
        assertThat(anthropic("vertex.anthropic", id))
                .isEqualTo("vertex_ai:" + id)
                .isEqualTo(callback("vertex_ai", id))
                .isEqualTo(span("gcp.vertex_ai", id))
                .isEqualTo(span("anthropic", id));
    }

    @Nested
    @DisplayName("of Bedrock, by the request's id")
    class OfBedrock {
        private static final String USAGE = "'usage':{'inputTokens':10,'outputTokens':2,'totalTokens':12}";

        @Test
        void in_the_log_the_callback_and_the_span() {
            String log = id(payload(
                    "bedrock.converse",
                    "{'schemaType':'ModelInvocationLog','timestamp':'2026-08-01T08:00:00Z','requestId':'" + AWS_ID
                            + "','modelId':'m','output':{'outputBodyJson':{" + USAGE + "}}}"));

            assertThat(log).isEqualTo(callback("bedrock", AWS_ID)).isEqualTo(span("aws.bedrock", AWS_ID));
        }

        @ParameterizedTest
        @ValueSource(strings = {"'ResponseMetadata':{'RequestId':'%s'}", "'$metadata':{'requestId':'%s'}"})
        void in_what_an_sdk_returns(String metadata) {
            String response = id(payload(
                    "bedrock.converse",
                    "{" + String.format(metadata, AWS_ID) + "," + USAGE + "}",
                    "{'request_model':'m'}"));

            assertThat(response).isEqualTo(callback("bedrock_converse", AWS_ID));
        }

        @Test
        void in_a_span_that_names_the_request_only() {
            String span = id(payload(
                    "otel.genai",
                    "{'name':'chat','start_time':'2026-08-01T00:00:00Z','attributes':{'gen_ai.system':'aws.bedrock',"
                            + "'aws.request_id':'" + AWS_ID + "','gen_ai.request.model':'m',"
                            + "'gen_ai.usage.input_tokens':10}}"));

            assertThat(span).isEqualTo(callback("bedrock", AWS_ID));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gemini.generate, gemini, gcp.gemini",
        "gemini.generate, gemini, gcp.gen_ai",
        "gemini.generate, gemini, google",
        "vertex.generate, vertex_ai, gcp.vertex_ai",
        "vertex.generate, vertex_ai_beta, gcp.gen_ai",
        "vertex.generate, vertex_ai, google"
    })
    void of_google_though_tracers_confuse_its_services(String kind, String gateways, String tracers) {
        assertThat(gemini(kind, GOOGLE_ID))
                .isEqualTo("google:" + GOOGLE_ID)
                .isEqualTo(callback(gateways, GOOGLE_ID))
                .isEqualTo(span(tracers, GOOGLE_ID));
    }

    @ParameterizedTest
    @CsvSource({
        "deepseek.chat, deepseek, d2b6e6a2-77c4-4b4e-9a39-0f2f0c1c9f11",
        "xai.chat, xai, a3d1008e-4544-40d4-d075-11527e794e4a",
        "groq.chat, groq, chatcmpl-f51b2cd2-bef7-417e-964e-a08f0b513c22",
        "dashscope.chat, dashscope, chatcmpl-b0fd9ed9-1f3a-9d2f-8d2f-1b6fd1e3c1b2",
        "perplexity.chat, perplexity, 3c90c3cc-0d44-4b50-8888-8dd25736052a"
    })
    void of_a_provider_that_is_reached_with_openais_client(String kind, String provider, String id) {
        assertThat(openAi(kind, id)).isEqualTo(callback(provider, id)).isEqualTo(span("openai", id));
    }

    @ParameterizedTest
    @CsvSource({
        "mistral.chat, mistral, api.mistral.ai",
        "openrouter.chat, openrouter, openrouter.ai",
        "together.chat, together_ai, api.together.xyz",
        "azure.chat, azure, team.openai.azure.com",
    })
    void of_a_provider_that_only_the_address_names(String kind, String provider, String address) {
        String id = "b5e2c81f";

        assertThat(openAi(kind, id))
                .isEqualTo(provider + ":" + id)
                .isEqualTo(callback(provider, id))
                .isEqualTo(spanAt("openai", address, id));
    }

    @Test
    void of_another_provider_behind_a_gateway_that_speaks_openais_language() {
        String id = "chatcmpl-7b0c2f64-4a57-4d2e-9c7b-6f1d8a3e5b90";

        assertThat(callback("anthropic", id))
                .as("what the gateway says it called, and what its client believes it called")
                .isEqualTo(span("openai", id));
    }

    @Test
    void of_a_stored_response_whose_id_litellm_wraps() {
        String id = "resp_68a1f0c2e4b08191a0c3d5e7f9021346";
        String wrapped = "resp_"
                + Base64.getEncoder()
                        .encodeToString(("litellm:custom_llm_provider:openai;model_id:deployment-1;response_id:" + id)
                                .getBytes(StandardCharsets.UTF_8));
        String direct = id(payload(
                "openai.responses",
                "{'id':'" + id + "','status':'completed','model':'m','usage':{'input_tokens':10,'output_tokens':2}}"));

        assertThat(direct)
                .isEqualTo("openai:" + id)
                .isEqualTo(callback("openai", wrapped))
                .isEqualTo(span("openai", wrapped));
    }

    private static String langfuse(String generation) {
        return id(payload(
                "langfuse.ingestion",
                "{'type':'generation-create','body':{'id':'" + generation + "','startTime':'2026-08-01T00:00:00Z',"
                        + "'model':'m','usageDetails':{'input':10,'output':2}}}"));
    }

    @ParameterizedTest
    @CsvSource({"openai, " + OPENAI_ID, "anthropic, " + ANTHROPIC_ID, "bedrock, chatcmpl-" + AWS_ID})
    void of_langfuse_where_litellm_names_the_generation_by_the_response(String provider, String id) {
        assertThat(langfuse("time-10-15-30-123456_" + id)).isEqualTo(callback(provider, id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gen-1", "time-10-15-30_x", "time-10-15-30-123456_", "time-machine"})
    void but_a_generation_that_langfuse_named_itself_goes_by_that_name(String generation) {
        assertThat(langfuse(generation)).isEqualTo("langfuse-call:" + generation);
    }

    @Test
    void but_short_ids_of_two_providers_are_two() {
        assertThat(callback("mistral", "1")).isNotEqualTo(callback("openai", "1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"resp_bGl0ZWxsbT***", "resp_bGl0ZWxsbTo=", "resp_bGl0ZWxsbTo7cmVzcG9uc2VfaWQ6"})
    void and_an_id_that_only_looks_wrapped_stays_as_it_is(String id) {
        assertThat(callback("openai", id)).isEqualTo("openai:" + id);
    }

    @Test
    void and_a_span_is_priced_by_who_answered_at_its_address() {
        UsageEvent event = payload(
                "otel.genai",
                "{'name':'chat','start_time':'2026-08-01T00:00:00Z','attributes':{'gen_ai.provider.name':'openai',"
                        + "'server.address':'api.groq.com','gen_ai.request.model':'m','gen_ai.usage.input_tokens':1}}");

        assertThat(event.getProvider()).isEqualTo("groq");
    }

    @Test
    void and_an_address_that_nobody_knows_leaves_the_provider_named() {
        assertThat(Providers.called("openai", "litellm.internal")).isEqualTo("openai");
        assertThat(Providers.called("azure", "api.openai.com")).isEqualTo("azure");
        assertThat(Providers.called(null, "europe-west4-aiplatform.googleapis.com"))
                .isEqualTo("vertex_ai");
        assertThat(Providers.called("anthropic", "bedrock-runtime.eu-west-1.amazonaws.com"))
                .isEqualTo("bedrock");
        assertThat(Providers.called("openai", "api.openai.com.evil.example")).isEqualTo("openai");
    }
}
