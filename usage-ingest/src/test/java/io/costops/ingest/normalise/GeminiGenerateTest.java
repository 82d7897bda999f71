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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An answer of Gemini")
class GeminiGenerateTest {
    private static Map<String, String> gemini(String usage) {
        return units(payload("gemini.generate", "{'modelVersion':'m','usageMetadata':" + usage + "}"));
    }

    @Nested
    @DisplayName("in its input")
    class Input {
        @Test
        void includes_cached_content() {
            assertThat(gemini("{'promptTokenCount':100,'cachedContentTokenCount':60,'candidatesTokenCount':5}"))
                    .isEqualTo(Map.of("uncached_input", "40", "cache_read", "60", "output_text", "5"));
        }

        @Test
        void tells_modalities_apart_and_takes_documents_for_text() {
            assertThat(gemini("{'promptTokenCount':4653,'promptTokensDetails':[{'modality':'TEXT','tokenCount':689},"
                            + "{'modality':'VIDEO','tokenCount':1900},{'modality':'IMAGE','tokenCount':2054},"
                            + "{'modality':'DOCUMENT','tokenCount':10}]}"))
                    .isEqualTo(Map.of("uncached_input", "699", "video_in", "1900", "image_in", "2054"));
        }

        @Test
        void takes_for_text_what_the_details_leave_out() {
            assertThat(gemini(
                            "{'promptTokenCount':1000,'promptTokensDetails':[{'modality':'AUDIO','tokenCount':300}]}"))
                    .isEqualTo(Map.of("audio_in", "300", "uncached_input", "700"));
        }

        @Test
        void takes_from_each_modality_what_of_it_was_cached() {
            assertThat(gemini("{'promptTokenCount':1000,'cachedContentTokenCount':450,'promptTokensDetails':["
                            + "{'modality':'TEXT','tokenCount':400},{'modality':'AUDIO','tokenCount':300},"
                            + "{'modality':'IMAGE','tokenCount':300}],'cacheTokensDetails':["
                            + "{'modality':'TEXT','tokenCount':100},{'modality':'AUDIO','tokenCount':200},"
                            + "{'modality':'IMAGE','tokenCount':150}]}"))
                    .isEqualTo(Map.of(
                            "uncached_input", "300",
                            "audio_in", "100",
                            "image_in", "150",
                            "cache_read_audio", "200",
                            "cache_read", "250"));
        }

        @Test
        void takes_from_the_media_what_of_the_cache_the_text_cannot_cover() {
            assertThat(gemini("{'promptTokenCount':1000,'cachedContentTokenCount':950,'promptTokensDetails':["
                            + "{'modality':'AUDIO','tokenCount':900},{'modality':'TEXT','tokenCount':100}]}"))
                    .isEqualTo(Map.of("cache_read_audio", "850", "cache_read", "100", "audio_in", "50"));
        }

        @Test
        void adds_the_prompts_of_tools() {
            assertThat(gemini("{'promptTokenCount':100,'toolUsePromptTokenCount':30,'candidatesTokenCount':5,"
                            + "'totalTokenCount':135}"))
                    .isEqualTo(Map.of("uncached_input", "130", "output_text", "5"));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                        {'promptTokenCount':10,'cachedContentTokenCount':11} | payload.usageMetadata.promptTokenCount
                        {'promptTokenCount':10,'promptTokensDetails':[{'modality':'AUDIO','tokenCount':11}]} | payload.usageMetadata.promptTokenCount
                        {'promptTokenCount':10,'cachedContentTokenCount':2,'cacheTokensDetails':[{'modality':'IMAGE','tokenCount':3}]} | payload.usageMetadata.cachedContentTokenCount
                        {'promptTokenCount':10,'promptTokensDetails':[{'modality':'AUDIO','tokenCount':-1}]} | payload.usageMetadata.promptTokensDetails[0].tokenCount
                        {'promptTokenCount':10,'candidatesTokenCount':1,'candidatesTokensDetails':[{'modality':'IMAGE','tokenCount':2}]} | payload.usageMetadata.candidatesTokenCount
                        {'promptTokens':10} | payload.usageMetadata.promptTokenCount
                        """)
        void is_rejected_where_parts_exceed_their_total(String usage, String field) {
            assertThat(rejectedPayload("gemini.generate", "{'modelVersion':'m','usageMetadata':" + usage + "}")
                            .field())
                    .isEqualTo(field);
        }
    }

    @Nested
    @DisplayName("in its output")
    class Output {
        @Test
        void adds_thoughts_to_the_candidates() {
            assertThat(gemini("{'promptTokenCount':57,'candidatesTokenCount':1022,'thoughtsTokenCount':5330,"
                            + "'totalTokenCount':6409}"))
                    .isEqualTo(Map.of("uncached_input", "57", "output_text", "1022", "reasoning", "5330"));
        }

        @Test
        void finds_thoughts_within_the_candidates_where_the_total_leaves_no_room() {
            assertThat(gemini("{'promptTokenCount':57,'candidatesTokenCount':1022,'thoughtsTokenCount':1000,"
                            + "'totalTokenCount':1079}"))
                    .isEqualTo(Map.of("uncached_input", "57", "output_text", "22", "reasoning", "1000"));
        }

        @Test
        void may_be_thoughts_alone() {
            assertThat(gemini("{'promptTokenCount':788,'totalTokenCount':887,'thoughtsTokenCount':99}"))
                    .isEqualTo(Map.of("uncached_input", "788", "reasoning", "99"));
        }

        @Test
        void tells_audio_and_images_apart() {
            assertThat(gemini("{'promptTokenCount':1,'candidatesTokenCount':100,'candidatesTokensDetails':["
                            + "{'modality':'AUDIO','tokenCount':60},{'modality':'IMAGE','tokenCount':30}]}"))
                    .isEqualTo(
                            Map.of("uncached_input", "1", "audio_out", "60", "image_out", "30", "output_text", "10"));
        }
    }

    @Test
    void that_is_grounded_is_one_search_and_tells_its_queries() {
        UsageEvent event = payload(
                "vertex.generate",
                "{'modelVersion':'m','candidates':[{'groundingMetadata':{'webSearchQueries':['a','b','c'],"
                        + "'groundingChunks':[{}]}}],'usageMetadata':{'promptTokenCount':1}}");

        assertThat(units(event)).containsEntry("web_search", "1");
        assertThat(event.getPricingAttributes()).containsEntry("web_search_queries", "3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'webSearchQueries':[]}", "{'webSearchQueries':null}"})
    void that_asked_nothing_is_no_search(String grounding) {
        assertThat(units(payload(
                        "gemini.generate",
                        "{'modelVersion':'m','candidates':[{'groundingMetadata':" + grounding
                                + "}],'usageMetadata':{'promptTokenCount':1}}")))
                .doesNotContainKey("web_search");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "'serviceTier':'flex', flex",
                "'serviceTier':'priority', priority",
                "'serviceTier':'standard', standard",
                "'trafficType':'ON_DEMAND', standard",
                "'trafficType':'ON_DEMAND_PRIORITY', priority",
                "'trafficType':'ON_DEMAND_FLEX', flex",
                "'trafficType':'PROVISIONED_THROUGHPUT', provisioned_throughput"
            })
    void reports_its_tier(String member, String tier) {
        assertThat(payload(
                                "vertex.generate",
                                "{'modelVersion':'m','usageMetadata':{'promptTokenCount':1," + member + "}}")
                        .getServiceTier())
                .isEqualTo(tier);
    }

    @Test
    void that_was_streamed_is_billed_by_its_last_chunk() {
        UsageEvent event = payload(
                "vertex.generate_stream",
                "{'stream_events':[{'usageMetadata':{'promptTokenCount':842},'modelVersion':'m','responseId':'r1',"
                        + "'createTime':'2026-08-01T08:00:00.123456Z'},{'usageMetadata':{'promptTokenCount':842,"
                        + "'candidatesTokenCount':1612},'modelVersion':'m','responseId':'r1',"
                        + "'createTime':'2026-08-01T08:00:00.123456Z'},{'candidates':[{'finishReason':'STOP'}]}]}");

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "842", "output_text", "1612"));
        assertThat(event.getEventId()).isEqualTo("google:r1");
        assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T08:00:00.123456Z"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'modelVersion':'m'}",
                "{'modelVersion':'m','usageMetadata':null}",
                "{'modelVersion':'m','usageMetadata':{}}",
                "{'error':{'code':429}}"
            })
    void without_usage_is_no_usage(String response) {
        assertThat(payload("gemini.generate", response).getStatus()).isEqualTo(UsageStatus.NO_USAGE);
    }
}
