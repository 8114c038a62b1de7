"""How far items or raters agree."""
