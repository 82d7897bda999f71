/** The local platform: every part a process of its own, started, watched and stopped by one supervisor. */
@NullMarked
package io.costops.infra.platform;

import org.jspecify.annotations.NullMarked;
