/** Confluent's wire format over Avro. */
@org.jspecify.annotations.NullMarked
package io.costops.schemas.wire;
