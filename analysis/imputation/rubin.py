"""Rubin's rules: estimates of several imputations, and the variance within and between them.

Rubin (1987), Multiple Imputation for Nonresponse in Surveys, chapter 3; degrees of freedom by Barnard and Rubin
(1999), Small-sample degrees of freedom with multiple imputation, Biometrika 86(4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from ..sampling.categories import Floats, Ints
from ..variance.scatters import AnyScatter

DfRule = Literal["barnard-rubin", "mitools"]

SAME = 1e-13
"""Estimates that differ between imputations by less than this share of their size differ by rounding."""


@dataclass(frozen=True, eq=False)
class RubinScatter:
    """How combined estimates vary: within imputations, as each of them does, and between them.

    Attributes
    ----------
    scatters : tuple of AnyScatter
        For each imputation how its estimates vary.
    estimates : numpy.ndarray
        Imputations x estimates.
    """

    scatters: tuple[AnyScatter, ...]
    estimates: Floats

    @property
    def variances(self) -> Floats:
        """Variance of each combined estimate."""
        within = np.mean([each.variances for each in self.scatters], axis=0)
        return np.asarray(within + (self._inflated**2).sum(axis=0))

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of all combined estimates with each other."""
        total: Floats = np.asarray(self._inflated.T @ self._inflated)
        for each in self.scatters:
            total = total + each.covariance / len(self.scatters)
        return total

    def picked(self, columns: Ints) -> RubinScatter:
        """Give the scatter of some of the estimates, in another order."""
        scatters = tuple(each.picked(columns) for each in self.scatters)
        return replace(self, scatters=scatters, estimates=self.estimates[:, columns])

    @property
    def _inflated(self) -> Floats:
        """Give deviations whose products add up to (1 + 1/m) times the covariance between imputations."""
        imputations = len(self.estimates)
        return np.asarray(deviations(self.estimates) * np.sqrt((1 + 1 / imputations) / (imputations - 1)))


def deviations(estimates: Floats) -> Floats:
    """Give how far each imputation is from their mean, without rounding.

    Examples
    --------
    >>> deviations(np.array([[1.0, 0.1], [3.0, 0.1]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    mean = estimates.mean(axis=0)
    apart = estimates - mean
    return np.where(np.abs(apart) <= SAME * np.abs(mean), 0.0, apart)


@dataclass(frozen=True, eq=False)
class Rubin:
    """Combined estimates.

    Attributes
    ----------
    estimate, se : numpy.ndarray
        Mean over the imputations, and its standard error.
    riv : numpy.ndarray
        Relative increase of the variance through imputation: (1 + 1/m) between / within.
    share : numpy.ndarray
        Share of the variance that lies between imputations.
    df : numpy.ndarray
        Degrees of freedom.
    fmi : numpy.ndarray
        Fraction of missing information.
    """

    estimate: Floats
    se: Floats
    riv: Floats
    share: Floats
    df: Floats
    fmi: Floats


def rubin_rules(estimates: Floats, within: Floats, complete: Floats, rule: DfRule = "barnard-rubin") -> Rubin:
    """Combine estimates of imputations.

    Parameters
    ----------
    estimates : numpy.ndarray
        Imputations x estimates.
    within : numpy.ndarray
        For each estimate the mean of its variances.
    complete : numpy.ndarray
        For each estimate the degrees of freedom there would be without missing answers; may be infinite.
    rule : {"barnard-rubin", "mitools"}
        Degrees of freedom by Barnard and Rubin (1999), or as R's mitools has them.

    Examples
    --------
    >>> rules = rubin_rules(np.array([[1.0], [2.0], [3.0]]), np.array([2.0]), np.array([np.inf]))
    >>> rules.estimate.tolist(), rules.riv.round(3).tolist(), rules.df.round(3).tolist()
    ([2.0], [0.667], [12.5])
    """
    imputations = len(estimates)
    spread = (deviations(estimates) ** 2).sum(axis=0) / (imputations - 1)
    between = (1 + 1 / imputations) * spread
    total = within + between
    with np.errstate(divide="ignore", invalid="ignore"):
        riv = np.where(between > 0, between / within, 0.0)
        share = np.where(between > 0, between / total, 0.0)
        rubin = (imputations - 1) / share**2
        observed_share = 1 - share if rule == "barnard-rubin" else np.where(spread > 0, within / (within + spread), 1.0)
        observed = (complete + 1) / (complete + 3) * complete * observed_share
        # without variance within imputations there is nothing that the complete data could have said
        df = np.where(np.isinf(complete) | (within == 0) & (between > 0), rubin, 1 / (1 / observed + 1 / rubin))
        df = np.where(complete > 0, df, 0.0)
        fmi = np.where(np.isinf(riv), 1.0, (riv + 2 / (df + 3)) / (riv + 1))
    return Rubin(estimates.mean(axis=0), np.sqrt(total), riv, share, df, fmi)
