/** What a budget covers: the same answer in the job that keeps it and at the door that decides by it. */
@org.jspecify.annotations.NullMarked
package io.costops.schemas.budget;
