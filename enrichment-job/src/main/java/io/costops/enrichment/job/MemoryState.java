package io.costops.enrichment.job;

import io.costops.enrichment.position.Claim;
import io.costops.enrichment.position.Fingerprint;
import io.costops.enrichment.position.Memory;
import io.costops.enrichment.position.Version;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link Memory} as it is kept in state, flat and short; public, as Flink asks of a type that it serializes.
 *
 * @param touchedAtMillis when an entry of the event was last made, by {@link ActiveTime}
 * @param others fingerprints of 16 bytes each
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere; the serializer copies it
public record MemoryState(
        long touchedAtMillis,
        long revision,
        Claim claim,
        long unitsHigh,
        long unitsLow,
        int nextSequence,
        byte[] others) {
    private static final int FINGERPRINT_BYTES = 2 * Long.BYTES;

    static MemoryState of(Memory memory, long touchedAtMillis) {
        ByteBuffer others = ByteBuffer.allocate(memory.others().size() * FINGERPRINT_BYTES);
        memory.others().forEach(other -> others.putLong(other.high()).putLong(other.low()));
        return new MemoryState(
                touchedAtMillis,
                memory.latest().revision(),
                memory.latest().claim(),
                memory.units().high(),
                memory.units().low(),
                memory.nextSequence(),
                others.array());
    }

    Memory memory() {
        List<Fingerprint> fingerprints = new ArrayList<>(others.length / FINGERPRINT_BYTES);
        ByteBuffer bytes = ByteBuffer.wrap(others);
        while (bytes.hasRemaining()) {
            fingerprints.add(new Fingerprint(bytes.getLong(), bytes.getLong()));
        }
        return new Memory(
                new Version(revision, claim), new Fingerprint(unitsHigh, unitsLow), nextSequence, fingerprints);
    }
}
