package io.costops.infra.clickhouse;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;

/** The few calls of the C library that give a process a terminal of its own. */
interface Libc extends Library {

    int O_RDWR = 2;
    int O_NOCTTY = 0x100;

    static Libc load() {
        return Native.load("c", Libc.class);
    }

    int posix_openpt(int flags) throws LastErrorException;

    int grantpt(int fd) throws LastErrorException;

    int unlockpt(int fd) throws LastErrorException;

    String ptsname(int fd) throws LastErrorException;

    int open(String path, int flags) throws LastErrorException;

    int dup(int fd) throws LastErrorException;

    int dup2(int from, int to) throws LastErrorException;

    int close(int fd) throws LastErrorException;

    int read(int fd, byte[] buffer, int count) throws LastErrorException;
}
