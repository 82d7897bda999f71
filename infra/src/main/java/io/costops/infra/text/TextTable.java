package io.costops.infra.text;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows for people to read: texts to the left, numbers exact, grouped by thousands and aligned at the point. */
public final class TextTable {
    private static final String GAP = "  ";
    private static final int THOUSANDS = 3;
    /** Unicode's sign for what can't be shown. */
    private static final int REPLACEMENT = 0xFFFD;

    private final List<String> header;
    private final List<List<@Nullable Object>> rows = new ArrayList<>();

    public TextTable(String... header) {
        this.header = List.of(header);
    }

    /** Adds a row of texts, whole numbers and decimals; null is shown as a dash. */
    public void row(@Nullable Object... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException("a row has " + header.size() + " cells, but got " + cells.length);
        }
        List<@Nullable Object> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(cell);
        }
        rows.add(row);
    }

    /** The lines, none of them with blanks at its end. */
    public List<String> lines() {
        List<StringBuilder> lines = new ArrayList<>();
        for (int i = 0; i <= rows.size(); i++) {
            lines.add(new StringBuilder());
        }
        for (int column = 0; column < header.size(); column++) {
            add(column, lines);
        }
        return lines.stream().map(line -> line.toString().stripTrailing()).toList();
    }

    private void add(int column, List<StringBuilder> lines) {
        int decimals = 0;
        boolean numbers = false;
        for (List<@Nullable Object> row : rows) {
            Object cell = row.get(column);
            numbers |= cell instanceof Number;
            decimals = Math.max(decimals, cell instanceof BigDecimal number ? decimals(number) : 0);
        }
        List<String> texts = new ArrayList<>();
        texts.add(header.get(column));
        for (List<@Nullable Object> row : rows) {
            texts.add(text(row.get(column), decimals));
        }
        int width = texts.stream().mapToInt(String::length).max().orElse(0);
        for (int i = 0; i < texts.size(); i++) {
            String padding = " ".repeat(width - texts.get(i).length());
            lines.get(i)
                    .append(column == 0 ? "" : GAP)
                    .append(numbers ? padding + texts.get(i) : texts.get(i) + padding);
        }
    }

    private static String text(@Nullable Object cell, int decimals) {
        if (cell == null) {
            return "-" + " ".repeat(decimals == 0 ? 0 : decimals + 1);
        }
        if (cell instanceof BigDecimal number) {
            return decimal(number, decimals);
        }
        return cell instanceof Number number ? grouped(number.toString()) : harmless(cell.toString());
    }

    /** Names are others': none may move the cursor, change the colours or the direction of what follows. */
    private static String harmless(String text) {
        StringBuilder harmless = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? REPLACEMENT : c)
                .forEach(harmless::appendCodePoint);
        return harmless.toString();
    }

    /** No zeros at the end of the fraction, but blanks, so that the points stand below each other. */
    private static String decimal(BigDecimal number, int decimals) {
        BigDecimal exact = number.setScale(decimals(number));
        String plain = exact.toPlainString();
        int point = plain.indexOf('.');
        String whole = grouped(point < 0 ? plain : plain.substring(0, point));
        String fraction = point < 0 ? "" : plain.substring(point);
        int missing = decimals == 0 ? 0 : decimals + 1 - fraction.length();
        return whole + fraction + " ".repeat(missing);
    }

    private static int decimals(BigDecimal number) {
        return number.signum() == 0
                ? 0
                : Math.max(0, number.stripTrailingZeros().scale());
    }

    private static String grouped(String digits) {
        StringBuilder grouped = new StringBuilder(digits);
        int first = digits.startsWith("-") ? 1 : 0;
        for (int i = digits.length() - THOUSANDS; i > first; i -= THOUSANDS) {
            grouped.insert(i, ',');
        }
        return grouped.toString();
    }
}
