"""Shares, means, totals, ratios, quantiles, variances, with their errors and intervals."""
