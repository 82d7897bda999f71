/** Hardened, exact reading of JSON that anyone may have written. */
@org.jspecify.annotations.NullMarked
package io.costops.ingest.json;
