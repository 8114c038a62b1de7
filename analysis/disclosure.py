"""What is taken out of results before they leave the team: small bases, and what would give them away.

A result, or a count of people, that rests on fewer people than the minimum goes. Where only one part of a sample would
be missing, so that it could be had by subtracting the others from the whole, the next smallest part goes too.

References
----------
Hundepool et al. (2012), Statistical Disclosure Control, chapter 4 (primary and secondary suppression).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .comparing.comparison import Comparison, ComparisonRow
from .comparing.sentences import sentence
from .estimation.estimates import NUMBERS
from .estimation.method import ONE_RESPONDENT, missing_key_note, missing_note, nobody_note, zero_weights_note
from .weighting.targets import OWN_CLASS, own_class_note

COLUMNS = ("item", "category", *NUMBERS)
TAKEN_OUT = NUMBERS
DERIVED = (
    *TAKEN_OUT,
    *("estimate_total_low", "estimate_total_high", "published_se", "difference", "difference_low", "difference_high"),
    *("total_low", "total_high", "p", "p_holm", "p_total", "p_total_holm", "verdict_sampling", "verdict_total"),
    *("minimum_detectable", "minimum_detectable_total", "stable"),
)
"""What a suppressed comparison loses: everything the new value could be worked back from."""

BORROWED = ("published_low", "published_high", "published_total_low", "published_total_high")
"""What a suppressed mean loses besides: the published interval may rest on the new sample's standard deviation."""


def without_small_bases(document: Mapping[str, Any], minimum: int) -> dict[str, Any]:
    """Take small bases, and what would give them away, out of a document of estimates.

    Parameters
    ----------
    document : mapping
        ``{"method": ..., "rows": [...]}``.
    minimum : int
        Smallest number of people a result or a count may rest on, e.g. ``30``.

    Notes
    -----
    The method counts people too, and these counts go as well: those of an item some of whose rows are taken out; the
    kinds of missing answers of an item when one kind is small (two refusals of a delicate question are two people);
    small counts of rows without a key or a weight; and a raking table, whole, when one of its categories is small,
    since each share of it would follow from the others. How many gave no answer at all still follows from ``n``,
    which is the base of a result that is shown.

    Examples
    --------
    >>> rows = [{"item": "trust", "sex": 1, "estimate": 3.1, "n": 12}, {"item": "trust", "sex": 2, "n": 400}]
    >>> [row["n"] for row in without_small_bases({"method": {}, "rows": rows}, 30)["rows"]]
    [None, None]
    """
    rows = [dict(row) for row in document["rows"]]
    method = document["method"]
    parts = [{name: value for name, value in row.items() if name not in COLUMNS} for row in rows]
    cells = [(row["item"], part, row.get("n")) for row, part in zip(rows, parts, strict=True)]
    hidden = small_cells(cells, minimum, keys_with_small_rest(method, minimum))
    for row, out in zip(rows, hidden, strict=True):
        row["suppressed"] = out
        if out:
            row.update(dict.fromkeys((name for name in TAKEN_OUT if name in row), None))
    gone = {row["item"] for row in rows if row["suppressed"]}
    return {"method": {**without_small_counts(method, gone, minimum), "minimum_base": minimum}, "rows": rows}


def keys_with_small_rest(method: Mapping[str, Any], minimum: int) -> set[str]:
    """Name the keys that few people have no value of: the groups and the whole would give those away."""
    counts = [(key, count) for one in (method, *method.get("parts", ())) for key, count in keys_of(one).items()]
    return {key for key, count in counts if small(count, minimum)}


def keys_of(method: Mapping[str, Any]) -> Mapping[str, int]:
    """Give the rows without a value, by key."""
    return method.get("missing_keys") or {}


def small(count: float | None, minimum: int) -> bool:
    """Say whether a count is of some people, but too few.

    Examples
    --------
    >>> small(0, 30), small(7, 30), small(30, 30), small(None, 30)
    (False, True, False, False)
    """
    return count is not None and 0 < count < minimum


def without_small_counts(method: Mapping[str, Any], gone: Collection[str], minimum: int) -> dict[str, Any]:
    """Take counts of few people out of a method: of items whose rows are gone, and small ones anywhere."""
    found = dict(method)
    if small(method.get("n"), minimum):
        found |= {"n": None, "weighted_n": None}
    if small(method.get("zero_weights"), minimum):
        found["zero_weights"] = None
    if "missing_keys" in method:
        found["missing_keys"] = {
            key: None if small(count, minimum) else count for key, count in keys_of(method).items()
        }
    if "items" in method:
        found["items"] = [without_item_counts(item, gone, minimum) for item in method["items"]]
    if method.get("weighting"):
        found["weighting"] = [without_small_categories(step, minimum) for step in method["weighting"]]
    if "footnotes" in method:
        found["footnotes"] = footnotes_kept(method, gone, minimum)
    if "parts" in method:
        found["parts"] = [without_small_counts(part, gone, minimum) for part in method["parts"]]
    return found


def without_item_counts(item: Mapping[str, Any], gone: Collection[str], minimum: int) -> dict[str, Any]:
    """Take an item's counts out when its rows are gone, and its kinds of missing when one of them is small."""
    if item["item"] in gone:
        return {**item, "n": None, "weighted_n": None, "missing": None}
    return {**item, "missing": None} if few_missing(item, minimum) else dict(item)


def few_missing(item: Mapping[str, Any], minimum: int) -> bool:
    """Say whether a kind of missing answers counts few people."""
    return any(small(count, minimum) for count in (item.get("missing") or {}).values())


def without_small_categories(step: Mapping[str, Any], minimum: int) -> dict[str, Any]:
    """Leave a raking's table out when one of its categories is small, with all that it could be had from."""
    if not has_small_category(step, minimum):
        return dict(step)
    gone = small_class_notes(step, minimum)
    kept = {
        name: [*(note for note in step[name] if not note.startswith(gone)), table_left_out(minimum)]
        for name in ("notes", "brief")
        if name in step
    }
    return {**step, "table": None, "worst_before": None, **kept}


def has_small_category(step: Mapping[str, Any], minimum: int) -> bool:
    """Say whether a raking has a category of few people."""
    return any(small(row["n"], minimum) for row in step["table"] or ())


def small_class_notes(step: Mapping[str, Any], minimum: int) -> tuple[str, ...]:
    """Give how the notes begin that count few rows without a value of a raking variable."""
    return tuple(
        own_class_note(row["variable"], row["n"])
        for row in step["table"] or ()
        if row["category"] == OWN_CLASS and small(row["n"], minimum)
    )


def table_left_out(minimum: int) -> str:
    """Say that a raking table is not shown, and why."""
    return f"The margins before and after raking are left out: a category holds fewer than {minimum} people."


def footnotes_kept(method: Mapping[str, Any], gone: Collection[str], minimum: int) -> list[str]:
    """Give the footnotes without those that count few people, and say what is left out."""
    dropped, said = small_notes(method, gone, minimum), []
    if any(few_missing(item, minimum) and item["item"] not in gone for item in method.get("items", ())):
        said.append(f"Kinds of missing answers are left out where one counts fewer than {minimum} people.")
    if any(has_small_category(step, minimum) for step in method.get("weighting") or ()):
        said.append(table_left_out(minimum))
    kept = [note for note in method["footnotes"] if not note.startswith(dropped) and ONE_RESPONDENT not in note]
    return [*kept, *said]


def small_notes(method: Mapping[str, Any], gone: Collection[str], minimum: int) -> tuple[str, ...]:
    """Give how the footnotes begin that count few people."""
    zero = method.get("zero_weights")
    found = [
        missing_note(item["item"], item["missing"], 0).partition(" of ")[0] + " of "
        for item in method.get("items", ())
        if item.get("missing") and (item["item"] in gone or few_missing(item, minimum))
    ]
    found += [nobody_note(name) for name in gone]
    found += [missing_key_note(key, count) for key, count in keys_of(method).items() if small(count, minimum)]
    found += [zero_weights_note(zero)] if zero is not None and small(zero, minimum) else []
    for step in method.get("weighting") or ():
        found += small_class_notes(step, minimum)
    return tuple(found)


def safe(comparison: Comparison, minimum: int) -> Comparison:
    """Take small bases, and what would give them away, out of a comparison."""
    hidden = small_cells([(row.item, row.groups, row.n) for row in comparison.rows], minimum)
    rows = tuple(taken_out(row) if out else row for row, out in zip(comparison.rows, hidden, strict=True))
    method = {**comparison.method, "minimum_base": minimum}
    n = method.get("n")
    if isinstance(n, int) and small(n, minimum):
        method |= {"n": None, "effective_n": None}
    return replace(comparison, rows=rows, method=method)


def taken_out(row: ComparisonRow) -> ComparisonRow:
    """Give the row without the new figures and everything they could be worked back from."""
    names = DERIVED if row.statistic == "share" else (*DERIVED, *BORROWED)
    empty: dict[str, Any] = dict.fromkeys(names, None)
    bare = replace(row, **empty, reasons=(), stability="", suppressed=True)
    return replace(bare, sentence=sentence(bare))


Cell = tuple[str, Mapping[str, object], float | None]
"""Item, the part of the sample, and the number of answers."""


def small_cells(cells: Sequence[Cell], minimum: int, small_rest: Collection[str] = ()) -> list[bool]:
    """Say which cells to take out: those under the minimum, and complements that would give them away.

    Parameters
    ----------
    cells : sequence of (item, part, n)
        The part by key, e.g. ``{"sex": 1}``.
    minimum : int
        Smallest number of answers that may be shown.
    small_rest : collection of str
        Keys that few people have no value of: these are one more hidden part of the whole.

    Examples
    --------
    >>> small_cells([("q", {"sex": 1}, 12), ("q", {"sex": 2}, 40), ("q", {"sex": 3}, 90)], 30)
    [True, True, False]
    """
    hidden = [n is not None and not math.isnan(n) and n < minimum for _, _, n in cells]
    lines = [(key, line) for key, line in subtractable(cells) if len(line) > 1]
    while alone := next((line for key, line in lines if exposed(line, cells, hidden, key in small_rest)), None):
        shown = [i for i in alone if not hidden[i]]
        fewest = min(cells[i][2] or 0 for i in shown)
        part = next(cells[i][1] for i in shown if (cells[i][2] or 0) == fewest)
        for i in alone:
            hidden[i] = hidden[i] or cells[i][1] == part
    return hidden


def subtractable(cells: Sequence[Cell]) -> Iterable[tuple[str, list[int]]]:
    """Give the lines of a table along which the parts add up to the whole: one key runs, the others stand still."""
    lines: dict[tuple[str, str, object], list[int]] = {}
    for i, (item, part, _) in enumerate(cells):
        for key in part:
            still = tuple(sorted((name, str(value)) for name, value in part.items() if name != key))
            lines.setdefault((item, key, still), []).append(i)
    return [(key, line) for (_, key, _), line in lines.items()]


def exposed(line: Sequence[int], cells: Sequence[Cell], hidden: Sequence[bool], rest: bool) -> bool:
    """Say whether exactly one part of a line, its small rest included, is hidden while others are shown."""
    out = {str(dict(cells[i][1])) for i in line if hidden[i]}
    return len(out) + rest == 1 and any(not hidden[i] for i in line)
