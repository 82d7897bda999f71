package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.wire.AvroCodec;
import io.costops.sinks.TestEntries;
import java.io.IOException;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A record of usage.priced")
class TopicRecordsTest {
    private final AvroCodec<LedgerEntry> codec =
            new AvroCodec<>(LedgerEntry.class, "usage.priced-value", new InMemorySchemaRegistry());

    private LedgerEntry read(byte @Nullable [] value) throws IOException {
        return TopicRecords.read(codec, new ConsumerRecord<>("usage.priced", 3, 17L, new byte[0], value));
    }

    @Test
    void is_read_as_it_was_written() throws IOException {
        byte[] written = codec.encode(TestEntries.entry("e", TestEntries.NOON));
        assertThat(codec.encode(read(written))).isEqualTo(written);
    }

    @Test
    void that_cannot_be_read_stops_the_job_with_its_place() {
        byte[] cut = Arrays.copyOf(codec.encode(TestEntries.entry("e", TestEntries.NOON)), 40);
        assertFails(cut, "MALFORMED");
        assertFails(new byte[] {0, 0, 0, 0, 99, 1}, "the registry does not know schema id 99");
        assertFails(new byte[] {'{', '}'}, "NOT_FRAMED");
        assertFails(null, "the value is empty");
    }

    private void assertFails(byte @Nullable [] value, String why) {
        assertThatThrownBy(() -> read(value))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("usage.priced, partition 3, offset 17")
                .hasMessageContaining(why);
    }
}
