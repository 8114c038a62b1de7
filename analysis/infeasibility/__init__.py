"""Why margins cannot be met, and the least that would help."""
