package io.costops.ingest.normalise;

import static io.costops.ingest.normalise.Normalised.payload;
import static io.costops.ingest.normalise.Normalised.rejectedPayload;
import static io.costops.ingest.normalise.Normalised.units;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A CloudEvent")
class CloudEventTest {
    private static final String DATA = "{'id':'c1','usage':{'billed_units':{'input_tokens':4794,'output_tokens':481}}}";

    private static String event(String members) {
        return "{'specversion':'1.0','id':'e1','source':'/proxy/eu-1','type':'com.acme.usage','time':'2026-08-01T08:00:00Z',"
                + "'datacontenttype':'application/json'," + members + "}";
    }

    private static String base64(String quoted) {
        return Base64.getEncoder().encodeToString(Normalised.json(quoted));
    }

    @Test
    void names_the_kind_inside_and_carries_its_context() {
        UsageEvent event = payload(
                "cloudevents",
                event("'subject':'s','llmkind':'cohere.chat','llmrequestmodel':'command-r','llmregion':'eu-west-1',"
                        + "'llmbatch':'true','llmagentrun':'r-9','llmagentstep':'3','llmattempt':2,'llmquality':'0.9',"
                        + "'llmuser':'u-1','tenantid':'t23','shard':7,'data':" + DATA));

        assertThat(units(event)).isEqualTo(Map.of("uncached_input", "4794", "output_text", "481"));
        assertThat(event.getSourceKind()).isEqualTo("cloudevents");
        assertThat(event.getInnerKind()).isEqualTo("cohere.chat");
        assertThat(event.getModel()).isEqualTo("command-r");
        assertThat(event.getRegion()).isEqualTo("eu-west-1");
        assertThat(event.getServiceTier()).isEqualTo("batch");
        assertThat(event.getDimensions().getAgentRun()).isEqualTo("r-9");
        assertThat(event.getDimensions().getAgentStep()).isEqualTo(3);
        assertThat(event.getAttempt()).isEqualTo(2);
        assertThat(event.getQuality()).isEqualTo(0.9);
        assertThat(event.getDimensions().getUser()).isEqualTo("u-1");
        assertThat(event.getDimensions().getTenant()).isEqualTo("t23");
        assertThat(event.getEventId()).isEqualTo("cohere:c1");
        assertThat(event.getTags())
                .containsOnly(
                        Map.entry("ce_source", "/proxy/eu-1"),
                        Map.entry("ce_type", "com.acme.usage"),
                        Map.entry("ce_subject", "s"),
                        Map.entry("shard", "7"));
    }

    @Test
    void dates_a_payload_that_does_not_say_when() {
        assertThat(payload("cloudevents", event("'llmkind':'cohere','llmrequestmodel':'m','data':" + DATA))
                        .getEventTime())
                .isEqualTo(Instant.parse("2026-08-01T08:00:00Z"));
        assertThat(payload(
                                "cloudevents",
                                event(
                                        "'llmkind':'openai.chat','data':{'created':1785542400,'model':'m','usage':{'prompt_tokens':1}}"))
                        .getEventTime())
                .isEqualTo(Instant.ofEpochSecond(1785542400));
    }

    @Test
    void may_carry_its_data_in_base64() {
        assertThat(units(payload(
                        "cloudevents",
                        event("'llmkind':'cohere.chat','llmrequestmodel':'m','data_base64':'" + base64(DATA) + "'"))))
                .containsEntry("uncached_input", "4794");
    }

    @Test
    void may_carry_its_data_as_text() {
        assertThat(units(payload(
                        "cloudevents",
                        event("'llmkind':'cohere.chat','llmrequestmodel':'m','data':'" + DATA.replace("'", "\\\"")
                                + "'"))))
                .containsEntry("uncached_input", "4794");
    }

    @Test
    void is_identified_by_its_source_and_id_where_the_payload_has_no_id() {
        String without = DATA.replace("'id':'c1',", "");

        assertThat(payload(
                                "cloudevents",
                                event("'llmkind':'cohere','llmrequestmodel':'m','tenantid':'t','data':" + without))
                        .getEventId())
                .isEqualTo("envelope:tenant=t:cloudevents:/proxy/eu-1/e1");
    }

    @Test
    void makes_one_charge_with_the_bare_payload() {
        assertThat(payload("cloudevents", event("'llmkind':'cohere','llmrequestmodel':'m','data':" + DATA))
                        .getEventId())
                .isEqualTo(payload("cohere", DATA, "{'request_model':'m'}").getEventId());
    }

    @Test
    void does_not_overrule_the_envelope() {
        UsageEvent event = Normalised.event("{'source':'cloudevents','tenant':'own','id':'k','context':{'region':'r1'},"
                + "'tags':{'ce_type':'mine'},'payload':"
                + event("'llmkind':'cohere','llmrequestmodel':'m','llmregion':'r2','tenantid':'t','data':"
                        + DATA.replace("'id':'c1',", ""))
                + "}");

        assertThat(event.getDimensions().getTenant()).isEqualTo("own");
        assertThat(event.getRegion()).isEqualTo("r1");
        assertThat(event.getTags()).containsEntry("ce_type", "mine");
        assertThat(event.getEventId()).isEqualTo("envelope:tenant=own:cloudevents:k");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    'data':{}                                    | MISSING_FIELD  | payload.llmkind
                    'llmkind':'acme','data':{}                   | UNKNOWN_SOURCE | payload.llmkind
                    'llmkind':'cloudevents','data':{}            | UNKNOWN_SOURCE | payload.llmkind
                    'llmkind':'openai.chat'                      | MISSING_FIELD  | payload.data
                    'llmkind':'openai.chat','data':{},'data_base64':'e30=' | INVALID_FIELD | payload.data_base64
                    'llmkind':'openai.chat','data_base64':'%%%'  | INVALID_FIELD  | payload.data_base64
                    'llmkind':'openai.chat','data_base64':7      | INVALID_FIELD  | payload.data_base64
                    'llmkind':'openai.chat','data_base64':'eyJ9' | MALFORMED_JSON | payload.data_base64
                    'llmkind':'openai.chat','data':{'model':'m','usage':{'prompt_tokens':-1}} | NEGATIVE_QUANTITY | payload.data.usage.prompt_tokens
                    'llmkind':'openai.chat','llmbatch':'maybe','data':{} | INVALID_FIELD | context.batch
                    """)
    void that_is_wrong_is_rejected(String members, RejectReason reason, String field) {
        Outcome.Rejected rejected = rejectedPayload("cloudevents", event(members));

        assertThat(rejected.reason()).isEqualTo(reason);
        assertThat(rejected.field()).isEqualTo(field);
        assertThat(rejected.sourceKind()).isEqualTo("cloudevents");
    }

    @Test
    void of_another_version_is_rejected() {
        assertThat(rejectedPayload("cloudevents", "{'specversion':'0.3','llmkind':'openai.chat','data':{}}")
                        .reason())
                .isEqualTo(RejectReason.UNSUPPORTED);
    }

    @Test
    void names_a_broken_count_within_base64() {
        String data = base64("{'model':'m','usage':{'prompt_tokens':-1}}");

        assertThat(rejectedPayload("cloudevents", event("'llmkind':'openai.chat','data_base64':'" + data + "'"))
                        .field())
                .isEqualTo("payload.data_base64.usage.prompt_tokens");
    }

    @Nested
    @DisplayName("on Kafka")
    class OnKafka {
        @Test
        void in_structured_mode_needs_no_envelope() {
            UsageEvent event = Normalised.event(
                    event("'llmkind':'cohere.chat','llmrequestmodel':'m','tenantid':'t','data':" + DATA));

            assertThat(event.getInnerKind()).isEqualTo("cohere.chat");
            assertThat(event.getDimensions().getTenant()).isEqualTo("t");
            assertThat(event.getReceivedAt()).isEqualTo(Normalised.NOW);
        }

        @Test
        void in_binary_mode_has_its_attributes_in_headers() {
            Map<String, byte[]> headers = new HashMap<>();
            Map.of(
                            "ce_specversion", "1.0",
                            "ce_id", "e1",
                            "ce_source", "/proxy",
                            "ce_type", "usage",
                            "ce_time", "2026-08-01T08:00:00Z",
                            "ce_llmkind", "cohere.chat",
                            "ce_llmrequestmodel", "m",
                            "ce_tenantid", "t",
                            "content-type", "application/json")
                    .forEach((name, value) -> headers.put(name, value.getBytes(StandardCharsets.UTF_8)));

            UsageEvent event = Normalised.onlyEvent(
                    new Normaliser().normalise(Normalised.json(DATA), Normalised.PLACE, Normalised.NOW, headers));

            assertThat(units(event)).containsEntry("uncached_input", "4794");
            assertThat(event.getInnerKind()).isEqualTo("cohere.chat");
            assertThat(event.getDimensions().getTenant()).isEqualTo("t");
            assertThat(event.getEventTime()).isEqualTo(Instant.parse("2026-08-01T08:00:00Z"));
        }
    }
}
