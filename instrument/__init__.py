"""Asking: the questionnaire, its routing and checks, the web form, and the answers it collects."""
