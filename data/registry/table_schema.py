"""What each column of a registry's tables may hold, as ``published/datapackage.json`` says it.

The schema is the Table Schema (https://specs.frictionlessdata.io/table-schema/), so that other tools check the same
tables by the same rules.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import did_you_mean
from .rows import Cell

PUBLISHED = Path(__file__).parent.parent / "published"

GIVEN = "what must be known is given"
PLAIN_NUMBER = "a number is written plainly"
WITHIN_LIMITS = "a number lies within its limits"
ONE_OF_THE_LIST = "a word is one of its list"
AS_DESCRIBED = "a cell is written as its column says"


@cache
def schema() -> Mapping[str, Any]:
    """Give the Table Schema of each table, by name."""
    package = json.loads((PUBLISHED / "datapackage.json").read_text(encoding="utf-8"))
    return {resource["name"]: resource["schema"] for resource in package["resources"]}


@cache
def columns(table: str) -> tuple[str, ...]:
    """Name the columns of a table, in order.

    Examples
    --------
    >>> columns("comparison")
    ('other_id', 'item_id', 'relation', 'reason', 'reviewer', 'reviewed_on')
    """
    return tuple(field["name"] for field in schema()[table]["fields"])


def allowed(table: str, column: str) -> tuple[str, ...]:
    """Give the words a column may hold, by itself or between ';'; none where any may stand.

    Examples
    --------
    >>> allowed("source", "provenance")
    ('verified', 'secondary', 'recalled', 'as_quoted')
    >>> allowed("study", "modes")
    ('web', 'face_to_face', 'telephone', 'paper', 'mixed', 'unknown')
    """
    limits = next(field for field in schema()[table]["fields"] if field["name"] == column).get("constraints", {})
    listed = re.match(r"\^\(([a-z_]+(?:\|[a-z_]+)+)\)", limits.get("pattern", ""))
    return tuple(map(str, limits.get("enum", listed[1].split("|") if listed else ())))


def cell(text: str, field: Mapping[str, Any]) -> tuple[Cell, str, str]:
    """Give the value of a cell, the rule it breaks and what is wrong with it; both "" where nothing is.

    Parameters
    ----------
    text : str
        As written, e.g. ``"60"``.
    field : mapping
        Of the Table Schema.
    """
    limits, kind = field.get("constraints", {}), field["type"]
    unseen = next((sign for sign in text if unicodedata.category(sign) == "Cc" and sign not in "\n\r\t"), "")
    if unseen:
        problem = f"holds a control character that cannot be seen (U+{ord(unseen):04X}); take it out."
        return None, AS_DESCRIBED, problem
    if not text:
        problem = f"is empty; it must be given: {field['description']}" if limits.get("required") else ""
        if problem and "enum" in limits:
            problem += f" One of {', '.join(map(str, limits['enum']))}."
        return ("" if kind == "string" else None), GIVEN if problem else "", problem
    if kind == "string":
        return text, *_of_text(text, limits, field)
    whole = kind == "integer"
    if not re.fullmatch(r"[-+]?[0-9]+" if whole else r"[-+]?[0-9]+(\.[0-9]+)?", text):
        problem = f"'{text}' is not a {'whole ' if whole else ''}number written like {'1173' if whole else '3.60'}."
        return None, PLAIN_NUMBER, problem
    number = int(text) if whole else float(text)
    return number, *_of_number(number, text, limits, field)


def _of_text(text: str, limits: Mapping[str, Any], field: Mapping[str, Any]) -> tuple[str, str]:
    known = limits.get("enum")
    if known is not None and text not in known:
        near = did_you_mean(text, known) if len(known) > 12 else ""
        return ONE_OF_THE_LIST, f"'{text}' is not one of {', '.join(known)}.{near}"
    if "pattern" in limits and not re.fullmatch(limits["pattern"], text, re.ASCII):
        return AS_DESCRIBED, f"'{text}' is not written as expected: {field['description']}"
    return "", ""


def _of_number(number: float, text: str, limits: Mapping[str, Any], field: Mapping[str, Any]) -> tuple[str, str]:
    low, high, known = limits.get("minimum"), limits.get("maximum"), limits.get("enum")
    if (low is not None and number < low) or (high is not None and number > high):
        ends = f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"
        return WITHIN_LIMITS, f"is {text}; it must be {ends}. {field['description']}"
    if known is not None and number not in known:
        return ONE_OF_THE_LIST, f"is {text}; it must be one of {', '.join(map(str, known))}."
    return "", ""
