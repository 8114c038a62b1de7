"""The base of a published figure on the user's word, where the registry does not know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

from ...data.errors import ComparisonError

if TYPE_CHECKING:
    from ...data.registry.figure import Figure

PublishedBase = Literal["all", "excluding_dont_know", "excluding_neutral"]

REPAIR = 'base="excluding_dont_know" or base="all"'
"""What repairs an unknown base."""


def check_base(base: str | None, figures: Iterable[Figure]) -> None:
    """Refuse a base that is none, or that speaks of no figure and contradicts what is known of one.

    Raises
    ------
    ComparisonError
        With the bases there are, or the figure and the base that the registry knows.

    Examples
    --------
    >>> check_base("without dk", [])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    topline.data.errors.ComparisonError: base is 'without dk'; it can be 'all', 'excluding_dont_know', ...
    """
    if base is None:
        return
    if base not in get_args(PublishedBase):
        raise ComparisonError(f"base is {base!r}; it can be {', '.join(map(repr, get_args(PublishedBase)))}.")
    paired = list(figures)
    known = next((figure for figure in paired if figure.base not in ("unknown", base)), None)
    if known is not None and not any(figure.base == "unknown" for figure in paired):
        raise ComparisonError(
            f"base is {base!r}, and the registry knows another base of {known.figure_id}: {known.base!r}. base= speaks "
            "of figures whose base is not known; leave it out, or correct the registry."
        )


def on_your_word(figure: Figure, base: str | None) -> Figure:
    """Give the figure with the base that the user says it has, where the registry does not know it.

    A mean counts answers that have a number, so that only a base without don't know means anything for it.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> on_your_word(published()["liu2022.travel"], "all").base, on_your_word(published()["liu2022.travel"], None).base
    ('all', 'unknown')
    """
    if base is None or figure.base != "unknown" or (figure.statistic == "mean" and base != "excluding_dont_know"):
        return figure
    return replace(figure, base=base)
