package io.costops.infra.clickhouse;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The exports of libchdb that are used here; see chdb.h. */
interface Engine extends Library {

    static Engine load(Path library) {
        return Native.load(library.toString(), Engine.class);
    }

    /** Runs clickhouse-local until its input ends. */
    @Nullable
    Pointer chdb_query_cmdline(int argc, StringArray argv);

    @Nullable
    String chdb_result_error(Pointer result);
}
