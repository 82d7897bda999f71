package io.costops.anomaly.job;

import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import java.io.Serializable;
import java.net.URI;

/** How a task, wherever it runs, comes by the schema registry. */
public interface RegistryAccess extends Serializable {
    SchemaRegistry connect();

    /** A registry that speaks Confluent's API. */
    record Confluent(URI url) implements RegistryAccess {
        @Override
        public SchemaRegistry connect() {
            return new ConfluentSchemaRegistry(url);
        }
    }
}
