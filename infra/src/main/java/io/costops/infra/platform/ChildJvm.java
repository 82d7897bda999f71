package io.costops.infra.platform;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A child that is a JVM on a {@link Leash}. */
final class ChildJvm implements Child {

    private static final long OUTPUT_LIMIT_BYTES = 5L << 20;
    private static final int LAST_WORDS_BYTES = 2000;

    /**
     * How to start it.
     *
     * @param jvmOptions heap, collector, system properties
     * @param classPath jars, folders, or {@code folder/*}
     * @param output takes what the process prints; its logger writes a file of its own
     */
    record Command(
            List<String> jvmOptions,
            List<Path> classPath,
            String mainClass,
            List<String> arguments,
            Path workingDirectory,
            Path output,
            Map<String, String> environment,
            Leash.Ending ending) {

        List<String> line() {
            // A session of its own: a Ctrl-C at the supervisor's terminal must not reach the children beside it.
            List<String> line = new ArrayList<>(List.of("setsid"));
            line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            line.add("-XX:-UsePerfData");
            line.add("-Duser.timezone=UTC");
            line.add("-Dfile.encoding=UTF-8");
            line.addAll(jvmOptions);
            line.add("-cp");
            line.add(classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
            line.add(Leash.class.getName());
            line.add(ending.name());
            line.add(mainClass);
            line.addAll(arguments);
            return line;
        }
    }

    private final Process process;
    private final Path output;
    private final long outputStart;

    private ChildJvm(Process process, Path output, long outputStart) {
        this.process = process;
        this.output = output;
        this.outputStart = outputStart;
    }

    static ChildJvm start(Command command) throws IOException {
        rollOver(command.output());
        long outputStart = command.output().toFile().length();
        ProcessBuilder builder = new ProcessBuilder(command.line());
        builder.directory(command.workingDirectory().toFile());
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(command.output().toFile()));
        Map<String, String> environment = builder.environment();
        // Of the caller's environment a child gets what a program needs to run, and nothing that could hold a secret.
        environment.keySet().retainAll(List.of("PATH", "HOME", "LANG", "LC_ALL", "USER"));
        environment.put("TZ", "UTC");
        // The C library keeps an arena of memory for each of many threads otherwise.
        environment.put("MALLOC_ARENA_MAX", "2");
        environment.putAll(command.environment());
        return new ChildJvm(builder.start(), command.output(), outputStart);
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    @Override
    public void stop(Duration patience) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // The pipe is broken because the process is gone already.
        }
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public String lastWords() {
        try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
            long from = Math.max(outputStart, file.length() - LAST_WORDS_BYTES);
            file.seek(from);
            byte[] tail = new byte[Math.toIntExact(file.length() - from)];
            file.readFully(tail);
            return new String(tail, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static void rollOver(Path output) throws IOException {
        if (Files.exists(output) && Files.size(output) > OUTPUT_LIMIT_BYTES) {
            Files.move(output, output.resolveSibling(output.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
