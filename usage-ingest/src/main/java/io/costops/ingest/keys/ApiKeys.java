package io.costops.ingest.keys;

import java.util.Optional;

/** The keys that may write. */
public interface ApiKeys {
    /** The key that this text is; empty if there is none, or it has expired or was revoked. */
    Optional<ApiKey> authenticate(String presented);
}
