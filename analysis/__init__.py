"""Estimating: designs, weights, design-based estimates, and their comparison with published figures."""
