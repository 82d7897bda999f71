package io.costops.anomaly.backtest;

import io.costops.anomaly.chart.Panel;
import io.costops.anomaly.detection.SeriesDetector;
import io.costops.anomaly.detection.SeriesScore;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code timestamp,value} to the same with {@code anomaly_score} and {@code alert}; a folder in, a folder out. */
final class SeriesBacktest {
    private static final Pattern SECONDS = Pattern.compile("-?[0-9]{1,15}(\\.[0-9]+)?");

    private record Counts(long points, long alerts) {}

    private SeriesBacktest() {}

    static String run(Path input, Path output, Pictures pictures) {
        if (!Files.isDirectory(input)) {
            if (Files.isDirectory(output)) {
                throw new BacktestException(output + " is a folder: for one file in, name one file out");
            }
            Counts counts = file(input, output, pictures, String.valueOf(input.getFileName()));
            return String.format(Locale.ROOT, "%,d points, %d alerts: %s", counts.points, counts.alerts, output);
        }
        List<Path> files;
        try (Stream<Path> found = Files.walk(input)) {
            files = found.filter(Files::isRegularFile)
                    .filter(path -> path.toString().toLowerCase(Locale.ROOT).endsWith(".csv"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new BacktestException("can't list " + input + ": " + e, e);
        }
        if (files.isEmpty()) {
            throw new BacktestException(input + " holds no file that ends in .csv");
        }
        long points = 0;
        long alerts = 0;
        for (Path file : files) {
            Path target = output.resolve(input.relativize(file).toString());
            try {
                Path folder = target.getParent();
                if (folder != null) {
                    Files.createDirectories(folder);
                }
            } catch (IOException e) {
                throw new BacktestException("can't make the folder of " + target + ": " + e, e);
            }
            Counts counts = file(file, target, pictures, input.relativize(file).toString());
            points += counts.points;
            alerts += counts.alerts;
        }
        return String.format(Locale.ROOT, "%d files, %,d points, %d alerts: %s", files.size(), points, alerts, output);
    }

    private static Counts file(Path input, Path output, Pictures pictures, String name) {
        SeriesDetector detector = new SeriesDetector();
        long points = 0;
        long alerts = 0;
        Panel panel = new Panel(name, true);
        boolean drawn = pictures.wanted();
        try (CsvTable table = CsvTable.open(input);
                BufferedWriter out = Files.newBufferedWriter(output, StandardCharsets.UTF_8)) {
            int timestamp = table.column("timestamp");
            int value = table.column("value");
            out.write(table.headerLine() + ",anomaly_score,alert\n");
            while (table.next()) {
                long seconds = seconds(table, timestamp);
                double number = table.number(value);
                SeriesScore score = detector.observe(seconds, number);
                if (drawn) {
                    panel.actual((double) seconds, number);
                    if (score.alert()) {
                        panel.alert((double) seconds, "");
                    }
                }
                points++;
                alerts += score.alert() ? 1 : 0;
                out.write(table.line() + "," + decimals(score.score()) + "," + (score.alert() ? 1 : 0) + "\n");
            }
        } catch (IOException e) {
            throw new BacktestException("can't write " + output + ": " + e, e);
        }
        if (points == 0) {
            throw new BacktestException(input + " has no rows below its header");
        }
        pictures.add(name, panel);
        return new Counts(points, alerts);
    }

    /** Six decimals of a number from 0 to 1; a formatter would take longer than the detector. */
    private static String decimals(double score) {
        long millionths = 1_000_000 + Math.round(score * 1_000_000);
        return millionths / 1_000_000 - 1 + "."
                + Long.toString(millionths % 1_000_000 + 1_000_000).substring(1);
    }

    /** Seconds since 1970, an ISO instant, or a date and time that is taken as UTC. */
    private static long seconds(CsvTable table, int column) {
        String text = table.text(column).strip();
        if (SECONDS.matcher(text).matches()) {
            return (long) Math.floor(Double.parseDouble(text));
        }
        String iso =
                text.length() > 10 && text.charAt(10) == ' ' ? text.substring(0, 10) + 'T' + text.substring(11) : text;
        try {
            if (iso.length() <= 10) {
                return LocalDate.parse(iso).atStartOfDay(ZoneOffset.UTC).toEpochSecond();
            }
            if (iso.endsWith("Z")) {
                return Instant.parse(iso).getEpochSecond();
            }
            boolean offset = iso.indexOf('+') > 0 || iso.lastIndexOf('-') > 10;
            return offset
                    ? OffsetDateTime.parse(iso).toEpochSecond()
                    : LocalDateTime.parse(iso).toEpochSecond(ZoneOffset.UTC);
        } catch (DateTimeParseException e) {
            throw problem(table, column);
        }
    }

    private static BacktestException problem(CsvTable table, int column) {
        return table.problem(
                column, "must be a time such as 2026-07-01 10:00:00 or 2026-07-01T10:00:00Z, or seconds since 1970");
    }
}
