package io.costops.schemas.registry;

import java.util.Optional;
import org.apache.avro.Schema;

/** What CostOps asks of a schema registry. Thread-safe. */
public interface SchemaRegistry {
    /**
     * Registers a schema, or finds it if it is registered.
     *
     * @return the id that stands in the wire format
     * @throws IllegalStateException if the registry refuses the schema as incompatible
     * @throws java.io.UncheckedIOException if the registry can't be reached
     */
    int register(String subject, Schema schema);

    /**
     * The JSON text of a schema.
     *
     * @return empty if no schema has that id
     * @throws java.io.UncheckedIOException if the registry can't be reached
     */
    Optional<String> byId(int id);
}
