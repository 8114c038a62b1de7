"""The registry of published figures: what is known of each, the rules it keeps, and how it is read."""
