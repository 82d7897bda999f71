/** API keys: who may write usage, and for which tenant. */
@org.jspecify.annotations.NullMarked
package io.costops.ingest.keys;
