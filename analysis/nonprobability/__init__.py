"""Weights and estimates of a sample that nobody drew, with a reference sample beside it."""
