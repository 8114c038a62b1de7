"""Weights fitted to population margins, and what they cost."""
