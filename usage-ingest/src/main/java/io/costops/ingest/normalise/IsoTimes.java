package io.costops.ingest.normalise;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** ISO 8601 moments, to the microsecond. */
final class IsoTimes {
    private static final int[] DAYS = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    private IsoTimes() {}

    /** Null if the text is not a moment. A moment without a zone is UTC, as logs write it. */
    static @Nullable Instant parse(String text) {
        Instant plain = plain(text);
        if (plain != null) {
            return plain;
        }
        String iso = text.indexOf(' ') == 10 ? text.replaceFirst(" ", "T") : text;
        try {
            return OffsetDateTime.parse(iso).toInstant().truncatedTo(ChronoUnit.MICROS);
        } catch (DateTimeException withoutZone) {
            try {
                return LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
            } catch (DateTimeException notAMoment) {
                return null;
            }
        }
    }

    /** The usual form, {@code 2026-07-01T10:00:00.123456Z}, without a formatter: it is read for every record. */
    private static @Nullable Instant plain(String text) {
        int length = text.length();
        if (length < 20
                || length > 30
                || text.charAt(4) != '-'
                || text.charAt(7) != '-'
                || text.charAt(10) != 'T'
                || text.charAt(13) != ':'
                || text.charAt(16) != ':'
                || text.charAt(length - 1) != 'Z') {
            return null;
        }
        int year = digits(text, 0, 4);
        int month = digits(text, 5, 7);
        int day = digits(text, 8, 10);
        int hour = digits(text, 11, 13);
        int minute = digits(text, 14, 16);
        int second = digits(text, 17, 19);
        int micros = length == 20 ? 0 : micros(text, length - 1);
        // Anything unusual, a leap second or February 29th, is left to the formatter.
        if (year < 1970
                || month < 1
                || month > 12
                || day < 1
                || day > DAYS[month - 1]
                || hour < 0
                || hour > 23
                || minute < 0
                || minute > 59
                || second < 0
                || second > 59
                || micros < 0) {
            return null;
        }
        long seconds = LocalDate.of(year, month, day).toEpochDay() * 86_400L + hour * 3_600L + minute * 60L + second;
        return Instant.ofEpochSecond(seconds, micros * 1_000L);
    }

    /** Microseconds of the fraction that begins with the point at 19; further digits are cut. */
    private static int micros(String text, int end) {
        if (text.charAt(19) != '.' || end == 20) {
            return -1;
        }
        int micros = 0;
        for (int i = 20; i < 26; i++) {
            int digit = i < end ? text.charAt(i) - '0' : 0;
            if (digit < 0 || digit > 9) {
                return -1;
            }
            micros = micros * 10 + digit;
        }
        return end <= 26 || digits(text, 26, end) >= 0 ? micros : -1;
    }

    private static int digits(String text, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }
}
