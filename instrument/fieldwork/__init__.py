"""Fielding: the server that asks and the store that keeps what was answered."""
