/** Pictures of series: actual, expected with its interval, and alerts; as SVG by hand and as PNG by the JDK's own drawing. */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.chart;
