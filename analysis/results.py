"""The results bundle: the small, disclosure-checked files in ``results/`` that the dashboard and the report read.

Nobody's answers are in it. A result that rests on fewer people than the minimum is taken out, and where only one part
of a sample would be missing, so that it could be had by subtracting the others from the whole, the next smallest part
goes too.

References
----------
Hundepool et al. (2012), Statistical Disclosure Control, chapter 4 (primary and secondary suppression).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ..data.atomic import replacing
from ..data.errors import FileError
from .comparison import Comparison, ComparisonRow
from .sentences import sentence

MINIMUM_BASE = 30
ESTIMATES, COMPARISON = "estimates.json", "comparison.json"
COLUMNS = ("item", "category", "estimate", "se", "low", "high", "n", "weighted_n", "deff", "df")
TAKEN_OUT = ("estimate", "se", "low", "high", "n", "weighted_n", "deff", "df")
DERIVED = (
    *TAKEN_OUT,
    *("estimate_total_low", "estimate_total_high", "published_se", "difference", "difference_low", "difference_high"),
    *("total_low", "total_high", "p", "p_holm", "p_total", "p_total_holm", "verdict_sampling", "verdict_total"),
    *("minimum_detectable", "minimum_detectable_total", "stable"),
)
"""What a suppressed comparison loses: everything the new value could be worked back from."""


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


def without_small_bases(document: Mapping[str, Any], minimum: int) -> dict[str, Any]:
    """Take small bases, and what would give them away, out of a document of estimates."""
    rows = [dict(row) for row in document["rows"]]
    parts = [{name: value for name, value in row.items() if name not in COLUMNS} for row in rows]
    hidden = small_cells([(row["item"], part, row.get("n")) for row, part in zip(rows, parts, strict=True)], minimum)
    for row, out in zip(rows, hidden, strict=True):
        row["suppressed"] = out
        if out:
            row.update(dict.fromkeys((name for name in TAKEN_OUT if name in row), None))
    method = {**document["method"], "minimum_base": minimum}
    return {"method": without_small_items(method, rows), "rows": rows}


def without_small_items(method: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Take the counts of an item out of the method when its rows are taken out."""
    gone = {row["item"] for row in rows if row["suppressed"]}
    found = dict(method)
    if "items" in method:
        empty = {"n": None, "weighted_n": None, "missing": None}
        found["items"] = [{**item, **empty} if item["item"] in gone else item for item in method["items"]]
    if "footnotes" in method:
        found["footnotes"] = [note for note in method["footnotes"] if note.split(":")[0] not in gone]
    if "parts" in method:
        found["parts"] = [without_small_items(part, rows) for part in method["parts"]]
    return found


def safe(comparison: Comparison, minimum: int) -> Comparison:
    """Take small bases, and what would give them away, out of a comparison."""
    hidden = small_cells([(row.item, row.groups, row.n) for row in comparison.rows], minimum)
    rows = tuple(taken_out(row) if out else row for row, out in zip(comparison.rows, hidden, strict=True))
    return replace(comparison, rows=rows, method={**comparison.method, "minimum_base": minimum})


def taken_out(row: ComparisonRow) -> ComparisonRow:
    """Give the row without the new figures and everything they could be worked back from."""
    empty: dict[str, Any] = dict.fromkeys(DERIVED, None)
    bare = replace(row, **empty, reasons=(), stability="", suppressed=True)
    return replace(bare, sentence=sentence(bare))


Cell = tuple[str, Mapping[str, object], float | None]
"""Item, the part of the sample, and the number of answers."""


def small_cells(cells: Sequence[Cell], minimum: int) -> list[bool]:
    """Say which cells to take out: those under the minimum, and complements that would give them away.

    Examples
    --------
    >>> small_cells([("q", {"sex": 1}, 12), ("q", {"sex": 2}, 40), ("q", {"sex": 3}, 90)], 30)
    [True, True, False]
    """
    hidden = [n is not None and not math.isnan(n) and n < minimum for _, _, n in cells]
    lines = [line for line in subtractable(cells) if len(line) > 1]
    while alone := next((line for line in lines if exposed(line, cells, hidden)), None):
        shown = [i for i in alone if not hidden[i]]
        fewest = min(cells[i][2] or 0 for i in shown)
        part = next(cells[i][1] for i in shown if (cells[i][2] or 0) == fewest)
        for i in alone:
            hidden[i] = hidden[i] or cells[i][1] == part
    return hidden


def subtractable(cells: Sequence[Cell]) -> Iterable[list[int]]:
    """Give the lines of a table along which the parts add up to the whole: one key runs, the others stand still."""
    lines: dict[object, list[int]] = {}
    for i, (item, part, _) in enumerate(cells):
        for key in part:
            still = tuple(sorted((name, str(value)) for name, value in part.items() if name != key))
            lines.setdefault((item, key, still), []).append(i)
    return lines.values()


def exposed(line: Sequence[int], cells: Sequence[Cell], hidden: Sequence[bool]) -> bool:
    """Say whether exactly one part of a line is hidden while others are shown."""
    out = {str(dict(cells[i][1])) for i in line if hidden[i]}
    return len(out) == 1 and any(not hidden[i] for i in line)


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
