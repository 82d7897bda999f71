package io.costops.anomaly.watch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the series of one tenant are kept. */
public interface SeriesStore {
    byte @Nullable [] get(String series);

    void put(String series, byte[] state);

    void remove(String series);

    /** The series that there are. */
    List<String> names();
}
