"""How estimates depend on a raking: through residuals on the margins, and where these move with the sample.

Shares keep the sum of the weights, and rows without a value their share: both differ from sample to sample, which R's
way of taking residuals leaves out. Where a bound binds, a weight no longer answers to the targets. Demnati and Rao
(2004), Linearization variance estimators for survey data, Survey Methodology 30(1); Deville and Särndal (1992),
Calibration estimators in survey sampling, JASA 87, equation 3.4.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..sampling.categories import Bools, Floats
from ..sampling.step import Linearisation
from ..targets.targets import Target, Targets

Residuals = Literal["calibrated", "base", "unweighted"]
"""Weights of the regression on the margins."""

Move = tuple[Floats, Floats]
"""By how much each row moves the targets, and in which direction."""


def raking_linearisation(
    wanted: Targets, before: Floats, after: Floats, residuals: Residuals, bound: Bools | None = None
) -> Linearisation:
    """Give the chain rule of a raking.

    Parameters
    ----------
    wanted : Targets
        The margins.
    before, after : numpy.ndarray
        The weights.
    residuals : {"calibrated", "base", "unweighted"}
        Weights of the regression whose residuals carry the variance.
    bound : numpy.ndarray of bool, optional
        For each cell whether its factor is at a bound.
    """
    auxiliaries = tuple((target.narrow, len(target.share)) for target in wanted.margins)
    error = wanted.error_of_totals()
    if residuals != "calibrated":
        regression = before if residuals == "base" else (before > 0).astype(np.float64)
        return Linearisation(after, auxiliaries, after, regression, target_error=error)
    moves = margin_moves(before, wanted)
    if bound is None or not bound.any():
        return Linearisation(after, auxiliaries, after, after, moves=moves, target_error=error)
    inside = np.where(bound[wanted.crossing.cell], 0.0, after)
    earlier = _scaling(before, wanted) if wanted.counted else None
    return Linearisation(after, auxiliaries, after, inside, moves=moves, target_error=error, earlier=earlier)


def _scaling(before: Floats, wanted: Targets) -> Linearisation:
    """Bring weights to the population: bounds hold relative to that, so weights at a bound move with the sum."""
    scaled = before * (wanted.total / before.sum())
    everybody = np.zeros(len(before), dtype=np.int8)
    return Linearisation(scaled, ((everybody, 1),), scaled, before)


def margin_moves(before: Floats, wanted: Targets) -> tuple[Move, ...]:
    """Give how targets, as totals, move with each row: with the sum of the weights, and with rows without a value."""
    scale = wanted.total / before.sum()
    moves = [] if wanted.counted else [(before, np.concatenate([target.share for target in wanted.margins]))]
    for at, target in enumerate(wanted.margins):
        if target.own_class:
            sizes = [len(each.share) for each in wanted.margins]
            places = slice(sum(sizes[:at]), sum(sizes[: at + 1]))
            for shift, toward in _without_value(target, scale * before):
                direction = np.zeros(sum(sizes))
                direction[places] = toward
                moves.append((shift, direction))
    return tuple(moves)


def _without_value(target: Target, weights: Floats) -> list[Move]:
    """Give how the targets of one margin move with the share of rows without a value, and with who the others are."""
    own = target.share[-1]
    code = target.narrow
    missing = code == len(target.known)
    share = weights * (missing - own)
    if not target.proportional:
        return [(share, np.append(-target.known, 1.0))]
    observed = (target.known - target.share[:-1]) / own
    found = [(share, np.append(-observed, 1.0))]
    for at, part in enumerate(observed):
        among = np.where(missing, 0.0, weights * ((code == at) - part))
        found.append((among * (own / (1 - own)), -np.eye(len(target.share))[at]))
    return found
