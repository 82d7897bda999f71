package io.costops.anomaly.detection;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads what {@link StateOutput} wrote; state of another kind or of a newer version is refused, never guessed at. */
public final class StateInput {
    private final ByteBuffer buffer;
    private final short version;

    public StateInput(byte[] bytes, short tag, short newestVersion) {
        if (bytes.length < 2 * Short.BYTES) {
            throw new StateFormatException("state of " + bytes.length + " bytes has no header");
        }
        buffer = ByteBuffer.wrap(bytes);
        short found = buffer.getShort();
        if (found != tag) {
            throw new StateFormatException("state has tag " + found + ", expected " + tag);
        }
        version = buffer.getShort();
        if (version < 1 || version > newestVersion) {
            throw new StateFormatException(
                    "state has version " + version + ", this program reads versions 1 to " + newestVersion);
        }
    }

    public short version() {
        return version;
    }

    public int readByte() {
        return need(1).get();
    }

    public boolean readBoolean() {
        return readByte() != 0;
    }

    public int readInt() {
        return need(Integer.BYTES).getInt();
    }

    public long readLong() {
        return need(Long.BYTES).getLong();
    }

    public float readFloat() {
        return need(Float.BYTES).getFloat();
    }

    public double readDouble() {
        return need(Double.BYTES).getDouble();
    }

    public void readFloats(float[] into) {
        ByteBuffer source = need(into.length * Float.BYTES);
        for (int i = 0; i < into.length; i++) {
            into[i] = source.getFloat();
        }
    }

    public void readShorts(short[] into) {
        ByteBuffer source = need(into.length * Short.BYTES);
        for (int i = 0; i < into.length; i++) {
            into[i] = source.getShort();
        }
    }

    public void readBytes(byte[] into) {
        need(into.length).get(into);
    }

    public String readText() {
        int length = readInt();
        if (length < 0 || length > buffer.remaining()) {
            throw new StateFormatException(
                    "state has a text of " + length + " bytes where " + buffer.remaining() + " are left");
        }
        byte[] bytes = new byte[length];
        readBytes(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** What {@link StateOutput#writeColumn} wrote. */
    public void readColumn(float[] into, int first, int stride, int count, int twin) {
        int end = first + stride * count;
        int kind = readByte();
        switch (kind) {
            case StateOutput.ALL_ZERO -> {
                for (int i = first; i < end; i += stride) {
                    into[i] = 0;
                }
            }
            case StateOutput.COUNTS -> {
                for (int i = first; i < end; i += stride) {
                    int code = readUnsigned();
                    into[i] = code == 0 ? Float.NaN : (float) (code - 1);
                }
            }
            case StateOutput.NUMBERS -> {
                byte[] present = new byte[(count + Byte.SIZE - 1) / Byte.SIZE];
                readBytes(present);
                for (int k = 0; k < count; k++) {
                    boolean isPresent = ((present[k / Byte.SIZE] >> (k % Byte.SIZE)) & 1) != 0;
                    into[first + k * stride] = isPresent ? readFloat() : 0;
                }
            }
            case StateOutput.AS_ITS_TWIN -> {
                if (twin < 0) {
                    throw new StateFormatException("state has a column like another that it doesn't name");
                }
                for (int k = 0; k < count; k++) {
                    into[first + k * stride] = into[twin + k * stride];
                }
            }
            default -> throw new StateFormatException("state has a column of kind " + kind);
        }
    }

    private int readUnsigned() {
        int value = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += 7) {
            int part = readByte();
            value |= (part & 0x7F) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw new StateFormatException("state has a count that doesn't end");
    }

    /** Nothing may be left over: a longer state is another format. */
    public void end() {
        if (buffer.hasRemaining()) {
            throw new StateFormatException("state has " + buffer.remaining() + " bytes too many");
        }
    }

    private ByteBuffer need(int bytes) {
        if (buffer.remaining() < bytes) {
            throw new StateFormatException("state ends after " + buffer.limit() + " bytes, more were expected");
        }
        return buffer;
    }
}
