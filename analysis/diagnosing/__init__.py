"""What weights cost and what they repaired."""
