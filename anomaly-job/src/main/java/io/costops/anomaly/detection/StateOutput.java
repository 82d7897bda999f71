package io.costops.anomaly.detection;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes a detector's state: a tag and a version, then primitives in a fixed order, big-endian. */
public final class StateOutput {
    /** How a column is written; never reused. */
    static final int ALL_ZERO = 0;

    static final int COUNTS = 1;
    static final int NUMBERS = 2;
    static final int AS_ITS_TWIN = 3;
    /** Up to here every whole number is a float. */
    private static final float LARGEST_COUNT = 16_777_216f;

    private static final int INITIAL_BYTES = 4096;

    private ByteBuffer buffer = ByteBuffer.allocate(INITIAL_BYTES);

    public StateOutput(short tag, short version) {
        buffer.putShort(tag).putShort(version);
    }

    public void writeByte(int value) {
        room(1).put((byte) value);
    }

    public void writeBoolean(boolean value) {
        writeByte(value ? 1 : 0);
    }

    public void writeInt(int value) {
        room(Integer.BYTES).putInt(value);
    }

    public void writeLong(long value) {
        room(Long.BYTES).putLong(value);
    }

    public void writeFloat(float value) {
        room(Float.BYTES).putFloat(value);
    }

    public void writeDouble(double value) {
        room(Double.BYTES).putDouble(value);
    }

    public void writeFloats(float[] values) {
        ByteBuffer target = room(values.length * Float.BYTES);
        for (float value : values) {
            target.putFloat(value);
        }
    }

    public void writeShorts(short[] values) {
        ByteBuffer target = room(values.length * Short.BYTES);
        for (short value : values) {
            target.putShort(value);
        }
    }

    public void writeBytes(byte[] values) {
        room(values.length).put(values);
    }

    public void writeText(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        writeInt(bytes.length);
        writeBytes(bytes);
    }

    /**
     * Every {@code stride}-th of the values, exactly, in the bytes that they need: most counts are small, and much is 0.
     *
     * @param twin where a column begins that was written before and is often the same; below 0 for none
     */
    public void writeColumn(float[] values, int first, int stride, int count, int twin) {
        int kind = kindOf(values, first, stride, count, twin);
        writeByte(kind);
        int end = first + stride * count;
        if (kind == COUNTS) {
            for (int i = first; i < end; i += stride) {
                writeUnsigned(Float.isNaN(values[i]) ? 0 : 1 + (int) values[i]);
            }
        } else if (kind == NUMBERS) {
            for (int i = first; i < end; i += Byte.SIZE * stride) {
                int present = 0;
                for (int bit = 0; bit < Byte.SIZE && i + bit * stride < end; bit++) {
                    present |= Float.floatToRawIntBits(values[i + bit * stride]) == 0 ? 0 : (1 << bit);
                }
                writeByte(present);
            }
            for (int i = first; i < end; i += stride) {
                if (Float.floatToRawIntBits(values[i]) != 0) {
                    writeFloat(values[i]);
                }
            }
        }
    }

    private static int kindOf(float[] values, int first, int stride, int count, int twin) {
        boolean zero = true;
        boolean counts = true;
        boolean asTwin = twin >= 0;
        for (int k = 0; k < count; k++) {
            float value = values[first + k * stride];
            int bits = Float.floatToRawIntBits(value);
            zero &= bits == 0;
            counts &= Float.isNaN(value) || (bits >= 0 && value < LARGEST_COUNT && value == Math.rint(value));
            asTwin = asTwin && bits == Float.floatToRawIntBits(values[twin + k * stride]);
        }
        if (zero) {
            return ALL_ZERO;
        }
        if (asTwin) {
            return AS_ITS_TWIN;
        }
        return counts ? COUNTS : NUMBERS;
    }

    /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
    private void writeUnsigned(int value) {
        int rest = value;
        while (rest >= 0x80) {
            writeByte((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        writeByte(rest);
    }

    public byte[] toBytes() {
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            byte[] grown = Arrays.copyOf(buffer.array(), Math.max(buffer.capacity() * 2, buffer.position() + bytes));
            buffer = ByteBuffer.wrap(grown).position(buffer.position());
        }
        return buffer;
    }
}
