"""The results bundle: the small, disclosure-checked files in ``results/`` that the dashboard and the report read.

Nobody's answers are in it, and what rests on fewer people than the minimum is taken out: see
:mod:`topline.analysis.disclosure`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..data.atomic import replacing
from ..data.errors import FileError
from .disclosure import safe, without_small_bases
from .telling.comparison import Comparison

MINIMUM_BASE = 30
ESTIMATES, COMPARISON = "estimates.json", "comparison.json"


class Documented(Protocol):
    """Anything that gives ``{"method": ..., "rows": [...]}``: an Estimates or a Comparison."""

    def document(self) -> Mapping[str, Any]:
        """Give plain values for JSON."""
        ...


@dataclass(frozen=True)
class Results:
    """What a bundle holds.

    Attributes
    ----------
    estimates : mapping
        ``{"method": ..., "rows": [...]}``, empty when none were written.
    comparison : Comparison or None
        None when none was written.
    written : str
        Day the newest file was written, ISO; empty when there is none.
    """

    estimates: Mapping[str, Any]
    comparison: Comparison | None
    written: str = ""


def write_results(
    folder: str | Path,
    *,
    estimates: Documented | Sequence[Documented] | None = None,
    comparison: Comparison | None = None,
    minimum: int = MINIMUM_BASE,
) -> tuple[Path, ...]:
    """Write estimates and comparison into a study folder's ``results/``, with small bases taken out.

    Parameters
    ----------
    folder : str or Path
        The study folder; ``results/`` is made in it.
    estimates : Estimates, sequence of Estimates, or None
        None leaves the file as it is.
    comparison : Comparison or None
        None leaves the file as it is.
    minimum : int
        Smallest number of answers a result may rest on, e.g. ``30``.

    Returns
    -------
    tuple of Path
        The files written.

    Examples
    --------
    >>> import tempfile
    >>> from topline.analysis.telling.comparison import ComparisonRow
    >>> row = ComparisonRow("travel", estimate=0.7, n=12, published=0.77)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = write_results(folder, comparison=Comparison((row,), {}))
    ...     kept = read_results(folder).comparison.rows[0]
    >>> kept.suppressed, kept.estimate, kept.published
    (True, None, 0.77)
    """
    documents: dict[str, Mapping[str, Any]] = {}
    if estimates is not None:
        parts = estimates if isinstance(estimates, Sequence) else [estimates]
        documents[ESTIMATES] = without_small_bases(joined([part.document() for part in parts]), minimum)
    if comparison is not None:
        documents[COMPARISON] = safe(comparison, minimum).document()
    return tuple(write_document(Path(folder) / "results" / name, document) for name, document in documents.items())


def read_results(folder: str | Path) -> Results:
    """Read the results bundle of a study folder.

    Raises
    ------
    FileError
        When the folder does not exist, or a file in it is damaged. A folder without results gives an empty bundle.
    """
    place = Path(folder) / "results"
    if not Path(folder).is_dir():
        raise FileError(f"{folder}: there is no such study folder.")
    estimates, comparison = (read_document(place / name) for name in (ESTIMATES, COMPARISON))
    try:
        found = Comparison.from_document(comparison) if comparison else None
    except (KeyError, TypeError, AttributeError) as error:
        raise FileError(
            f"{place / COMPARISON} is not a comparison ({error}); write it again: topline compare {folder}"
        ) from None
    return Results(estimates or {}, found, day_written(place))


def joined(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join several documents into one; their methods stay side by side under ``parts`` where they differ."""
    methods = [dict(document["method"]) for document in documents]
    rows = [row for document in documents for row in document["rows"]]
    if all(method == methods[0] for method in methods):
        return {"method": methods[0] if methods else {}, "rows": rows}
    shared = {name: value for name, value in methods[0].items() if all(m.get(name) == value for m in methods)}
    return {"method": {**shared, "parts": methods}, "rows": rows}


def write_document(path: Path, document: Mapping[str, Any]) -> Path:
    """Write JSON whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False, default=as_number) + "\n"
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def as_number(value: object) -> object:
    """Turn a numpy number into Python's; anything else is not for a bundle."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"a results bundle cannot hold a {type(value).__name__}")
    found: object = item()
    return found


def read_document(path: Path) -> Mapping[str, Any] | None:
    """Read JSON, or None when the file does not exist."""
    if not path.exists():
        return None
    verb = "compare" if path.name == COMPARISON else "estimate"
    remedy = f"write it again: topline {verb} {path.parent.parent}"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be read ({error}); {remedy}") from None
    if not isinstance(document, dict) or not isinstance(document.get("rows"), list):
        raise FileError(f"{path} holds no rows; {remedy}")
    return document


def day_written(place: Path) -> str:
    """Give the day the newest results were written; empty when there are none."""
    from datetime import date

    times = [path.stat().st_mtime for path in (place / ESTIMATES, place / COMPARISON) if path.exists()]
    return date.fromtimestamp(max(times)).isoformat() if times else ""
