/** Who is told of which alerts, as the operator's file says it. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.notify.config;
