"""A level that wanders, seen through polls of known sampling error, each with the habits of its house.

The model: ``y[i] = level(t[i]) + house[i] + e[i]``, with ``e[i]`` of known variance, ``level`` a random walk whose
variance grows by ``pace**2`` a year, and house effects that sum to zero. Level and houses start without any prior
(exact diffuse initialisation), so that no guess about them enters.

References
----------
Jackman (2005), Australian Journal of Political Science 40, 499-517 (pooling the polls). Durbin and Koopman (2012),
Time Series Analysis by State Space Methods, 2nd ed., sections 2.2, 3.2 and 5.2 (local level, regression effects in
the state, exact diffuse initialisation). Harvey (1989), section 3.4 (likelihood).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from statsmodels.tsa.statespace.initialization import Initialization
from statsmodels.tsa.statespace.mlemodel import MLEModel

Floats = npt.NDArray[np.float64]

FASTEST = 0.5
"""Largest pace tried, in the unit of the values per square root of a year: half of all people change their minds."""


@dataclass(frozen=True)
class Level:
    """The level at some times, and the houses' effects.

    Attributes
    ----------
    level, se : array
        At each time asked for.
    houses : tuple of str
        In order of first appearance.
    effects, effects_se : array
        How far each house stands from the average house; empty for a single one.
    pace : float
        Standard deviation of the level's change in a year.
    loglike : float
        Diffuse log-likelihood.
    """

    level: Floats
    se: Floats
    houses: tuple[str, ...]
    effects: Floats
    effects_se: Floats
    pace: float
    loglike: float


class LocalLevel(MLEModel):  # type: ignore[misc]
    """The model in state space: the state holds the level and all house effects but the last.

    Parameters
    ----------
    values, variances, years : array
        Of each poll, in order of time; a value that is missing marks a time at which the level is wanted.
    houses : array of int
        Number of each poll's house.
    """

    def __init__(self, values: Floats, variances: Floats, years: Floats, houses: npt.NDArray[np.intp]) -> None:
        effects = int(houses.max(initial=0))
        super().__init__(values, k_states=1 + effects, k_posdef=1)
        self.passing = np.append(np.diff(years), 0.0)
        design = np.zeros((1, 1 + effects, len(values)))
        design[0, 0] = 1.0
        for at, house in enumerate(houses):
            # Effects sum to zero: the last house's is minus the sum of the others'.
            design[0, 1:, at] = -1.0 if house == effects else np.arange(effects) == house
        self["design"] = design if effects else design[:, :, :1]
        self["obs_cov"] = variances[None, None, :]
        self["transition"] = np.eye(1 + effects)
        self["selection"] = np.eye(1 + effects)[:, :1]
        self.ssm.initialize(Initialization(1 + effects, "diffuse"))

    @property
    def start_params(self) -> Floats:
        """Begin at two points a year."""
        return np.array([0.02])

    @property
    def param_names(self) -> list[str]:
        """Name the parameter."""
        return ["pace"]

    def update(self, params: Any, **kwargs: Any) -> None:
        """Set how far the level may move to the next poll."""
        pace = np.real(super().update(params, **kwargs))[0]
        self["state_cov"] = (pace**2 * self.passing)[None, None, :]


def local_level(
    values: Sequence[float],
    errors: Sequence[float],
    years: Sequence[float],
    houses: Sequence[str],
    *,
    at: Sequence[float] = (),
    pace: float | None = None,
) -> Level:
    """Fit the model, and give the level at some times.

    Parameters
    ----------
    values, errors, years : sequence of float
        Of each poll: its value, known standard error, and date in years, in any order.
    houses : sequence of str
        Who took each poll.
    at : sequence of float
        Further times in years at which the level is wanted; those of the polls come with them, in order of time.
    pace : float, optional
        Standard deviation of the level's change in a year; by maximum likelihood when left out.

    Returns
    -------
    Level
        At the times of ``at`` and of the polls together, in order of time.

    Examples
    --------
    >>> found = local_level([0.60, 0.62, 0.66], [0.01] * 3, [2020.0, 2021.0, 2022.0], ["a"] * 3, pace=0.02)
    >>> found.level.round(3).tolist()
    [0.605, 0.623, 0.653]
    """
    times = np.concatenate([np.asarray(years, dtype=float), np.asarray(at, dtype=float)])
    order = np.argsort(times, kind="stable")
    named = tuple(dict.fromkeys(str(houses[i]) for i in np.argsort(years, kind="stable")))
    number = np.array([named.index(house) for house in houses] + [0] * len(at), dtype=np.intp)
    seen = np.concatenate([np.asarray(values, dtype=float), np.full(len(at), np.nan)])
    variances = np.concatenate([np.asarray(errors, dtype=float) ** 2, np.ones(len(at))])
    model = LocalLevel(seen[order], variances[order], times[order], number[order])
    chosen = fastest_likely(model) if pace is None else pace
    smoothed = model.smooth(np.array([chosen]))
    state, covariance = smoothed.smoothed_state, smoothed.smoothed_state_cov[:, :, -1]
    effects, effects_se = house_effects(state[1:, -1], covariance[1:, 1:])
    return Level(
        level=state[0],
        se=np.sqrt(smoothed.smoothed_state_cov[0, 0]),
        houses=named,
        effects=effects,
        effects_se=effects_se,
        pace=float(chosen),
        loglike=float(model.loglike(np.array([chosen]))),
    )


def fastest_likely(model: LocalLevel) -> float:
    """Give the pace of greatest likelihood: by grid, then by golden section about its best point; 0 is allowed."""
    grid = np.concatenate([[0.0], np.geomspace(1e-4, FASTEST, 40)])
    heights = [float(model.loglike(np.array([pace]))) for pace in grid]
    best = int(np.argmax(heights))
    if best == 0:
        return 0.0
    ends = (grid[best - 1], grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(
        lambda pace: -float(model.loglike(np.array([pace]))), bounds=ends, method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x)


def house_effects(free: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Give all houses' effects and errors from those of all but the last; nothing for a single house."""
    if not len(free):
        return np.array([]), np.array([])
    spread = np.vstack([np.eye(len(free)), -np.ones(len(free))])
    return spread @ free, np.sqrt(np.einsum("ij,jk,ik->i", spread, covariance, spread))
