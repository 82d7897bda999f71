package io.costops.ingest.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("What is read of a JSON text")
class JsonScannerTest {
    private static final int MUTATIONS = 60_000;
    private static final JsonMapper JACKSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(JsonReader.MAX_DEPTH)
                            .maxNumberLength(100)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Bytes on which JSON turns, and some on which UTF-8 does. */
    private static final byte[] TURNING =
            "{}[]\",:\\/bfnrtu0123456789-+.eE \n\t\u0001tfnaul\u00e9".getBytes(StandardCharsets.UTF_8);

    private final JsonReader reader = new JsonReader(1 << 20);

    @Test
    void is_what_jackson_reads_whatever_bytes_are_changed() {
        Random random = new Random(20261122);
        List<byte[]> texts = texts();
        int good = 0;
        int bad = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] bytes = mutated(texts.get(random.nextInt(texts.size())), random);
            JsonReading reading = reader.readEnvelope(bytes);
            JsonNode expected = jackson(bytes);
            if (reading instanceof JsonReading.Value value) {
                good++;
                assertThat(expected).as(shown(bytes)).isNotNull();
                same(value.json(), Objects.requireNonNull(expected), bytes);
            } else {
                bad++;
                String message = ((JsonReading.Unreadable) reading).message();
                if (!message.contains("stands twice") && !message.contains("beyond any use")) {
                    assertThat(expected).as("%s, but %s", message, shown(bytes)).isNull();
                }
            }
        }
        assertThat(good).isGreaterThan(MUTATIONS / 20);
        assertThat(bad).isGreaterThan(MUTATIONS / 20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[\"\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\\b\\f\\r\\t\"]",
                "[\"1234567\\n\",\"12345678\\n\",\"é234567\\\"\",\"\\\\\\\\\",\"\"]",
                "{\"\":1,\"\\u0061\":2,\"é\":3,\"b\\\"\":4}",
                "[0,-0,10,-1,999999999999999999,-999999999999999999,9223372036854775807,-9223372036854775808]",
                "[9223372036854775808,123456789012345678901234567890,0.0,-0.5e-3,1E+2,1e-308]",
                " \t\r\n[ true , false , null , { } , [ ] ] \n",
            })
    void is_exact(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);

        same(read(bytes), Objects.requireNonNull(jackson(bytes)), bytes);
    }

    @Test
    void a_string_of_any_length_ends_where_it_ends() {
        for (int length = 0; length < 40; length++) {
            for (String end : List.of("", "\\n", "é", "\\u0041")) {
                byte[] bytes = ("{\"k\":\"" + "x".repeat(length) + end + "\",\"payload\":{\"content\":\""
                                + "y".repeat(length) + end + "\",\"n\":1}}")
                        .getBytes(StandardCharsets.UTF_8);
                JsonObject object = (JsonObject) read(bytes);
                assertThat(((Json.Text) object.value(0)).value()).startsWith("x".repeat(length));
                assertThat(((JsonObject) object.value(1)).get("n")).isEqualTo(new Json.Whole(1));
            }
        }
    }

    @Test
    void content_that_is_stepped_over_must_be_json_all_the_same() {
        for (String content :
                List.of("{\"a\":}", "[1,]", "\"\u0001\"", "{\"a\" 1}", "[01]", "\"\\x\"", "{,}", "[tru]")) {
            assertThat(reader.readPayload(("{\"content\":" + content + "}").getBytes(StandardCharsets.UTF_8), ""))
                    .as(content)
                    .isInstanceOf(JsonReading.Unreadable.class);
        }
    }

    @Test
    void a_flood_of_names_neither_grows_without_bound_nor_confuses_them() {
        for (int i = 0; i < 100_000; i++) {
            JsonObject object = (JsonObject)
                    read(("{\"name-" + i + "\":" + i + ",\"prompt_tokens\":7}").getBytes(StandardCharsets.UTF_8));
            assertThat(object.name(0)).isEqualTo("name-" + i);
            assertThat(object.get("prompt_tokens")).isEqualTo(new Json.Whole(7));
        }
    }

    @Test
    void names_that_differ_in_one_byte_are_two_names() {
        for (int length = 1; length < 80; length++) {
            for (int at = 0; at < length; at++) {
                String name = "n".repeat(length);
                String other = "n".repeat(at) + "m" + "n".repeat(length - at - 1);
                JsonObject object = (JsonObject)
                        read(("{\"" + name + "\":1,\"" + other + "\":2}").getBytes(StandardCharsets.UTF_8));
                assertThat(object.name(0)).isEqualTo(name);
                assertThat(object.name(1)).isEqualTo(other);
            }
        }
    }

    @Test
    void says_where_it_is_broken_without_showing_what_was_said() {
        JsonReading.Unreadable broken = (JsonReading.Unreadable)
                reader.readEnvelope("{\"secret\":\"s3cr3t\" x}".getBytes(StandardCharsets.UTF_8));

        assertThat(broken.message())
                .contains("near byte 19", "'x' stands where '}'")
                .doesNotContain("s3cr3t");
    }

    private Json read(byte[] bytes) {
        JsonReading reading = reader.readEnvelope(bytes);
        assertThat(reading).as(shown(bytes)).isInstanceOf(JsonReading.Value.class);
        return ((JsonReading.Value) reading).json();
    }

    private static @Nullable JsonNode jackson(byte[] bytes) {
        if (Utf8.firstError(bytes) >= 0) {
            return null;
        }
        try {
            JsonNode node = JACKSON.readTree(bytes);
            return node == null || node.isMissingNode() ? null : node;
        } catch (IOException refused) {
            return null;
        }
    }

    private static void same(Json read, JsonNode expected, byte[] bytes) {
        if (read instanceof JsonObject object) {
            assertThat(expected.isObject()).as(shown(bytes)).isTrue();
            assertThat(expected).as(shown(bytes)).hasSize(object.size());
            for (int i = 0; i < object.size(); i++) {
                same(object.value(i), expected.path(object.name(i)), bytes);
            }
        } else if (read instanceof JsonArray array) {
            assertThat(expected.isArray()).as(shown(bytes)).isTrue();
            assertThat(expected).as(shown(bytes)).hasSize(array.size());
            for (int i = 0; i < array.size(); i++) {
                same(array.get(i), expected.get(i), bytes);
            }
        } else if (read instanceof Json.Text text) {
            assertThat(text.value()).as(shown(bytes)).isEqualTo(expected.textValue());
        } else if (read instanceof Json.Numeric number) {
            assertThat(expected.isNumber()).as(shown(bytes)).isTrue();
            assertThat(new BigDecimal(number.literal())).as(shown(bytes)).isEqualByComparingTo(expected.decimalValue());
        } else if (read instanceof Json.Bool bool) {
            assertThat(expected.isBoolean() && expected.booleanValue() == (bool == Json.Bool.TRUE))
                    .as(shown(bytes))
                    .isTrue();
        } else {
            assertThat(expected.isNull()).as(shown(bytes)).isTrue();
        }
    }

    private static byte[] mutated(byte[] text, Random random) {
        byte[] bytes = Arrays.copyOf(text, random.nextInt(20) == 0 ? random.nextInt(text.length) : text.length);
        for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
            bytes[random.nextInt(bytes.length)] =
                    random.nextInt(4) == 0 ? (byte) random.nextInt() : TURNING[random.nextInt(TURNING.length)];
        }
        return bytes;
    }

    /** Payloads under a name below which nothing is skipped, and short texts of every token. */
    private static List<byte[]> texts() {
        List<byte[]> texts = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(JsonScannerTest.class.getResourceAsStream("/examples/usage-examples.jsonl")),
                StandardCharsets.UTF_8))) {
            in.lines()
                    .limit(40)
                    .forEach(line -> texts.add(("{\"all\":" + line + "}").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        for (int i = 0; i < 40; i++) {
            texts.add("[\"\\u00e9\\n\\\\\\\"\",-1.5e+3,0,[true,false,null],{\"a\":{},\"\\u0062\":[]},\"été\"]"
                    .getBytes(StandardCharsets.UTF_8));
        }
        return texts;
    }

    private static String shown(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
