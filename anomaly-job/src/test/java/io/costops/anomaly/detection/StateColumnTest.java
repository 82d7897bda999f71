package io.costops.anomaly.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A column of saved state")
class StateColumnTest {
    private static final short TAG = 0x4343;
    private static final int HEADER = 4;
    private static final int COUNT = 60;

    private static byte[] written(float[] values, int first, int stride, int twin) {
        StateOutput out = new StateOutput(TAG, (short) 1);
        out.writeColumn(values, first, stride, values.length / stride, twin);
        return out.toBytes();
    }

    private static float[] column(float... values) {
        float[] column = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            column[i] = values[i % values.length];
        }
        return column;
    }

    @Test
    void is_read_as_it_was_written_to_the_last_bit() {
        Random random = new Random(5);
        for (float[] values : List.of(
                column(0),
                column(-0f),
                column(Float.NaN),
                column(1, 0, 0, 300, 70_000),
                column(16_777_215, 16_777_216, 3e9f),
                column(Float.NaN, 7, 0),
                column(0.1f, 0, 0, -3, Float.MAX_VALUE),
                column(Float.POSITIVE_INFINITY, Float.MIN_VALUE),
                column(random.nextFloat(), random.nextFloat(), random.nextFloat()))) {
            float[] read = column(42);
            StateInput in = new StateInput(written(values, 0, 1, -1), TAG, (short) 1);
            in.readColumn(read, 0, 1, COUNT, -1);
            in.end();
            assertThat(bits(read)).isEqualTo(bits(values));
        }
    }

    @Test
    void of_zeros_takes_one_byte_and_of_small_counts_one_each() {
        assertThat(written(column(0), 0, 1, -1)).hasSize(HEADER + 1);
        assertThat(written(column(0, 3, 126, Float.NaN), 0, 1, -1)).hasSize(HEADER + 1 + COUNT);
        assertThat(written(column(0.5f, 0, 0, 0), 0, 1, -1)).hasSize(HEADER + 1 + (COUNT + 7) / 8 + COUNT);
    }

    @Test
    void that_is_as_another_takes_one_byte() {
        float[] both = column(0.25f, 0.25f, 8, 8);
        byte[] state = written(both, 1, 2, 0);
        assertThat(state).hasSize(HEADER + 1);
        float[] read = both.clone();
        for (int i = 1; i < COUNT; i += 2) {
            read[i] = 0;
        }
        new StateInput(state, TAG, (short) 1).readColumn(read, 1, 2, COUNT / 2, 0);
        assertThat(read).isEqualTo(both);
    }

    @Test
    void that_is_cut_off_or_of_no_known_kind_is_refused() {
        byte[] state = written(column(0.5f), 0, 1, -1);
        assertThatThrownBy(() -> read(Arrays.copyOf(state, state.length - 1)))
                .isInstanceOf(StateFormatException.class)
                .hasMessageContaining("more were expected");
        byte[] unknown = state.clone();
        unknown[HEADER] = 9;
        assertThatThrownBy(() -> read(unknown))
                .isInstanceOf(StateFormatException.class)
                .hasMessageContaining("kind 9");
        byte[] endless = new byte[HEADER + 1 + 8];
        System.arraycopy(state, 0, endless, 0, HEADER);
        Arrays.fill(endless, HEADER + 1, endless.length, (byte) -1);
        endless[HEADER] = 1;
        assertThatThrownBy(() -> read(endless)).isInstanceOf(StateFormatException.class);
    }

    private static void read(byte[] state) {
        new StateInput(state, TAG, (short) 1).readColumn(new float[COUNT], 0, 1, COUNT, -1);
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }
}
