"""How a fitted model is printed: what was fitted, the table of coefficients, footnotes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...data.printing import aligned, folded, markdown, number, width
from ..printing.result_text import escaped, footnotes_of, parted

if TYPE_CHECKING:
    import pandas as pd

HEADINGS = {"estimate": "coef", "se": "std err", "statistic": "t", "p": "P>|t|"}
"""Column -> its heading, as statsmodels has them."""


def summary_text(frame: pd.DataFrame, method: Mapping[str, Any]) -> str:
    """Lay a fit out for the terminal."""
    header, rows, words = table_text(frame, method["level"])
    table = aligned(header, rows, words)
    facts = _beside(facts_of(method))
    wide = max(map(width, [*table.splitlines(), *facts]))
    title = f"{method['model'].capitalize()}: {method['explained']}"
    lines = [title, *map(folded, about_text(method)), "=" * wide, *facts, "=" * wide, *_ruled(table, wide), "=" * wide]
    lines += [folded(how_text(method))]
    first, under = parted(footnotes_of(method))
    return "\n".join([*first, *lines, *(folded(f"* {note}") for note in under)])


def markdown_text(frame: pd.DataFrame, method: Mapping[str, Any]) -> str:
    """Lay a fit out in Markdown."""
    title, *about, how = lines_of(method)
    first, under = parted(footnotes_of(method))
    notes = "\n".join(f"- {escaped(note)}" for note in under)
    header, rows, words = table_text(frame, method["level"])
    table = markdown(header, rows, words)
    parts = [*(f"**{note}**" for note in first), f"**{title}**", *about, table, how, notes]
    return "\n\n".join(part for part in parts if part)


def lines_of(method: Mapping[str, Any]) -> list[str]:
    """Give what was fitted, question and study, the facts of the fit, and how errors were made, each in a line."""
    facts = "; ".join(f"{name} {value}" for name, value in facts_of(method))
    title = f"{method['model'].capitalize()}: {method['explained']}"
    return [title, *about_text(method), f"{facts}.", how_text(method)]


def about_text(method: Mapping[str, Any]) -> list[str]:
    """Give the question that the response answers, and the study, as far as they are known."""
    study = method["title"] or method["source"]
    lines = [f"Question: {method['wording']}"] if method.get("wording") else []
    return [*lines, f"Study: {study}"] if study else lines


def how_text(method: Mapping[str, Any]) -> str:
    """Say how errors were made."""
    parts = [method["weight_source"]]
    parts += [step["summary"] for step in method["weighting"] or []]
    parts += [f"{role} {', '.join(method[role])}" for role in ("strata", "psu", "fpc") if method[role]]
    where = f" Where {method['subpopulation']}." if method["subpopulation"] else ""
    rule = f"df {_short(method['residual_df'])}: {method['residual_df_rule']}"
    return f"Errors: {method['variance']}; {'; '.join(parts)}.{where} {rule}."


def facts_of(method: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the facts of the header: formula, family and link, bases, fit."""
    facts = [("Formula", method["formula"])]
    facts += [
        (name.capitalize(), method[name]) for name in ("offset", "family", "link", "reference") if method.get(name)
    ]
    facts += [("n", f"{method['n_used']:,}"), ("Weighted n", f"{method['weighted_n_used']:,.0f}")]
    facts += [("Df", _short(method["residual_df"])), ("Deviance", _short(method["deviance"]))]
    if method.get("dispersion") is not None:
        facts.append(("Dispersion", _short(method["dispersion"])))
    if method.get("pseudo_r2") is not None:
        facts.append((method["pseudo_r2_kind"], f"{method['pseudo_r2']:.4f}"))
    return facts


def table_text(frame: pd.DataFrame, level: float) -> tuple[list[str], list[list[str]], int]:
    """Give header and rows as text, and how many leading columns are words."""
    words = [name for name in ("outcome", "term") if name in frame]
    ends = [f"[{(1 - level) / 2:.3f}".rstrip("0"), f"{(1 + level) / 2:.3f}".rstrip("0") + "]"]
    header = [*words, *HEADINGS.values(), *ends]
    columns = [frame[name].tolist() for name in words]
    digits = _decimals(frame["se"].to_numpy())
    columns += [
        [number(value, digit) for value, digit in zip(frame[name], digits, strict=True)] for name in ("estimate", "se")
    ]
    columns += [[number(value, 3) for value in frame[name]] for name in ("statistic", "p")]
    columns += [
        [number(value, digit) for value, digit in zip(frame[name], digits, strict=True)] for name in ("low", "high")
    ]
    return header, [list(row) for row in zip(*columns, strict=True)], len(words)


def _decimals(errors: Iterable[float]) -> list[int]:
    """Give each row at least four decimals, and enough for two digits of its standard error."""
    found = []
    for error in errors:
        small = error > 0 and math.isfinite(error)
        found.append(min(12, max(4, 1 - math.floor(math.log10(error)))) if small else 4)
    return found


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    if math.isfinite(value) and float(value).is_integer() and abs(value) < 1e6:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _beside(facts: Sequence[tuple[str, str]]) -> list[str]:
    """Set facts in two columns; the formula has a line to itself."""
    first, rest = facts[0], facts[1:]
    half = (len(rest) + 1) // 2
    left = [f"{name}: {value}" for name, value in rest[:half]]
    right = [f"{name}: {value}" for name, value in rest[half:]] + [""] * (len(rest) % 2)
    wide = max(map(width, left)) + 4
    pairs = zip(left, right, strict=True)
    return [
        folded(f"{first[0]}: {first[1]}"),
        *((one + " " * (wide - width(one)) + two).rstrip() for one, two in pairs),
    ]


def _ruled(table: str, wide: int) -> list[str]:
    """Draw a line under the heading of a table."""
    header, *rows = table.splitlines()
    return [header, "-" * wide, *rows]
