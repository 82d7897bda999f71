/** The {@code costops} command. */
@NullMarked
package io.costops.infra.cli;

import org.jspecify.annotations.NullMarked;
