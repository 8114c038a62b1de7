"""Population targets, matched to the columns and cells of a sample."""
