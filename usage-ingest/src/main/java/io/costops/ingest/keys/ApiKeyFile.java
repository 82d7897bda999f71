package io.costops.ingest.keys;

import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.value.TenantId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * API keys in a file that is read again when it has changed, so that a key is added or revoked without a restart.
 *
 * <p>A changed file that can't be read leaves the keys in force that were read last: a slip of the pen must not lock
 * every sender out. It is logged, and {@link #isStale} tells it.
 */
public final class ApiKeyFile implements ApiKeys {
    private static final Logger LOG = LoggerFactory.getLogger(ApiKeyFile.class);
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofSeconds(1);

    /** Compared when an id is unknown, so that the time of an answer doesn't tell which ids exist. */
    private static final KeyHash NO_KEY = new KeyHash("0".repeat(64));

    private final Path file;
    private final Clock clock;
    private final AtomicLong nextLookMillis = new AtomicLong();
    private volatile Loaded loaded;
    private volatile boolean stale;

    private record Loaded(Stamp stamp, Map<String, ApiKey> keys) {}

    /** What changes when a file is written or replaced. */
    private record Stamp(
            FileTime modified, long size, @Nullable Object fileKey) {}

    private ApiKeyFile(Path file, Clock clock, Loaded loaded) {
        this.file = file;
        this.clock = clock;
        this.loaded = loaded;
        this.nextLookMillis.set(clock.millis() + LOOK_AGAIN_AFTER.toMillis());
    }

    /**
     * Reads the keys.
     *
     * @throws ConfigurationException if the file can't be read, naming what is wrong in it
     */
    public static ApiKeyFile open(Path file, Clock clock) {
        try {
            return new ApiKeyFile(file, clock, load(file));
        } catch (IOException e) {
            throw new ConfigurationException("can't read the keys file " + file + ": " + e);
        }
    }

    @Override
    public Optional<ApiKey> authenticate(String presented) {
        readAgainIfChanged();
        Optional<KeyText> text = KeyText.parse(presented);
        Optional<ApiKey> entry = text.map(key -> loaded.keys().get(key.id()));
        boolean matches = entry.map(ApiKey::hash).orElse(NO_KEY).matches(presented);
        return entry.filter(key -> matches && key.state(clock.instant()) == ApiKey.State.ACTIVE);
    }

    /** True while the file on disk can't be read and the keys of its last good state are in force. */
    public boolean isStale() {
        return stale;
    }

    private void readAgainIfChanged() {
        long now = clock.millis();
        long due = nextLookMillis.get();
        if (now < due || !nextLookMillis.compareAndSet(due, now + LOOK_AGAIN_AFTER.toMillis())) {
            return;
        }
        try {
            if (stale || !stamp(file).equals(loaded.stamp())) {
                loaded = load(file);
                stale = false;
                LOG.info("Read {} API keys from {}", loaded.keys().size(), file);
            }
        } catch (IOException | ConfigurationException e) {
            if (!stale) {
                LOG.error(
                        "The keys file {} can't be read; the {} keys read before stay in force",
                        file,
                        loaded.keys().size(),
                        e);
            }
            stale = true;
        }
    }

    private static Loaded load(Path file) throws IOException {
        // The stamp is taken first: a write in between is seen at the next look.
        Stamp stamp = stamp(file);
        return new Loaded(stamp, KeysDocument.read(Files.readAllBytes(file)));
    }

    private static Stamp stamp(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }

    /**
     * A key that was just made.
     *
     * @param text to be shown once; it can't be had again
     */
    public record Issued(String text, ApiKey key) {
        @Override
        public String toString() {
            return "Issued[" + key.id() + "]";
        }
    }

    /** Makes a key and adds its hash to the file, which is created if there is none. */
    public static Issued issue(
            Path file,
            TenantId tenant,
            String name,
            OptionalLong elementsPerSecond,
            Optional<Instant> expiresAt,
            SecureRandom random,
            Clock clock)
            throws IOException {
        KeyText text = KeyText.random(random);
        ApiKey key = new ApiKey(
                text.id(),
                tenant,
                KeyHash.of(text.text()),
                name,
                Instant.ofEpochSecond(clock.instant().getEpochSecond()),
                expiresAt,
                false,
                elementsPerSecond);
        change(file, keys -> {
            List<ApiKey> changed = new ArrayList<>(keys);
            changed.add(key);
            return changed;
        });
        return new Issued(text.text(), key);
    }

    /**
     * Revokes a key; its entry stays, so that logs can still be read.
     *
     * @return false if there is no such key
     */
    public static boolean revoke(Path file, String id) throws IOException {
        boolean[] found = new boolean[1];
        change(file, keys -> {
            List<ApiKey> changed = new ArrayList<>();
            for (ApiKey key : keys) {
                found[0] |= key.id().equals(id);
                changed.add(key.id().equals(id) ? revoked(key) : key);
            }
            return changed;
        });
        return found[0];
    }

    /** The keys of a file, revoked ones too, oldest first. */
    public static List<ApiKey> list(Path file) throws IOException {
        return ordered(KeysDocument.read(Files.readAllBytes(file)).values());
    }

    private static ApiKey revoked(ApiKey key) {
        return new ApiKey(
                key.id(),
                key.tenant(),
                key.hash(),
                key.name(),
                key.createdAt(),
                key.expiresAt(),
                true,
                key.elementsPerSecond());
    }

    private static List<ApiKey> ordered(java.util.Collection<ApiKey> keys) {
        return keys.stream()
                .sorted(java.util.Comparator.comparing(ApiKey::createdAt).thenComparing(ApiKey::id))
                .toList();
    }

    private interface Change {
        List<ApiKey> apply(List<ApiKey> keys);
    }

    /** Replaces the file in one step, so that a reader never sees half of it; one change at a time. */
    private static synchronized void change(Path file, Change change) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new NoSuchFileException(file.toString());
        }
        Path lockFile = folder.resolve(file.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!lock.isValid()) {
                throw new IOException("lost the lock on " + lockFile);
            }
            List<ApiKey> before = Files.exists(file)
                    ? ordered(KeysDocument.read(Files.readAllBytes(file)).values())
                    : List.of();
            Path fresh = createPrivate(folder, String.valueOf(file.getFileName()));
            try {
                Files.write(fresh, KeysDocument.write(change.apply(before)));
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(fresh);
            }
        }
    }

    private static Path createPrivate(Path folder, String name) throws IOException {
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? Files.createTempFile(
                        folder,
                        name,
                        ".new",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : Files.createTempFile(folder, name, ".new");
    }
}
