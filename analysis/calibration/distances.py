"""Distances between base and calibrated weights, as the factors that they give weights.

A distance is known here by its factor F: the calibrated weight of a row with auxiliaries x and unit cost c is its base
weight times ``F(x'multipliers / c)``. Deville and Särndal (1992), Calibration estimators in survey sampling, JASA 87,
pp. 378-380: case 1 (linear, the regression estimator), case 2 (raking), case 6 (logit), case 7 (linear within bounds);
raking within bounds is cut off in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from ..sampling.categories import Floats

DistanceName = Literal["linear", "raking", "logit"]

LARGEST_EXPONENT = 200.0
"""Factors stay below e to this, so that a weight times a factor is a number."""


@dataclass(frozen=True, eq=False)
class Distance:
    """A distance, with the bounds of its factors.

    Attributes
    ----------
    name : {"linear", "raking", "logit"}
        Which one.
    low, high : float or numpy.ndarray
        Least and largest factor, for all rows or for each; infinite where there is none.

    Examples
    --------
    >>> u = np.array([-1.0, 0.0, 1.0])
    >>> Distance("linear").factor(u).tolist(), Distance("linear", 0.5, 1.5).factor(u).tolist()
    ([0.0, 1.0, 2.0], [0.5, 1.0, 1.5])
    >>> Distance("raking").factor(u).round(3).tolist(), Distance("logit", 0.5, 2.0).factor(u).round(3).tolist()
    ([0.368, 1.0, 2.718], [0.536, 1.0, 1.864])
    """

    name: DistanceName
    low: float | Floats = -np.inf
    high: float | Floats = np.inf

    @property
    def bounded(self) -> bool:
        """Whether factors are held between bounds."""
        return bool(np.any(np.isfinite(self.low)) or np.any(np.isfinite(self.high)))

    def factor(self, u: Floats) -> Floats:
        """Give the factors F(u); F(0) is 1."""
        if self.name == "logit":
            return np.asarray(self.low + self._range * expit(self._steepness * u + self._at_one))
        if self.name == "raking":
            found = np.exp(np.clip(u, -LARGEST_EXPONENT, LARGEST_EXPONENT))
        else:
            found = 1 + u
        return np.clip(found, self.low, self.high, out=found) if self.bounded else found

    def slope(self, factor: Floats) -> Floats:
        """Give the derivative of F, from the factors; 0 at a bound."""
        if self.name == "logit":
            return np.asarray(self._steepness * (factor - self.low) * (self.high - factor) / self._range)
        rising = factor if self.name == "raking" else np.ones(len(factor))
        return np.where((factor > self.low) & (factor < self.high), rising, 0.0) if self.bounded else rising

    def slope_in_weight(self, factor: Floats) -> Floats:
        """Give how weights move, over their base weight, with its logarithm, where their bounds stay where they are."""
        if self.name != "logit":
            return np.where((factor > self.low) & (factor < self.high), factor, 0.0)
        u = (np.log((factor - self.low) / (self.high - factor)) - self._at_one) / self._steepness
        return np.asarray(self.slope(factor) * (1 + u * (1 + 1 / (self.high - 1) - 1 / (1 - self.low))))

    @property
    def _range(self) -> float | Floats:
        return self.high - self.low

    @property
    def _steepness(self) -> float | Floats:
        """Give what makes the factor's slope 1 where the factor is 1."""
        return self._range / ((self.high - 1) * (1 - self.low))

    @property
    def _at_one(self) -> float | Floats:
        """Give where on the logistic curve the factor is 1."""
        shown: float | Floats = np.log((1 - self.low) / (self.high - 1))
        return shown
