package io.costops.infra.clickhouse;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A ClickHouse on 127.0.0.1, in a process of its own, with its data in a directory that survives it.
 *
 * <pre>{@code
 * try (LocalClickHouse clickHouse = LocalClickHouse.builder(directory).admin("costops", password).start()) {
 *     clickHouse.query("SELECT version()");
 * }
 * }</pre>
 *
 * <p>Closing stops the engine in order. When this process dies, even by SIGKILL, the engine stops by itself.
 */
public final class LocalClickHouse implements AutoCloseable {

    private static final Duration STOP_PATIENCE = Duration.ofSeconds(25);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration QUERY_TIMEOUT = Duration.ofMinutes(5);
    private static final long LOG_LIMIT_BYTES = 10L << 20;
    private static final int LAST_WORDS_CHARS = 2000;
    /** Shown when the start is done; nothing is ever typed at it. */
    private static final String PROMPT = ":)";

    private final Process process;
    private final Path logFile;
    private final long logStart;
    private final String adminName;
    private final String adminPassword;
    private final AtomicBoolean stopAsked = new AtomicBoolean();
    private int httpPort;
    private int tcpPort;
    private String version = "";

    private LocalClickHouse(Process process, Path logFile, long logStart, String adminName, String adminPassword) {
        this.process = process;
        this.logFile = logFile;
        this.logStart = logStart;
        this.adminName = adminName;
        this.adminPassword = adminPassword;
    }

    /** The directory is made when it doesn't exist; an engine that ran in it before left its data there. */
    public static Builder builder(Path directory) {
        return new Builder(directory);
    }

    /** For HTTP clients and the JDBC driver, without credentials. */
    public URI httpUrl() {
        return URI.create("http://127.0.0.1:" + httpPort);
    }

    public int httpPort() {
        return httpPort;
    }

    public int tcpPort() {
        return tcpPort;
    }

    public String version() {
        return version;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Waits until the process is gone and returns its exit code. */
    public int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    /** The end of what it said once it had started, else of what it said so far. */
    public String lastWords() {
        String said = said();
        String sinceStart = said.substring(
                        said.lastIndexOf(PROMPT) < 0 ? 0 : said.lastIndexOf(PROMPT) + PROMPT.length())
                .strip();
        return sinceStart.substring(Math.max(0, sinceStart.length() - LAST_WORDS_CHARS));
    }

    /** Whether the engine answers queries at this moment. */
    public boolean answers(Duration patience) {
        try {
            return send(adminName, adminPassword, "SELECT 1", patience).equals("1\n");
        } catch (ClickHouseException e) {
            return false;
        }
    }

    /** Runs a query as the admin and returns the body of the answer, TSV unless the query names a format. */
    public String query(String sql) {
        return send(adminName, adminPassword, sql, QUERY_TIMEOUT);
    }

    /** Runs a query as another user. */
    public String queryAs(String user, String password, String sql) {
        return send(user, password, sql, QUERY_TIMEOUT);
    }

    /** SIGKILL, as a crash would: the exit listener hears of it. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(STOP_PATIENCE);
    }

    /** Stops the engine in order: what it acknowledged is on disk either way. */
    @Override
    public void close() {
        stopAsked.set(true);
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // The pipe is broken because the process is gone already.
        }
        if (!awaitExit(STOP_PATIENCE)) {
            process.destroyForcibly();
            awaitExit(STOP_PATIENCE);
        }
    }

    private void watch(Consumer<ClickHouseExit> onUnaskedExit) {
        try {
            int exitCode = process.waitFor();
            if (!stopAsked.get()) {
                onUnaskedExit.accept(new ClickHouseExit(process.pid(), exitCode, lastWords()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean awaitExit(Duration patience) {
        try {
            return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void awaitReady(Path portsFile, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!readPorts(portsFile)) {
            if (!process.isAlive()) {
                throw new ClickHouseException(
                        "ClickHouse exited with " + process.exitValue() + " while starting: " + lastWords());
            }
            // An interactive session outlives a statement that failed, so the refusal has to be read from what it says.
            String said = said();
            if (said.contains("DB::Exception")) {
                throw new ClickHouseException("ClickHouse could not start: " + said);
            }
            if (System.nanoTime() > deadline) {
                throw new ClickHouseException(
                        "ClickHouse did not open its ports within " + timeout + ": " + lastWords());
            }
            try {
                TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ClickHouseException("interrupted while ClickHouse was starting", e);
            }
        }
        version = query("SELECT version()").strip();
    }

    private boolean readPorts(Path portsFile) {
        String line;
        try {
            if (!Files.exists(portsFile)) {
                return false;
            }
            line = Files.readString(portsFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!line.endsWith("\n")) {
            return false;
        }
        String[] ports = line.strip().split("\t", -1);
        httpPort = Integer.parseInt(ports[0]);
        tcpPort = Integer.parseInt(ports[1]);
        return true;
    }

    private String send(String user, String password, String sql, Duration timeout) {
        try {
            HttpURLConnection connection = (HttpURLConnection) httpUrl().toURL().openConnection();
            connection.setConnectTimeout(Math.toIntExact(timeout.toMillis()));
            connection.setReadTimeout(Math.toIntExact(timeout.toMillis()));
            connection.setDoOutput(true);
            // An idle connection left open makes the engine's stop wait five seconds for it.
            connection.setRequestProperty("Connection", "close");
            connection.setRequestProperty("Authorization", "Basic " + basic(user, password));
            connection.getOutputStream().write(sql.getBytes(StandardCharsets.UTF_8));
            int status = connection.getResponseCode();
            try (InputStream body = status == 200 ? connection.getInputStream() : connection.getErrorStream()) {
                String text = body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
                if (status != 200) {
                    throw new ClickHouseException(text.isBlank() ? "ClickHouse answered " + status : text.strip());
                }
                return text;
            }
        } catch (IOException e) {
            throw new ClickHouseException("ClickHouse at " + httpUrl() + " did not answer: " + e.getMessage(), e);
        }
    }

    private static String basic(String user, String password) {
        return Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** What this process printed, without the codes that colour a terminal. */
    private String said() {
        try (RandomAccessFile log = new RandomAccessFile(logFile.toFile(), "r")) {
            log.seek(Math.max(logStart, log.length() - LOG_LIMIT_BYTES));
            byte[] said = new byte[Math.toIntExact(log.length() - log.getFilePointer())];
            log.readFully(said);
            String text = new String(said, StandardCharsets.UTF_8).replaceAll("\u001b\\[[0-9;?]*[A-Za-z]", "");
            return text.strip();
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    /** Settings of an engine that is about to start. */
    public static final class Builder {

        private final Path directory;
        private final List<ClickHouseUser> users = new ArrayList<>();
        private int httpPort;
        private int tcpPort;
        private long memoryBytes = 2L << 30;
        private long keepFreeBytes;
        private Duration startTimeout = Duration.ofMinutes(2);
        private Consumer<ClickHouseExit> onUnaskedExit = exit -> {};
        private String adminName = "";
        private String adminPassword = "";

        private Builder(Path directory) {
            this.directory = directory.toAbsolutePath();
        }

        /** Whom {@link LocalClickHouse#query} speaks as; there must be one. */
        public Builder admin(String name, String password) {
            adminName = name;
            adminPassword = password;
            users.add(0, ClickHouseUser.admin(name, password));
            return this;
        }

        public Builder user(ClickHouseUser user) {
            users.add(user);
            return this;
        }

        /** 0, the default, takes a free port. */
        public Builder httpPort(int port) {
            httpPort = port;
            return this;
        }

        /** 0, the default, takes a free port. */
        public Builder tcpPort(int port) {
            tcpPort = port;
            return this;
        }

        /** The most that the engine takes for queries and merges before it refuses; 2 GiB unless told: a full batch of the ledger must fit. */
        public Builder memoryBytes(long bytes) {
            memoryBytes = bytes;
            return this;
        }

        /** Of the disk; with fewer left the engine refuses what needs space. 0 unless told. */
        public Builder keepFreeBytes(long bytes) {
            keepFreeBytes = bytes;
            return this;
        }

        public Builder startTimeout(Duration timeout) {
            startTimeout = timeout;
            return this;
        }

        /** Told of an exit that {@link LocalClickHouse#close} didn't ask for, once the engine had started. */
        public Builder onUnaskedExit(Consumer<ClickHouseExit> listener) {
            onUnaskedExit = listener;
            return this;
        }

        /** Starts the engine and waits until it answers. */
        public LocalClickHouse start() {
            if (adminName.isEmpty()) {
                throw new IllegalStateException("no admin: name one with admin(name, password)");
            }
            try {
                return launch();
            } catch (IOException e) {
                throw new ClickHouseException("ClickHouse could not be started in " + directory + ": " + e, e);
            }
        }

        private LocalClickHouse launch() throws IOException {
            Path library = EngineLibrary.find();
            Path run = Files.createDirectories(directory.resolve("run"));
            Path data = Files.createDirectories(directory.resolve("data"));
            // The hashes in users.xml are nobody else's business.
            Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwx------"));
            Path log = directory.resolve("clickhouse.log");
            rollOver(log);
            ServerFiles.write(run, data, httpPort, tcpPort, memoryBytes, keepFreeBytes, users);

            long logStart = log.toFile().length();
            Process process = childProcess(library, run, data, log).start();
            LocalClickHouse clickHouse = new LocalClickHouse(process, log, logStart, adminName, adminPassword);
            try {
                clickHouse.awaitReady(run.resolve(ServerFiles.PORTS_TSV), startTimeout);
            } catch (RuntimeException e) {
                clickHouse.close();
                throw e;
            }
            Thread watch = new Thread(() -> clickHouse.watch(onUnaskedExit), "clickhouse-exit");
            watch.setDaemon(true);
            watch.start();
            return clickHouse;
        }

        private ProcessBuilder childProcess(Path library, Path run, Path data, Path log) {
            Path java = Path.of(System.getProperty("java.home"), "bin", "java");
            String classPath =
                    EngineLibrary.codeOf(LocalClickHouse.class) + ":" + EngineLibrary.codeOf(com.sun.jna.Native.class);
            ProcessBuilder child = new ProcessBuilder(
                    // A session of its own: a Ctrl-C at the parent's terminal is for the parent to act upon.
                    "setsid",
                    java.toString(),
                    "-Xmx64m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:-UsePerfData",
                    "-Djna.tmpdir=" + run,
                    "-cp",
                    classPath,
                    ClickHouseChild.class.getName(),
                    library.toString(),
                    directory.resolve("lock").toString(),
                    Long.toString(startTimeout.toMillis() / 2),
                    data.toString());
            child.directory(run.toFile());
            child.redirectErrorStream(true);
            child.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            // The engine reads settings from HOME and from variables of its own name; this one shall not.
            Map<String, String> environment = child.environment();
            environment.keySet().removeIf(name -> name.startsWith("CLICKHOUSE_"));
            environment.put("HOME", run.toString());
            environment.put("TZ", "UTC");
            return child;
        }

        private static void rollOver(Path log) throws IOException {
            if (Files.exists(log) && Files.size(log) > LOG_LIMIT_BYTES) {
                Files.move(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
