"""Options that every estimator knows, and the refusal of those that do not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...data.errors import EstimationError
from .estimates import NUMBERS
from .plan import Domains

Deff = Literal["auto", "replace"]
"""Against sampling without replacement where the weights allow it, else with; or always with replacement."""


def check_choice(option: str, given: object, allowed: Sequence[str]) -> None:
    """Refuse a value of an option that does not exist.

    Examples
    --------
    >>> check_choice("df", "group", ("design", "domain"))
    Traceback (most recent call last):
    topline.data.errors.EstimationError: df is 'group'; it can be 'design' or 'domain'.
    """
    if given not in allowed:
        raise EstimationError(f"{option} is {given!r}; it can be {' or '.join(map(repr, allowed))}.")


def check_keys(within: Domains, columns: Sequence[str]) -> None:
    """Refuse keys that have the name of a column of the result.

    Raises
    ------
    EstimationError
        When one does.
    """
    taken = [key for key in within.by if key in ("item", *columns, *NUMBERS)]
    if taken:
        raise EstimationError(
            f"by names {', '.join(taken)}, which is a column of every result; rename that column of the data."
        )
