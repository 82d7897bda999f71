package io.costops.infra.bench;

import io.costops.infra.platform.FileTree;
import java.io.IOException;
import java.nio.file.Path;

/** The folder of a benchmark's own platform, which begins empty. */
public final class BenchDirectory {
    private BenchDirectory() {}

    /** Removes it with all that it holds, if it is there. */
    public static void empty(Path directory) {
        try {
            FileTree.delete(directory);
        } catch (IOException e) {
            throw new BenchException("can't empty " + directory + ": " + e.getMessage(), e);
        }
    }
}
