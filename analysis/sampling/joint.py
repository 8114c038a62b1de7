"""Samples drawn with unequal probabilities whose joint inclusion probabilities are known.

The variance of a total is a quadratic form of the weighted unit totals. Horvitz and Thompson (1952), A generalization
of sampling without replacement from a finite universe, JASA 47; Yates and Grundy (1953), Selection without replacement
from within strata with probability proportional to size, JRSS B 15. Särndal, Swensson and Wretman (1992), section 2.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...data.errors import DesignError
from .categories import Floats, Ints
from .sample import Stage

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

JointVariance = Literal["horvitz-thompson", "yates-grundy"]


def quadratic_form(
    given: ArrayLike, variance: JointVariance, laid: Sequence[Stage], fpc: Sequence[str]
) -> tuple[Floats, tuple[Stage, ...]]:
    """Give the matrix of the quadratic form, and the stage with each unit's own probability.

    Raises
    ------
    DesignError
        When the probabilities do not fit the sample: another number of units, a pair that cannot be drawn, values
        outside 0 to 1, no symmetry.
    """
    if fpc:
        raise DesignError(
            f"pps gives the joint inclusion probabilities, and fpc ({', '.join(fpc)}) gives something else; leave fpc "
            "out: the diagonal holds each unit's own probability."
        )
    if variance not in ("horvitz-thompson", "yates-grundy"):
        raise DesignError(f"pps_variance is {variance!r}; it can be 'horvitz-thompson' or 'yates-grundy'.")
    stage = laid[0]
    first = _first_rows(stage.unit, len(stage.stratum))
    joint = _checked(np.asarray(given, dtype=np.float64), len(first))
    place = np.argsort(np.argsort(first))
    joint = joint[np.ix_(place, place)]
    own = np.diag(joint).copy()
    form = 1 - np.outer(own, own) / joint
    if variance == "yates-grundy":
        form -= np.diag(form.sum(axis=1))
    return form, (replace(stage, probability=own), *laid[1:])


def _first_rows(unit: Ints, units: int) -> Ints:
    first = np.zeros(units, dtype=np.int64)
    first[unit[::-1]] = np.arange(len(unit))[::-1]
    return first


def _checked(joint: Floats, units: int) -> Floats:
    if joint.shape != (units, units):
        raise DesignError(
            f"pps holds {' x '.join(map(str, joint.shape))} joint inclusion probabilities, but the sample has {units} "
            f"units; it needs {units} x {units}, in the order of the units' first rows."
        )
    bad = np.argwhere(~((joint > 0) & (joint <= 1)))
    if len(bad):
        row, column = bad[0]
        raise DesignError(
            f"pps holds {joint[row, column]:g} for units {row + 1} and {column + 1}; both are in the sample, so their "
            "joint inclusion probability is above 0 and at most 1."
        )
    uneven = np.argwhere(~np.isclose(joint, joint.T, rtol=1e-8))
    if len(uneven):
        row, column = uneven[0]
        raise DesignError(
            f"pps is not symmetric: {joint[row, column]:g} for units {row + 1} and {column + 1}, "
            f"{joint[column, row]:g} for units {column + 1} and {row + 1}."
        )
    return joint
