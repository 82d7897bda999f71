package io.costops.ingest.http;

import io.costops.ingest.keys.ApiKey;
import java.util.Optional;

/** A key writes for its tenant only. Without keys every tenant is taken: the door then serves this machine only. */
record TenantRule(Optional<ApiKey> key) {

    /** What is wrong with an element that names this tenant. */
    Optional<Fault> violation(int index, String field, Optional<String> named) {
        return named.filter(
                        tenant -> key.isPresent() && !key.get().tenant().value().equals(tenant))
                .map(tenant -> Fault.forbidden(
                        index,
                        field,
                        field + " is '" + tenant + "', but the API key writes for '"
                                + key.orElseThrow().tenant() + "' only: leave " + field
                                + " out, or use that tenant's key"));
    }

    /** The attribution with the key's tenant filled in. */
    Attribution applied(Attribution attribution) {
        return key.map(certain -> attribution.withTenant(certain.tenant().value()))
                .orElse(attribution);
    }
}
