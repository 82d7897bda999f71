package io.costops.anomaly.watch;

import java.util.Map;

/**
 * A series of a tenant, or of all tenants together: one value of one dimension, or all of it.
 *
 * @param value empty for what nobody named, and for the tenant's total
 */
record SeriesId(Dimension dimension, String value) implements Comparable<SeriesId> {
    static final SeriesId TOTAL = new SeriesId(Dimension.TENANT, "");

    /** What usage is looked at by. */
    enum Dimension {
        TENANT("t", "tenant"),
        PROJECT("p", "project"),
        MODEL("m", "model"),
        API_KEY("k", "api_key_id"),
        /** A tenant among all of them. */
        MEMBER("n", "tenant");

        /** In saved state; never reused. */
        private final String code;

        private final String column;

        Dimension(String code, String column) {
            this.code = code;
            this.column = column;
        }

        String column() {
            return column;
        }

        String valueOf(Place place) {
            return switch (this) {
                case TENANT -> "";
                case PROJECT -> place.project();
                case MODEL -> place.model();
                case API_KEY -> place.apiKeyId();
                case MEMBER -> place.tenant();
            };
        }
    }

    static SeriesId of(Dimension dimension, Place place) {
        return new SeriesId(dimension, dimension.valueOf(place));
    }

    static SeriesId parse(String key) {
        for (Dimension dimension : Dimension.values()) {
            if (key.startsWith(dimension.code + ":")) {
                return new SeriesId(dimension, key.substring(dimension.code.length() + 1));
            }
        }
        throw new IllegalStateException("state names the series '" + key + "', whose dimension isn't known");
    }

    String key() {
        return dimension.code + ":" + value;
    }

    boolean covers(Place place) {
        return dimension.valueOf(place).equals(value);
    }

    /** As people and SQL name it; the total has no name of its own. */
    Map<String, String> scope() {
        return dimension == Dimension.TENANT || value.isEmpty() ? Map.of() : Map.of(dimension.column, value);
    }

    @Override
    public int compareTo(SeriesId other) {
        return key().compareTo(other.key());
    }
}
