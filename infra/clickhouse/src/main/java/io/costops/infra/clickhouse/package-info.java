/** The ClickHouse engine as a supervised child process, for one machine and for tests. */
@NullMarked
package io.costops.infra.clickhouse;

import org.jspecify.annotations.NullMarked;
