package io.costops.sinks.ledger;

import io.costops.sinks.rowbinary.RowBuffer;
import io.costops.sinks.rowbinary.RowFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.UUID;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import net.jpountz.xxhash.XXHashFactory;

/**
 * A batch that still takes rows; they are compressed as they come, so it holds about a tenth of what it was given.
 *
 * <p>LZ4 frames in pure Java: no native library that a second job in the same cluster couldn't load. The frame's end mark
 * and checksum make ClickHouse refuse a body that was cut or damaged.
 */
final class OpenBatch {
    private static final String CONTENT_ENCODING = "lz4";
    private static final int UNKNOWN_SIZE = -1;

    private final RowFormat<?> format;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final LZ4FrameOutputStream compressed;
    private int rows;
    private long plainBytes;

    OpenBatch(RowFormat<?> format) throws IOException {
        this.format = format;
        this.compressed = new LZ4FrameOutputStream(
                body,
                BLOCKSIZE.SIZE_256KB,
                UNKNOWN_SIZE,
                LZ4Factory.fastestJavaInstance().fastCompressor(),
                XXHashFactory.fastestJavaInstance().hash32(),
                FLG.Bits.BLOCK_INDEPENDENCE,
                FLG.Bits.CONTENT_CHECKSUM);
        RowBuffer header = new RowBuffer();
        format.writeHeader(header);
        compressed.write(header.array(), 0, header.length());
    }

    boolean takes(RowBuffer row, BatchLimits limits) {
        return rows == 0 || (rows < limits.rows() && plainBytes + row.length() <= limits.bytes());
    }

    void add(RowBuffer row) throws IOException {
        compressed.write(row.array(), 0, row.length());
        rows++;
        plainBytes += row.length();
    }

    /** @param cut number of the cut that holds */
    SealedBatch seal(UUID token, int cut) throws IOException {
        compressed.close();
        return new SealedBatch(
                token,
                format.table(),
                format.columnList(),
                RowFormat.NAME,
                CONTENT_ENCODING,
                rows,
                plainBytes,
                cut,
                body.toByteArray());
    }
}
