"""What a method of making replicates comes to: a factor for every unit in every replicate, and how squares count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from ...data.errors import DesignError
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.replication import Drawn
from ..sampling.sample import Stage

DROPPED = "finite population corrections dropped"
"""What a method says that knows of none, where the design has some."""

CELLS = 100_000_000
"""Units times replicates that are made at most: 800 MB."""

NEGLIGIBLE = 1e-10
"""A replicate whose squared distance from the span of the others is below this share of its own adds no degree of
freedom (the square of R's ``tol``)."""


@dataclass(frozen=True, eq=False)
class Factors:
    """Replicates as factors of units.

    Attributes
    ----------
    unit : numpy.ndarray of int64
        For each row its unit.
    factors : numpy.ndarray or Drawn
        Units x replicates, or what draws the column of a replicate.
    scale : float
        Factor of the sum of squared deviations.
    rscales : numpy.ndarray
        Factor of each replicate.
    text : str
        The method in words.
    df : int or None
        Degrees of freedom where the method knows them; else they follow from the rank of the weights.
    notes : tuple of str
        What the method leaves out of the design.
    """

    unit: Ints
    factors: Floats | Drawn
    scale: float
    rscales: Floats
    text: str
    df: int | None = None
    notes: tuple[str, ...] = ()


def check_size(units: int, replicates: int, method: str) -> None:
    """Refuse replicates that would fill the memory.

    Raises
    ------
    DesignError
        With the number of replicates and the way out.
    """
    if units * replicates > CELLS:
        raise DesignError(
            f"{method} would make {replicates:,} replicates of {units:,} PSUs, {units * replicates / 1.25e8:,.1f} GB. "
            "Keep the design as it is (Taylor linearisation), or choose fewer replicates, e.g. "
            "method='subbootstrap', replicates=200."
        )


def degrees_of_freedom(unit: Ints, base: Floats, factors: Floats | Drawn) -> int:
    """Give the rank of the replicate weights less one, as R's ``degf``, from their cross products.

    Replicates of which no table is kept have the rank that chance almost surely gives them.

    Examples
    --------
    >>> degrees_of_freedom(np.arange(3), np.ones(3), 1.5 * (1 - np.eye(3)))
    2
    """
    squares = np.bincount(unit, weights=base**2, minlength=factors.shape[0]).astype(np.float64, copy=False)
    if not isinstance(factors, np.ndarray):
        return max(factors.rank(np.flatnonzero(squares)) - 1, 0)
    product = _products(factors, squares)
    size = np.sqrt(np.diag(product))
    present = size > 0
    if not present.any():
        return 0
    unit_length = product[np.ix_(present, present)] / np.outer(size[present], size[present])
    return int(lapack.dpstrf(unit_length, tol=NEGLIGIBLE)[2]) - 1


def _products(factors: Floats, squares: Floats) -> Floats:
    """Give cross products with the rank of the replicate weights: of replicates, or of units where those are fewer."""
    if len(factors) < factors.shape[1]:
        weighted = factors[squares > 0]
        return np.asarray(weighted @ weighted.T)
    return np.asarray(factors.T @ (factors * squares[:, None]) if (squares != 1).any() else factors.T @ factors)


def in_file_order(stage: Stage) -> list[Ints]:
    """Give for each stratum its units, in the order of their first rows."""
    first_row = np.zeros(len(stage.stratum), dtype=np.int64)
    first_row[stage.unit[::-1]] = np.arange(len(stage.unit))[::-1]
    order = np.lexsort((first_row, stage.stratum))
    return np.split(order, np.cumsum(np.bincount(stage.stratum))[:-1])


def unsampled_share(stage: Stage) -> Floats:
    """Give for each stratum the share of its population that was not sampled."""
    share = np.ones(len(stage.sampled))
    share[stage.stratum] = stage.unsampled
    return share


def varying(stage: Stage) -> Bools:
    """Say for each stratum whether it has a sampling variance that can be measured: not complete, not alone."""
    return np.asarray(~stage.complete & (stage.sampled > 1))
