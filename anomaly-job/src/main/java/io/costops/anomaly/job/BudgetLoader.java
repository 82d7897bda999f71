package io.costops.anomaly.job;

import io.costops.schemas.avro.Budget;
import java.io.Serializable;
import java.util.List;

/** The budgets that there are when the job starts, afresh or restored: no usage may be read before they are known. */
public interface BudgetLoader extends Serializable {
    List<Budget> load() throws Exception;
}
