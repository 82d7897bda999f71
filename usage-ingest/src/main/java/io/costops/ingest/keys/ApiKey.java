package io.costops.ingest.keys;

import io.costops.schemas.value.TenantId;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A right to write usage for one tenant, and for no other.
 *
 * @param id public part of the key: names it in files and logs
 * @param hash of the whole key; the key itself is stored nowhere
 * @param name what people call it, for example the gateway that uses it
 * @param expiresAt from then on it is refused
 * @param elementsPerSecond its own rate, empty for the door's
 */
public record ApiKey(
        String id,
        TenantId tenant,
        KeyHash hash,
        String name,
        Instant createdAt,
        Optional<Instant> expiresAt,
        boolean revoked,
        OptionalLong elementsPerSecond) {

    /** Whether a key opens the door. */
    public enum State {
        ACTIVE,
        EXPIRED,
        REVOKED
    }

    public State state(Instant now) {
        if (revoked) {
            return State.REVOKED;
        }
        return expiresAt.map(now::isBefore).orElse(true) ? State.ACTIVE : State.EXPIRED;
    }
}
