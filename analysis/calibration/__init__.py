"""Weights fitted to margins, means and totals in several distances, with bounds."""
