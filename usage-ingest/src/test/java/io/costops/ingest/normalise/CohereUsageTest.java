package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.rejectedPayload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Cohere")
class CohereUsageTest {
    private static final String CONTEXT = "{'request_model':'command-r-plus'}";

    @Test
    void bills_billed_units_not_tokens() {
        UsageEvent event = payload(
                "cohere.chat",
                "{'id':'c1','finish_reason':'COMPLETE','usage':{'billed_units':{'input_tokens':15.0,'output_tokens':5023},"
                        + "'tokens':{'input_tokens':221,'output_tokens':5025}}}",
                CONTEXT);

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "15", "output_text", "5023"));
        assertThat(event.getModel()).isEqualTo("command-r-plus");
        assertThat(event.getEventId()).isEqualTo("cohere:c1");
    }

    @Test
    void embeds_by_input_tokens() {
        assertThat(units(payload(
                        "cohere.embed", "{'id':'e','meta':{'billed_units':{'input_tokens':861,'images':1}}}", CONTEXT)))
                .isEqualTo(Map.of("uncached_input", "861"));
    }

    @Test
    void reranks_by_search_units() {
        assertThat(units(payload("cohere.rerank", "{'id':'r','meta':{'billed_units':{'search_units':2}}}", CONTEXT)))
                .isEqualTo(Map.of("search_units", "2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'type':'message-start','id':'c1'},{'type':'message-end','delta':{'finish_reason':'COMPLETE',"
                        + "'usage':{'billed_units':{'input_tokens':5,'output_tokens':2}}}}]",
                "[{'event_type':'stream-start','generation_id':'c1'},{'event_type':'stream-end','response':"
                        + "{'meta':{'billed_units':{'input_tokens':5,'output_tokens':2}}}}]"
            })
    void bills_a_stream_by_its_end(String stream) {
        UsageEvent event = payload("cohere.chat", stream, CONTEXT);

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "5", "output_text", "2"));
        assertThat(event.getEventId()).isEqualTo("cohere:c1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'id':'c'}", "{'usage':{'tokens':{'input_tokens':5}}}", "{'meta':{'billed_units':null}}"})
    void bills_nothing_without_billed_units(String response) {
        assertThat(payload("cohere.chat", response, CONTEXT).getStatus()).isEqualTo(UsageStatus.NO_USAGE);
    }

    @Test
    void needs_the_model_that_was_asked() {
        assertThat(rejectedPayload("cohere.chat", "{'usage':{'billed_units':{'input_tokens':5}}}")
                        .field())
                .isEqualTo("payload.model");
    }

    @Test
    void bills_no_part_of_a_token() {
        assertThat(rejectedPayload("cohere.chat", "{'model':'m','usage':{'billed_units':{'input_tokens':5.5}}}")
                        .field())
                .isEqualTo("payload.usage.billed_units.input_tokens");
    }
}
