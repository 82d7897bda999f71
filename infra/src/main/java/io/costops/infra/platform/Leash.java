package io.costops.infra.platform;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;

/**
 * The first main class of every JVM that the supervisor starts: it runs the real one, and ends the process when standard input
 * ends.
 *
 * <p>The supervisor holds the other end of that pipe, so a child never outlives it, not even when it is killed by SIGKILL,
 * and no child is left that holds a port, a lock or an open transaction. It uses the JDK only, for it runs on others' class
 * paths.
 */
final class Leash {

    /** How a process ends when its leash does. */
    enum Ending {
        /** Shutdown hooks run: for processes whose order at the end matters, such as the broker. */
        ORDERLY,
        /** At once, as a crash: for processes whose state is safe at every moment, such as a TaskManager. */
        AT_ONCE
    }

    private static final int ORDERLY_PATIENCE_MILLIS = 20_000;
    private static final int EXIT_LEASH_ENDED = 0;
    private static final int EXIT_STUCK = 5;

    private Leash() {}

    /** Arguments: the ending, the real main class, its arguments. */
    public static void main(String[] args) throws Throwable {
        Ending ending = Ending.valueOf(args[0]);
        Thread watch = new Thread(() -> endWithInput(ending), "leash");
        watch.setDaemon(true);
        watch.start();

        Method main = Class.forName(args[1]).getMethod("main", String[].class);
        main.setAccessible(true);
        try {
            main.invoke(null, (Object) Arrays.copyOfRange(args, 2, args.length));
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    private static void endWithInput(Ending ending) {
        try {
            byte[] ignored = new byte[64];
            while (System.in.read(ignored) >= 0) {
                // Only the end of the input means something.
            }
        } catch (IOException e) {
            System.err.println("the supervisor's pipe failed, which ends this process: " + e.getMessage());
        }
        switch (ending) {
            case AT_ONCE -> Runtime.getRuntime().halt(EXIT_LEASH_ENDED);
            case ORDERLY -> {
                haltLater();
                System.exit(EXIT_LEASH_ENDED);
            }
        }
    }

    private static void haltLater() {
        Thread last = new Thread(
                () -> {
                    try {
                        Thread.sleep(ORDERLY_PATIENCE_MILLIS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    Runtime.getRuntime().halt(EXIT_STUCK);
                },
                "leash-halt");
        last.setDaemon(true);
        last.start();
    }
}
