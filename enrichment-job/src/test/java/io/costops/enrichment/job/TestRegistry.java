package io.costops.enrichment.job;

import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;

/** One registry for all tasks, which doesn't answer for as many look-ups as the test says. */
final class TestRegistry implements SchemaRegistry {
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final AtomicInteger failures = new AtomicInteger();
    private volatile int failingId = -1;

    /** The next look-ups of a schema fail. */
    void failNext(int lookups, int id) {
        failingId = id;
        failures.set(lookups);
    }

    boolean hasFailed() {
        return failingId >= 0 && failures.get() <= 0;
    }

    @Override
    public int register(String subject, Schema schema) {
        return registry.register(subject, schema);
    }

    @Override
    public Optional<String> byId(int id) {
        if (id == failingId && failures.getAndDecrement() > 0) {
            throw new UncheckedIOException(new IOException("the registry doesn't answer"));
        }
        return registry.byId(id);
    }

    RegistryAccess access() {
        return new Access(Handle.to(this));
    }

    private record Access(Handle<TestRegistry> registry) implements RegistryAccess {
        @Override
        public SchemaRegistry connect() {
            return registry.get();
        }
    }
}
