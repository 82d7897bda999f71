/** What is normal for a tenant's series, and the incidents of one tenant: pure code over the detectors. */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.watch;
