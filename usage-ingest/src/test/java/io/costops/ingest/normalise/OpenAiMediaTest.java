package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.rejectedPayload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("OpenAI's media")
class OpenAiMediaTest {
    @Nested
    @DisplayName("Images")
    class Images {
        @Test
        void split_their_input_and_bill_all_output_as_image() {
            UsageEvent event = payload(
                    "openai.images",
                    "{'created':1785542400,'data':[{'b64_json':'x'}],'usage':{'input_tokens':2189,'output_tokens':544,"
                            + "'total_tokens':2733,'input_tokens_details':{'text_tokens':114,'image_tokens':2075}}}",
                    "{'request_model':'gpt-image-1.5'}");

            assertThat(units(event)).isEqualTo(Map.of("uncached_input", "114", "image_in", "2075", "image_out", "544"));
            assertThat(event.getModel()).isEqualTo("gpt-image-1.5");
        }

        @Test
        void without_usage_are_no_usage() {
            assertThat(payload("openai.images", "{'created':1,'data':[]}".replace("1,", "1785542400,"))
                            .getStatus())
                    .isEqualTo(UsageStatus.NO_USAGE);
        }
    }

    @Nested
    @DisplayName("A transcription")
    class OfSpeech {
        @Test
        void is_billed_by_tokens() {
            assertThat(units(payload(
                            "openai.transcription",
                            "{'text':'x','usage':{'type':'tokens','input_tokens':4665,'input_token_details':"
                                    + "{'text_tokens':40,'audio_tokens':4625},'output_tokens':200}}",
                            "{'request_model':'gpt-4o-mini-transcribe'}")))
                    .isEqualTo(Map.of("uncached_input", "40", "audio_in", "4625", "output_text", "200"));
        }

        @Test
        void or_by_the_second_to_the_last_digit() {
            assertThat(units(payload(
                            "openai.transcription",
                            "{'text':'x','usage':{'type':'duration','seconds':818.25}}",
                            "{'request_model':'whisper-1'}")))
                    .isEqualTo(Map.of("audio_seconds", "818.25"));
        }

        @Test
        void may_state_its_duration_alone() {
            UsageEvent event = payload(
                    "groq.transcription",
                    "{'text':'x','duration':8.47,'x_groq':{'id':'req_1'}}",
                    "{'request_model':'whisper-large-v3'}");

            assertThat(units(event)).isEqualTo(Map.of("audio_seconds", "8.47"));
            assertThat(event.getEventId()).isEqualTo("groq:req_1");
        }

        @Test
        void of_a_negative_duration_is_rejected() {
            assertThat(rejectedPayload(
                                    "openai.transcription",
                                    "{'model':'whisper-1','usage':{'type':'duration','seconds':-1}}")
                            .field())
                    .isEqualTo("payload.usage.seconds");
        }
    }

    @Nested
    @DisplayName("A realtime response")
    class Realtime {
        @Test
        void includes_the_cached_part_in_text_audio_and_images() {
            UsageEvent event = payload(
                    "openai.realtime",
                    "{'type':'response.done','event_id':'e','response':{'id':'resp_1','status':'completed','usage':"
                            + "{'input_tokens':1000,'output_tokens':300,'input_token_details':{'text_tokens':400,"
                            + "'audio_tokens':500,'image_tokens':100,'cached_tokens':350,'cached_tokens_details':"
                            + "{'text_tokens':100,'audio_tokens':200,'image_tokens':50}},'output_token_details':"
                            + "{'text_tokens':100,'audio_tokens':200}}}}",
                    "{'request_model':'gpt-realtime'}");

            assertThat(units(event))
                    .isEqualTo(Map.of(
                            "uncached_input", "300",
                            "cache_read", "150",
                            "cache_read_audio", "200",
                            "audio_in", "300",
                            "image_in", "50",
                            "output_text", "100",
                            "audio_out", "200"));
            assertThat(event.getEventId()).isEqualTo("openai:resp_1");
        }

        @Test
        void with_more_cached_than_there_was_is_rejected() {
            assertThat(rejectedPayload(
                                    "openai.realtime",
                                    "{'response':{'model':'m','usage':{'input_tokens':10,'input_token_details':"
                                            + "{'audio_tokens':5,'cached_tokens':8,'cached_tokens_details':{'audio_tokens':8}}}}}")
                            .field())
                    .isEqualTo("payload.response.usage.input_token_details.audio_tokens");
        }

        @Test
        void writes_down_speech_by_another_model() {
            UsageEvent event = payload(
                    "openai.realtime",
                    "{'type':'conversation.item.input_audio_transcription.completed','item_id':'item_1',"
                            + "'usage':{'type':'duration','seconds':3}}",
                    "{'request_model':'whisper-1'}");

            assertThat(units(event)).isEqualTo(Map.of("audio_seconds", "3"));
        }
    }

    @Nested
    @DisplayName("A line of a batch's output")
    class BatchOutput {
        private static final String BODY =
                "{'id':'chatcmpl-1','object':'chat.completion','model':'m','usage':{'prompt_tokens':10,'completion_tokens':2}}";

        @Test
        void is_of_the_batch_tier() {
            UsageEvent event = payload(
                    "openai.batch_output",
                    "{'id':'batch_req_1','custom_id':'r','response':{'status_code':200,'body':" + BODY
                            + "},'error':null}");

            assertThat(event.getServiceTier()).isEqualTo("batch");
            assertThat(event.getEventId()).isEqualTo("openai:chatcmpl-1");
            assertThat(units(event)).isEqualTo(Map.of("uncached_input", "10", "output_text", "2"));
        }

        @Test
        void may_hold_a_response_of_another_endpoint() {
            assertThat(
                            units(
                                    payload(
                                            "openai.batch_output",
                                            "{'response':{'body':{'object':'response','model':'m','usage':{'input_tokens':5,'output_tokens':1}}}}")))
                    .isEqualTo(Map.of("uncached_input", "5", "output_text", "1"));
        }

        @Test
        void that_failed_is_no_usage() {
            assertThat(payload("openai.batch_output", "{'id':'b','response':null,'error':{'code':'x'}}")
                            .getStatus())
                    .isEqualTo(UsageStatus.NO_USAGE);
        }

        @Test
        void is_one_of_several_in_an_array() {
            String lines = "[{'response':{'body':" + BODY + "}},{'response':{'body':"
                    + BODY.replace("chatcmpl-1", "chatcmpl-2") + "}},{'response':{'body':7}}]";

            assertThat(Normalised.record("{'source':'openai.batch_output','payload':" + lines + "}"))
                    .extracting(outcome -> outcome instanceof Outcome.Usage usage
                            ? usage.event().getEventId()
                            : ((Outcome.Rejected) outcome).field())
                    .containsExactly("openai:chatcmpl-1", "openai:chatcmpl-2", "payload[2].response.body");
        }
    }
}
