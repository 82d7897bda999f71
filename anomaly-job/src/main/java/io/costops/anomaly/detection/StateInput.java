package io.costops.anomaly.detection;

import java.nio.ByteBuffer;

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
