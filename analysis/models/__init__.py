"""Regression models with design-based errors."""
