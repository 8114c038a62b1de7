"""Do the two surveys put the items in the same order? Asked only of pairs of items that both can tell apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

from scipy.special import stdtrit

from ..sampling.categories import Floats
from .sides import Sides


@dataclass(frozen=True)
class RankAgreement:
    """Counts of pairs of items.

    Attributes
    ----------
    pairs : int
        All of them, k (k - 1) / 2.
    resolved_new, resolved_published : int
        Those whose difference has an interval without 0 in the one survey, in the other.
    agree, contradict : int
        Of those resolved in both: in the same order, in the opposite.
    level : float
        Of each pair's interval by itself.
    """

    pairs: int
    resolved_new: int
    resolved_published: int
    agree: int
    contradict: int
    level: float

    @property
    def resolved(self) -> int:
        """Pairs resolved in both surveys."""
        return self.agree + self.contradict

    @property
    def unresolved(self) -> int:
        """Pairs that at least one survey cannot tell apart."""
        return self.pairs - self.resolved

    @property
    def agreement(self) -> float | None:
        """Kendall's tau over the pairs resolved in both, from -1 to 1; None where there is none."""
        return (self.agree - self.contradict) / self.resolved if self.resolved else None


def rank_agreement(sides: Sides, level: float) -> RankAgreement:
    """Count the pairs of items that both surveys tell apart, and in which order.

    Parameters
    ----------
    sides : Sides
        New and published estimates; what is known of other error is taken half for each survey.
    level : float
        Of the interval of each difference, e.g. ``0.95``.

    Notes
    -----
    A count, not a test: pairs share items, and each interval stands for itself.

    References
    ----------
    Kendall (1938), A new measure of rank correlation, Biometrika 30, 81-93.

    Examples
    --------
    >>> import numpy as np
    >>> error = np.eye(3) / 5000
    >>> sides = Sides(np.array([0.7, 0.5, 0.51]), np.array([0.6, 0.4, 0.5]), error, error, 900, 900, np.zeros((3, 3)))
    >>> found = rank_agreement(sides, 0.95)
    >>> found.pairs, found.resolved, found.agree, found.contradict, found.agreement
    (3, 2, 2, 0, 1.0)
    """
    fewest = min(sides.new_df, sides.published_df)
    new_df, published_df = (fewest, fewest) if sides.borrowed else (sides.new_df, sides.published_df)
    new = order_of(sides.new, sides.new_covariance + sides.known / 2, new_df, level)
    published = order_of(sides.published, sides.published_covariance + sides.known / 2, published_df, level)
    products = [one * other for one, other in zip(new, published, strict=True)]
    return RankAgreement(
        pairs=len(new),
        resolved_new=len(new) - new.count(0),
        resolved_published=len(published) - published.count(0),
        agree=products.count(1),
        contradict=products.count(-1),
        level=level,
    )


def order_of(values: Floats, covariance: Floats, df: float, level: float) -> list[int]:
    """Give 1, -1, or 0 where the survey cannot tell, for each pair of items."""
    reach, found = float(stdtrit(df, 0.5 + level / 2)), []
    for one, other in combinations(range(len(values)), 2):
        apart = float(values[one] - values[other])
        variance = covariance[one, one] + covariance[other, other] - 2 * covariance[one, other]
        resolved = abs(apart) > reach * math.sqrt(max(0.0, float(variance)))
        found.append((apart > 0) - (apart < 0) if resolved else 0)
    return found
