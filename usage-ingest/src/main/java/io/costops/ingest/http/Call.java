package io.costops.ingest.http;

import org.eclipse.jetty.http.HttpFields;

/**
 * A request whose sender is known and whose body is there.
 *
 * @param path what follows the route's own path, for example the source kind
 * @param headers as received
 * @param body decompressed
 * @param tenantRule which tenants the sender may name
 * @param attribution from the headers, the key's tenant filled in
 */
record Call(String path, HttpFields headers, Body body, TenantRule tenantRule, Attribution attribution) {}
