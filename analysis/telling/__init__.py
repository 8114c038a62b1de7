"""A comparison as it is told: its rows, its sentences, its pages."""
