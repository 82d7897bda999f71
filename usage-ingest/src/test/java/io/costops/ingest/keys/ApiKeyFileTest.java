package io.costops.ingest.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.value.TenantId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The keys file")
class ApiKeyFileTest {
    private static final Duration NEXT_LOOK = Duration.ofSeconds(2);

    @TempDir
    Path folder;

    private Path file;
    private final MovableClock clock = new MovableClock(Instant.parse("2026-07-01T10:00:00Z"));

    @BeforeEach
    void place() {
        file = folder.resolve("keys.json");
    }

    @Nested
    @DisplayName("when a key is issued")
    class Issue {
        @Test
        void it_is_the_tenants_key() throws IOException {
            String key = issue("acme");
            ApiKeyFile keys = ApiKeyFile.open(file, clock);
            assertThat(keys.authenticate(key))
                    .hasValueSatisfying(
                            found -> assertThat(found.tenant().value()).isEqualTo("acme"));
        }

        @Test
        void only_its_hash_is_stored_and_only_the_owner_may_read_it() throws IOException {
            String key = issue("acme");
            String secret = key.substring(key.lastIndexOf('_') + 1);
            assertThat(Files.readString(file)).doesNotContain(secret).contains("sha256");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }

        @Test
        void no_log_line_can_show_it() throws IOException {
            ApiKeyFile.Issued issued = ApiKeyFile.issue(
                    file,
                    new TenantId("acme"),
                    "test",
                    OptionalLong.empty(),
                    Optional.empty(),
                    new SecureRandom(),
                    clock);
            String secret = issued.text().substring(issued.text().lastIndexOf('_') + 1);
            assertThat(issued.toString()).contains(issued.key().id()).doesNotContain(secret);
            assertThat(issued.key().toString()).doesNotContain(secret);
            assertThat(KeyText.parse(issued.text()).orElseThrow().toString())
                    .contains("******")
                    .doesNotContain(secret);
        }

        @Test
        void the_others_stay() throws IOException {
            String first = issue("acme");
            String second = issue("globex");
            ApiKeyFile keys = ApiKeyFile.open(file, clock);
            assertThat(keys.authenticate(first)).isPresent();
            assertThat(keys.authenticate(second)).isPresent();
            assertThat(ApiKeyFile.list(file)).hasSize(2);
        }
    }

    @Nested
    @DisplayName("refuses")
    class Refuses {
        @Test
        void a_key_that_differs_in_its_last_digit() throws IOException {
            String key = issue("acme");
            char last = key.charAt(key.length() - 1);
            String other = key.substring(0, key.length() - 1) + (last == '0' ? '1' : '0');
            assertThat(ApiKeyFile.open(file, clock).authenticate(other)).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "cok_", "nonsense", "cok_000000000000_0000"})
        void what_is_no_key(String presented) throws IOException {
            issue("acme");
            assertThat(ApiKeyFile.open(file, clock).authenticate(presented)).isEmpty();
        }

        @Test
        void a_key_from_the_moment_it_expires() throws IOException {
            String key = issue("acme");
            String json = Files.readString(file);
            Files.writeString(
                    file, json.replace("\"name\"", "\"expires_at\" : \"2026-07-01T12:00:00Z\",\n    \"name\""));
            ApiKeyFile keys = ApiKeyFile.open(file, clock);
            clock.moveTo(Instant.parse("2026-07-01T11:59:59Z"));
            assertThat(keys.authenticate(key)).isPresent();
            clock.moveTo(Instant.parse("2026-07-01T12:00:00Z"));
            assertThat(keys.authenticate(key)).isEmpty();
        }
    }

    @Nested
    @DisplayName("when it changes")
    class Changes {
        @Test
        void a_new_key_is_good_and_a_revoked_one_is_not() throws IOException {
            String old = issue("acme");
            ApiKeyFile keys = ApiKeyFile.open(file, clock);
            String fresh = issue("globex");
            assertThat(ApiKeyFile.revoke(file, old.split("_", -1)[1])).isTrue();
            clock.moveBy(NEXT_LOOK);
            assertThat(keys.authenticate(fresh)).isPresent();
            assertThat(keys.authenticate(old)).isEmpty();
            assertThat(ApiKeyFile.list(file)).hasSize(2);
        }

        @Test
        void a_broken_file_leaves_the_keys_before_in_force_and_says_so() throws IOException {
            String key = issue("acme");
            String good = Files.readString(file);
            ApiKeyFile keys = ApiKeyFile.open(file, clock);
            Files.writeString(file, "{\"keys\": [");
            clock.moveBy(NEXT_LOOK);
            assertThat(keys.authenticate(key)).isPresent();
            assertThat(keys.isStale()).isTrue();
            Files.writeString(file, good);
            clock.moveBy(NEXT_LOOK);
            assertThat(keys.authenticate(key)).isPresent();
            assertThat(keys.isStale()).isFalse();
        }

        @Test
        void revoking_an_unknown_key_says_so() throws IOException {
            issue("acme");
            assertThat(ApiKeyFile.revoke(file, "000000000000")).isFalse();
        }
    }

    @Nested
    @DisplayName("names the entry and the field that is wrong")
    class Wrong {
        @Test
        void when_it_is_not_there() {
            assertThatThrownBy(() -> ApiKeyFile.open(file, clock))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("keys.json");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "[]|\"keys\"",
                    "{\"keys\":[{}]}|keys[0].id",
                    "{\"keys\":[{\"id\":\"a\",\"tenant\":\"t\",\"sha256\":\"zz\",\"created_at\":\"2026-01-01T00:00:00Z\"}]}|sha256",
                    "{\"keys\":[{\"id\":\"a\",\"tenant\":\"t\",\"sha256\":\"HASH\",\"created_at\":\"yesterday\"}]}|yesterday",
                    "{\"keys\":[{\"id\":\"a\",\"tenant\":\"t\",\"sha256\":\"HASH\",\"created_at\":\"2026-01-01T00:00:00Z\",\"revoked\":\"yes\"}]}|revoked",
                    "{\"keys\":[{\"id\":\"a\",\"tenant\":\"t\",\"sha256\":\"HASH\",\"created_at\":\"2026-01-01T00:00:00Z\",\"revokd\":true}]}|revokd",
                    "{\"keys\":[{\"id\":\"a\",\"tenant\":\"t\",\"sha256\":\"HASH\",\"created_at\":\"2026-01-01T00:00:00Z\",\"elements_per_second\":0}]}|elements_per_second",
                })
        void in_its_json(String case_) throws IOException {
            String[] parts = case_.split("\\|", -1);
            Files.writeString(file, parts[0].replace("HASH", "0".repeat(64)));
            assertThatThrownBy(() -> ApiKeyFile.open(file, clock))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(parts[1]);
        }
    }

    private String issue(String tenant) throws IOException {
        return ApiKeyFile.issue(
                        file,
                        new TenantId(tenant),
                        "test",
                        OptionalLong.empty(),
                        Optional.empty(),
                        new SecureRandom(),
                        clock)
                .text();
    }

    private static final class MovableClock extends Clock {
        private Instant now;

        MovableClock(Instant now) {
            this.now = now;
        }

        void moveTo(Instant instant) {
            now = instant;
        }

        void moveBy(Duration time) {
            now = now.plus(time);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
