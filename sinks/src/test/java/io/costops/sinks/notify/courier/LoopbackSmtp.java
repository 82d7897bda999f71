package io.costops.sinks.notify.courier;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** An SMTP server on this machine that keeps what it is sent and answers the message as it is told. */
final class LoopbackSmtp implements AutoCloseable {
    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();

    /** Reply to the recipient, then to the message; empty: none ever. */
    private volatile String toRecipient = "250 ok";

    private volatile String toMessage = "250 taken";

    /** Offered to who asks for STARTTLS. */
    private final Optional<SSLContext> tls;

    /** What came in the clear, and what came under TLS but for the message itself. */
    private final BlockingQueue<String> clear = new LinkedBlockingQueue<>();

    private final BlockingQueue<String> secret = new LinkedBlockingQueue<>();

    LoopbackSmtp() {
        this(Optional.empty());
    }

    /** Takes messages only under TLS, and from who has logged in. */
    LoopbackSmtp(SSLContext tls) {
        this(Optional.of(tls));
    }

    private LoopbackSmtp(Optional<SSLContext> tls) {
        this.tls = tls;
        try {
            server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    threads.execute(() -> converse(socket));
                } catch (IOException e) {
                    return;
                }
            }
        });
    }

    int port() {
        return server.getLocalPort();
    }

    BlockingQueue<String> messages() {
        return messages;
    }

    BlockingQueue<String> saidInTheClear() {
        return clear;
    }

    BlockingQueue<String> saidUnderTls() {
        return secret;
    }

    void replyToRecipient(String reply) {
        toRecipient = reply;
    }

    void replyToMessage(String reply) {
        toMessage = reply;
    }

    private void converse(Socket socket) {
        try (socket) {
            say(socket.getOutputStream(), "220 loopback");
            if (converse(socket, clear, false) == Next.TLS) {
                try (SSLSocket secure = (SSLSocket)
                        tls.orElseThrow().getSocketFactory().createSocket(socket, null, socket.getPort(), false)) {
                    secure.setUseClientMode(false);
                    converse(secure, secret, true);
                }
            }
        } catch (IOException e) {
            // The client has hung up.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private enum Next {
        END,
        TLS
    }

    private Next converse(Socket socket, BlockingQueue<String> heard, boolean underTls)
            throws IOException, InterruptedException {
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        OutputStream out = socket.getOutputStream();
        boolean trusted = tls.isEmpty();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            heard.add(line);
            String verb = line.length() < 4 ? line : line.substring(0, 4).toUpperCase(Locale.ROOT);
            switch (verb) {
                case "EHLO" -> say(out, greeting(underTls));
                case "STAR" -> {
                    say(out, "220 go on");
                    return Next.TLS;
                }
                case "AUTH" -> {
                    trusted = true;
                    say(out, "235 welcome");
                }
                case "HELO", "RSET", "NOOP" -> say(out, "250 ok");
                case "MAIL" -> say(out, trusted ? "250 ok" : "530 log in first");
                case "RCPT" -> say(out, toRecipient);
                case "DATA" -> {
                    say(out, "354 go on");
                    StringBuilder message = new StringBuilder();
                    for (String text = in.readLine(); text != null && !text.equals("."); text = in.readLine()) {
                        message.append(text).append("\r\n");
                    }
                    messages.add(message.toString());
                    say(out, toMessage);
                }
                case "QUIT" -> {
                    say(out, "221 bye");
                    return Next.END;
                }
                default -> say(out, "502 what?");
            }
        }
        return Next.END;
    }

    private String greeting(boolean underTls) {
        if (tls.isEmpty()) {
            return "250 ok";
        }
        return underTls ? "250-loopback\r\n250 AUTH PLAIN" : "250-loopback\r\n250 STARTTLS";
    }

    private void say(OutputStream out, String reply) throws IOException, InterruptedException {
        if (reply.isEmpty()) {
            closed.await();
        }
        out.write((reply + "\r\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        server.close();
        threads.shutdownNow();
    }
}
