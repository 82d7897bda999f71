package io.costops.schemas.wire;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes records as Avro's own writer does, byte for byte, and takes the branch of "null or something" by a look at the
 * value. Avro's looks the value's class up by name, for each of the forty such fields of a ledger entry.
 */
public final class RecordWriter<T extends SpecificRecord> extends SpecificDatumWriter<T> {
    public RecordWriter(Schema schema, SpecificData data) {
        super(schema, data);
    }

    @Override
    protected int resolveUnion(Schema union, @Nullable Object datum) {
        List<Schema> branches = union.getTypes();
        if (branches.size() == 2 && branches.get(0).getType() == Schema.Type.NULL) {
            return datum == null ? 0 : 1;
        }
        return super.resolveUnion(union, datum);
    }
}
