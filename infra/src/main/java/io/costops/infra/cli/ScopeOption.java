package io.costops.infra.cli;

import io.costops.infra.books.BookException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What {@code --scope DIMENSION=VALUE} names, given several times. */
final class ScopeOption {
    private ScopeOption() {}

    /** @param nothing begin of the sentence: what was not done */
    static Map<String, String> of(List<String> given, String nothing) {
        Map<String, String> scope = new TreeMap<>();
        for (String text : given) {
            int equals = text.indexOf('=');
            if (equals <= 0 || equals == text.length() - 1) {
                throw new BookException(
                        nothing + ": --scope is '" + text + "': give DIMENSION=VALUE, such as project=chat");
            }
            String dimension = text.substring(0, equals);
            if (scope.put(dimension, text.substring(equals + 1)) != null) {
                throw new BookException(nothing + ": --scope names " + dimension
                        + " twice, and no usage has two: keep one, or make a second one of it");
            }
        }
        return scope;
    }
}
