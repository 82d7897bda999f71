package io.costops.infra.ledger;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.stream.Collectors;

/** Values as ClickHouse's SQL writes them. */
final class SqlText {
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS");

    private SqlText() {}

    static String of(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    static String of(Instant time) {
        return "toDateTime64(" + literal(time) + ", 6, 'UTC')";
    }

    /** For the parameter of a view, which takes no function. */
    static String literal(Instant time) {
        return "'" + MICROS.format(time.atOffset(ZoneOffset.UTC)) + "'";
    }

    static String list(Collection<String> texts) {
        return texts.stream().map(SqlText::of).collect(Collectors.joining(", ", "(", ")"));
    }
}
