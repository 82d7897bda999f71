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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("LiteLLM's callback")
class LiteLlmCallbackTest {
    private static UsageEvent callback(String members) {
        return payload(
                "litellm.slp",
                "{'id':'chatcmpl-1','custom_llm_provider':'anthropic','model':'claude'," + members + "}");
    }

    @Test
    void includes_cache_reads_and_writes_in_the_prompt_even_for_anthropic() {
        assertThat(units(callback("'metadata':{'usage_object':{'prompt_tokens':7307,'completion_tokens':5589,"
                        + "'prompt_tokens_details':{'cached_tokens':200,'text_tokens':516,'cache_creation_tokens':6591,"
                        + "'cache_creation_token_details':{'ephemeral_5m_input_tokens':4240,'ephemeral_1h_input_tokens':2351}},"
                        + "'cache_creation_input_tokens':6591,'cache_read_input_tokens':200}}")))
                .isEqualTo(Map.of(
                        "uncached_input", "516",
                        "cache_read", "200",
                        "cache_write_5m", "4240",
                        "cache_write_1h", "2351",
                        "output_text", "5589"));
    }

    @Test
    void takes_the_counts_of_the_cache_from_whichever_place_has_them() {
        assertThat(units(callback("'metadata':{'usage_object':{'prompt_tokens':100,'completion_tokens':1,"
                        + "'prompt_tokens_details':{'cached_tokens':null},'cache_creation_input_tokens':10,"
                        + "'cache_read_input_tokens':30}}")))
                .isEqualTo(
                        Map.of("uncached_input", "60", "cache_read", "30", "cache_write_5m", "10", "output_text", "1"));
    }

    @Test
    void includes_reasoning_audio_and_images() {
        assertThat(units(callback("'metadata':{'usage_object':{'prompt_tokens':100,'completion_tokens':50,"
                        + "'prompt_tokens_details':{'audio_tokens':20,'image_tokens':30},"
                        + "'completion_tokens_details':{'reasoning_tokens':5,'audio_tokens':6,'text_tokens':39}}}")))
                .isEqualTo(Map.of(
                        "uncached_input", "50",
                        "audio_in", "20",
                        "image_in", "30",
                        "reasoning", "5",
                        "audio_out", "6",
                        "output_text", "39"));
    }

    @Test
    void counts_searches() {
        assertThat(units(callback(
                        "'metadata':{'usage_object':{'prompt_tokens':1,'server_tool_use':{'web_search_requests':2}}}")))
                .containsEntry("web_search", "2");
    }

    @Test
    void carries_its_cost_beside_and_who_it_belongs_to() {
        UsageEvent event =
                callback("'startTime':1785542400.410854,'endTime':1785542402.727466,'response_cost':0.579945,"
                        + "'status':'success','end_user':'','request_tags':['a','b'],'metadata':{'user_api_key_hash':'hash',"
                        + "'user_api_key_alias':'alias','user_api_key_team_id':'t1','user_api_key_user_id':'u1',"
                        + "'usage_object':{'prompt_tokens':1}}");

        assertThat(event.getReportedCost()).isEqualByComparingTo("0.579945");
        assertThat(event.getReportedCostCurrency()).isEqualTo("USD");
        assertThat(event.getGateway()).isEqualTo("litellm");
        assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T00:00:00.410854Z"));
        assertThat(event.getLatencyMs()).isEqualTo(2316);
        assertThat(event.getOutcome()).isEqualTo("success");
        assertThat(event.getDimensions().getApiKeyId()).isEqualTo("hash");
        assertThat(event.getDimensions().getTeam()).isEqualTo("t1");
        assertThat(event.getDimensions().getUser()).isEqualTo("u1");
        assertThat(event.getTags())
                .containsEntry("litellm.key_alias", "alias")
                .containsEntry("litellm.request_tags", "[\"a\",\"b\"]");
    }

    @Test
    void does_not_overrule_the_envelope() {
        UsageEvent event = Normalised.event(
                "{'source':'litellm.slp','user':'own','api_key_id':'key','payload':{'model':'m',"
                        + "'metadata':{'user_api_key_hash':'hash','user_api_key_user_id':'u1','usage_object':{'prompt_tokens':1}}}}");

        assertThat(event.getDimensions().getUser()).isEqualTo("own");
        assertThat(event.getDimensions().getApiKeyId()).isEqualTo("key");
    }

    @ParameterizedTest
    @CsvSource({
        "openai, gpt-4o, openai",
        "azure, azure/gpt-4o, azure",
        "bedrock, eu.anthropic.claude, bedrock",
        "bedrock_converse, x, bedrock",
        "vertex_ai_beta, gemini, vertex_ai",
        "text-completion-openai, x, openai",
        "cohere_chat, x, cohere",
        "together_ai, meta/llama, together_ai",
        "'', anthropic/claude, anthropic",
        "'', meta/llama, ",
        "'', gpt-4o, "
    })
    void names_the_provider_in_the_price_maps_spelling(String named, String model, String provider) {
        UsageEvent event = payload(
                "litellm.slp",
                "{'id':'c','custom_llm_provider':'" + named + "','model':'" + model
                        + "','metadata':{'usage_object':{'prompt_tokens':1}}}");

        assertThat(event.getProvider()).isEqualTo(provider);
        assertThat(event.getModel()).isEqualTo(model);
    }

    @Test
    void of_a_cache_hit_costs_nothing() {
        UsageEvent event = callback(
                "'cache_hit':true,'response_cost':0,'startTime':1785542400,'metadata':{'usage_object':{'prompt_tokens':5}}");

        assertThat(event.getStatus()).isEqualTo(UsageStatus.GATEWAY_CACHE_HIT);
        assertThat(event.getReportedCost()).isEqualByComparingTo("0");
        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "5"));
    }

    @ParameterizedTest
    @CsvSource({"True, GATEWAY_CACHE_HIT", "true, GATEWAY_CACHE_HIT", "False, BILLABLE"})
    void of_a_cache_hit_may_be_written_as_pythons_text(String hit, UsageStatus status) {
        UsageEvent event = callback("'cache_hit':'" + hit + "','metadata':{'usage_object':{'prompt_tokens':5}}");

        assertThat(event.getStatus()).isEqualTo(status);
    }

    @Test
    void of_a_failure_is_no_usage_and_states_no_cost() {
        UsageEvent event =
                callback("'status':'failure','response_cost':0,'cache_hit':null,'metadata':{'usage_object':null}");

        assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
        assertThat(event.getReportedCost()).isNull();
        assertThat(event.getOutcome()).isEqualTo("failure");
    }

    @Test
    void with_more_written_for_an_hour_than_at_all_is_rejected() {
        assertThat(rejectedPayload(
                                "litellm.slp",
                                "{'model':'m','metadata':{'usage_object':{'prompt_tokens':9,'prompt_tokens_details':"
                                        + "{'cache_creation_tokens':1,'cache_creation_token_details':{'ephemeral_1h_input_tokens':2}}}}}")
                        .field())
                .isEqualTo("payload.metadata.usage_object.prompt_tokens_details.cache_creation_tokens");
    }
}
