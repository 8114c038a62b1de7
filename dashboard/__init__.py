"""Showing: the dashboard that sets new results beside published figures."""
