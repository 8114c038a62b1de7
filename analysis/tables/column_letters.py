"""Column letters: which columns of a banner differ, tested on the differences of their estimates.

Each pair of columns is two domains of one sample. Their difference has the variance ``V(a) + V(b) - 2 C(a, b)`` from
the design's covariance, so that shared PSUs, strata, weights and overlapping columns all count; it is tested by t with
the design's degrees of freedom (R: ``svyby(covmat=TRUE)`` with ``svycontrast``). Korn and Graubard (1999), Analysis of
Health Surveys, section 5.4; Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal
of Statistics 6(2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..sampling.categories import Bools, Floats, Ints
from ..testing.adjustment import holm_by_row

Texts = NDArray[np.object_]

NO_VARIANCE = 1e-13
"""A variance of a difference below this share of the two variances is rounding: the design fixes the difference."""

LOW_BASE, SUPPRESSED, NO_BASE = "low base", "suppressed", "no base"
CONSTANT, FIXED, NO_DF = "both 0% or 100%", "no sampling variance", "no degrees of freedom"


def letter(position: int) -> str:
    """Give the letter of a column: A to Z, then AA, AB, as a spreadsheet does.

    Examples
    --------
    >>> letter(0), letter(25), letter(26), letter(701), letter(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    text, rest = "", position + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


@dataclass(frozen=True, eq=False)
class ColumnTests:
    """Every pair of columns in every row, tested or not.

    Attributes
    ----------
    first, second : numpy.ndarray of int64
        The columns of each pair.
    difference, se, t, p, p_adjusted : numpy.ndarray
        Rows x pairs; first minus second. Missing where a pair is not tested.
    untested : numpy.ndarray of str
        Rows x pairs; why a pair is not tested, empty where it is.
    """

    first: Ints
    second: Ints
    difference: Floats
    se: Floats
    t: Floats
    p: Floats
    p_adjusted: Floats
    untested: Texts


def column_tests(
    estimate: Floats, covariance: Floats, df: float, flags: Texts, *, share: bool, adjust: str | None = None
) -> ColumnTests:
    """Test all pairs of columns in every row.

    Parameters
    ----------
    estimate : numpy.ndarray
        Rows x columns; missing where a column has no base.
    covariance : numpy.ndarray
        Rows x columns x columns.
    df : float
        Degrees of freedom, e.g. those of the whole design.
    flags : numpy.ndarray of str
        Rows x columns: ``""``, or why a column is not tested: ``"low base"``, ``"suppressed"``, ``"no base"``.
    share : bool
        Whether estimates are shares, so that two columns of 0% or 100% are not tested.
    adjust : {"holm", None}
        Adjustment over the tested pairs of each row.

    Examples
    --------
    >>> tests = column_tests(
    ...     np.array([[0.4, 0.6]]), np.array([[[0.004, 0.001], [0.001, 0.004]]]), 30, np.array([["", ""]]), share=True
    ... )
    >>> round(float(tests.t[0, 0]), 4), round(float(tests.p[0, 0]), 4)
    (-2.582, 0.015)
    """
    first, second = (side.astype(np.int64) for side in np.triu_indices(estimate.shape[1], 1))
    difference = estimate[:, first] - estimate[:, second]
    own = np.einsum("rkk->rk", covariance)
    both = own[:, first] + own[:, second]
    variance = both - 2 * covariance[:, first, second]
    untested = _untested(flags, first, second)
    constant = share & np.isin(estimate, (0.0, 1.0))
    _mark(untested, constant[:, first] & constant[:, second], CONSTANT)
    _mark(untested, ~(variance > NO_VARIANCE * both), FIXED)
    _mark(untested, np.full(untested.shape, not df > 0), NO_DF)
    tested = untested == ""
    se = np.sqrt(np.where(tested, variance, np.nan))
    t = difference / se
    p = 2 * special.stdtr(np.where(df > 0, df, np.nan), -np.abs(t))
    adjusted = holm_by_row(p) if adjust == "holm" else p
    return ColumnTests(first, second, np.where(tested, difference, np.nan), se, t, p, adjusted, untested)


def _untested(flags: Texts, first: Ints, second: Ints) -> Texts:
    """Say for each pair which of its two columns' flags keeps it from being tested; having no base comes first."""
    untested = np.full((len(flags), len(first)), "", dtype=object)
    for flag in (NO_BASE, SUPPRESSED, LOW_BASE):
        flagged = flags == flag
        _mark(untested, flagged[:, first] | flagged[:, second], flag)
    return untested


def _mark(untested: Texts, rows: Bools, reason: str) -> None:
    untested[rows & (untested == "")] = reason


def higher_than(tests: ColumnTests, letters: Sequence[str], levels: Sequence[float]) -> Texts:
    """Give for each cell the letters of the columns it is higher than, with a blank between.

    Parameters
    ----------
    tests : ColumnTests
        The pairs.
    letters : sequence of str
        One for each column, e.g. ``["A", "B"]``.
    levels : sequence of float
        One or two levels, the higher first: letters are upper case at the first, lower case at the second alone.

    Examples
    --------
    >>> tests = column_tests(
    ...     np.array([[0.4, 0.6]]), np.array([[[0.004, 0.001], [0.001, 0.004]]]), 30, np.array([["", ""]]), share=True
    ... )
    >>> higher_than(tests, ["A", "B"], [0.95]).tolist(), higher_than(tests, ["A", "B"], [0.99, 0.95]).tolist()
    ([['', 'A']], [['', 'a']])
    """
    found: list[list[list[str]]] = [[[] for _ in letters] for _ in tests.p_adjusted]
    significant = tests.p_adjusted < 1 - min(levels)
    for row, pair in zip(*np.nonzero(significant), strict=True):
        above, below = tests.first[pair], tests.second[pair]
        if tests.difference[row, pair] < 0:
            above, below = below, above
        strong = tests.p_adjusted[row, pair] < 1 - max(levels)
        found[row][above].append(letters[below] if strong else letters[below].lower())
    cells = np.empty((len(found), len(letters)), dtype=object)
    for row, columns in enumerate(found):
        cells[row] = [" ".join(sorted(cell, key=lambda one: (len(one), one.upper()))) for cell in columns]
    return cells
