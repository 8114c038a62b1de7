"""New estimates beside published figures."""
