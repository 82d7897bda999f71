package io.costops.sinks.rowbinary;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How rows of one table become bytes: RowBinaryWithNamesAndTypes, the columns named one by one.
 *
 * <p>The header makes ClickHouse refuse the bytes if a column of the table is not of the type that they were written for,
 * instead of reading them as something else. Columns that a later version adds take their defaults.
 *
 * @param table the table's name, without the database
 * @param identity names a row in an error message
 */
public record RowFormat<T>(String table, List<Column<T>> columns, Function<T, String> identity) {
    /** ClickHouse's name of the format. */
    public static final String NAME = "RowBinaryWithNamesAndTypes";

    public RowFormat {
        columns = List.copyOf(columns);
    }

    /** The column list of an INSERT. */
    public String columnList() {
        return columns.stream().map(column -> "`" + column.name() + "`").collect(Collectors.joining(", "));
    }

    /** Stands once before the rows: number of columns, names, types. */
    public void writeHeader(RowBuffer out) {
        out.size(columns.size());
        columns.forEach(column -> out.string(column.name()));
        columns.forEach(column -> out.string(column.type()));
    }

    /**
     * Writes a row.
     *
     * @throws UnfitRowException if the table can't hold a value exactly; it names row and column
     */
    public void write(T row, RowBuffer out) {
        for (Column<T> column : columns) {
            try {
                column.cell().write(row, out);
            } catch (RuntimeException e) {
                throw new UnfitRowException(
                        identity.apply(row) + " does not fit the table " + table + ": column " + column.name() + ": "
                                + e.getMessage(),
                        e);
            }
        }
    }

    /** A row that the table can't hold as it is. */
    public static final class UnfitRowException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public UnfitRowException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
