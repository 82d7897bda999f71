package io.costops.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.TestEvents;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.topics.Topics;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A framed Avro record")
class AvroCodecTest {
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final AvroCodec<UsageEvent> codec =
            new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry);

    private void assertUndecodable(
            byte @org.jspecify.annotations.Nullable [] message, Decoded.Problem problem, String saying) {
        assertThat(codec.decode(message)).isInstanceOfSatisfying(Decoded.Undecodable.class, bad -> {
            assertThat(bad.problem()).isEqualTo(problem);
            assertThat(bad.message()).contains(saying);
        });
    }

    @Test
    void comes_back_as_it_was() {
        UsageEvent event = TestEvents.event();
        byte[] message = codec.encode(event);
        assertThat(WireFormat.isFramed(message)).isTrue();
        assertThat(WireFormat.schemaId(message)).isEqualTo(1);
        assertThat(codec.decode(message)).isEqualTo(new Decoded.Value<>(event));
        assertThat(codec.decode(codec.encode(event)))
                .as("the codec's buffers are reused")
                .isEqualTo(new Decoded.Value<>(event));
    }

    @Test
    void is_read_without_the_fields_that_nobody_asks_for() {
        UsageEvent event = TestEvents.event();
        assertThat(event.getTags()).isNotEmpty();
        AvroCodec<UsageEvent> part =
                new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry, Set.of("tags", "provider"));

        UsageEvent expected =
                UsageEvent.newBuilder(event).setTags(Map.of()).setProvider(null).build();
        assertThat(part.decode(codec.encode(event))).isEqualTo(new Decoded.Value<>(expected));
        assertThat(part.encode(event)).as("written whole").isEqualTo(codec.encode(event));
    }

    @Test
    void needs_a_default_for_what_is_not_read() {
        assertThatThrownBy(() ->
                        new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry, Set.of("event_id")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no field event_id with a default");
    }

    @Test
    void that_is_not_framed_is_undecodable() {
        assertUndecodable(null, Decoded.Problem.NOT_FRAMED, "empty");
        assertUndecodable(new byte[0], Decoded.Problem.NOT_FRAMED, "framing");
        assertUndecodable(
                "{\"json\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                Decoded.Problem.NOT_FRAMED,
                "framing");
    }

    @Test
    void of_a_schema_that_nobody_registered_is_undecodable_until_it_is_registered() {
        byte[] message = codec.encode(TestEvents.event());
        message[4] = 2;
        assertUndecodable(message, Decoded.Problem.UNKNOWN_SCHEMA, "schema id 2");
        Schema newer = new Schema.Parser()
                .parse(UsageEvent.getClassSchema()
                        .toString()
                        .replaceFirst("\"doc\":\"Identity of the charge[^\"]*\"", "\"doc\":\"reworded\""));
        registry.register("other", newer);
        assertThat(codec.decode(message)).isEqualTo(new Decoded.Value<>(TestEvents.event()));
    }

    @Test
    void of_another_kind_of_record_is_undecodable() {
        Schema other = SchemaBuilder.record("Invoice")
                .namespace("com.example")
                .fields()
                .requiredString("number")
                .endRecord();
        int id = registry.register("invoices", other);
        assertUndecodable(
                new byte[] {0, 0, 0, 0, (byte) id, 2, 'x'}, Decoded.Problem.INCOMPATIBLE_SCHEMA, "com.example.Invoice");
    }

    @Test
    void that_is_cut_off_or_too_long_is_undecodable() {
        byte[] message = codec.encode(TestEvents.event());
        assertUndecodable(Arrays.copyOf(message, message.length - 1), Decoded.Problem.MALFORMED, "schema id 1");
        assertUndecodable(Arrays.copyOf(message, message.length + 1), Decoded.Problem.MALFORMED, "left over");
    }

    @Test
    @DisplayName("with any byte broken is a record or an undecodable one, never an exception")
    void survives_broken_bytes() {
        byte[] message = codec.encode(TestEvents.event());
        Random random = new Random(20260701);
        for (int i = 0; i < 20_000; i++) {
            byte[] broken = message.clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            }
            assertThat(codec.decode(broken)).isNotNull();
        }
    }

    @Test
    @DisplayName("can't be judged while the registry is away: that is an exception, so that the record is kept")
    void an_absent_registry_is_not_a_bad_record() {
        var away =
                new AvroCodec<>(UsageEvent.class, "s", new ConfluentSchemaRegistry(URI.create("http://127.0.0.1:1")));
        assertThatThrownBy(() -> away.decode(codec.encode(TestEvents.event())))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("http://127.0.0.1:1");
    }
}
