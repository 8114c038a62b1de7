"""Rendering: a questionnaire page as a respondent sees it."""
