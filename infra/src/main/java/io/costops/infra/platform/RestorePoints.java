package io.costops.infra.platform;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of one job over all of its runs, {@code <job>/<run>/chk-<number>/_metadata}, and its savepoints,
 * {@code <job>/savepoints/savepoint-.../_metadata}.
 *
 * <p>A run that is restored goes on counting where the restore point left off, and every run is restored from the newest; a
 * savepoint is counted with the checkpoints. So the highest number is the newest point of the whole history. Only that one
 * may be restored: what a later one has already committed would be committed again.
 */
final class RestorePoints {

    private static final Pattern CHECKPOINT = Pattern.compile("chk-(\\d{1,18})");
    private static final String SAVEPOINT = "savepoint-";
    private static final String METADATA = "_metadata";
    /** Flink's metadata begin with this, the version of the format, and the number of the checkpoint. */
    private static final int METADATA_MAGIC = 0x4960672D;

    private final Path jobDirectory;

    /** One checkpoint or savepoint that is whole. */
    record RestorePoint(Path directory, long number) {
        boolean isSavepoint() {
            return RestorePoints.isSavepoint(directory);
        }
    }

    RestorePoints(Path jobDirectory) {
        this.jobDirectory = jobDirectory;
    }

    /** Where the job's savepoints go. */
    Path savepoints() {
        return jobDirectory.resolve("savepoints");
    }

    /** Flink writes the metadata last and moves it into place whole, so its presence makes a restore point. */
    Optional<RestorePoint> newest() {
        return directories()
                .filter(RestorePoints::isWhole)
                .flatMap(directory -> restorePoint(directory).stream())
                .max(Comparator.comparingLong(RestorePoint::number));
    }

    /**
     * Deletes what ended runs left of checkpoints that were never completed, and runs of which nothing is left. No run of the
     * job may be alive.
     */
    void tidy() {
        directories().filter(directory -> !isWhole(directory)).forEach(RestorePoints::deleteTree);
        for (Path run : children(jobDirectory)) {
            if (holdsNoFile(run)) {
                deleteTree(run);
            }
        }
    }

    private static boolean holdsNoFile(Path folder) {
        try (Stream<Path> below = Files.walk(folder)) {
            return below.noneMatch(Files::isRegularFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Stream<Path> directories() {
        return children(jobDirectory).stream()
                .flatMap(run -> children(run).stream())
                .filter(directory ->
                        isSavepoint(directory) || checkpoint(directory).matches());
    }

    private static boolean isWhole(Path directory) {
        return Files.isRegularFile(directory.resolve(METADATA));
    }

    private static boolean isSavepoint(Path directory) {
        return directory.getFileName().toString().startsWith(SAVEPOINT);
    }

    private static Matcher checkpoint(Path directory) {
        return CHECKPOINT.matcher(directory.getFileName().toString());
    }

    /** A savepoint's name is random; its metadata say when it was taken among the checkpoints. */
    private static Optional<RestorePoint> restorePoint(Path directory) {
        Matcher checkpoint = checkpoint(directory);
        return checkpoint.matches()
                ? Optional.of(new RestorePoint(directory, Long.parseLong(checkpoint.group(1))))
                : numberInMetadata(directory).map(number -> new RestorePoint(directory, number));
    }

    /** Empty where the run that came from it has just deleted it. */
    private static Optional<Long> numberInMetadata(Path savepoint) {
        try (DataInputStream metadata = new DataInputStream(Files.newInputStream(savepoint.resolve(METADATA)))) {
            if (metadata.readInt() != METADATA_MAGIC) {
                throw new PlatformException(savepoint + " holds no savepoint: remove it");
            }
            metadata.readInt();
            return Optional.of(metadata.readLong());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new PlatformException("can't read the savepoint " + savepoint + ": " + e, e);
        }
    }

    private static List<Path> children(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteTree(Path folder) {
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
