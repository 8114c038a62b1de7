"""The question bank: questions ready to field, in every language, with the published items they repeat."""
