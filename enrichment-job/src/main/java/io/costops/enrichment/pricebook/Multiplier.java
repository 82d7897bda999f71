package io.costops.enrichment.pricebook;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * What the rates of tokens are multiplied by: a region's uplift, a geography, a speed. Fees per request are not.
 *
 * @param factor product of all that apply
 * @param fields fields of the price that they stand in
 */
public record Multiplier(BigDecimal factor, List<String> fields) {
    /** Nothing applies. */
    public static final Multiplier NONE = new Multiplier(BigDecimal.ONE, List.of());

    public boolean applies() {
        return !fields.isEmpty();
    }

    Multiplier times(BigDecimal other, String field) {
        List<String> all = new ArrayList<>(fields);
        all.add(field);
        return new Multiplier(factor.multiply(other), List.copyOf(all));
    }
}
