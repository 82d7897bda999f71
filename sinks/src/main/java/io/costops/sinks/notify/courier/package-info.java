/** What brings a message to a receiver: one attempt, one answer. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.notify.courier;
