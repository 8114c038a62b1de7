"""topline: field attitude surveys, estimate with their design, compare honestly with published figures."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

PUBLIC = {
    "Codebook": "data.codebook",
    "MissingKind": "data.codebook",
    "MissingRange": "data.codebook",
    "Study": "data.codebook",
    "Variable": "data.codebook",
    "ToplineError": "data.errors",
}
"""Public name -> module it lives in. Imported on first use, so that ``import topline`` stays quick."""

__all__ = ["__version__", *PUBLIC]


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'topline' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{PUBLIC[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)


if TYPE_CHECKING:
    from .data.codebook import Codebook as Codebook
    from .data.codebook import MissingKind as MissingKind
    from .data.codebook import MissingRange as MissingRange
    from .data.codebook import Study as Study
    from .data.codebook import Variable as Variable
    from .data.errors import ToplineError as ToplineError
