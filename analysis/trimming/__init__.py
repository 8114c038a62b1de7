"""Weights brought under a cap or to a scale."""
