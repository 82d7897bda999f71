/** The notifier: alerts of the watch reach the people and systems that are to know of them. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.notify;
