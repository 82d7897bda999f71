package io.costops.enrichment.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.position.BillingCalendar;
import io.costops.enrichment.position.Bookkeeper;
import io.costops.enrichment.position.Decision;
import io.costops.enrichment.position.Events;
import io.costops.enrichment.position.FixedRating;
import io.costops.enrichment.position.Known;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.PriceRevision;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What state and shuffle hold comes back as it was")
class StreamTypesTest {
    private static final Instant NOW = Instant.parse("2026-08-03T12:00:00.123456Z");

    @Test
    void a_position_with_every_digit_of_its_amounts() throws IOException {
        Known.Held held = held();

        Position copy = copy(StreamTypes.POSITION, held.position());

        assertThat(copy).hasToString(held.position().toString());
        assertThat(copy.getStanding().getListCost()).isEqualTo(new BigDecimal("0.00000476543205587478").setScale(30));
        assertThat(copy.getStanding().getEventTime()).isEqualTo(Events.CHARGED);
        assertThat(copy.getStanding().getLines().get(0).getListUnitPrice())
                .isEqualTo(new BigDecimal("0.00000001234567890123").setScale(30));
    }

    @Test
    void a_ledger_entry() throws IOException {
        LedgerEntry entry = held().position().getStanding();

        assertThat(copy(StreamTypes.LEDGER_ENTRY, entry)).hasToString(entry.toString());
    }

    @Test
    void a_memory_with_its_other_records() throws IOException {
        Bookkeeper bookkeeper = new Bookkeeper(new FixedRating(), BillingCalendar.everyMonthOpen());
        Known.Held first = held();
        Known.Held corrected = (Known.Held)
                ((Decision.Booked) bookkeeper.decide(first, Events.usage(7).build(), NOW)).next();

        MemoryState copy = copy(StreamTypes.MEMORY, MemoryState.of(corrected.memory(), 123));

        assertThat(copy.memory()).isEqualTo(corrected.memory());
        assertThat(copy.memory().others()).hasSize(1);
        assertThat(copy.touchedAtMillis()).isEqualTo(123);
    }

    @Test
    void a_record_of_kafka_with_and_without_key_and_value() throws IOException {
        SourceRecord full = new SourceRecord("t", 1, 2, 3, new byte[] {4}, new byte[] {5}, Map.of("h", new byte[] {6}));
        SourceRecord empty = new SourceRecord("t", 1, 2, 3, null, null, Map.of());

        UsageRecord copy = copy(StreamTypes.USAGE_RECORD, new UsageRecord("id", full));

        assertThat(copy.eventId()).isEqualTo("id");
        assertThat(copy.record()).usingRecursiveComparison().isEqualTo(full);
        assertThat(copy(StreamTypes.SOURCE_RECORD, empty)).isEqualTo(empty);
    }

    @Test
    void an_update_of_a_book_and_a_removal() throws IOException {
        PriceRevision price = TestTopics.price("0.00000000000000000000000000001", "1");
        BookUpdate update = new BookUpdate(Book.PRICES, 1, 2, "key", price, null, null);
        BookUpdate removal = new BookUpdate(Book.ATTRIBUTION, 1, 2, "key", null, null, null);

        assertThat(copy(StreamTypes.BOOK_UPDATE, update)).isEqualTo(update);
        assertThat(copy(StreamTypes.BOOK_UPDATE, removal)).isEqualTo(removal);
    }

    private static Known.Held held() {
        Bookkeeper bookkeeper = new Bookkeeper(new FixedRating(), BillingCalendar.everyMonthOpen());
        return (Known.Held) ((Decision.Booked) bookkeeper.decide(
                        new Known.Unseen(), Events.usage(0).setModel("odd").build(), NOW))
                .next();
    }

    private static <T> T copy(TypeInformation<T> type, T value) throws IOException {
        TypeSerializer<T> serializer = type.createSerializer(new SerializerConfigImpl());
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(value, out);
        return serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer()));
    }
}
