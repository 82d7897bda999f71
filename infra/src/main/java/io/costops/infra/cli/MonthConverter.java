package io.costops.infra.cli;

import java.time.YearMonth;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A month, such as 2026-07. */
final class MonthConverter implements ITypeConverter<YearMonth> {
    @Override
    public YearMonth convert(String text) {
        try {
            return YearMonth.parse(text);
        } catch (DateTimeParseException e) {
            throw new TypeConversionException("'" + text + "' is no month: give one such as 2026-07");
        }
    }
}
