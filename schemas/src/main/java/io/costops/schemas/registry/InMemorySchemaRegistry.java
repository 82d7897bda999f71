package io.costops.schemas.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;

/** A registry for unit tests and for commands that need no platform. Ids count from 1. */
public final class InMemorySchemaRegistry implements SchemaRegistry {
    private final List<String> schemas = new ArrayList<>();

    @Override
    public synchronized int register(String subject, Schema schema) {
        String json = schema.toString();
        int index = schemas.indexOf(json);
        if (index < 0) {
            schemas.add(json);
            index = schemas.size() - 1;
        }
        return index + 1;
    }

    @Override
    public synchronized Optional<String> byId(int id) {
        return id >= 1 && id <= schemas.size() ? Optional.of(schemas.get(id - 1)) : Optional.empty();
    }
}
