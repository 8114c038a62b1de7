"""What is taken out of results before they leave the team: small bases, and what would give them away.

A result, or a count of people, that rests on fewer people than the minimum goes. Where only one part of a sample would
be missing, so that it could be had by subtracting the others from the whole, the next smallest part goes too.

References
----------
Hundepool et al. (2012), Statistical Disclosure Control, chapter 4 (primary and secondary suppression).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

from .batteries.battery import Battery
from .estimation.estimates import NUMBERS
from .estimation.method import ONE_RESPONDENT, missing_key_note, missing_note, nobody_note, zero_weights_note
from .telling.comparison import Comparison, ComparisonRow
from .telling.sentences import with_sentences

COLUMNS = ("item", "category", *NUMBERS)
TAKEN_OUT = NUMBERS
DERIVED = (
    *TAKEN_OUT,
    *("estimate_total_low", "estimate_total_high", "published_se", "difference", "difference_low", "difference_high"),
    *("total_low", "total_high", "p", "p_holm", "p_total", "p_total_holm", "verdict_sampling", "verdict_total"),
    *("p_bh", "p_total_bh", "minimum_detectable", "minimum_detectable_total", "stable"),
    *("turning_deff", "turning_n", "turning_nonsampling", "turning_rounding", "turning_plausible", "turnings"),
)
"""What a suppressed comparison loses: everything the new value could be worked back from."""

NO_ANSWER = (
    *("dont_know", "refused", "dont_know_n", "refused_n"),
    *("bounds_low", "bounds_high", "bounds_interval_low", "bounds_interval_high", "other_base_estimate"),
)
"""What counts, or lets be counted, those who did not know and those who refused: all of it goes where one is few."""

ON_THE_OTHER_BASE = ("Over everyone asked", "Over those who gave an answer")
"""How a reason begins that gives the new share on the other base."""

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
    small counts of rows without a key or a weight; and the table of a step of weighting, whole, when one of its
    classes is small, or what is left of one, since each would follow from the others; notes of steps that count few
    people go too. How many gave no answer at all still follows from ``n``,
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
        found["weighting"] = [without_small_classes(step, minimum) for step in method["weighting"]]
    if method.get("weight_notes"):
        found["weight_notes"] = [note for note in method["weight_notes"] if not counts_few(note, minimum)]
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


def without_small_classes(step: Mapping[str, Any], minimum: int) -> dict[str, Any]:
    """Leave out of a step of weighting what counts few people: its table, what it could be had from, and notes.

    Examples
    --------
    >>> step = {"kind": "nonresponse", "summary": "adjusted", "table": [{"class": "north", "n": 80, "respondents": 12}]}
    >>> without_small_classes({**step, "notes": ["12 of 80 cases responded."], "brief": []}, 30)["notes"]
    ['The classes of nonresponse are left out: one holds fewer than 30 people.']
    """
    few = has_small_class(step, minimum)
    found = {name: without_few(name, value, minimum) for name, value in step.items() if name not in WORDED}
    found["summary"] = masked(step["summary"], minimum)
    if few:
        found |= {"table": None, "worst_before": None} if "worst_before" in step else {"table": None}
    else:
        found["table"] = step["table"]
    for name in ("notes", "brief"):
        if name in step:
            kept = [note for note in step[name] if not counts_few(note, minimum)]
            found[name] = [*kept, *([table_left_out(step, minimum)] if few else [])]
    return found


WORDED = ("summary", "table", "notes", "brief")
"""Parts of a step that are no options."""

LABELS = ("class", "variable", "category", "role", "column", "step", "stratum", "group")
"""Columns of a step's table that name its rows."""

SETTINGS = (
    *("iterations", "max_iterations", "minimum", "strata", "candidates", "largest", "multiple", "cap", "floor"),
    *("population", "quantile", "sweeps", "steps", "seed", "replicates", "to", "tolerance"),
)
"""Whole numbers among a step's options that count no people."""

PEOPLE = (
    r"(?:non)?respondents?|rows?|people|persons?|cases?|weights?|members?|interviews?|units?|(?:in)?eligible|unknown"
)

COUNTS = re.compile(
    rf"(?<![\w.,%-])(?P<count>\d[\d,]*|one|a single)(?: of (?P<whole>\d[\d,]*))?(?: [a-z]+)? (?:{PEOPLE})\b"
    r"|\bn (?P<base>\d[\d,]*)\b|\bfewest \((?P<fewest>\d[\d,]*)\)",
    re.IGNORECASE,
)
"""Counts of people as notes write them: ``7 respondents``, ``12 of 80 cases``, ``n 9``, ``the fewest (5)``."""


def has_small_class(step: Mapping[str, Any], minimum: int) -> bool:
    """Say whether a class in the table of a step is of few people, or what is left of it after a part of it is."""
    for row in step["table"] or ():
        counts = [value for name, value in row.items() if is_count(name, value)]
        apart = [abs(one - other) for at, one in enumerate(counts) for other in counts[:at]]
        if any(small(count, minimum) for count in (*counts, *apart)):
            return True
    return False


def is_count(name: str, value: object) -> bool:
    """Say whether a value in the table of a step counts people.

    Examples
    --------
    >>> is_count("respondents", 12), is_count("factor", 1.5), is_count("class", 3), is_count("n", 12.0)
    (True, False, False, True)
    """
    if name in LABELS or isinstance(value, bool):
        return False
    return isinstance(value, Integral) or (name == "n" and isinstance(value, float) and math.isfinite(value))


def without_few(name: str, value: Any, minimum: int) -> Any:
    """Take small counts out of an option of a step, whatever it is nested in; settings stay."""
    if isinstance(value, Mapping):
        return {key: without_few(key, part, minimum) for key, part in value.items()}
    if isinstance(value, list):
        return [without_few(name, part, minimum) if isinstance(part, Mapping) else part for part in value]
    counts = isinstance(value, Integral) and not isinstance(value, bool) and name not in SETTINGS
    return None if counts and small(int(value), minimum) else value


def counts_few(note: str, minimum: int) -> bool:
    """Say whether a note counts few people, or all but few.

    Examples
    --------
    >>> [counts_few(note, 30) for note in ("7 respondents", "595 of 600 cases", "5 classes of 2020", "n 1,200")]
    [True, True, False, False]
    """
    return any(few_in(match, minimum) for match in COUNTS.finditer(note))


def few_in(match: re.Match[str], minimum: int) -> bool:
    """Say whether a count that was found in words is small, or leaves few of its whole."""
    told = match["count"] or match["base"] or match["fewest"]
    count = int(told.replace(",", "")) if told[0].isdigit() else 1
    whole = int(match["whole"].replace(",", "")) if match["whole"] else count
    return small(count, minimum) or small(whole - count, minimum)


def masked(words: str, minimum: int) -> str:
    """Write counts of few people as fewer than the minimum.

    Examples
    --------
    >>> masked("trimmed 7 weights at 5 times the mean", 30)
    'trimmed fewer than 30 people at 5 times the mean'
    """
    return COUNTS.sub(lambda match: f"fewer than {minimum} people" if few_in(match, minimum) else match[0], words)


def table_left_out(step: Mapping[str, Any], minimum: int) -> str:
    """Say that the table of a step is not shown, and why."""
    if any("target" in row for row in step["table"] or ()):
        what = "raking" if step["kind"] == "rake" else f"step {step['kind']}"
        return f"The margins before and after {what} are left out: a category holds fewer than {minimum} people."
    return f"The classes of {step['kind']} are left out: one holds fewer than {minimum} people."


def footnotes_kept(method: Mapping[str, Any], gone: Collection[str], minimum: int) -> list[str]:
    """Give the footnotes without those that count few people, and say what is left out."""
    dropped, said = small_notes(method, gone, minimum), []
    if any(few_missing(item, minimum) and item["item"] not in gone for item in method.get("items", ())):
        said.append(f"Kinds of missing answers are left out where one counts fewer than {minimum} people.")
    steps = method.get("weighting") or ()
    of_steps = [note for step in steps for note in (*step["notes"], *step.get("brief", ()))]
    few = {note for note in (*of_steps, *(method.get("weight_notes") or ())) if counts_few(note, minimum)}
    if few:
        said.append(f"Notes on the weighting that count fewer than {minimum} people are left out.")
    said += [table_left_out(step, minimum) for step in steps if has_small_class(step, minimum)]
    kept = [
        note
        for note in method["footnotes"]
        if not note.startswith(dropped) and ONE_RESPONDENT not in note and note not in few
    ]
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
    return tuple(found)


def safe(comparison: Comparison, minimum: int) -> Comparison:
    """Take small bases, and what would give them away, out of a comparison."""
    hidden = small_cells([(row.item, row.groups, row.n) for row in comparison.rows], minimum)
    rows = tuple(
        taken_out(row) if out else without_few_unanswered(row, minimum)
        for row, out in zip(comparison.rows, hidden, strict=True)
    )
    method = {**comparison.method, "minimum_base": minimum}
    n = method.get("n")
    if isinstance(n, int) and small(n, minimum):
        method |= {"n": None, "effective_n": None}
    told = method.get("weighting")
    if isinstance(told, str):
        method["weighting"] = masked(told, minimum)
    return replace(comparison, rows=rows, method=method, batteries=batteries_shown(comparison, rows))


def batteries_shown(comparison: Comparison, rows: Sequence[ComparisonRow]) -> tuple[Battery, ...]:
    """Give the batteries that hold no row that was taken out: their tests and shifts would give it away."""
    gone = {(row.item, row.published_id) for row in rows if row.suppressed}
    items = [{(item.item, item.published_id) for item in battery.items} for battery in comparison.batteries]
    return tuple(battery for battery, own in zip(comparison.batteries, items, strict=True) if not own & gone)


def taken_out(row: ComparisonRow) -> ComparisonRow:
    """Give the row without the new figures and everything they could be worked back from."""
    names = DERIVED if row.statistic == "share" else (*DERIVED, *BORROWED)
    empty: dict[str, Any] = dict.fromkeys(names, None)
    bare = without_unanswered(replace(row, **empty, reasons=(), stability="", suppressed=True))
    return with_sentences(bare)


def without_few_unanswered(row: ComparisonRow, minimum: int) -> ComparisonRow:
    """Take out of a row who gave no answer, where those who did not know or those who refused are few."""
    few = small(row.dont_know_n, minimum) or small(row.refused_n, minimum)
    return without_unanswered(row) if few else row


def without_unanswered(row: ComparisonRow) -> ComparisonRow:
    """Give the row without who gave no answer, and what that could do; two bases side by side would count them."""
    empty: dict[str, Any] = dict.fromkeys(NO_ANSWER, None)
    bare = replace(row, **empty, unanswered="")
    if row.other_base_estimate is None:
        return bare
    shown = [place for place, reason in enumerate(row.reasons) if not reason.startswith(ON_THE_OTHER_BASE)]
    kept: dict[str, Any] = {
        name: tuple(getattr(row, name)[place] for place in shown if place < len(getattr(row, name)))
        for name in ("reasons", "repairs", "topics")
    }
    return with_sentences(replace(bare, **kept))


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
