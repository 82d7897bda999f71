package io.costops.anomaly.job;

import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/**
 * A series that is forecast.
 *
 * @param dimension tenant, project, model or all_tenants
 * @param value of it; totals have none of their own
 */
public record SpendSeries(String tenant, String currency, String dimension, String value) {
    static final Map<String, TypeInformation<?>> FIELDS =
            Map.of("tenant", Types.STRING, "currency", Types.STRING, "dimension", Types.STRING, "value", Types.STRING);

    /** Its identity in topics and tables. */
    String id() {
        return String.join("/", escaped(tenant), currency, dimension, escaped(value));
    }

    private static String escaped(String text) {
        return text.replace("%", "%25").replace("/", "%2F");
    }
}
