package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The door of the local platform")
class IngestProcessTest {
    @TempDir
    private Path directory;

    @Test
    void asks_for_keys_once_there_are_any_and_listens_to_this_machine_only() throws IOException {
        try (DataDirectory data = DataDirectory.take(directory)) {
            IngestProcess ingest = new IngestProcess(
                    new Distribution(directory), data, 8088, "127.0.0.1:9092", "http://127.0.0.1:8081");
            assertThat(ingest.arguments())
                    .containsSequence("--http.host", "127.0.0.1")
                    .doesNotContain("--http.keys.file");

            Path keys = Files.writeString(data.root().resolve("keys.json"), "{\"keys\": []}");

            assertThat(ingest.arguments()).containsSequence("--http.keys.file", keys.toString());
        }
    }
}
