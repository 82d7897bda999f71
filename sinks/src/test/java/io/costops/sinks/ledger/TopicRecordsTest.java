package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.sinks.TestEntries;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
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

    @Test
    void that_stands_in_the_ledger_by_a_rebuild_is_passed_over() throws IOException {
        LedgerCut cut = new LedgerCut(2, Map.of(3, 18L), 5);
        TopicRecords<LedgerEntry> records = new TopicRecords<>(
                Topics.USAGE_PRICED, new AvroTypeInfo<>(LedgerEntry.class), URI.create("http://registry:8081"), cut);
        List<LedgerEntry> taken = new ArrayList<>();

        records.deserialize(at(3, 17), new ListCollector<>(taken));

        assertThat(taken).isEmpty();
        assertThatThrownBy(() -> records.deserialize(at(3, 18), new ListCollector<>(taken)))
                .as("is read")
                .hasMessageContaining("before open");
        assertThatThrownBy(() -> records.deserialize(at(4, 0), new ListCollector<>(taken)))
                .as("a partition that came later is read")
                .hasMessageContaining("before open");
    }

    private static ConsumerRecord<byte[], byte[]> at(int partition, long offset) {
        return new ConsumerRecord<>("usage.priced", partition, offset, new byte[0], new byte[0]);
    }

    private void assertFails(byte @Nullable [] value, String why) {
        assertThatThrownBy(() -> read(value))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("usage.priced, partition 3, offset 17")
                .hasMessageContaining(why);
    }
}
