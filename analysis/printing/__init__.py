"""Results as text, web pages and charts."""
