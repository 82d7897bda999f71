package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.rejectedPayload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A chat completion")
class ChatCompletionsTest {
    private static UsageEvent chat(String kind, String usage) {
        return payload(kind, "{'id':'c','model':'m','usage':" + usage + "}");
    }

    private static Map<String, String> chatUnits(String kind, String usage) {
        return units(chat(kind, usage));
    }

    @Nested
    @DisplayName("of a model that one runs oneself")
    class SelfHosted {
        @Test
        void counts_the_gpus_time_beside_the_tokens() {
            assertThat(chatUnits("selfhosted.chat", "{'prompt_tokens':1000,'completion_tokens':50,'gpu_seconds':2.5}"))
                    .isEqualTo(Map.of("uncached_input", "1000", "output_text", "50", "gpu_seconds", "2.5"));
        }

        @Test
        void takes_the_gpus_time_where_no_token_is_counted() {
            UsageEvent event = chat("selfhosted", "{'gpu_seconds':720}");

            assertThat(units(event)).isEqualTo(Map.of("gpu_seconds", "720"));
            assertThat(event.getStatus()).isEqualTo(UsageStatus.BILLABLE);
            assertThat(event.getProvider()).isEqualTo("selfhosted");
        }

        @Test
        void takes_the_gpus_time_from_the_context() {
            UsageEvent event =
                    payload("selfhosted.chat", "{'model':'m','usage':{'prompt_tokens':5}}", "{'gpu_seconds':1.25}");

            assertThat(units(event)).isEqualTo(Map.of("uncached_input", "5", "gpu_seconds", "1.25"));
        }

        @Test
        void calls_the_gpus_time_by_the_meters_name() {
            assertThat(ChatCompletions.GPU_SECONDS).isEqualTo(Meter.GPU_SECONDS.wireName());
        }

        @Test
        void has_no_usage_where_nothing_is_counted() {
            assertThat(chat("selfhosted.chat", "{}").getStatus()).isEqualTo(UsageStatus.NO_USAGE);
        }

        @Test
        void refuses_a_negative_time_and_names_it() {
            assertThat(rejectedPayload("selfhosted.chat", "{'id':'c','model':'m','usage':{'gpu_seconds':-1}}"))
                    .satisfies(rejected -> {
                        assertThat(rejected.reason()).isEqualTo(RejectReason.NEGATIVE_QUANTITY);
                        assertThat(rejected.field()).isEqualTo("payload.usage.gpu_seconds");
                    });
        }
    }

    @Nested
    @DisplayName("of OpenAI")
    class OpenAi {
        @Test
        void counts_cached_tokens_once() {
            assertThat(
                            chatUnits(
                                    "openai.chat",
                                    "{'prompt_tokens':2006,'completion_tokens':300,'prompt_tokens_details':{'cached_tokens':1920}}"))
                    .isEqualTo(Map.of("uncached_input", "86", "cache_read", "1920", "output_text", "300"));
        }

        @Test
        void splits_all_of_its_parts() {
            assertThat(chatUnits(
                            "openai.chat",
                            "{'prompt_tokens':1000,'completion_tokens':500,"
                                    + "'prompt_tokens_details':{'cached_tokens':400,'audio_tokens':100,'cache_write_tokens':50},"
                                    + "'completion_tokens_details':{'reasoning_tokens':200,'audio_tokens':30,"
                                    + "'accepted_prediction_tokens':7,'rejected_prediction_tokens':9}}"))
                    .isEqualTo(Map.of(
                            "uncached_input", "450",
                            "cache_read", "400",
                            "cache_write_5m", "50",
                            "audio_in", "100",
                            "reasoning", "200",
                            "audio_out", "30",
                            "output_text", "270"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{'prompt_tokens':5,'completion_tokens':2}",
                    "{'prompt_tokens':5,'completion_tokens':2,'prompt_tokens_details':null,'completion_tokens_details':null}",
                    "{'prompt_tokens':5,'completion_tokens':2,'prompt_tokens_details':{'cached_tokens':null},"
                            + "'completion_tokens_details':{'reasoning_tokens':null}}",
                    "{'prompt_tokens':5,'completion_tokens':2,'prompt_tokens_details':{},'completion_tokens_details':{}}"
                })
        void takes_an_absent_detail_for_0(String usage) {
            assertThat(chatUnits("openai.chat", usage)).isEqualTo(Map.of("uncached_input", "5", "output_text", "2"));
        }

        @Test
        void bills_one_search_however_often_it_cites() {
            UsageEvent event = payload(
                    "openai.chat",
                    "{'model':'m','choices':[{'message':{'annotations':[{'type':'url_citation'},{'type':'url_citation'}]}},"
                            + "{'message':{'annotations':[{'type':'url_citation'}]}}],'usage':{'prompt_tokens':1}}",
                    "{'web_search_options':{'search_context_size':'high'}}");

            assertThat(units(event)).containsEntry("web_search", "1");
            assertThat(event.getPricingAttributes()).containsEntry("search_context_size", "high");
        }

        @ParameterizedTest
        @CsvSource({
            "default, standard",
            "auto, standard",
            "on_demand, standard",
            "flex, flex",
            "priority, priority",
            "Priority, priority",
            "scale, scale"
        })
        void goes_by_the_tier_that_the_response_reports(String reported, String tier) {
            UsageEvent event = payload(
                    "openai.chat",
                    "{'model':'m','service_tier':'" + reported + "','usage':{'prompt_tokens':1}}",
                    "{'request_service_tier':'priority'}");

            assertThat(event.getServiceTier()).isEqualTo(tier);
        }

        @Test
        void is_standard_where_no_tier_is_reported() {
            assertThat(payload(
                                    "openai.chat",
                                    "{'model':'m','service_tier':null,'usage':{'prompt_tokens':1}}",
                                    "{'request_service_tier':'priority'}")
                            .getServiceTier())
                    .isEqualTo("standard");
        }

        @Test
        void in_a_batch_is_of_the_batch_tier() {
            assertThat(payload(
                                    "openai.chat",
                                    "{'model':'m','service_tier':'default','usage':{'prompt_tokens':1}}",
                                    "{'batch':true}")
                            .getServiceTier())
                    .isEqualTo("batch");
        }

        @ParameterizedTest
        @CsvSource(
                quoteCharacter = '`',
                value = {
                    "{'region':'eu'}, eu",
                    "{'region':'us'}, us",
                    "{'region':'EU'}, eu",
                    "{'api_base':'https://eu.api.openai.com/v1'}, eu",
                    "{'api_base':'https://api.openai.com/v1'},",
                    "{'region':'mars'},",
                    "{'region':'us-east-1'|'api_base':'https://eu.api.openai.com/v1'}, eu",
                    "{'region':'us'|'api_base':'https://eu.api.openai.com/v1'}, us",
                    "{},"
                })
        void says_where_it_was_processed(String context, String region) {
            assertThat(payload("openai.chat", "{'model':'m','usage':{'prompt_tokens':1}}", context.replace('|', ','))
                            .getPricingAttributes()
                            .get("processing_region"))
                    .isEqualTo(region);
        }

        @Test
        void names_the_model_that_answered_and_the_one_that_was_asked() {
            UsageEvent event = payload(
                    "openai.chat", "{'model':'gpt-4o-2024','usage':{'prompt_tokens':1}}", "{'request_model':'gpt-4o'}");

            assertThat(event.getModel()).isEqualTo("gpt-4o-2024");
            assertThat(event.getRequestModel()).isEqualTo("gpt-4o");
        }

        @Test
        void falls_back_to_the_model_that_was_asked() {
            assertThat(payload("openai.chat", "{'usage':{'prompt_tokens':1}}", "{'request_model':'gpt-4o'}")
                            .getModel())
                    .isEqualTo("gpt-4o");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{'model':'m','usage':null}",
                    "{'model':'m'}",
                    "{'model':'m','usage':{}}",
                    "{'model':'m','usage':{'prompt_tokens':null}}",
                    "{'error':{'message':'overloaded'}}"
                })
        void without_usage_is_counted_as_no_usage_never_as_0(String response) {
            UsageEvent event = payload("openai.chat", response);

            assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
            assertThat(event.getMeters()).isEmpty();
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                        {'prompt_tokens':-1}                  | NEGATIVE_QUANTITY | payload.usage.prompt_tokens
                        {'prompt_tokens':1.5}                 | INVALID_FIELD     | payload.usage.prompt_tokens
                        {'prompt_tokens':'5'}                 | INVALID_FIELD     | payload.usage.prompt_tokens
                        {'prompt_tokens':true}                | INVALID_FIELD     | payload.usage.prompt_tokens
                        {'prompt_tokens':[5]}                 | INVALID_FIELD     | payload.usage.prompt_tokens
                        {'prompt_tokens':1e300}               | OUT_OF_RANGE      | payload.usage.prompt_tokens
                        {'completion_tokens':99999999999999999999} | OUT_OF_RANGE | payload.usage.completion_tokens
                        {'prompt_tokens':5,'prompt_tokens_details':7} | INVALID_FIELD | payload.usage.prompt_tokens_details
                        {'prompt_tokens':5,'prompt_tokens_details':{'cached_tokens':6}} | INVALID_FIELD | payload.usage.prompt_tokens
                        {'completion_tokens':5,'completion_tokens_details':{'reasoning_tokens':6}} | INVALID_FIELD | payload.usage.completion_tokens
                        {'input_tokens':5,'output_tokens':2}  | MISSING_FIELD     | payload.usage.prompt_tokens
                        7                                     | INVALID_FIELD     | payload.usage
                        """)
        void with_usage_that_is_wrong_is_rejected(String usage, RejectReason reason, String field) {
            Outcome.Rejected rejected = rejectedPayload("openai.chat", "{'model':'m','usage':" + usage + "}");

            assertThat(rejected.reason()).isEqualTo(reason);
            assertThat(rejected.field()).isEqualTo(field);
        }

        @Test
        void may_write_a_whole_number_with_a_point() {
            assertThat(chatUnits("openai.chat", "{'prompt_tokens':15.0,'completion_tokens':2e1}"))
                    .isEqualTo(Map.of("uncached_input", "15", "output_text", "20"));
        }

        @Test
        void an_embedding_has_input_only() {
            assertThat(units(payload(
                            "openai.embeddings",
                            "{'object':'list','data':[{'embedding':[0.1]}],'model':'text-embedding-3-small',"
                                    + "'usage':{'prompt_tokens':8,'total_tokens':8}}")))
                    .isEqualTo(Map.of("uncached_input", "8"));
        }
    }

    @Nested
    @DisplayName("that was streamed")
    class Streamed {
        private static final String FIRST =
                "{'id':'','model':'','created':0,'choices':[],'prompt_filter_results':[{}],'usage':null}";
        private static final String DELTA =
                "{'id':'chatcmpl-1','model':'gpt-4o','created':1785542400,'service_tier':'flex',"
                        + "'choices':[{'delta':{'content':'x'}}],'usage':null}";
        private static final String LAST =
                "{'id':'chatcmpl-1','model':'gpt-4o','created':1785542400,'choices':[],'usage':{'prompt_tokens':10,"
                        + "'completion_tokens':4,'prompt_tokens_details':{'cached_tokens':3}}}";

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "[" + FIRST + "," + DELTA + "," + LAST + "]",
                    "{'stream_events':[" + FIRST + "," + DELTA + "," + LAST + "]}",
                    "[" + LAST + "," + DELTA + "]"
                })
        void is_billed_by_the_one_chunk_with_usage(String payload) {
            UsageEvent event = payload("openai.chat_stream", payload);

            assertThat(units(event)).isEqualTo(Map.of("uncached_input", "7", "cache_read", "3", "output_text", "4"));
            assertThat(event.getEventId()).isEqualTo("openai:chatcmpl-1");
            assertThat(event.getModel()).isEqualTo("gpt-4o");
            assertThat(event.getServiceTier()).isEqualTo("flex");
            assertThat(event.getEventTime()).isEqualTo(Instant.ofEpochSecond(1785542400));
        }

        @Test
        void may_come_as_the_text_of_its_events() {
            String text = "data: " + DELTA.replace("'", "\\\"") + "\\n\\n: ping\\n\\nevent: x\\ndata: "
                    + LAST.replace("'", "\\\"") + "\\n\\ndata: [DONE]\\n\\n";

            assertThat(units(payload("azure.chat", "'" + text + "'"))).containsEntry("output_text", "4");
        }

        @Test
        void may_come_as_lines() {
            String text = DELTA.replace("'", "\\\"") + "\\n" + LAST.replace("'", "\\\"");

            assertThat(units(payload("openai.chat", "'" + text + "'"))).containsEntry("output_text", "4");
        }

        @Test
        void names_the_line_that_is_broken() {
            Outcome.Rejected rejected = rejectedPayload("openai.chat", "'data: {}\\ndata: {'".replace("''", "'"));

            assertThat(rejected.field()).isEqualTo("payload, line 2");
        }

        @Test
        void without_include_usage_is_no_usage() {
            UsageEvent event = payload("openai.chat_stream", "[" + FIRST + "," + DELTA + "]");

            assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
            assertThat(event.getEventId()).isEqualTo("openai:chatcmpl-1");
        }

        @Test
        void that_reports_running_totals_is_billed_by_the_last() {
            assertThat(units(payload(
                            "perplexity.chat",
                            "[{'model':'sonar','usage':{'prompt_tokens':5,'completion_tokens':1}},"
                                    + "{'model':'sonar','usage':{'prompt_tokens':5,'completion_tokens':9}}]")))
                    .isEqualTo(Map.of("uncached_input", "5", "output_text", "9", "web_search", "1"));
        }

        @Test
        void of_groq_carries_usage_in_its_own_section() {
            assertThat(units(payload(
                            "groq.chat",
                            "[{'id':'c','model':'llama','choices':[]},{'id':'c','model':'llama',"
                                    + "'x_groq':{'usage':{'prompt_tokens':5,'completion_tokens':1}}}]")))
                    .isEqualTo(Map.of("uncached_input", "5", "output_text", "1"));
        }

        @Test
        void of_nothing_is_no_usage() {
            assertThat(payload("openai.chat_stream", "{'stream_events':[]}").getStatus())
                    .isEqualTo(UsageStatus.NO_USAGE);
        }

        @Test
        void with_a_chunk_that_is_no_object_is_rejected() {
            assertThat(rejectedPayload("openai.chat_stream", "{'stream_events':[{},7]}")
                            .field())
                    .isEqualTo("payload.stream_events[1]");
        }
    }

    @Nested
    @DisplayName("of Azure")
    class Azure {
        @Test
        void is_priced_by_the_model_of_the_response_not_by_the_deployment() {
            UsageEvent event = payload(
                    "azure.chat",
                    "{'model':'gpt-5.4','usage':{'prompt_tokens':1}}",
                    "{'deployment':'prod-x','api_base':'https://acme.openai.azure.com'}");

            assertThat(event.getModel()).isEqualTo("gpt-5.4");
            assertThat(event.getProvider()).isEqualTo("azure");
            assertThat(event.getTags()).containsEntry("context.deployment", "prod-x");
        }

        @ParameterizedTest
        @CsvSource(
                quoteCharacter = '`',
                delimiter = '|',
                value = {
                    "{'region':'us'} | us",
                    "{'region':'eu','deployment_type':'DataZoneStandard'} | eu",
                    "{'region':'eastus2','deployment_type':'DataZoneProvisionedManaged'} | us",
                    "{'region':'swedencentral','deployment_type':'DataZoneStandard'} | eu",
                    "{'region':'swedencentral'} |",
                    "{'region':'us','deployment_type':'GlobalStandard'} |",
                    "{'region':'japaneast','deployment_type':'DataZoneStandard'} |"
                })
        void is_in_a_data_zone(String context, String zone) {
            assertThat(payload("azure.chat", "{'model':'m','usage':{'prompt_tokens':1}}", context)
                            .getPricingAttributes()
                            .get("data_zone"))
                    .isEqualTo(zone);
        }
    }

    @Nested
    @DisplayName("of xAI")
    class XAi {
        @Test
        void leaves_reasoning_out_of_the_completion_where_the_total_says_so() {
            assertThat(chatUnits(
                            "xai.chat",
                            "{'prompt_tokens':100,'completion_tokens':11,'total_tokens':311,"
                                    + "'completion_tokens_details':{'reasoning_tokens':200}}"))
                    .isEqualTo(Map.of("uncached_input", "100", "output_text", "11", "reasoning", "200"));
        }

        @Test
        void includes_it_where_the_total_says_that() {
            assertThat(chatUnits(
                            "xai.chat",
                            "{'prompt_tokens':100,'completion_tokens':211,'total_tokens':311,"
                                    + "'completion_tokens_details':{'reasoning_tokens':200}}"))
                    .isEqualTo(Map.of("uncached_input", "100", "output_text", "11", "reasoning", "200"));
        }

        @Test
        void states_its_cost_in_ticks() {
            assertThat(chat("xai.chat", "{'prompt_tokens':1,'cost_in_usd_ticks':107212000}")
                            .getReportedCost())
                    .isEqualByComparingTo("0.0107212");
        }
    }

    @Nested
    @DisplayName("of another provider")
    class Others {
        @Test
        void deepseeks_cache_hits_are_part_of_the_prompt() {
            assertThat(chatUnits(
                            "deepseek.chat",
                            "{'prompt_tokens':563,'completion_tokens':116,'prompt_cache_hit_tokens':512,"
                                    + "'prompt_cache_miss_tokens':51,'prompt_tokens_details':{'cached_tokens':512}}"))
                    .isEqualTo(Map.of("uncached_input", "51", "cache_read", "512", "output_text", "116"));
        }

        @Test
        void openrouter_states_what_it_billed() {
            UsageEvent event = chat(
                    "openrouter.chat",
                    "{'prompt_tokens':1849,'completion_tokens':269,'cost':0.0138583625,'is_byok':false}");

            assertThat(event.getReportedCost()).isEqualByComparingTo("0.0138583625");
            assertThat(event.getGateway()).isEqualTo("openrouter");
            assertThat(event.getProvider()).isEqualTo("openrouter");
        }

        @Test
        void perplexity_searches_with_every_request() {
            UsageEvent event = chat(
                    "perplexity.chat", "{'prompt_tokens':1,'search_context_size':'low','cost':{'total_cost':0.0051}}");

            assertThat(units(event)).containsEntry("web_search", "1");
            assertThat(event.getPricingAttributes()).containsEntry("search_context_size", "low");
            assertThat(event.getReportedCost()).isEqualByComparingTo("0.0051");
        }

        @Test
        void perplexity_bills_its_search_once_though_it_cites() {
            assertThat(units(payload(
                            "perplexity.chat",
                            "{'model':'sonar','choices':[{'message':{'annotations':[{'type':'url_citation'}]}}],"
                                    + "'usage':{'prompt_tokens':1}}")))
                    .containsEntry("web_search", "1");
        }

        @Test
        void together_puts_cached_tokens_beside_the_totals() {
            assertThat(chatUnits("together.chat", "{'prompt_tokens':10,'completion_tokens':1,'cached_tokens':4}"))
                    .isEqualTo(Map.of("uncached_input", "6", "cache_read", "4", "output_text", "1"));
        }

        @ParameterizedTest
        @CsvSource({
            "mistral, mistral",
            "groq, groq",
            "together, together_ai",
            "dashscope, dashscope",
            "perplexity, perplexity",
            "deepseek, deepseek",
            "xai, xai",
            "openrouter, openrouter"
        })
        void goes_by_its_short_name_and_the_price_maps_spelling(String shortName, String provider) {
            UsageEvent event = chat(shortName, "{'prompt_tokens':1}");

            assertThat(event.getSourceKind()).isEqualTo(shortName + ".chat");
            assertThat(event.getProvider()).isEqualTo(provider);
        }
    }
}
