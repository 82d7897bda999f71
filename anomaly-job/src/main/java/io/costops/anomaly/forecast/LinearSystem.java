package io.costops.anomaly.forecast;

/** Solves small symmetric positive definite systems. */
final class LinearSystem {
    private LinearSystem() {}

    /**
     * Solves a x = b by Cholesky's decomposition.
     *
     * @param a its lower triangle; overwritten
     * @param b overwritten by x
     */
    static double[] solve(double[][] a, double[] b) {
        int p = b.length;
        for (int i = 0; i < p; i++) {
            double[] row = a[i];
            for (int j = 0; j < i; j++) {
                double[] other = a[j];
                double sum = row[j];
                for (int k = 0; k < j; k++) {
                    sum -= row[k] * other[k];
                }
                row[j] = sum / other[j];
            }
            double sum = row[i];
            for (int k = 0; k < i; k++) {
                sum -= row[k] * row[k];
            }
            row[i] = Math.sqrt(Math.max(sum, 1e-12));
        }
        for (int i = 0; i < p; i++) {
            double sum = b[i];
            for (int k = 0; k < i; k++) {
                sum -= a[i][k] * b[k];
            }
            b[i] = sum / a[i][i];
        }
        for (int i = p - 1; i >= 0; i--) {
            double sum = b[i];
            for (int k = i + 1; k < p; k++) {
                sum -= a[k][i] * b[k];
            }
            b[i] = sum / a[i][i];
        }
        return b;
    }
}
