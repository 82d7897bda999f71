package io.costops.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.NotifiedIncident;
import io.costops.schemas.avro.PendingNotification;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.topics.Topic;
import io.costops.schemas.topics.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("Released schemas")
class FrozenSchemasTest {
    private static final Path FROZEN = Path.of("src/main/avro-frozen");

    static List<Schema> current() {
        return List.of(
                UsageEvent.getClassSchema(),
                LedgerEntry.getClassSchema(),
                PriceRevision.getClassSchema(),
                AttributionRule.getClassSchema(),
                Alert.getClassSchema(),
                Budget.getClassSchema(),
                BudgetState.getClassSchema(),
                Forecast.getClassSchema(),
                AlertControl.getClassSchema(),
                AlertDelivery.getClassSchema(),
                PendingNotification.getClassSchema(),
                NotifiedIncident.getClassSchema(),
                RejectedUsage.getClassSchema(),
                Position.getClassSchema(),
                UsageRequest.getClassSchema(),
                Period.getClassSchema());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("current")
    @DisplayName("of every version are readable by today's code (BACKWARD_TRANSITIVE)")
    void every_frozen_version_is_readable(Schema today) {
        for (Path version : versions(today)) {
            assertThat(compatibility(today, parse(version)))
                    .as("today's %s reads %s", today.getName(), version)
                    .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("current")
    @DisplayName("include today's schema: a change is frozen as a version of its own")
    void today_is_the_newest_frozen_version(Schema today) {
        List<Path> versions = versions(today);
        assertThat(versions).as("frozen versions of %s", today.getName()).isNotEmpty();
        assertThat(parse(versions.get(versions.size() - 1)))
                .as(
                        "the newest frozen version of %s; a changed schema is written to a new file vN.avsc:%n%s",
                        today.getName(), today.toString())
                .isEqualTo(today);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("current")
    @DisplayName("that lose a field without a default, or change its type, would be noticed")
    void the_check_can_fail(Schema today) {
        Schema grown = new Schema.Parser()
                .parse(today.toString()
                        .replaceFirst(
                                "\"fields\":\\[",
                                "\"fields\":[{\"name\":\"added_without_default\",\"type\":\"string\"},"));
        assertThat(compatibility(grown, today)).isEqualTo(SchemaCompatibilityType.INCOMPATIBLE);
    }

    @Test
    @DisplayName("cover every topic of the catalogue")
    void every_topic_is_covered() {
        List<String> covered = current().stream().map(Schema::getFullName).toList();
        assertThat(Topics.all())
                .filteredOn(topic -> topic.value().isPresent())
                .extracting(Topic::valueType)
                .allSatisfy(type -> assertThat(covered).contains(type.getName()));
    }

    @Test
    @DisplayName("give every enum an UNKNOWN default, so that a reader of today survives a symbol of tomorrow")
    void enums_default_to_unknown() {
        assertThat(current()).allSatisfy(FrozenSchemasTest::assertEnumsHaveDefaults);
    }

    private static void assertEnumsHaveDefaults(Schema record) {
        for (Schema.Field field : record.getFields()) {
            if (field.schema().getType() == Schema.Type.ENUM) {
                assertThat(field.schema().getEnumDefault())
                        .as("%s.%s", record.getName(), field.name())
                        .isEqualTo("UNKNOWN");
            }
        }
    }

    private static SchemaCompatibilityType compatibility(Schema reader, Schema writer) {
        return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                .getType();
    }

    private static List<Path> versions(Schema schema) {
        Path folder = FROZEN.resolve(schema.getName());
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted(Comparator.comparingInt(FrozenSchemasTest::version))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int version(Path file) {
        return Integer.parseInt(file.getFileName().toString().replaceAll("\\D", ""));
    }

    private static Schema parse(Path file) {
        try {
            return new Schema.Parser().parse(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
