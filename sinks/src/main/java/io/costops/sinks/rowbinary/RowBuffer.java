package io.costops.sinks.rowbinary;

import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;

/**
 * Values in the byte layout of ClickHouse's RowBinary: little-endian, lengths as LEB128.
 *
 * <p>What ClickHouse would wrap or clamp without a word is refused here. Not thread-safe.
 */
public final class RowBuffer {
    /** The end of ClickHouse's DateTime, which roll-ups by the hour use: 2^32 seconds. */
    public static final Instant MAX_TIME = Instant.ofEpochSecond(1L << 32);

    private static final int DECIMAL_BYTES = 32;

    /** 2^199 is less than 10^60, the bound of an unscaled amount: no need to look closer, as Avro gives scale 30. */
    private static final int SURELY_FITTING_BITS = 199;

    private static final int MAX_DAY = 0xFFFF;
    private static final long MICROS_PER_SECOND = 1_000_000L;
    private static final int NANOS_PER_MICRO = 1_000;

    private byte[] bytes = new byte[1024];
    private int length;

    public void clear() {
        length = 0;
    }

    public int length() {
        return length;
    }

    /** The bytes so far; valid up to {@link #length} and until the next write. */
    public byte[] array() {
        return bytes;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    /** A length, as LEB128. */
    public void size(int size) {
        reserve(5);
        int rest = size;
        while ((rest & ~0x7F) != 0) {
            bytes[length++] = (byte) ((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
    }

    public void string(String text) {
        blob(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A ClickHouse String holds any bytes. */
    public void blob(byte[] value) {
        size(value.length);
        reserve(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
    }

    /** Stands before a Nullable: whether it is NULL, in which case nothing follows. */
    public void isNull(boolean isNull) {
        reserve(1);
        bytes[length++] = (byte) (isNull ? 1 : 0);
    }

    public void int32(int value) {
        reserve(4);
        for (int shift = 0; shift < 32; shift += 8) {
            bytes[length++] = (byte) (value >>> shift);
        }
    }

    public void int64(long value) {
        reserve(8);
        for (int shift = 0; shift < 64; shift += 8) {
            bytes[length++] = (byte) (value >>> shift);
        }
    }

    public void float64(double value) {
        int64(Double.doubleToLongBits(value));
    }

    /** Decimal(76, 30): the unscaled value in 32 bytes, two's complement. */
    public void decimal(BigDecimal value) {
        BigInteger unscaled = value.unscaledValue();
        if (value.scale() != LedgerDecimal.SCALE || unscaled.bitLength() > SURELY_FITTING_BITS) {
            unscaled = LedgerDecimal.fit(value, "the amount").unscaledValue();
        }
        byte[] bigEndian = unscaled.toByteArray();
        byte sign = (byte) (unscaled.signum() < 0 ? 0xFF : 0);
        reserve(DECIMAL_BYTES);
        for (int i = bigEndian.length - 1; i >= 0; i--) {
            bytes[length++] = bigEndian[i];
        }
        for (int i = bigEndian.length; i < DECIMAL_BYTES; i++) {
            bytes[length++] = sign;
        }
    }

    /** DateTime64(6): microseconds since 1970. */
    public void micros(Instant time) {
        if (time.isBefore(Instant.EPOCH) || !time.isBefore(MAX_TIME)) {
            throw new IllegalArgumentException("the time " + time + " is outside " + Instant.EPOCH + " to " + MAX_TIME
                    + ", which ClickHouse can hold");
        }
        int64(time.getEpochSecond() * MICROS_PER_SECOND + time.getNano() / NANOS_PER_MICRO);
    }

    /** Date: days since 1970 in two bytes. */
    public void date(LocalDate date) {
        long day = date.toEpochDay();
        if (day < 0 || day > MAX_DAY) {
            throw new IllegalArgumentException("the date " + date + " is outside what ClickHouse's Date can hold");
        }
        reserve(2);
        bytes[length++] = (byte) day;
        bytes[length++] = (byte) (day >>> 8);
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(length, more)));
        }
    }
}
