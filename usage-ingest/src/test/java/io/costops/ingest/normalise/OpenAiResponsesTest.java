package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A response of the Responses API")
class OpenAiResponsesTest {
    private static final String USAGE =
            "'usage':{'input_tokens':100,'input_tokens_details':{'cached_tokens':60,'cache_write_tokens':10},"
                    + "'output_tokens':50,'output_tokens_details':{'reasoning_tokens':20},'total_tokens':150}";
    private static final Map<String, String> UNITS = Map.of(
            "uncached_input", "30", "cache_read", "60", "cache_write_5m", "10", "output_text", "30", "reasoning", "20");

    @Test
    void includes_cached_tokens_in_the_input_and_reasoning_in_the_output() {
        UsageEvent event = payload(
                "openai.responses",
                "{'id':'resp_1','object':'response','created_at':1785542400,'status':'completed','model':'m'," + USAGE
                        + "}");

        assertThat(units(event)).isEqualTo(UNITS);
        assertThat(event.getEventId()).isEqualTo("openai:resp_1");
        assertThat(event.getOutcome()).isEqualTo("completed");
    }

    @Test
    void that_is_incomplete_still_bills() {
        assertThat(units(payload("azure.responses", "{'model':'m','status':'incomplete'," + USAGE + "}")))
                .isEqualTo(UNITS);
    }

    @Test
    void that_failed_without_usage_is_no_usage() {
        assertThat(payload("openai.responses", "{'model':'m','status':'failed','usage':null}")
                        .getStatus())
                .isEqualTo(UsageStatus.NO_USAGE);
    }

    @Test
    void bills_every_completed_search_at_the_size_that_its_tool_had() {
        UsageEvent event = payload(
                "openai.responses",
                "{'model':'m','tools':[{'type':'function','parameters':{}},{'type':'web_search_preview',"
                        + "'search_context_size':'low'}],'output':[{'type':'web_search_call','status':'completed'},"
                        + "{'type':'web_search_call','status':'failed'},{'type':'web_search_call','status':'completed'},"
                        + "{'type':'message','status':'completed'}]," + USAGE + "}",
                "{'web_search_options':{'search_context_size':'high'}}");

        assertThat(units(event)).containsEntry("web_search", "2");
        assertThat(event.getPricingAttributes()).containsEntry("search_context_size", "low");
    }

    @ParameterizedTest
    @ValueSource(strings = {"response.completed", "response.incomplete"})
    void that_was_streamed_is_billed_by_its_last_event(String type) {
        UsageEvent event = payload(
                "openai.responses_stream",
                "{'stream_events':[{'type':'response.created','response':{'id':'resp_1','model':'m','usage':null}},"
                        + "{'type':'response.output_text.delta','delta':'x'},{'type':'" + type
                        + "','response':{'id':'resp_1','model':'m'," + USAGE + "}}]}");

        assertThat(units(event)).isEqualTo(UNITS);
        assertThat(event.getEventId()).isEqualTo("openai:resp_1");
    }

    @Test
    void that_was_streamed_and_cut_off_is_no_usage() {
        UsageEvent event = payload(
                "openai.responses_stream",
                "[{'type':'response.created','response':{'id':'resp_1','model':'m','usage':null}}]");

        assertThat(event.getStatus()).isEqualTo(UsageStatus.NO_USAGE);
        assertThat(event.getEventId()).isEqualTo("openai:resp_1");
    }

    @Test
    void may_come_within_its_event() {
        assertThat(units(payload(
                        "openai.responses", "{'type':'response.completed','response':{'model':'m'," + USAGE + "}}")))
                .isEqualTo(UNITS);
    }
}
