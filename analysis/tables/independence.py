"""Tests of independence in a two-way table under a complex design, as R's ``svychisq``.

Pearson's X2 with the corrections of Rao and Scott (1984), On chi-squared tests for multiway contingency tables with
cell proportions estimated from survey data, Annals of Statistics 12; Wald tests of Koch, Freeman and Freeman (1975)
and their adjustment by Thomas and Rao (1987), JASA 82.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...data.errors import EstimationError
from ..estimation.f_tail import f_tail
from ..sampling.categories import Floats
from ..testing.chi_square_sums import exact, saddlepoint
from .cells import Cells

Statistic = Literal["F", "chisq", "wald", "adj_wald", "saddlepoint", "lincom"]

NAMES = {
    "F": "Pearson's X2, Rao-Scott second-order F",
    "chisq": "Pearson's X2, Rao-Scott first-order chi-square",
    "wald": "Wald test of independence",
    "adj_wald": "Adjusted Wald test of independence",
    "saddlepoint": "Pearson's X2, saddlepoint approximation",
    "lincom": "Pearson's X2, exact distribution",
}
"""Statistic -> what it is called."""

SINGULAR = 1e-13
"""A covariance whose smallest root is below this share of its largest is singular."""


@dataclass(frozen=True)
class Independence:
    """The outcome of a test.

    Attributes
    ----------
    statistic : float
        F for ``"F"`` and the Wald tests, X2 for the others.
    ndf, ddf : float
        Degrees of freedom; ddf is infinite for a chi-square.
    p : float
        Probability of a statistic at least as large where row and column are independent.
    """

    statistic: float
    ndf: float
    ddf: float
    p: float


def independence(table: Cells, statistic: Statistic, n: int, df: int, *, replicated: bool) -> Independence:
    """Test whether row and column are independent.

    Parameters
    ----------
    table : Cells
        The cells; each row and column total is above 0.
    statistic : {"F", "chisq", "wald", "adj_wald", "saddlepoint", "lincom"}
        The test.
    n : int
        The size X2 is scaled to; p does not depend on it.
    df : int
        Degrees of freedom of the design.
    replicated : bool
        Whether the variance comes from replicates; R then gives the saddlepoint no denominator.

    Raises
    ------
    EstimationError
        When there is one row or column, no degrees of freedom, or a Wald test of too many cells for the design.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.tables.cells import cells
    >>> from topline.analysis.sampling.design import Design
    >>> view, sex = np.array([0, 0, 1, 1, 0, 1]), np.array([0, 1, 1, 1, 0, 1])
    >>> table = cells(Design(pd.DataFrame({"view": view})), view >= 0, view, sex, (2, 2))
    >>> found = independence(table, "F", 6, 5, replicated=False)
    >>> round(found.statistic, 3), found.ndf, found.ddf, round(found.p, 4)
    (2.75, 1.0, 5.0, 0.1582)
    """
    if min(table.rows, table.columns) < 2:
        raise EstimationError(
            f"a test of independence needs two rows and two columns with respondents; this table has {table.rows} by "
            f"{table.columns}."
        )
    if df < 1:
        raise EstimationError(f"the design has {df} degrees of freedom (PSUs minus strata), so nothing can be tested.")
    if statistic in ("wald", "adj_wald"):
        return _wald(table, df, adjusted=statistic == "adj_wald")
    x2, roots = pearson(table.share) * n, design_effects(table, n)
    if statistic == "chisq":
        # the first-order correction: X2 over the mean design effect, against chi-square
        return Independence(x2, len(roots), math.inf, f_tail(x2 / roots.sum(), len(roots), math.inf))
    ndf = float(roots.sum() ** 2 / (roots**2).sum())
    if statistic == "F":
        f = x2 / float(roots.sum())
        return Independence(f, ndf, ndf * df, f_tail(f, ndf, ndf * df))
    tail = saddlepoint if statistic == "saddlepoint" else exact
    ddf = math.inf if replicated else ndf * df
    return Independence(x2, ndf, ddf, tail(x2, roots, ddf))


def log_odds_ratio(table: Cells) -> tuple[float, float]:
    """Give the logarithm of the odds ratio of a table of two by two, and its standard error by the delta method.

    Raises
    ------
    EstimationError
        When the table is not two by two, or a cell is empty.
    """
    if (table.rows, table.columns) != (2, 2):
        raise EstimationError(
            f"an odds ratio is that of a table of 2 by 2; this one has {table.rows} by {table.columns}."
        )
    share, signs = table.share.ravel(), np.array([1.0, -1.0, -1.0, 1.0])
    if (share == 0).any():
        raise EstimationError("a cell of the table is empty, so its odds ratio is not defined.")
    slopes = signs / share
    return float(signs @ np.log(share)), math.sqrt(max(0.0, float(slopes @ table.share_covariance @ slopes)))


def pearson(share: Floats) -> float:
    """Give Pearson's X2 of shares, for a sample of 1.

    Examples
    --------
    >>> pearson(np.array([[0.5, 0.0], [0.0, 0.5]]))
    1.0
    """
    expected = np.outer(share.sum(axis=1), share.sum(axis=0))
    return float(((share - expected) ** 2 / expected).sum())


def design_effects(table: Cells, n: int) -> Floats:
    """Give the generalised design effects of the table: what X2's chi-squares are weighted by (Rao and Scott 1984)."""
    share = table.share.ravel()
    inverse = np.where(share > 0, 1 / np.where(share > 0, share, 1.0), 0.0)
    contrasts = np.kron(_centred(table.rows), _centred(table.columns))
    simple = contrasts.T @ (contrasts * (inverse / n)[:, None])
    scaled = contrasts * inverse[:, None]
    actual = scaled.T @ table.share_covariance @ scaled
    try:
        root = np.linalg.inv(np.linalg.cholesky(simple))
    except np.linalg.LinAlgError as error:
        raise EstimationError(
            f"{int((share == 0).sum())} of the {len(share)} cells are empty, too many for a test of independence; join "
            "categories."
        ) from error
    effects = np.linalg.eigvalsh(root @ actual @ root.T)
    if effects[-1] <= SINGULAR:
        raise EstimationError(
            "the cells of the table have no sampling error beyond its margins (the strata fix them, or everybody was "
            "sampled), so there is nothing to test."
        )
    return np.asarray(np.where(effects > SINGULAR * effects[-1], effects, 0.0))


def _centred(size: int) -> Floats:
    """Give orthonormal contrasts of some categories (Helmert)."""
    helmert = np.tril(np.ones((size, size)), -1)[1:].T - np.diag(np.arange(size))[:, 1:]
    return np.asarray(helmert / np.sqrt((helmert**2).sum(axis=0)))


def _wald(table: Cells, df: int, *, adjusted: bool) -> Independence:
    """Test the differences of cells from the product of their margins, all but the first row and column."""
    cell = table.total.reshape(table.rows, table.columns)
    row, column, whole = cell.sum(axis=1), cell.sum(axis=0), cell.sum()
    differences = (cell - np.outer(row, column) / whole)[1:, 1:].ravel()
    kept = np.arange(cell.size).reshape(cell.shape)[1:, 1:].ravel()
    # slopes of cell - row * column / whole by every cell, which is part of a row, a column and the whole
    in_row = np.kron(np.eye(table.rows), np.ones((table.columns, table.columns)))
    in_column = np.kron(np.ones((table.rows, table.rows)), np.eye(table.columns))
    of_row, of_column = np.repeat(row, table.columns), np.tile(column, table.rows)
    slopes = np.eye(cell.size) - in_row * of_column[:, None] / whole - in_column * of_row[:, None] / whole
    slopes += (of_row * of_column)[:, None] / whole**2
    covariance = (slopes @ table.total_covariance @ slopes.T)[np.ix_(kept, kept)]
    k = len(kept)
    ddf = df - k + 1 if adjusted else df
    roots = np.linalg.eigvalsh(covariance)
    if ddf < 1 or roots[0] <= SINGULAR * roots[-1]:
        raise EstimationError(
            f"a Wald test of {k} cells needs more than the {df} degrees of freedom of this design, or the cells do not "
            "vary freely; use statistic='F', or join categories."
        )
    statistic = float(differences @ np.linalg.solve(covariance, differences)) / k
    if adjusted:
        statistic *= ddf / df
    return Independence(statistic, float(k), float(ddf), f_tail(statistic, k, ddf))
