package io.costops.ingest.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Origin;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("Which event is it?")
class EventIdentityTest {
    private static final String USAGE = "'model':'gpt-4o','usage':{'prompt_tokens':2}";

    private static String id(String record) {
        return Normalised.event(record).getEventId();
    }

    private static String idAt(long offset, String record) {
        return Normalised.onlyEvent(new Normaliser()
                        .normalise(
                                Normalised.json(record),
                                new Origin("usage.raw", 3, offset, null),
                                Normalised.NOW,
                                Map.of()))
                .getEventId();
    }

    @Nested
    @DisplayName("(a) The response's id")
    class ResponseId {
        @Test
        void is_qualified_by_the_provider_that_issued_it() {
            assertThat(id("{'source':'openai.chat','payload':{'id':'chatcmpl-1'," + USAGE + "}}"))
                    .isEqualTo("openai:chatcmpl-1");
            assertThat(
                            id(
                                    "{'source':'anthropic.messages','payload':{'id':'msg_1','model':'m','usage':{'input_tokens':1}}}"))
                    .isEqualTo("anthropic:msg_1");
        }

        @Test
        void comes_before_the_envelopes_id_and_the_place() {
            String record =
                    "{'source':'openai.chat','id':'k','received_at':'2026-08-01T09:00:00Z','payload':{'id':'chatcmpl-1',"
                            + USAGE + "}}";

            assertThat(idAt(1, record)).isEqualTo("openai:chatcmpl-1").isEqualTo(idAt(2, record));
        }

        @Test
        void makes_one_charge_of_what_came_through_a_gateways_door_too() {
            String direct = id("{'source':'openai.chat','payload':{'id':'chatcmpl-1'," + USAGE + "}}");
            String callback = id("{'source':'litellm.slp','payload':{'id':'chatcmpl-1','custom_llm_provider':'openai',"
                    + "'model':'gpt-4o','metadata':{'usage_object':{'prompt_tokens':2}}}}");

            assertThat(callback).isEqualTo(direct);
        }

        @Test
        void keeps_providers_apart() {
            String azure = id("{'source':'litellm.slp','payload':{'id':'chatcmpl-1','custom_llm_provider':'azure',"
                    + "'model':'gpt-4o','metadata':{'usage_object':{'prompt_tokens':2}}}}");

            assertThat(azure).isEqualTo("azure:chatcmpl-1");
        }

        @Test
        void stays_readable_only_while_it_is_short() {
            String id = id("{'source':'openai.chat','payload':{'id':'" + "x".repeat(450) + "'," + USAGE + "}}");

            assertThat(id).startsWith("issued:sha256:").hasSize("issued:sha256:".length() + 64);
        }
    }

    @Nested
    @DisplayName("A hit in a gateway's cache")
    class CacheHit {
        private static final String HIT =
                "{'source':'litellm.slp','payload':{'id':'chatcmpl-1','custom_llm_provider':'openai','model':'gpt-4o',"
                        + "'cache_hit':true,'startTime':1785542400.25,%s'metadata':{'usage_object':{'prompt_tokens':2}}}}";

        @Test
        void goes_by_the_gateways_id_of_the_call() {
            assertThat(id(String.format(HIT, "'litellm_call_id':'call-9',"))).isEqualTo("litellm-call:call-9");
        }

        @Test
        void never_has_the_id_of_the_answer_that_it_repeats() {
            assertThat(id(String.format(HIT, ""))).isEqualTo("litellm-call:chatcmpl-1@1785542400.25");
        }
    }

    @Nested
    @DisplayName("(b) The envelope's id")
    class EnvelopeId {
        private static final String BARE = "'payload':{" + USAGE + "}}";

        @Test
        void is_the_tenants_and_the_sources() {
            assertThat(id("{'source':'openai.chat','id':'k','tenant':'acme','api_key_id':'key'," + BARE))
                    .isEqualTo("envelope:tenant=acme:openai.chat:k");
        }

        @Test
        void is_the_keys_where_no_tenant_is_named() {
            assertThat(id("{'source':'openai.chat','id':'k','api_key_id':'key'," + BARE))
                    .isEqualTo("envelope:key=key:openai.chat:k");
        }

        @Test
        void stands_alone_where_neither_is() {
            assertThat(id("{'source':'openai.chat','id':'k'," + BARE)).isEqualTo("envelope:-:openai.chat:k");
        }

        @Test
        void keeps_its_parts_apart() {
            assertThat(id("{'source':'openai.chat','id':'b:c','tenant':'a'," + BARE))
                    .isNotEqualTo(id("{'source':'openai.chat','id':'c','tenant':'a:openai.chat:b'," + BARE));
        }

        @Test
        void comes_before_a_hash_and_the_place() {
            String record = "{'source':'openai.chat','id':'k','received_at':'2026-08-01T09:00:00Z'," + BARE;

            assertThat(idAt(1, record)).isEqualTo(idAt(2, record)).startsWith("envelope:");
        }
    }

    @Nested
    @DisplayName("(c) A hash of the whole envelope")
    class Hash {
        @Test
        void if_it_says_when_it_was_received() {
            String record = "{'source':'openai.chat','received_at':'2026-08-01T09:00:00Z','payload':{" + USAGE + "}}";
            String later = record.replace("09:00:00Z", "09:00:01Z");

            assertThat(idAt(1, record)).isEqualTo(idAt(2, record)).matches("sha256:[0-9a-f]{64}");
            assertThat(idAt(1, later)).isNotEqualTo(idAt(1, record));
        }

        @Test
        void if_its_context_says_so() {
            assertThat(id("{'source':'openai.chat','context':{'received_at':'2026-08-01T09:00:00Z'},'payload':{" + USAGE
                            + "}}"))
                    .startsWith("sha256:");
        }
    }

    @Nested
    @DisplayName("(d) The place")
    class Place {
        private static final String RECORD = "{'source':'openai.chat','payload':{" + USAGE + "}}";

        @Test
        void tells_two_equal_payloads_apart() {
            assertThat(idAt(41, RECORD)).isEqualTo("at:usage.raw:3:41");
            assertThat(idAt(42, RECORD)).isEqualTo("at:usage.raw:3:42");
        }

        @Test
        void is_the_doors_request_and_index_where_it_came_through_one() {
            String id = Normalised.onlyEvent(new Normaliser()
                            .normalise(
                                    Normalised.json(RECORD),
                                    Normalised.PLACE,
                                    Normalised.NOW,
                                    Map.of(RecordHeaders.ORIGIN, "req-1/7".getBytes(StandardCharsets.UTF_8))))
                    .getEventId();

            assertThat(id).isEqualTo("request:req-1/7");
        }
    }
}
