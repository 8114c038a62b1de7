"""The two sides of a battery: several estimates from each survey, and how far their errors are known.

The difference of two vectors whose covariances are each estimated, with their own degrees of freedom, is the
multivariate Behrens-Fisher problem. Its degrees of freedom here are those of Krishnamoorthy and Yu (2004), Statistics
and Probability Letters 66, 161-169, equation 9: unchanged by linear transformation, Welch and Satterthwaite's for a
single item, and those of the one survey where the other's error is nothing. Where the published correlation is borrowed
from the new survey it is no better known than there: both covariances then count as one, with the new survey's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ..sampling.categories import Floats

SINGULAR = 1e-10
"""A correlation matrix whose smallest root is below this share of its largest has no inverse."""


@dataclass(frozen=True, eq=False)
class Sides:
    """New and published estimates of the same k items.

    Attributes
    ----------
    new, published : numpy.ndarray
        k estimates each, in one unit and one order.
    new_covariance, published_covariance : numpy.ndarray
        k x k: sampling error, and the rounding of what was printed.
    new_df, published_df : float
        Degrees of freedom of those covariances; infinite when known rather than estimated.
    known : numpy.ndarray
        k x k covariance that comes on top, of both surveys together, e.g. of non-sampling error.
    borrowed : bool
        Whether the correlation of the published items is that of the new ones.

    Examples
    --------
    >>> one = Sides(np.array([0.6]), np.array([0.5]), np.array([[4e-4]]), np.array([[1e-4]]), 20, 400, np.zeros((1, 1)))
    >>> one.difference.round(3).tolist(), round(one.df, 2)
    ([0.1], 31.15)
    """

    new: Floats
    published: Floats
    new_covariance: Floats
    published_covariance: Floats
    new_df: float
    published_df: float
    known: Floats
    borrowed: bool = False

    def __len__(self) -> int:
        """Count the items."""
        return len(self.new)

    @property
    def difference(self) -> Floats:
        """New minus published."""
        return np.asarray(self.new - self.published)

    @property
    def covariance(self) -> Floats:
        """Covariance of the differences."""
        return np.asarray(self.new_covariance + self.published_covariance + self.known)

    @property
    def df(self) -> float:
        """Degrees of freedom of that covariance, after Krishnamoorthy and Yu."""
        inverse, k, uncertain = np.linalg.inv(self.covariance), len(self), 0.0
        for covariance, df in self.estimated:
            part = covariance @ inverse
            uncertain += float(np.trace(part @ part) + np.trace(part) ** 2) / df
        return k * (k + 1) / uncertain if uncertain > 0 else math.inf

    @property
    def estimated(self) -> tuple[tuple[Floats, float], ...]:
        """The covariances that are estimated by themselves, each with its degrees of freedom."""
        new, published = self.new_covariance, self.published_covariance
        if self.borrowed:
            return ((np.asarray(new + published), min(self.new_df, self.published_df)),)
        return (new, self.new_df), (published, self.published_df)

    @property
    def invertible(self) -> bool:
        """Whether no difference follows from the others."""
        scale = np.sqrt(np.diag(self.covariance))
        if not (scale > 0).all():
            return False
        roots = np.linalg.eigvalsh(self.covariance / np.outer(scale, scale))
        return bool(roots[0] > SINGULAR * roots[-1])

    def combined(self, weights: Floats) -> Sides:
        """Give linear combinations of the items: one for each row of weights, on both sides.

        Examples
        --------
        >>> two = Sides(np.array([3.0, 1.0]), np.zeros(2), np.eye(2), np.eye(2), 9, 9, np.zeros((2, 2)))
        >>> two.combined(np.array([[1.0, -1.0]])).covariance.tolist()
        [[4.0]]
        """
        return replace(
            self,
            new=weights @ self.new,
            published=weights @ self.published,
            new_covariance=weights @ self.new_covariance @ weights.T,
            published_covariance=weights @ self.published_covariance @ weights.T,
            known=weights @ self.known @ weights.T,
        )

    def with_nonsampling(self, error: Floats, shared: float) -> Sides:
        """Add non-sampling error to both surveys.

        Parameters
        ----------
        error : numpy.ndarray
            Its standard error for each item in each survey, e.g. ``0.03``.
        shared : float
            The part of its variance that all items of a survey have in common, from 0 to 1.
        """
        spread = np.outer(error, error)
        return replace(self, known=2 * (shared * spread + (1 - shared) * np.diag(np.diag(spread))))
