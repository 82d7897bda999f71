package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The restore points of a job")
class RestorePointsTest {

    @TempDir
    Path job;

    private Path checkpoint(String run, String name) throws IOException {
        Path unfinished = unfinished(run, name);
        Files.writeString(unfinished.resolve("_metadata"), "whole");
        return unfinished;
    }

    private Path unfinished(String run, String name) throws IOException {
        Path folder = Files.createDirectories(job.resolve(run).resolve(name));
        Files.writeString(folder.resolve("state"), "bytes");
        return folder;
    }

    private RestorePoints points() {
        return new RestorePoints(job);
    }

    @Test
    void are_none_for_a_job_that_never_ran() {
        assertThat(points().newest()).isEmpty();
        assertThat(new RestorePoints(job.resolve("absent")).newest()).isEmpty();
    }

    @Test
    void are_compared_as_numbers_over_all_runs() throws IOException {
        checkpoint("a", "chk-9");
        Path newest = checkpoint("b", "chk-10");
        checkpoint("c", "chk-2");
        assertThat(points().newest()).hasValue(new RestorePoints.RestorePoint(newest, 10));
    }

    @Test
    void count_a_savepoint_with_the_checkpoints_by_what_its_metadata_say() throws IOException {
        checkpoint("a", "chk-9");
        Path savepoint = savepoint("savepoint-0f3c2a-77aa", 10);
        assertThat(points().newest()).hasValue(new RestorePoints.RestorePoint(savepoint, 10));

        Path after = checkpoint("b", "chk-11");
        assertThat(points().newest()).hasValue(new RestorePoints.RestorePoint(after, 11));
    }

    @Test
    void leave_out_a_savepoint_that_was_never_completed() throws IOException {
        Path whole = checkpoint("a", "chk-9");
        Path unfinished = unfinished("savepoints", "savepoint-0f3c2a-77aa");
        assertThat(points().newest().orElseThrow().directory()).isEqualTo(whole);
        points().tidy();
        assertThat(unfinished).doesNotExist();
    }

    /** The first bytes of Flink's metadata: magic, version, number. */
    private Path savepoint(String name, long number) throws IOException {
        Path folder = unfinished("savepoints", name);
        Files.write(
                folder.resolve("_metadata"),
                ByteBuffer.allocate(16)
                        .putInt(0x4960672D)
                        .putInt(6)
                        .putLong(number)
                        .array());
        return folder;
    }

    @Test
    void leave_out_a_checkpoint_that_was_never_completed() throws IOException {
        Path whole = checkpoint("a", "chk-7");
        unfinished("b", "chk-8");
        assertThat(points().newest().orElseThrow().directory()).isEqualTo(whole);
    }

    @Test
    void leave_out_a_run_that_made_none() throws IOException {
        Path whole = checkpoint("first", "chk-3");
        Files.createDirectories(job.resolve("second").resolve("shared"));
        assertThat(points().newest().orElseThrow().directory()).isEqualTo(whole);
    }

    @Test
    void lose_only_what_is_unfinished_or_empty_when_tidied() throws IOException {
        Path whole = checkpoint("a", "chk-7");
        Path unfinished = unfinished("a", "chk-8");
        Path shared = Files.createDirectories(job.resolve("a").resolve("shared"));
        Path emptied = Files.createDirectories(job.resolve("b").resolve("shared"));
        points().tidy();
        assertThat(emptied.getParent()).doesNotExist();
        assertThat(unfinished).doesNotExist();
        assertThat(shared).exists();
        assertThat(whole.resolve("state")).exists();
    }
}
