"""Replicate weights: taken from the data, or made from a design."""
