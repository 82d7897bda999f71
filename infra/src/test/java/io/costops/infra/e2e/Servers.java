package io.costops.infra.e2e;

import java.util.Map;
import java.util.Optional;

/** Servers that the suite runs against instead of those that a platform starts by itself. */
public interface Servers extends AutoCloseable {
    /** Why they can't be had here, if they can't. */
    Optional<String> absent();

    /**
     * Starts them.
     *
     * @param users a file for {@code users.d} of ClickHouse
     * @return what the command's environment would say of them
     */
    Map<String, String> start(String users);

    @Override
    void close();
}
