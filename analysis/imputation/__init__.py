"""Several completed data sets as one result."""
