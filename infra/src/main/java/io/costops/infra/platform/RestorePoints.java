package io.costops.infra.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of one job over all of its runs: {@code <job>/<run>/chk-<number>/_metadata}.
 *
 * <p>A run that is restored goes on counting where the checkpoint left off, and every run is restored from the newest, so the
 * highest number is the newest checkpoint of the whole history. Only that one may be restored: what a later checkpoint has
 * already committed would be committed again.
 */
final class RestorePoints {

    private static final Pattern CHECKPOINT = Pattern.compile("chk-(\\d{1,18})");
    private static final String METADATA = "_metadata";

    private final Path jobDirectory;

    /** One checkpoint that is whole. */
    record RestorePoint(Path directory, long number) {}

    RestorePoints(Path jobDirectory) {
        this.jobDirectory = jobDirectory;
    }

    /** Flink writes the metadata last and moves it into place whole, so its presence makes a checkpoint. */
    Optional<RestorePoint> newest() {
        return checkpoints().stream()
                .filter(point -> Files.isRegularFile(point.directory().resolve(METADATA)))
                .max(Comparator.comparingLong(RestorePoint::number));
    }

    /**
     * Deletes what ended runs left of checkpoints that were never completed, and runs of which nothing is left. No run of the
     * job may be alive.
     */
    void tidy() {
        for (RestorePoint point : checkpoints()) {
            if (!Files.exists(point.directory().resolve(METADATA))) {
                deleteTree(point.directory());
            }
        }
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

    private List<RestorePoint> checkpoints() {
        List<RestorePoint> found = new ArrayList<>();
        for (Path run : children(jobDirectory)) {
            for (Path checkpoint : children(run)) {
                Matcher name = CHECKPOINT.matcher(checkpoint.getFileName().toString());
                if (name.matches()) {
                    found.add(new RestorePoint(checkpoint, Long.parseLong(name.group(1))));
                }
            }
        }
        return found;
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
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                        throws IOException {
                    if (failure != null) {
                        throw failure;
                    }
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
