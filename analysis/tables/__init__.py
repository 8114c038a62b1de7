"""Crosstabs and banner tables."""
