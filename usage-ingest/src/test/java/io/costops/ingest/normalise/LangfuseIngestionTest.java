package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.rejectedPayload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An ingestion event of Langfuse")
class LangfuseIngestionTest {
    private static String generation(String body) {
        return "{'id':'e1','type':'generation-create','timestamp':'2026-08-01T00:00:09Z','body':{'id':'obs-1',"
                + "'startTime':'2026-08-01T00:00:01.5Z','model':'gpt-5'," + body + "}}";
    }

    private static Map<String, String> usage(String usage) {
        return units(payload("langfuse.ingestion", generation(usage)));
    }

    @Test
    void has_disjoint_buckets_and_a_total_that_is_none() {
        assertThat(usage(
                        "'usageDetails':{'input':3785,'output':25,'input_cached_tokens':10,'cache_read_input_tokens':4575,"
                                + "'cache_creation_input_tokens':4988,'output_reasoning_tokens':7,'input_audio_tokens':3,"
                                + "'output_audio_tokens':2,'output_accepted_prediction_tokens':1,'total':13400}"))
                .isEqualTo(Map.of(
                        "uncached_input", "3785",
                        "cache_read", "4585",
                        "cache_write_5m", "4988",
                        "audio_in", "3",
                        "output_text", "26",
                        "reasoning", "7",
                        "audio_out", "2"));
    }

    @Test
    void may_have_openais_shape_where_parts_are_included() {
        assertThat(
                        usage(
                                "'usageDetails':{'prompt_tokens':46879,'completion_tokens':2170,'total_tokens':49049,"
                                        + "'prompt_tokens_details':{'cached_tokens':31744},'completion_tokens_details':{'reasoning_tokens':70}}"))
                .isEqualTo(Map.of(
                        "uncached_input", "15135", "cache_read", "31744", "output_text", "2100", "reasoning", "70"));
    }

    @Test
    void may_have_the_shape_of_the_responses_api() {
        assertThat(
                        usage(
                                "'usageDetails':{'input_tokens':100,'output_tokens':9,'input_tokens_details':{'cached_tokens':40}}"))
                .isEqualTo(Map.of("uncached_input", "60", "cache_read", "40", "output_text", "9"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'usage':{'input':6143,'output':4470,'total':10613,'unit':'TOKENS'}",
                "'usage':{'promptTokens':6143,'completionTokens':4470,'totalTokens':10613}",
                "'usageDetails':{},'usage':{'input':6143,'output':4470}",
                "'usageDetails':{'input':6143,'output':4470,'input_cached_tokens':null}"
            })
    void may_have_the_older_shape(String usage) {
        assertThat(usage(usage)).isEqualTo(Map.of("uncached_input", "6143", "output_text", "4470"));
    }

    @Test
    void names_no_provider_and_states_its_cost_and_time() {
        UsageEvent event = payload(
                "langfuse.ingestion",
                generation("'endTime':'2026-08-01T00:00:03Z','traceId':'t1','environment':'staging',"
                        + "'usageDetails':{'input':1},'costDetails':{'input':0.001,'total':0.003}"));

        assertThat(event.getProvider()).isNull();
        assertThat(event.getReportedCost()).isEqualByComparingTo("0.003");
        assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T00:00:01.5Z"));
        assertThat(event.getLatencyMs()).isEqualTo(1500);
        assertThat(event.getDimensions().getEnvironment()).isEqualTo("staging");
        assertThat(event.getTags()).containsEntry("langfuse.trace_id", "t1");
    }

    @Test
    void that_updates_a_generation_is_about_the_same_call() {
        String create = generation("'usage':null");
        String update = generation("'usageDetails':{'input':1}")
                .replace("-create", "-update")
                .replace("e1", "e2");

        assertThat(payload("langfuse.ingestion", create).getStatus()).isEqualTo(UsageStatus.NO_USAGE);
        assertThat(payload("langfuse.ingestion", create).getEventId())
                .isEqualTo(payload("langfuse.ingestion", update).getEventId())
                .isEqualTo("langfuse-call:obs-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trace-create", "span-create", "event-create", "score-create"})
    void that_is_no_generation_is_no_usage_at_all(String type) {
        String event = generation("'usageDetails':{'input':1}").replace("generation-create", type);

        assertThat(Normalised.record("{'source':'langfuse','payload':" + event + "}"))
                .containsExactly(new Outcome.Ignored("langfuse.ingestion", "not a generation"));
    }

    @Test
    void may_be_one_of_a_batch() {
        String batch = "{'batch':[{'type':'trace-create','body':{'id':'t'}}," + generation("'usageDetails':{'input':5}")
                + "," + generation("'usageDetails':{'input':-5}").replace("obs-1", "obs-2") + "],'metadata':{}}";

        assertThat(Normalised.record("{'source':'langfuse.ingestion','payload':" + batch + "}"))
                .extracting(outcome -> outcome.getClass().getSimpleName())
                .containsExactly("Ignored", "Usage", "Rejected");
    }

    @Test
    void that_counts_anything_but_tokens_is_rejected() {
        Outcome.Rejected rejected =
                rejectedPayload("langfuse.ingestion", generation("'usage':{'input':5,'unit':'CHARACTERS'}"));

        assertThat(rejected.reason()).isEqualTo(RejectReason.UNSUPPORTED);
        assertThat(rejected.field()).isEqualTo("payload.body.usage.unit");
    }
}
