"""Batteries of truly equal items in two surveys, and what each rule makes of them; many batteries at once.

The rules are those of ``published_error`` and ``difference``, written out over arrays: test_error_rates.py holds them
against the functions. Each survey has a design effect of 1.5; the published share is printed as a whole percent and its
design effect is not stated. Where there is non-sampling error, each survey's share of each item is off by a normal
error with a standard deviation of 3 points.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from topline.analysis.comparing.published_error import published_error
from topline.analysis.testing.adjustment import ADJUSTMENTS

N, DEFF, DF, ITEMS, POINTS = 1200, 1.5, 150, 8, 0.03
TRUE = np.linspace(0.35, 0.8, ITEMS)
RULES = ("naive", "sampling", "total")


@dataclass(frozen=True)
class Batteries:
    """Shares, batteries x items, of truly equal items."""

    new: np.ndarray
    published: np.ndarray


def drawn(batteries: int, points: float, seed: int) -> Batteries:
    """Draw both surveys, each with the sampling error of its effective size and with its own other error."""
    random = np.random.default_rng(seed)
    effective = round(N / DEFF)
    shares = random.binomial(effective, np.broadcast_to(TRUE, (2, batteries, ITEMS))) / effective
    shares = np.clip(shares + points * random.standard_normal(shares.shape), 0.001, 0.999)
    return Batteries(shares[0], np.clip(np.round(shares[1], 2), 0.01, 0.99))


def p_values(drawn: Batteries, rule: str) -> np.ndarray:
    """Give the p-value of every item by one rule."""
    found = np.abs(drawn.new - drawn.published)
    if rule == "naive":
        variance = (drawn.new * (1 - drawn.new) + drawn.published * (1 - drawn.published)) / N
        return 2 * ndtr(-found / np.sqrt(variance))
    own, other, added = variances(drawn, rule)
    whole = own + other + added
    return 2 * stdtr(whole**2 / (own**2 / DF + other**2 / (N - 1)), -found / np.sqrt(whole))


def different(drawn: Batteries, rule: str) -> np.ndarray:
    """Say of every item whether one rule calls it different."""
    if rule == "naive":
        return p_values(drawn, rule) < 0.05
    own, other, added = variances(drawn, rule)
    reach = np.zeros_like(own)
    for one, two in ((own, other), (own, 0.0), (0.0, other)):
        whole = one + two + added
        reach = np.maximum(reach, np.sqrt(whole) * stdtrit(whole**2 / (one**2 / DF + np.square(two) / (N - 1)), 0.975))
    return np.abs(drawn.new - drawn.published) > reach


def variances(drawn: Batteries, rule: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Give the variance of each side, the published one as ``published_error`` has it, and what the tier adds."""
    each, at = np.unique(drawn.published, return_inverse=True)
    published = np.array([published_error(value, n=N, rounding=0.01).se for value in each.tolist()]) ** 2
    added = 2 * POINTS**2 if rule == "total" else 0.0
    return DEFF * drawn.new * (1 - drawn.new) / N, published[at].reshape(drawn.published.shape), added


@dataclass(frozen=True)
class Rates:
    """How often one rule is wrong: of all items, and of all batteries at least once, as it is and adjusted."""

    item: float
    battery: float
    battery_holm: float
    false_share_bh: float


def rates(drawn: Batteries, rule: str) -> Rates:
    """Count false differences; of truly equal items every finding is false, so the false share is 1 or nothing."""
    called, p = different(drawn, rule), p_values(drawn, rule)
    return Rates(
        item=float(called.mean()),
        battery=float(called.any(axis=1).mean()),
        battery_holm=float((ADJUSTMENTS["holm"](p) < 0.05).any(axis=1).mean()),
        false_share_bh=float((ADJUSTMENTS["bh"](p) < 0.05).any(axis=1).mean()),
    )
