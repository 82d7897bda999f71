/** The life of an incident as people see it: its steps, its texts, who asked for silence. */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.alert;
