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
from statsmodels.tsa.statespace.initialization import Initialization
from statsmodels.tsa.statespace.mlemodel import MLEModel

Floats = npt.NDArray[np.float64]

STEPS = 25
"""Paces that are tried, from none to twice the fastest that two polls in a row would show."""

SHORTEST = 1 / 12
"""Two polls nearer to one another than this, in years, show no pace."""


@dataclass(frozen=True)
class Paces:
    """How fast the level may move, as far as the polls tell.

    Attributes
    ----------
    values : tuple of float
        Standard deviations of the level's change in a year.
    weights : tuple of float
        How likely each is; summing to 1.
    """

    values: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Their mean."""
        return sum(value * weight for value, weight in zip(self.values, self.weights, strict=True))


@dataclass(frozen=True)
class Level:
    """The level at some times, and the houses' effects.

    Attributes
    ----------
    level, se : array
        At each time asked for; the error holds what is not known of the pace.
    houses : tuple of str
        In order of first appearance.
    effects, effects_se : array
        How far each house stands from the average house; empty for a single one.
    paces : Paces
        What the level was worked out with.
    """

    level: Floats
    se: Floats
    houses: tuple[str, ...]
    effects: Floats
    effects_se: Floats
    paces: Paces


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
    paces: Paces | None = None,
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
    paces : Paces, optional
        How fast the level may move; those that the polls themselves make likely when left out.

    Returns
    -------
    Level
        At the times of ``at`` and of the polls together, in order of time.

    Notes
    -----
    A single likeliest pace would be taken for known: with a handful of polls it is often 0 whatever is true, and the
    95% band of six polls then holds the level in 87 to 93% of cases. So the level is the mean over all paces tried,
    weighted by their likelihood, and its variance the mean variance plus the variance of the means.

    Examples
    --------
    >>> found = local_level([0.60, 0.62, 0.66], [0.01] * 3, [2020.0, 2021.0, 2022.0], ["a"] * 3, paces=known(0.02))
    >>> found.level.round(3).tolist()
    [0.605, 0.623, 0.653]
    """
    model, named = in_order(values, errors, years, houses, at)
    paces = paces if paces is not None else likely(*in_order(values, errors, years, houses))
    states, covariances = zip(*(smoothed(model, pace) for pace in paces.values), strict=True)
    state, variance = mixed(np.array(states), np.array(covariances), np.array(paces.weights))
    effects, effects_se = house_effects(state[1:, -1], variance[1:, 1:, -1])
    return Level(state[0], np.sqrt(variance[0, 0]), named, effects, effects_se, paces)


def known(pace: float) -> Paces:
    """Give a pace that is taken as known."""
    return Paces((pace,), (1.0,))


def in_order(
    values: Sequence[float],
    errors: Sequence[float],
    years: Sequence[float],
    houses: Sequence[str],
    at: Sequence[float] = (),
) -> tuple[LocalLevel, tuple[str, ...]]:
    """Build the model of polls, and of further times, in order of time; name the houses in that order."""
    times = np.concatenate([np.asarray(years, dtype=float), np.asarray(at, dtype=float)])
    order = np.argsort(times, kind="stable")
    named = tuple(dict.fromkeys(str(houses[i]) for i in np.argsort(years, kind="stable")))
    number = np.array([named.index(house) for house in houses] + [0] * len(at), dtype=np.intp)
    seen = np.concatenate([np.asarray(values, dtype=float), np.full(len(at), np.nan)])
    variances = np.concatenate([np.asarray(errors, dtype=float) ** 2, np.ones(len(at))])
    return LocalLevel(seen[order], variances[order], times[order], number[order]), named


def likely(model: LocalLevel, named: Sequence[str]) -> Paces:
    """Weight paces from none to twice the fastest that two polls in a row show, by their diffuse likelihood."""
    steps = np.abs(np.diff(model.endog[:, 0])) / np.sqrt(np.maximum(model.passing[:-1], SHORTEST))
    tried = np.linspace(0.0, 2 * steps.max(initial=0.0), STEPS)
    heights = np.array([model.loglike(np.array([pace])) for pace in tried])
    weights = np.exp(heights - heights.max())
    return Paces(tuple(tried.tolist()), tuple((weights / weights.sum()).tolist()))


def smoothed(model: LocalLevel, pace: float) -> tuple[Floats, Floats]:
    """Give the state and its covariance at all times, at one pace."""
    found = model.smooth(np.array([pace]))
    return found.smoothed_state, found.smoothed_state_cov


def mixed(states: Floats, covariances: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Give mean and covariance of a mixture."""
    mean = np.einsum("p,pst->st", weights, states)
    apart = states - mean
    spread = np.einsum("p,pst,put->sut", weights, apart, apart)
    return mean, np.einsum("p,psut->sut", weights, covariances) + spread


def house_effects(free: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Give all houses' effects and errors from those of all but the last; nothing for a single house."""
    if not len(free):
        return np.array([]), np.array([])
    spread = np.vstack([np.eye(len(free)), -np.ones(len(free))])
    return spread @ free, np.sqrt(np.einsum("ij,jk,ik->i", spread, covariance, spread))
