/** An alert as each kind of receiver shows it: pure texts and documents. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.notify.message;
