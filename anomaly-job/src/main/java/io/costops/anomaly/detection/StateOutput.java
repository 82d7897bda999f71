package io.costops.anomaly.detection;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Writes a detector's state: a tag and a version, then primitives in a fixed order, big-endian. */
public final class StateOutput {
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
