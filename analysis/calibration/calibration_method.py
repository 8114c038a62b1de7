"""How weights are calibrated: the distance, the bounds and what they are of, and when a target is met."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ...data.errors import WeightingError
from ..raking.rake import check_stopping
from ..sampling.categories import Floats
from .distances import Distance, DistanceName

BoundsOn = Literal["factors", "weights"]


@dataclass(frozen=True)
class Method:
    """How weights are calibrated.

    Attributes
    ----------
    distance : {"linear", "raking", "logit"}
        The distance.
    bounds : tuple of float or None
        Least and largest factor, or weight.
    bounds_on : {"factors", "weights"}
        What the bounds are of.
    tolerance : float
        Largest distance from a target, of a share or of a mean in its standard deviations.
    max_iterations : int
        Newton steps before giving up.
    """

    distance: DistanceName
    bounds: tuple[float, float] | None
    bounds_on: BoundsOn
    tolerance: float
    max_iterations: int

    @property
    def bounds_weights(self) -> bool:
        """Whether there are bounds of final weights."""
        return self.bounds is not None and self.bounds_on == "weights"

    def factors(self, start: Floats) -> Distance:
        """Give the distance with the bounds of factors, for rows that start from some weights."""
        low, high = self.bounds or (-np.inf, np.inf)
        if not self.bounds_weights:
            return Distance(self.distance, low, high)
        least = np.divide(low, start, out=np.zeros(len(start)), where=start > 0)
        return Distance(self.distance, least, np.divide(high, start, out=np.full(len(start), 2.0), where=start > 0))

    def __str__(self) -> str:
        """Give it in words, e.g. ``"linear distance, factors from 0.5 to 2"``."""
        bounds = f", {self.bounds_on} from {self.bounds[0]:g} to {self.bounds[1]:g}" if self.bounds else ""
        return f"{self.distance} distance{bounds}"


def checked(method: Method) -> Method:
    """Refuse options that make no sense; bounds become floats.

    Raises
    ------
    WeightingError
        When an option is none of those there are, or bounds are the wrong way round.
    """
    if method.distance not in get_args(DistanceName):
        raise WeightingError(
            f"distance is {method.distance!r}; it can be {', '.join(map(repr, get_args(DistanceName)))}."
        )
    if method.bounds_on not in get_args(BoundsOn):
        raise WeightingError(f"bounds_on is {method.bounds_on!r}; it can be 'factors' or 'weights'.")
    check_stopping(method.tolerance, method.max_iterations)
    if method.bounds is None:
        if method.distance == "logit":
            raise WeightingError("distance='logit' needs bounds, e.g. bounds=(0.5, 2.0); weights stay between them.")
        return method
    low, high = _two(method.bounds)
    if method.bounds_on == "factors" and not 0 <= low < 1 < high:
        raise WeightingError(
            f"bounds are {method.bounds}; they are the least and largest factor by which a weight may change, one "
            "below and one above 1, e.g. (0.5, 2.0). For bounds of final weights choose bounds_on='weights'."
        )
    if not 0 <= low < high:
        raise WeightingError(f"bounds are {method.bounds}; they are the least and largest weight, e.g. (0.3, 3.0).")
    if method.distance == "logit" and math.isinf(high):
        raise WeightingError(f"bounds are {method.bounds}, and distance='logit' needs an upper bound, e.g. (0.5, 2.0).")
    return replace(method, bounds=(low, high))


def _two(bounds: object) -> tuple[float, float]:
    """Take two numbers, from a recipe in a list."""
    if isinstance(bounds, tuple | list) and len(bounds) == 2 and all(isinstance(each, int | float) for each in bounds):
        return float(bounds[0]), float(bounds[1])
    raise WeightingError(f"bounds are {bounds!r}; they are two numbers, the least and the largest, e.g. (0.5, 2.0).")


def check_start(method: Method, start: Floats) -> None:
    """Refuse base weights that are outside of bounds from within which the logit distance starts.

    Raises
    ------
    WeightingError
        With how many are.
    """
    if method.distance != "logit" or not method.bounds_weights or method.bounds is None:
        return
    low, high = method.bounds
    outside = int(((start <= low) | (start >= high))[start > 0].sum())
    if outside:
        raise WeightingError(
            f"{outside} base weights are not between {low:g} and {high:g}, from where the logit distance starts. "
            "Choose distance='linear' or 'raking', which bring them inside, or wider bounds."
        )
