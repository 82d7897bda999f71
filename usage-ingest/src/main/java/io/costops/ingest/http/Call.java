package io.costops.ingest.http;

import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;

/**
 * A request whose sender is known and whose body is there.
 *
 * @param path what follows the route's own path, for example the source kind
 * @param headers as received
 * @param body decompressed
 * @param tenantRule which tenants the sender may name
 * @param attribution from the headers, the key's tenant filled in
 * @param memory the request's share, in which the body is counted
 */
record Call(
        String path,
        HttpFields headers,
        Body body,
        TenantRule tenantRule,
        Attribution attribution,
        MemoryBudget.Reservation memory) {

    /**
     * Counts bytes that are made of the body: what is said once for all elements stands in each of their envelopes, so that
     * they can be many times the body.
     *
     * @return why there is no room for them
     */
    Optional<Problem> grow(long bytes) {
        if (memory.add(bytes)) {
            return Optional.empty();
        }
        return Optional.of(
                memory.couldAdd(bytes)
                        ? Problem.busy()
                        : Problem.of(
                                HttpStatus.PAYLOAD_TOO_LARGE_413,
                                "too-large",
                                "the elements, each with what the request says for all of them, take more memory than one"
                                        + " request may: send fewer at a time, or shorter attribution"));
    }
}
