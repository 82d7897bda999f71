/** When which message is tried: order, pauses, rates and breakers, receiver by receiver. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.notify.lane;
