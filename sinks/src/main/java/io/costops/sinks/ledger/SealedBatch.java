package io.costops.sinks.ledger;

import java.util.UUID;

/**
 * Rows that are sealed: the exact bytes to insert and the token that makes a second insert of them void.
 *
 * <p>The token is drawn when the batch is sealed and kept with it, since ClickHouse knows a repeated batch by nothing else.
 * Table, columns and format are kept too: a later version of the writer inserts an older batch as it was meant. And the cut
 * after which it was sealed: once the ledger has been rebuilt up to a later one, the rebuild has put in what the batch holds.
 */
final class SealedBatch {
    private final UUID token;
    private final String table;
    private final String columns;
    private final String format;
    private final String contentEncoding;
    private final int rows;
    private final long plainBytes;
    private final int cut;
    private final byte[] body;

    /**
     * @param table without the database
     * @param columns the column list of the INSERT
     * @param contentEncoding how the body is compressed, as HTTP names it
     * @param plainBytes size of the rows before compression
     * @param cut number of the {@link LedgerCut} that held when it was sealed
     * @param body not copied; nobody may change it afterwards
     */
    SealedBatch(
            UUID token,
            String table,
            String columns,
            String format,
            String contentEncoding,
            int rows,
            long plainBytes,
            int cut,
            byte[] body) {
        this.token = token;
        this.table = table;
        this.columns = columns;
        this.format = format;
        this.contentEncoding = contentEncoding;
        this.rows = rows;
        this.plainBytes = plainBytes;
        this.cut = cut;
        this.body = body;
    }

    UUID token() {
        return token;
    }

    String table() {
        return table;
    }

    String columns() {
        return columns;
    }

    String format() {
        return format;
    }

    String contentEncoding() {
        return contentEncoding;
    }

    int rows() {
        return rows;
    }

    long plainBytes() {
        return plainBytes;
    }

    int cut() {
        return cut;
    }

    byte[] body() {
        return body;
    }

    @Override
    public String toString() {
        return "batch " + token + " of " + rows + " rows for " + table;
    }
}
