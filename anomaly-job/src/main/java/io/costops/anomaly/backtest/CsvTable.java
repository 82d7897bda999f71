package io.costops.anomaly.backtest;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A CSV file with a header, read row by row. Errors name the file, the line, the column and the fix. */
final class CsvTable implements AutoCloseable {
    private final Path file;
    private final BufferedReader reader;
    private final List<String> header;
    private List<String> row = List.of();
    private String line = "";
    private long lineNumber = 1;

    private CsvTable(Path file, BufferedReader reader, List<String> header) {
        this.file = file;
        this.reader = reader;
        this.header = header;
    }

    static CsvTable open(Path file) {
        try {
            BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8);
            String first = reader.readLine();
            if (first == null) {
                reader.close();
                throw new BacktestException(file + " is empty: the first line must name the columns");
            }
            if (first.startsWith("\uFEFF")) {
                first = first.substring(1);
            }
            return new CsvTable(file, reader, split(first));
        } catch (IOException e) {
            throw new BacktestException("can't read " + file + ": " + e, e);
        }
    }

    /** The position of a column that must be there. */
    int column(String name) {
        int at = header.indexOf(name);
        if (at < 0) {
            throw new BacktestException(
                    file + " has no column " + name + ": its first line is " + String.join(",", header));
        }
        return at;
    }

    int optionalColumn(String name) {
        return header.indexOf(name);
    }

    boolean next() {
        try {
            String read;
            do {
                read = reader.readLine();
                lineNumber++;
            } while (read != null && read.isBlank());
            if (read == null) {
                return false;
            }
            line = read;
            row = split(read);
            return true;
        } catch (IOException e) {
            throw new BacktestException("can't read " + file + " after line " + lineNumber + ": " + e, e);
        }
    }

    /** The row as it stands in the file. */
    String line() {
        return line;
    }

    String headerLine() {
        return String.join(",", header);
    }

    String text(int column) {
        if (column >= row.size()) {
            throw new BacktestException(
                    where() + " has no column " + header.get(column) + ": it ends after " + row.size() + " columns");
        }
        return row.get(column);
    }

    /** A number; an empty cell and NaN stand for a missing one. */
    double number(int column) {
        String text = text(column).strip();
        if (text.isEmpty()) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw problem(column, "must be a number, or empty where it is missing");
        }
    }

    BacktestException problem(int column, String rule) {
        return new BacktestException(
                where() + ": " + header.get(column) + " " + rule + ", but is '" + text(column) + "'");
    }

    String where() {
        return file + " line " + lineNumber;
    }

    static List<String> split(String line) {
        List<String> cells = new ArrayList<>(8);
        if (line.indexOf('"') < 0) {
            int from = 0;
            for (int comma = line.indexOf(','); comma >= 0; comma = line.indexOf(',', from)) {
                cells.add(line.substring(from, comma));
                from = comma + 1;
            }
            cells.add(line.substring(from));
            return cells;
        }
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted) {
                if (c != '"') {
                    cell.append(c);
                } else if (i + 1 < line.length() && line.charAt(i + 1) == '"') {
                    cell.append('"');
                    i++;
                } else {
                    quoted = false;
                }
            } else if (c == '"') {
                quoted = true;
            } else if (c == ',') {
                cells.add(cell.toString());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        cells.add(cell.toString());
        return cells;
    }

    static String quoted(String cell) {
        if (cell.indexOf(',') < 0 && cell.indexOf('"') < 0 && cell.indexOf('\n') < 0) {
            return cell;
        }
        return '"' + cell.replace("\"", "\"\"") + '"';
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new BacktestException("can't close " + file + ": " + e, e);
        }
    }
}
