package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A data directory")
class DataDirectoryTest {

    @TempDir
    Path directory;

    @Test
    void belongs_to_one_platform_at_a_time_and_says_whose_it_is() {
        try (DataDirectory first = DataDirectory.take(directory)) {
            assertThatThrownBy(() -> DataDirectory.take(directory))
                    .isInstanceOf(PlatformException.class)
                    .hasMessageContaining(first.root().toString())
                    .hasMessageContaining("process " + ProcessHandle.current().pid())
                    .hasMessageContaining("--data-dir");
        }
        DataDirectory.take(directory).close();
    }

    @Test
    void may_hold_the_lock_file_of_a_supervisor_that_is_no_more() throws IOException {
        Files.writeString(directory.resolve("lock"), "99999999");
        DataDirectory.take(directory).close();
    }

    @Test
    void draws_a_password_once_and_shows_it_to_its_owner_only() throws IOException {
        Path file;
        String drawn;
        try (DataDirectory data = DataDirectory.take(directory)) {
            file = data.passwordFile("clickhouse-password");
            drawn = Files.readString(file);
        }
        try (DataDirectory data = DataDirectory.take(directory)) {
            assertThat(Files.readString(data.passwordFile("clickhouse-password")))
                    .isEqualTo(drawn);
        }
        assertThat(drawn).hasSize(48);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void that_is_a_file_is_named_as_unusable() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> DataDirectory.take(file))
                .isInstanceOf(PlatformException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void whose_path_would_break_a_servers_settings_is_refused_with_the_reason() {
        for (String name : List.of("a,b", "a:b", "a;b", "a b", "a#b")) {
            assertThatThrownBy(() -> DataDirectory.take(directory.resolve(name)))
                    .isInstanceOf(PlatformException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("letters, digits");
        }
    }
}
