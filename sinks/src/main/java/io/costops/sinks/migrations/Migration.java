package io.costops.sinks.migrations;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One step from an empty database to the tables of today.
 *
 * <p>A statement ends with a semicolon at the end of a line. Each may run any number of times: ClickHouse has no
 * transactions over DDL, so a migration that was cut off starts again from its first statement.
 *
 * @param version counts from 1
 * @param name the file's name without its ending, {@code V001__ledger}
 * @param template its text, with {@code ${name}} where deployments differ
 */
record Migration(int version, String name, String template) {
    private static final Pattern NAME = Pattern.compile("V(\\d{3})__[a-z0-9_]+");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([a-z_]+)}");
    private static final Pattern STATEMENT_END = Pattern.compile(";[ \\t]*(?:\\n|$)");

    static Migration resource(String name) {
        String file = name + ".sql";
        try (InputStream in = Migration.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the migration " + file + " is not in the jar");
            }
            return of(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Migration of(String name, String template) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "a migration is named V<three digits>__<lower_case_words>, but this one is named " + name);
        }
        return new Migration(Integer.parseInt(matcher.group(1)), name, template.replace("\r\n", "\n"));
    }

    /** Of the template, so that it is the same in every deployment. */
    String checksum() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(template.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    List<String> statements(Map<String, String> substitutions) {
        String text =
                template.lines().filter(line -> !line.strip().startsWith("--")).collect(Collectors.joining("\n"));
        String filled = PLACEHOLDER
                .matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(substitution(match.group(1), substitutions)));
        return Arrays.stream(STATEMENT_END.split(filled))
                .map(String::strip)
                .filter(statement -> !statement.isEmpty())
                .toList();
    }

    private String substitution(String placeholder, Map<String, String> substitutions) {
        String value = substitutions.get(placeholder);
        if (value == null) {
            throw new IllegalStateException(name + " has the unknown placeholder ${" + placeholder + "}");
        }
        return value;
    }
}
