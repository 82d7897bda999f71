package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A sealed batch in a checkpoint")
class SealedBatchSerializerTest {
    private static final UUID TOKEN = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final SealedBatch BATCH = batch(3);

    private static final String HEAD = "00112233445566778899aabbccddeeff" + "00066c6564676572"
            + "0008" + "6061602c20606260"
            + "001a" + "526f7742696e617279576974684e616d6573416e645479706573"
            + "00036c7a34" + "00000007" + "000000012a05f200";

    /** What version 1 wrote; it stays readable for ever. */
    private static final String VERSION_1 = HEAD + "00000003" + "01ff00";

    private static final String VERSION_2 = HEAD + "00000003" + "00000003" + "01ff00";

    private static SealedBatch batch(int cut) {
        return new SealedBatch(
                TOKEN, "ledger", "`a`, `b`", "RowBinaryWithNamesAndTypes", "lz4", 7, 5_000_000_000L, cut, new byte[] {
                    1, -1, 0
                });
    }

    private final SealedBatchSerializer serializer = new SealedBatchSerializer();

    @Test
    void reads_back_as_it_was() throws IOException {
        SealedBatch read = serializer.deserialize(2, serializer.serialize(BATCH));
        assertThat(read).usingRecursiveComparison().isEqualTo(BATCH);
    }

    @Test
    void of_version_1_knows_no_cut() throws IOException {
        assertThat(serializer.deserialize(1, HexFormat.of().parseHex(VERSION_1)))
                .usingRecursiveComparison()
                .isEqualTo(batch(0));
    }

    @Test
    void has_the_bytes_of_version_2() throws IOException {
        assertThat(serializer.getVersion()).isEqualTo(2);
        assertThat(HexFormat.of().formatHex(serializer.serialize(BATCH))).isEqualTo(VERSION_2);
        assertThat(serializer.deserialize(2, HexFormat.of().parseHex(VERSION_2)))
                .usingRecursiveComparison()
                .isEqualTo(BATCH);
    }

    @Test
    void of_another_version_is_refused_with_the_fix() {
        assertThatThrownBy(() -> serializer.deserialize(3, serializer.serialize(BATCH)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("version 3")
                .hasMessageContaining("start the version that wrote the checkpoint");
    }

    @Test
    void that_was_cut_or_has_bytes_left_over_is_refused() throws IOException {
        byte[] bytes = serializer.serialize(BATCH);
        assertThatThrownBy(() -> serializer.deserialize(2, Arrays.copyOf(bytes, bytes.length - 1)))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> serializer.deserialize(2, Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("left over");
    }
}
