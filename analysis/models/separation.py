"""Perfect separation: a fit that runs to a bound instead of to an estimate.

Albert and Anderson (1984), On the existence of maximum likelihood estimates in logistic regression models, Biometrika
71(1).
"""

from __future__ import annotations

from collections.abc import Sequence

from ...data.errors import EstimationError
from ..sampling.categories import Bools, Floats

LATE = 20
"""Steps after which a fit that still moves may be running to a bound."""

STEADY = 0.8
"""A step of more than this share of the step before is not on its way to a halt."""

MOVING = 0.01
"""A linear predictor that a late step changes by more than this is on the move."""

RESTING = 1e-6
"""A linear predictor that a late step changes by less than this, while others move, has found its place."""


def refuse_separation(names: Sequence[str], share: Floats, shifts: Floats, exact: Bools) -> None:
    """Stop when a fit runs to a bound: what still moves is predicted exactly already, all of it.

    Parameters
    ----------
    names : sequence of str
        The coefficients.
    share : numpy.ndarray
        How much each moves the linear predictors.
    shifts : numpy.ndarray
        For each row how far the last step moves its linear predictor.
    exact : numpy.ndarray of bool
        The rows that are predicted exactly.

    Raises
    ------
    EstimationError
        Naming the coefficients that run away, when there are such rows.
    """
    moving = exact & (shifts > MOVING)
    if not moving.any() or (~exact & (shifts > RESTING)).any():
        return
    running = [name for name, each in zip(names, share, strict=True) if each > 0.2 * share.max()]
    names = [name for name in running if name != "Intercept"] or running
    raise EstimationError(
        f"perfect separation: {', '.join(names[:4])}{' and others' if len(names) > 4 else ''} predict"
        f"{'s' if len(names) == 1 else ''} the response exactly in {int(moving.sum()):,} of {len(moving):,} rows, so "
        "the coefficient has no finite estimate. Leave the predictor out, join its categories, or compare shares with "
        "proportion()."
    )
