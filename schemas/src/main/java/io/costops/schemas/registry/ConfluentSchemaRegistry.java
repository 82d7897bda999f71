package io.costops.schemas.registry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;

/**
 * Any registry that speaks Confluent's API, through Confluent's own client.
 *
 * <p>The client comes relocated out of Flink's bundle, Avro included; schemas pass as JSON text.
 */
public final class ConfluentSchemaRegistry implements SchemaRegistry {
    private static final int CACHED_SCHEMAS = 1_000;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int UNPROCESSABLE = 422;

    private final URI url;
    private final SchemaRegistryClient client;

    public ConfluentSchemaRegistry(URI url) {
        this.url = url;
        this.client = new CachedSchemaRegistryClient(url.toString(), CACHED_SCHEMAS, Map.of());
    }

    @Override
    public int register(String subject, Schema schema) {
        try {
            return client.register(subject, new AvroSchema(schema.toString()));
        } catch (RestClientException e) {
            if (e.getStatus() == CONFLICT || e.getStatus() == UNPROCESSABLE) {
                throw new IllegalStateException(
                        "the registry refuses the schema of " + subject + " as incompatible: " + e.getMessage(), e);
            }
            throw unreachable(e);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    @Override
    public Optional<String> byId(int id) {
        try {
            return Optional.of(client.getSchemaById(id).canonicalString());
        } catch (RestClientException e) {
            if (e.getStatus() == NOT_FOUND) {
                return Optional.empty();
            }
            throw unreachable(e);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private UncheckedIOException unreachable(Exception cause) {
        return new UncheckedIOException(
                new IOException("the schema registry at " + url + " does not answer: " + cause.getMessage(), cause));
    }
}
