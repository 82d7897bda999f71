package io.costops.anomaly.job;

import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import io.costops.schemas.avro.Alert;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;

/**
 * How the job's types are written to state and between tasks, told one by one: nothing is left to be guessed and so to
 * fall back to Kryo.
 */
final class StreamTypes {
    static final TypeInformation<Alert> ALERT = new AvroTypeInfo<>(Alert.class);

    static final TypeInformation<Place> PLACE = Types.POJO(
            Place.class,
            Map.of(
                    "tenant", Types.STRING,
                    "currency", Types.STRING,
                    "project", Types.STRING,
                    "model", Types.STRING,
                    "apiKeyId", Types.STRING));

    static final TypeInformation<Sums> SUMS = Types.POJO(Sums.class, sums());

    static final TypeInformation<Cell> CELL = Types.POJO(
            Cell.class, Map.of("place", PLACE, "windowStartMillis", Types.LONG, "late", Types.BOOLEAN, "sums", SUMS));

    static final TypeInformation<Usage> USAGE = Types.POJO(
            Usage.class,
            Map.of(
                    "place", PLACE,
                    "timeMillis", Types.LONG,
                    "eventTimeMillis", Types.LONG,
                    "recordedAtMillis", Types.LONG,
                    "scope", Types.MAP(Types.STRING, Types.STRING),
                    "tags", Types.MAP(Types.STRING, Types.STRING),
                    "billedCost", Types.BIG_DEC,
                    "billed", Types.BOOLEAN,
                    "single", Types.BOOLEAN,
                    "sums", SUMS));

    private StreamTypes() {}

    private static Map<String, TypeInformation<?>> sums() {
        Map<String, TypeInformation<?>> fields = new HashMap<>();
        for (String count : new String[] {
            "requests",
            "failed",
            "retried",
            "tokens",
            "cachedTokens",
            "history",
            "pricedRequests",
            "unpricedRequests",
            "unpricedTokens",
            "repricedRequests",
            "correctedRequests",
            "correctedFailed",
            "correctedTokens"
        }) {
            fields.put(count, Types.LONG);
        }
        fields.put("cost", Types.BIG_DEC);
        fields.put("costWithoutCache", Types.BIG_DEC);
        fields.put("correctedCost", Types.BIG_DEC);
        return fields;
    }
}
