package io.costops.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.ingest.http.Gzip.Inflated;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A gzipped body")
class GzipTest {
    private static final long SEED = 20_261_122L;
    private static final int LIMIT = 1 << 20;

    private final MemoryBudget budget = new MemoryBudget(4L * LIMIT);
    private final Random random = new Random(SEED);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 65_535, 65_536, 65_537, 300_000, LIMIT})
    void comes_out_as_it_was(int size) {
        byte[] body = new byte[size];
        for (int i = 0; i < size; i++) {
            body[i] = (byte) ('a' + random.nextInt(4));
        }
        assertThat(whole(TestDoor.gzip(body))).isEqualTo(body);
    }

    @Test
    void may_have_everything_in_its_header_that_gzip_knows() {
        byte[] plain = TestDoor.gzip("hello".getBytes(StandardCharsets.UTF_8));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(plain, 0, 3);
        out.write(0x1F);
        out.write(plain, 4, 6);
        out.writeBytes(new byte[] {2, 0, 7, 7});
        out.writeBytes("name\0comment\0".getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(new byte[] {1, 2});
        out.write(plain, 10, plain.length - 10);
        assertThat(whole(out.toByteArray())).asString().isEqualTo("hello");
    }

    @Test
    void may_have_several_members() {
        byte[] members = concatenated(gzip("hello, "), gzip(""), gzip("world"));
        assertThat(whole(members)).asString().isEqualTo("hello, world");
    }

    @Test
    void of_a_hundred_thousand_empty_members_takes_no_deeper_a_stack() {
        byte[] empty = gzip("");
        byte[] members = new byte[100_000 * empty.length];
        for (int i = 0; i < members.length; i++) {
            members[i] = empty[i % empty.length];
        }
        assertThat(whole(concatenated(members, gzip("x")))).asString().isEqualTo("x");
    }

    @Test
    void that_is_cut_short_anywhere_is_broken() {
        byte[] whole = gzip("a body that is long enough to be cut in many places");
        for (int length = 0; length < whole.length; length++) {
            assertThat(gunzip(Arrays.copyOf(whole, length), LIMIT))
                    .as("cut to %d bytes", length)
                    .isInstanceOf(Inflated.Broken.class);
        }
    }

    @Test
    void with_another_byte_in_its_data_or_its_checksum_is_broken() {
        byte[] whole = gzip("a body that is long enough to be changed in many places");
        for (int i = 10; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= (byte) (1 << random.nextInt(8));
            assertThat(gunzip(changed, LIMIT)).as("byte %d", i).isInstanceOf(Inflated.Broken.class);
        }
    }

    @Test
    void with_something_behind_it_is_broken() {
        assertThat(gunzip(concatenated(gzip("x"), new byte[20]), LIMIT)).isInstanceOf(Inflated.Broken.class);
        assertThat(gunzip(concatenated(gzip("x"), new byte[] {1}), LIMIT)).isInstanceOf(Inflated.Broken.class);
    }

    @Test
    void larger_than_the_limit_is_told_so_at_the_limit() {
        byte[] bomb = TestDoor.gzip(new byte[100 * LIMIT]);
        assertThat(gunzip(bomb, LIMIT)).isEqualTo(Inflated.Not.TOO_LARGE);
        byte[] oneTooMany = TestDoor.gzip(new byte[LIMIT + 1]);
        assertThat(gunzip(oneTooMany, LIMIT)).isEqualTo(Inflated.Not.TOO_LARGE);
    }

    @Test
    void larger_than_the_memory_that_is_left_is_told_so() {
        MemoryBudget tight = new MemoryBudget(100_000);
        byte[] zipped = TestDoor.gzip(new byte[90_000]);
        assertThat(Gzip.gunzip(new Body(zipped, zipped.length), LIMIT, tight.open(), zipped.length))
                .isEqualTo(Inflated.Not.NO_MEMORY);
    }

    @Test
    void has_the_checksum_of_what_came_out_of_each_member() {
        CRC32 checksum = new CRC32();
        checksum.update("world".getBytes(StandardCharsets.UTF_8));
        byte[] world = gzip("world");
        assertThat(world[world.length - 8]).isEqualTo((byte) checksum.getValue());
        world[world.length - 8]++;
        assertThat(gunzip(concatenated(gzip("hello"), world), LIMIT))
                .isEqualTo(new Inflated.Broken("its checksum does not fit its data"));
    }

    private byte[] whole(byte[] compressed) {
        Inflated inflated = gunzip(compressed, LIMIT);
        assertThat(inflated).isInstanceOf(Inflated.Whole.class);
        Body body = ((Inflated.Whole) inflated).body();
        return Arrays.copyOf(body.bytes(), body.length());
    }

    private Inflated gunzip(byte[] compressed, int limit) {
        try (MemoryBudget.Reservation memory = budget.open()) {
            // In an array that is longer than the body, as bodies come.
            byte[] roomy = Arrays.copyOf(compressed, compressed.length + 100);
            return Gzip.gunzip(new Body(roomy, compressed.length), limit, memory, 0);
        }
    }

    private static byte[] gzip(String text) {
        return TestDoor.gzip(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] concatenated(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
