package io.costops.sinks.rowbinary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RowBinary")
class RowBufferTest {
    @Test
    void writes_lengths_as_LEB128() {
        assertThat(hex(out -> out.size(0))).isEqualTo("00");
        assertThat(hex(out -> out.size(127))).isEqualTo("7f");
        assertThat(hex(out -> out.size(128))).isEqualTo("8001");
        assertThat(hex(out -> out.size(300))).isEqualTo("ac02");
        assertThat(hex(out -> out.size(Integer.MAX_VALUE))).isEqualTo("ffffffff07");
    }

    @Test
    void writes_text_as_UTF_8_with_its_length_in_bytes() {
        assertThat(hex(out -> out.string(""))).isEqualTo("00");
        assertThat(hex(out -> out.string("é😀"))).isEqualTo("06c3a9f09f9880");
    }

    @Test
    void writes_numbers_with_the_lowest_byte_first() {
        assertThat(hex(out -> out.int32(-2))).isEqualTo("feffffff");
        assertThat(hex(out -> out.int64(1L << 40))).isEqualTo("0000000000010000");
        assertThat(hex(out -> out.float64(1.0))).isEqualTo("000000000000f03f");
    }

    @Test
    void writes_times_as_microseconds_and_dates_as_days() {
        assertThat(hex(out -> out.micros(Instant.parse("1970-01-01T00:00:01.000002Z"))))
                .isEqualTo("42420f0000000000");
        assertThat(hex(out -> out.date(LocalDate.of(1970, 2, 1)))).isEqualTo("1f00");
        assertThat(hex(out -> out.date(LocalDate.of(2149, 6, 6)))).isEqualTo("ffff");
    }

    @Test
    void refuses_times_that_clickhouse_would_wrap() {
        for (String time :
                new String[] {"1969-12-31T23:59:59.999999Z", "2106-02-07T06:28:16Z", "+50000-01-01T00:00:00Z"}) {
            assertThatThrownBy(() -> new RowBuffer().micros(Instant.parse(time)))
                    .hasMessageContaining("the time");
        }
        assertThatThrownBy(() -> new RowBuffer().date(LocalDate.of(2149, 6, 7))).hasMessageContaining("the date");
        assertThatThrownBy(() -> new RowBuffer().date(LocalDate.of(1969, 12, 31)))
                .hasMessageContaining("the date");
    }

    @Test
    void writes_decimals_as_32_bytes_twos_complement_of_30_decimals() {
        assertThat(hex(out -> out.decimal(new BigDecimal("0")))).isEqualTo("00".repeat(32));
        assertThat(hex(out -> out.decimal(BigDecimal.ONE.movePointLeft(30)))).isEqualTo("01" + "00".repeat(31));
        assertThat(hex(out -> out.decimal(BigDecimal.ONE.movePointLeft(30).negate())))
                .isEqualTo("ff".repeat(32));
    }

    @Test
    void writes_every_decimal_so_that_it_reads_back_equal() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            BigInteger unscaled = new BigInteger(1 + random.nextInt(198), random);
            BigDecimal value = new BigDecimal(random.nextBoolean() ? unscaled : unscaled.negate(), random.nextInt(31));
            if (LedgerDecimal.fits(value)) {
                assertThat(read(value)).isEqualByComparingTo(value);
            }
        }
    }

    @Test
    void refuses_decimals_that_do_not_fit() {
        for (String value : new String[] {"1e30", "-1e30", "1e-31", "1e1000000"}) {
            assertThatThrownBy(() -> new RowBuffer().decimal(new BigDecimal(value)))
                    .isInstanceOf(LedgerDecimal.DoesNotFitException.class);
        }
    }

    private static BigDecimal read(BigDecimal value) {
        RowBuffer out = new RowBuffer();
        out.decimal(value);
        byte[] littleEndian = out.toByteArray();
        byte[] bigEndian = new byte[littleEndian.length];
        for (int i = 0; i < bigEndian.length; i++) {
            bigEndian[i] = littleEndian[littleEndian.length - 1 - i];
        }
        return new BigDecimal(new BigInteger(bigEndian), 30);
    }

    private static String hex(Consumer<RowBuffer> write) {
        RowBuffer out = new RowBuffer();
        write.accept(out);
        return HexFormat.of().formatHex(out.toByteArray());
    }
}
