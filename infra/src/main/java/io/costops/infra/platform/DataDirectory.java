package io.costops.infra.platform;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds everything a platform keeps. One supervisor owns it at a time: the lock is the operating system's,
 * so that a supervisor that was killed leaves none behind.
 */
final class DataDirectory implements AutoCloseable {

    private static final Pattern USABLE = Pattern.compile("[\\p{L}\\p{N}/._+=@~-]+");
    private static final int PASSWORD_BYTES = 24;

    private final Path root;
    private final FileChannel lockChannel;

    private DataDirectory(Path root, FileChannel lockChannel) {
        this.root = root;
        this.lockChannel = lockChannel;
    }

    /**
     * Takes the directory.
     *
     * @throws PlatformException if another supervisor has it
     */
    static DataDirectory take(Path root) {
        Path absolute = root.toAbsolutePath().normalize();
        if (!USABLE.matcher(absolute.toString()).matches()) {
            throw new PlatformException(
                    "the data directory " + absolute + " can't be used: its path may hold letters, digits"
                            + " and / . _ - + = @ ~ only, since it goes into the settings of several servers");
        }
        try {
            Files.createDirectories(absolute);
            Path lockFile = absolute.resolve("lock");
            FileChannel channel = FileChannel.open(
                    lockFile, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                String owner = Files.readString(lockFile).strip();
                channel.close();
                throw new PlatformException("the data directory " + absolute + " is in use by a running platform"
                        + (owner.isEmpty() ? "" : " (process " + owner + ")")
                        + "; stop it with ./costops down, or choose another with --data-dir");
            }
            channel.truncate(0);
            channel.write(StandardCharsets.UTF_8.encode(
                    Long.toString(ProcessHandle.current().pid())));
            channel.force(true);
            return new DataDirectory(absolute, channel);
        } catch (IOException e) {
            throw new PlatformException("the data directory " + absolute + " can't be used: " + e, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Another platform in this very process has it.
            return null;
        }
    }

    Path root() {
        return root;
    }

    /** A folder below the root, made when it isn't there. */
    Path folder(String path) {
        try {
            return Files.createDirectories(root.resolve(path));
        } catch (IOException e) {
            throw new PlatformException("can't make the folder " + root.resolve(path) + ": " + e, e);
        }
    }

    Path log(String component) {
        return folder("logs").resolve(component + ".log");
    }

    /** What a process prints beside its log: JVM errors and what comes before the logger is up. */
    Path output(String component) {
        return folder("logs").resolve(component + ".out");
    }

    /** The file with a password, drawn at the first start. */
    Path passwordFile(String name) {
        Path file = folder("secrets").resolve(name);
        try {
            Files.setPosixFilePermissions(file.getParent(), PosixFilePermissions.fromString("rwx------"));
            if (!Files.exists(file)) {
                byte[] random = new byte[PASSWORD_BYTES];
                new SecureRandom().nextBytes(random);
                writePrivately(file, HexFormat.of().formatHex(random));
            }
            return file;
        } catch (IOException e) {
            throw new PlatformException("can't write the secret " + file + ": " + e, e);
        }
    }

    /** Keeps a password that was given, so that children read it from a file and not from their arguments. */
    Path keepPassword(String name, String password) {
        Path file = folder("secrets").resolve(name);
        try {
            Files.setPosixFilePermissions(file.getParent(), PosixFilePermissions.fromString("rwx------"));
            Files.deleteIfExists(file);
            writePrivately(file, password);
            return file;
        } catch (IOException e) {
            throw new PlatformException("can't write the secret " + file + ": " + e, e);
        }
    }

    private static void writePrivately(Path file, String text) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(draft);
        Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(draft, text);
        Files.move(draft, file);
    }

    @Override
    public void close() {
        try {
            lockChannel.close();
        } catch (IOException e) {
            throw new PlatformException("can't release the data directory " + root + ": " + e, e);
        }
    }
}
