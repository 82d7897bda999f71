package io.costops.sinks.clickhouse;

import java.util.Set;

/**
 * ClickHouse's error codes, as its {@code src/Common/ErrorCodes.cpp} numbers them.
 *
 * <p>Only what passes by itself is listed. A code that is not listed is a refusal: it stops the job with its message, and
 * the restarted job tries the same batch again, so a wrong guess costs time and never a row.
 */
final class ErrorCode {
    static final int UNKNOWN = 0;

    private static final Set<Integer> TRANSIENT = Set.of(
            74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
            75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR: a full disk, among others
            159, // TIMEOUT_EXCEEDED
            160, // TOO_SLOW
            198, // DNS_ERROR
            201, // QUOTA_EXCEEDED
            202, // TOO_MANY_SIMULTANEOUS_QUERIES
            203, // NO_FREE_CONNECTION
            209, // SOCKET_TIMEOUT
            210, // NETWORK_ERROR
            225, // NO_ZOOKEEPER
            236, // ABORTED: the server is shutting down
            241, // MEMORY_LIMIT_EXCEEDED
            242, // TABLE_IS_READ_ONLY: the replica lost its session with Keeper
            243, // NOT_ENOUGH_SPACE
            252, // TOO_MANY_PARTS
            254, // NO_ACTIVE_REPLICAS
            279, // ALL_CONNECTION_TRIES_FAILED
            285, // TOO_FEW_LIVE_REPLICAS
            286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
            319, // UNKNOWN_STATUS_OF_INSERT
            364, // RECEIVED_ERROR_TOO_MANY_REQUESTS
            394, // QUERY_WAS_CANCELLED
            425, // SYSTEM_ERROR
            439, // CANNOT_SCHEDULE_TASK
            499, // S3_ERROR
            573, // EPOLL_ERROR
            722, // ASYNC_LOAD_WAIT_FAILED: tables are still being loaded
            735, // QUERY_WAS_CANCELLED_BY_CLIENT
            745, // SERVER_OVERLOADED
            999 // KEEPER_EXCEPTION
            );

    /** What proxies and load balancers answer in ClickHouse's stead. */
    private static final Set<Integer> TRANSIENT_STATUS = Set.of(408, 429, 502, 503, 504);

    private ErrorCode() {}

    static boolean passesByItself(int httpStatus, int code) {
        return code == UNKNOWN ? TRANSIENT_STATUS.contains(httpStatus) : TRANSIENT.contains(code);
    }
}
