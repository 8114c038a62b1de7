"""A whole battery of items held against a published one: tests, profile, ranks, prediction."""
