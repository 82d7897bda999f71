package io.costops.ingest.normalise;

import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Quantities of the disjoint meters while a payload is read; what is 0 is no line. */
@SuppressWarnings("EnumOrdinal") // An array of counts, since one is made for every record; it never leaves the object.
final class Quantities {
    private static final Meter[] METERS = Meter.values();

    private final long[] counts = new long[METERS.length];
    private BigDecimal audioSeconds = BigDecimal.ZERO;
    private BigDecimal gpuSeconds = BigDecimal.ZERO;

    Quantities add(Meter meter, long count) {
        counts[meter.ordinal()] += count;
        return this;
    }

    Quantities addAudioSeconds(BigDecimal seconds) {
        audioSeconds = audioSeconds.add(seconds);
        return this;
    }

    Quantities addGpuSeconds(BigDecimal seconds) {
        gpuSeconds = gpuSeconds.add(seconds);
        return this;
    }

    List<MeterQuantity> lines() {
        List<MeterQuantity> lines = new ArrayList<>(4);
        for (Meter meter : METERS) {
            long count = counts[meter.ordinal()];
            if (count != 0) {
                lines.add(new MeterQuantity(meter.wireName(), BigDecimal.valueOf(count)));
            } else if (meter == Meter.AUDIO_SECONDS && audioSeconds.signum() != 0) {
                lines.add(new MeterQuantity(meter.wireName(), audioSeconds));
            } else if (meter == Meter.GPU_SECONDS && gpuSeconds.signum() != 0) {
                lines.add(new MeterQuantity(meter.wireName(), gpuSeconds));
            }
        }
        return lines;
    }
}
