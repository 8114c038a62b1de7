"""Contrasts of estimates, t tests and rank tests."""
