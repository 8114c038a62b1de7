"""How the sample was drawn: columns, stages, designs, parts of the population."""
