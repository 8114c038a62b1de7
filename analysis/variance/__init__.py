"""From influence values to variances and covariances, whatever the design."""
