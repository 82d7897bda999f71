package io.costops.enrichment.job;

import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.Types;

/**
 * The books as state of the first jobs holds them. Flink keeps what it restored and nobody asks for, and would write it
 * into every checkpoint for ever.
 */
final class FormerBooks {
    static final List<MapStateDescriptor<String, ?>> STATES = List.of(
            new MapStateDescriptor<>("prices", Types.STRING, StreamTypes.PRICE_REVISION),
            new MapStateDescriptor<>("attribution", Types.STRING, StreamTypes.ATTRIBUTION_RULE),
            new MapStateDescriptor<>("periods", Types.STRING, StreamTypes.PERIOD),
            new MapStateDescriptor<>("books-loaded", Types.STRING, Types.LONG));

    private FormerBooks() {}

    static void clear(OperatorStateStore state) throws Exception {
        Set<String> restored = Set.copyOf(state.getRegisteredBroadcastStateNames());
        for (MapStateDescriptor<String, ?> former : STATES) {
            if (restored.contains(former.getName())) {
                state.getBroadcastState(former).clear();
            }
        }
    }
}
