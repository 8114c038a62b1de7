"""Several published polls put together: pooled, and followed over time."""
