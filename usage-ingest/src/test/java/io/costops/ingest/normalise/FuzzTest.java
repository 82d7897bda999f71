package io.costops.ingest.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.usage.UsageRules;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every parser against payloads that were changed at random; the seed is fixed, a failure shows its record. */
@DisplayName("A mutated payload")
class FuzzTest {
    private static final long SEED = 20261122;
    private static final int MUTATIONS_PER_KIND = 1_500;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private static final List<String> NASTY = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "-0",
            "1.5",
            "15.0",
            "1e3",
            "1e12",
            "1e13",
            "1e308",
            "1e400",
            "-1e-400",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "99999999999999999999999999999999",
            "NaN",
            "\"\"",
            "\"12\"",
            "\"-5\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"2026-13-45T99:99:99Z\"",
            "\"9999-12-31T23:59:59Z\"",
            "[]",
            "[[]]",
            "[{}]",
            "[null]",
            "{}",
            "{\"input_tokens\":5}",
            "{\"type\":\"x\"}");

    private final Normaliser normaliser = new Normaliser();

    static Stream<SourceKind> kinds() {
        return Stream.of(SourceKind.values());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void gives_usage_within_the_rules_or_a_rejection_and_never_an_exception(SourceKind kind) throws Exception {
        Random random = new Random(SEED + kind.wireName().hashCode());
        List<JsonNode> examples = examples(kind);
        assertThat(examples).isNotEmpty();
        Map<String, Integer> outcomes = new HashMap<>();
        for (int i = 0; i < MUTATIONS_PER_KIND; i++) {
            ObjectNode record = envelope(kind, examples.get(random.nextInt(examples.size())));
            byte[] bytes = mutated(record, random);
            for (Outcome outcome : outcomes(bytes)) {
                check(outcome, bytes);
                outcomes.merge(outcome.getClass().getSimpleName(), 1, Integer::sum);
            }
        }
        // Mutations that break nothing, or everything, would test nothing.
        assertThat(outcomes.keySet()).contains("Usage", "Rejected");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void cut_short_anywhere_is_a_rejection_and_never_costs(SourceKind kind) throws Exception {
        byte[] whole = MAPPER.writeValueAsBytes(envelope(kind, examples(kind).get(0)));
        for (int length = 0; length < whole.length; length++) {
            assertThat(outcomes(Arrays.copyOf(whole, length)))
                    .as("%s of %s bytes of %s", length, whole.length, kind)
                    .allMatch(Outcome.Rejected.class::isInstance);
        }
    }

    private List<Outcome> outcomes(byte[] bytes) {
        try {
            List<Outcome> outcomes = normaliser.normalise(bytes, Normalised.PLACE, Normalised.NOW, Map.of());
            assertThat(outcomes).isNotEmpty();
            return outcomes;
        } catch (RuntimeException | StackOverflowError e) {
            throw new AssertionError("an exception for " + new String(bytes, StandardCharsets.UTF_8), e);
        }
    }

    private static void check(Outcome outcome, byte[] bytes) {
        if (outcome instanceof Outcome.Usage usage) {
            UsageEvent event = usage.event();
            assertThat(UsageRules.violation(event))
                    .as(new String(bytes, StandardCharsets.UTF_8))
                    .isEmpty();
            for (MeterQuantity line : event.getMeters()) {
                assertThat(line.getQuantity())
                        .as("%s of %s", line.getMeter(), new String(bytes, StandardCharsets.UTF_8))
                        .isGreaterThan(BigDecimal.ZERO);
            }
        } else if (outcome instanceof Outcome.Rejected rejected) {
            assertThat(rejected.message()).isNotBlank();
            assertThat(rejected.message().chars().noneMatch(Character::isISOControl))
                    .as(rejected.message())
                    .isTrue();
        }
    }

    private static List<JsonNode> examples(SourceKind kind) throws Exception {
        List<JsonNode> examples = new ArrayList<>();
        // Models that one runs oneself answer in OpenAI's shape.
        String shape = (kind == SourceKind.SELFHOSTED_CHAT ? SourceKind.OPENAI_CHAT : kind).wireName();
        for (String line : UsageExamplesTest.lines()) {
            JsonNode example = MAPPER.readTree(line);
            if (example.get("source_kind").asText().equals(shape)) {
                examples.add(example);
            }
        }
        return examples;
    }

    private static ObjectNode envelope(SourceKind kind, JsonNode example) {
        ObjectNode record = NODES.objectNode();
        record.put("source", kind.wireName());
        record.put("tenant", "acme");
        // The examples are from August: after the tests' own time.
        record.put("received_at", "2026-08-01T09:00:00Z");
        record.set("context", example.get("context").deepCopy());
        record.set("payload", example.get("raw").deepCopy());
        return record;
    }

    /** Changes the tree and, now and then, the bytes. */
    private static byte[] mutated(ObjectNode record, Random random) throws Exception {
        setTimesBack(record);
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            mutate(record, random);
        }
        String json = MAPPER.writeValueAsString(record);
        for (int i = 0; i < NASTY.size(); i++) {
            json = json.replace("\"@nasty" + i + "@\"", NASTY.get(i));
        }
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(6) == 0) {
            for (int flips = random.nextInt(1, 5); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
        } else if (random.nextInt(20) == 0) {
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        return bytes;
    }

    private static void setTimesBack(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.remove(
                    List.of("created", "created_at", "createTime", "timestamp", "time", "startTime", "start_time"));
            object.remove(List.of("startTimeUnixNano", "endTimeUnixNano", "endTime", "end_time", "received_at"));
        }
        node.forEach(FuzzTest::setTimesBack);
    }

    private static void mutate(ObjectNode record, Random random) {
        List<ContainerNode<?>> containers = new ArrayList<>();
        collect(record, containers);
        ContainerNode<?> container = containers.get(random.nextInt(containers.size()));
        if (container.isEmpty()) {
            return;
        }
        JsonNode replacement = NODES.textNode("@nasty" + random.nextInt(NASTY.size()) + "@");
        if (container instanceof ObjectNode object) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            String name = names.get(random.nextInt(names.size()));
            switch (random.nextInt(5)) {
                case 0 -> object.remove(name);
                case 1 -> object.set(name, object.get(names.get(random.nextInt(names.size()))));
                case 2 -> object.set(name + random.nextInt(3), replacement);
                default -> object.set(name, replacement);
            }
        } else if (container instanceof ArrayNode array) {
            int index = random.nextInt(array.size());
            switch (random.nextInt(3)) {
                case 0 -> array.remove(index);
                case 1 -> array.add(array.get(index));
                default -> array.set(index, replacement);
            }
        }
    }

    private static void collect(JsonNode node, List<ContainerNode<?>> containers) {
        if (node instanceof ContainerNode<?> container) {
            containers.add(container);
        }
        node.forEach(child -> collect(child, containers));
    }
}
