"""Weights fitted to margins: raking and poststratification."""
