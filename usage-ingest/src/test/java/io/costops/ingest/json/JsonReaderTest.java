package io.costops.ingest.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.ingest.json.JsonReading.Defect;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("JSON")
class JsonReaderTest {
    private static final int MAX_BYTES = 1024 * 1024;

    private final JsonReader reader = new JsonReader(MAX_BYTES);

    private JsonReading read(String json) {
        return reader.readEnvelope(json.getBytes(StandardCharsets.UTF_8));
    }

    private JsonObject object(String json) {
        JsonReading reading = read(json);
        assertThat(reading).isInstanceOf(JsonReading.Value.class);
        return (JsonObject) ((JsonReading.Value) reading).json();
    }

    private JsonReading.Unreadable unreadable(JsonReading reading) {
        assertThat(reading).isInstanceOf(JsonReading.Unreadable.class);
        return (JsonReading.Unreadable) reading;
    }

    @Nested
    @DisplayName("is refused")
    class Refused {
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    " ",
                    "{",
                    "{\"a\":}",
                    "{\"a\":1,}",
                    "[1",
                    "{\"a\":NaN}",
                    "{\"a\":Infinity}",
                    "{\"a\":-Infinity}",
                    "{\"a\":+1}",
                    "{\"a\":01}",
                    "{\"a\":.5}",
                    "{\"a\":0x10}",
                    "{'a':1}",
                    "{a:1}",
                    "{\"a\":1} {\"a\":1}",
                    "{\"a\":1}x",
                    "{\"a\":\"\u0001\"}",
                    "nul"
                })
        void what_is_not_one_json_value(String json) {
            assertThat(unreadable(read(json)).defect()).isEqualTo(Defect.MALFORMED);
        }

        @Test
        void a_name_that_stands_twice_with_its_path() {
            JsonReading.Unreadable twice = unreadable(read("{\"payload\":{\"usage\":{\"n\":1,\"m\":2,\"n\":3}}}"));

            assertThat(twice.defect()).isEqualTo(Defect.MALFORMED);
            assertThat(twice.path()).isEqualTo("payload.usage.n");
        }

        @Test
        void a_name_that_stands_twice_among_many() {
            StringBuilder json = new StringBuilder("{");
            for (int i = 0; i < 100; i++) {
                json.append("\"n").append(i).append("\":1,");
            }
            assertThat(unreadable(read(json + "\"n42\":2}")).path()).isEqualTo("n42");
        }

        @Test
        void nesting_of_ten_thousand_levels() {
            assertThat(unreadable(read("[".repeat(10_000) + "]".repeat(10_000))).defect())
                    .isEqualTo(Defect.TOO_DEEP);
        }

        @Test
        void deep_nesting_in_content_that_is_skipped() {
            String deep = "{\"payload\":{\"content\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}}";

            assertThat(unreadable(read(deep)).defect()).isEqualTo(Defect.TOO_DEEP);
        }

        @Test
        void a_byte_above_the_bound() {
            String exact = "\"" + "x".repeat(MAX_BYTES - 2) + "\"";

            assertThat(read(exact)).isInstanceOf(JsonReading.Value.class);
            assertThat(unreadable(read(exact + " ")).defect()).isEqualTo(Defect.TOO_LARGE);
        }

        @ParameterizedTest
        @ValueSource(strings = {"1e400", "-1e400", "1e1000000000", "1E+99999999999", "1.5e-400", "0e999"})
        void an_exponent_beyond_a_double(String number) {
            JsonReading.Unreadable beyond = unreadable(read("{\"payload\":{\"n\":" + number + "}}"));

            assertThat(beyond.defect()).isEqualTo(Defect.NUMBER_OUT_OF_RANGE);
            assertThat(beyond.path()).isEqualTo("payload.n");
        }

        @Test
        void a_number_of_a_thousand_digits() {
            assertThat(unreadable(read("{\"n\":" + "9".repeat(1_000) + "}")).defect())
                    .isEqualTo(Defect.NUMBER_OUT_OF_RANGE);
        }

        @Test
        void bytes_that_are_not_utf8() {
            int[][] broken = {
                {0xFF},
                {0xC3},
                {0xC0, 0xAF},
                {0xE0, 0x80, 0xAF},
                {0xED, 0xA0, 0x80},
                {0xF4, 0x90, 0x80, 0x80},
                {0xF0, 0x9F, 0x98},
                {0x80}
            };
            for (int[] bytes : broken) {
                byte[] json = new byte[bytes.length + 20];
                java.util.Arrays.fill(json, (byte) 'x');
                json[0] = '"';
                json[json.length - 1] = '"';
                for (int i = 0; i < bytes.length; i++) {
                    json[i + 9] = (byte) bytes[i];
                }
                JsonReading.Unreadable unreadable = unreadable(reader.readEnvelope(json));
                assertThat(unreadable.defect()).isEqualTo(Defect.MALFORMED);
                assertThat(unreadable.message()).contains("byte 9 is not UTF-8");
            }
        }

        @Test
        void utf16() {
            assertThat(reader.readEnvelope("{\"a\":1}".getBytes(StandardCharsets.UTF_16LE)))
                    .isInstanceOf(JsonReading.Unreadable.class);
        }
    }

    @Nested
    @DisplayName("is kept exactly")
    class Exact {
        @Test
        void numbers_keep_their_literal() {
            JsonObject json =
                    object("{\"a\":0.10,\"b\":123456789012345678901234567890,\"c\":9007199254740993,\"d\":2.5E-7}");

            assertThat(literal(json, "a")).isEqualTo("0.10");
            assertThat(literal(json, "b")).isEqualTo("123456789012345678901234567890");
            assertThat(json.get("c")).isEqualTo(new Json.Whole(9007199254740993L));
            assertThat(literal(json, "d")).isEqualTo("2.5E-7");
        }

        private String literal(JsonObject json, String name) {
            return ((Json.Literal) java.util.Objects.requireNonNull(json.get(name))).literal();
        }

        @Test
        void strings_of_every_width() {
            assertThat(object("{\"a\":\"aé€😀\"}").get("a")).isEqualTo(new Json.Text("aé€😀"));
        }

        @Test
        void null_reads_as_absent() {
            JsonObject json = object("{\"a\":null}");

            assertThat(json.get("a")).isNull();
            assertThat(json.size()).isEqualTo(1);
        }

        @Test
        void a_path_leads_to_every_container() {
            JsonObject json = object("{\"a\":[{\"b\":{\"c\":1}}]}");
            JsonObject b = (JsonObject)
                    ((JsonObject) ((JsonArray) java.util.Objects.requireNonNull(json.get("a"))).get(0)).get("b");

            assertThat(java.util.Objects.requireNonNull(b).path("c")).isEqualTo("a[0].b.c");
        }
    }

    @Nested
    @DisplayName("of a payload")
    class Payload {
        @Test
        void leaves_out_what_was_said() {
            JsonObject json = object(
                    "{\"payload\":{\"content\":[{\"text\":\"x\"}],\"usage\":{\"input\":3,\"text\":4}},\"content\":\"tag\"}");
            JsonObject payload = (JsonObject) java.util.Objects.requireNonNull(json.get("payload"));

            assertThat(payload.get("content")).isNull();
            assertThat(JsonText.plain(java.util.Objects.requireNonNull(payload.get("usage"))))
                    .isEqualTo("{\"input\":3,\"text\":4}");
            assertThat(json.get("content")).isEqualTo(new Json.Text("tag"));
        }
    }

    @Test
    void is_never_searched_by_a_name_that_was_put_together() {
        JsonObject json = object("{\"put together\":1}");
        String name = String.join(" ", "put", "together");

        for (int again = 0; again < 2; again++) {
            assertThatThrownBy(() -> json.get(name))
                    .as("in production it would not be found, so no test may find it either")
                    .isInstanceOf(AssertionError.class);
        }
        assertThat(json.get(name.intern())).isEqualTo(new Json.Whole(1));
    }

    @Test
    void is_written_back_as_it_was() {
        String json = "{\"a\":[1,2.50,\"x\\\"\\\\y\",true,null],\"b\":{}}";

        assertThat(JsonText.plain(object(json))).isEqualTo(json);
    }
}
