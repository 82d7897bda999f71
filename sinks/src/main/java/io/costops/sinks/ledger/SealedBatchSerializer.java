package io.costops.sinks.ledger;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.UUID;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * The form in which a sealed batch stands in a checkpoint.
 *
 * <p>Every version ever released stays readable: checkpoints outlive the code that wrote them.
 */
final class SealedBatchSerializer implements SimpleVersionedSerializer<SealedBatch> {
    /** Knows no cut: it was sealed before there was any. */
    private static final int WITHOUT_CUT = 1;

    private static final int VERSION = 2;

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(SealedBatch batch) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(batch.body().length + 4096);
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeLong(batch.token().getMostSignificantBits());
        out.writeLong(batch.token().getLeastSignificantBits());
        out.writeUTF(batch.table());
        out.writeUTF(batch.columns());
        out.writeUTF(batch.format());
        out.writeUTF(batch.contentEncoding());
        out.writeInt(batch.rows());
        out.writeLong(batch.plainBytes());
        out.writeInt(batch.cut());
        out.writeInt(batch.body().length);
        out.write(batch.body());
        return bytes.toByteArray();
    }

    @Override
    public SealedBatch deserialize(int version, byte[] serialized) throws IOException {
        if (version != VERSION && version != WITHOUT_CUT) {
            throw new IOException("the checkpoint holds sealed batches of version " + version
                    + ", this ledger writer reads up to version " + VERSION
                    + ": start the version that wrote the checkpoint");
        }
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
        UUID token = new UUID(in.readLong(), in.readLong());
        String table = in.readUTF();
        String columns = in.readUTF();
        String format = in.readUTF();
        String contentEncoding = in.readUTF();
        int rows = in.readInt();
        long plainBytes = in.readLong();
        int cut = version == WITHOUT_CUT ? 0 : in.readInt();
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        if (in.read() >= 0) {
            throw new IOException("bytes are left over after the sealed batch " + token);
        }
        return new SealedBatch(token, table, columns, format, contentEncoding, rows, plainBytes, cut, body);
    }
}
