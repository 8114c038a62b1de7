"""The difference between two independent estimates, its interval, and which of four verdicts it earns.

The interval is Welch and Satterthwaite's. The claim of equivalence is two one-sided tests (TOST) against a declared
margin, each at level alpha, which is the same as asking whether the 1 - 2 alpha interval lies inside the margin.

References
----------
Welch (1947), Biometrika 34, 28-35. Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680.
Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from scipy.special import stdtr, stdtrit

from ...data.errors import ComparisonError
from ...data.registry.figure import Bound

Verdict = Literal["different", "equivalent", "different but within margin", "inconclusive"]
POWER = 0.8


@dataclass(frozen=True)
class Side:
    """One of the two estimates.

    Attributes
    ----------
    value : float
        A share 0-1, or a mean in the units of its scale.
    se : float
        Standard error, same unit.
    df : float
        Degrees of freedom of that standard error; infinite when it is known rather than estimated.
    """

    value: float
    se: float
    df: float = math.inf


@dataclass(frozen=True)
class Difference:
    """New minus published, and what may be said of it.

    Attributes
    ----------
    difference, se, df : float
        ``df`` are Welch and Satterthwaite's.
    low, high : float
        Interval at the level asked for.
    p : float
        Two-sided, of no difference; below alpha exactly where the interval leaves out 0.
    p_equivalence : float
        The larger of the two one-sided p-values of TOST.
    verdict : str
        ``"different"``, ``"equivalent"``, ``"different but within margin"`` or ``"inconclusive"``.
    minimum_detectable : float
        The true difference that this pair would show to be different with 80% power.

    Against a bound, what the bound does not support is None: see :func:`against_bound`.
    """

    difference: float
    se: float
    df: float
    low: float
    high: float
    p: float | None
    p_equivalence: float | None
    verdict: Verdict
    minimum_detectable: float | None


def difference(
    new: Side, published: Side, *, margin: float, level: float = 0.95, extra_variance: float = 0.0
) -> Difference:
    """Difference two independent estimates and give the verdict.

    Parameters
    ----------
    new, published : Side
        The new estimate and the published figure.
    margin : float
        Differences smaller than this do not matter, e.g. ``0.05``; same unit as the values.
    level : float
        Level of the interval; both tests use alpha = 1 - level.
    extra_variance : float
        Known variance to add, e.g. ``2 * 0.03**2`` for non-sampling error of 3 points in each survey.

    Notes
    -----
    Welch and Satterthwaite's interval has a flaw: with very few degrees of freedom on one side (under about 6 at 95%,
    10 at 99%), error that is added, on the other side or as ``extra_variance``, can shorten it, because it raises the
    degrees of freedom. So the interval is never shorter than it would be without the error of either side, or without
    the extra variance; with more degrees of freedom this changes nothing. Both p-values go by the same rule: each is
    the level at which its interval would just reach, so that p and verdict never contradict each other.

    Examples
    --------
    >>> found = difference(Side(0.68, 0.015, 300), Side(0.74, 0.016), margin=0.05)
    >>> found.verdict, round(found.low, 3), round(found.high, 3)
    ('different', -0.103, -0.017)
    >>> difference(Side(0.68, 0.015, 300), Side(0.74, 0.016), margin=0.05, extra_variance=2 * 0.03**2).verdict
    'inconclusive'
    """
    check_declared(margin, level)
    pair = Pair(new, published, extra_variance)
    found, alpha = new.value - published.value, 1 - level
    half = pair.half_width(alpha)
    return Difference(
        difference=found,
        se=pair.se,
        df=pair.df,
        low=found - half,
        high=found + half,
        p=pair.p_different(found),
        p_equivalence=pair.p_equivalence(found, margin),
        verdict=verdict_of(abs(found) > half, abs(found) + pair.half_width(2 * alpha) < margin),
        minimum_detectable=half + pair.half_width(2 * (1 - POWER)),
    )


def against_bound(found: Difference, bound: Bound) -> Difference:
    """Keep of a difference from a bound ("more than 53%") only what the bound supports.

    A new value below "more than" differs from the published one by at least its distance from the bound, so a
    difference stands, and its p-value with it. Nothing shows that it is the same, or within a margin. A value on the
    bound's own side may be anywhere from the published one: inconclusive, without a test.

    Parameters
    ----------
    found : Difference
        New minus the bound.
    bound : {"least", "most"}
        Whether the published value is at least the bound ("more than") or at most.

    Examples
    --------
    >>> far_below = difference(Side(0.40, 0.015), Side(0.53, 0.011), margin=0.05)
    >>> against_bound(far_below, "least").verdict, against_bound(far_below, "most").verdict
    ('different', 'inconclusive')
    """
    outside = found.difference < 0 if bound == "least" else found.difference > 0
    if not outside:
        return replace(found, verdict="inconclusive", p=None, p_equivalence=None, minimum_detectable=None)
    apart = found.verdict in ("different", "different but within margin")
    return replace(found, verdict="different" if apart else "inconclusive", p_equivalence=None)


def check_declared(margin: float, level: float) -> None:
    """Refuse a margin or level that means nothing."""
    if not margin > 0:
        raise ComparisonError(f"margin is {margin:g}; give a positive difference that matters, e.g. 0.05 for 5 points.")
    if not 0.5 < level < 1:
        raise ComparisonError(f"level is {level:g}; give a share between 0.5 and 1, e.g. 0.95.")


def verdict_of(different: bool, equivalent: bool) -> Verdict:
    """Give the verdict from the two tests.

    Examples
    --------
    >>> verdict_of(True, True)
    'different but within margin'
    """
    if different:
        return "different but within margin" if equivalent else "different"
    return "equivalent" if equivalent else "inconclusive"


@dataclass(frozen=True)
class Pair:
    """Two sides and the variance added to their difference; the distribution of the difference's error."""

    new: Side
    published: Side
    extra_variance: float = 0.0

    @property
    def variance(self) -> float:
        """Variance of the difference."""
        return self.new.se**2 + self.published.se**2 + self.extra_variance

    @property
    def se(self) -> float:
        """Standard error of the difference."""
        return math.sqrt(self.variance)

    @property
    def df(self) -> float:
        """Welch and Satterthwaite's degrees of freedom; the added variance counts as known."""
        uncertain = sum(side.se**4 / side.df for side in (self.new, self.published))
        return self.variance**2 / uncertain if uncertain > 0 else math.inf

    def half_width(self, alpha: float) -> float:
        """Half the width of the 1 - alpha interval: never less than with a part of the error left out."""
        return max(pair.se * float(stdtrit(pair.df, 1 - alpha / 2)) for pair in self.with_less())

    def with_less(self) -> list[Pair]:
        """Give this pair, and it without the error of either side, without the added variance, and without both.

        With the known or the estimated part of its variance growing, the plain interval shortens at first and then
        widens, or widens throughout. So its largest value up to here is at one of the two ends, and these are all.
        """
        nothing = Side(0, 0)
        sides = [(self.new, self.published), (self.new, nothing), (nothing, self.published)]
        extras = {self.extra_variance, 0.0}
        return [Pair(new, published, extra) for new, published in sides for extra in extras]

    def tail(self, distance: float) -> float:
        """Probability that the error exceeds a positive distance."""
        return max(pair.plain_tail(distance) for pair in self.with_less())

    def plain_tail(self, distance: float) -> float:
        """Probability that Welch's t exceeds a distance."""
        return float(stdtr(self.df, -distance / self.se)) if self.se > 0 else 0.0

    def p_different(self, found: float) -> float:
        """Two-sided p-value of no difference."""
        return 2 * self.tail(abs(found)) if found else 1.0

    def p_equivalence(self, found: float, margin: float) -> float:
        """Larger one-sided p-value of the two tests that the difference is beyond the margin."""
        room = margin - abs(found)
        return self.tail(room) if room >= 0 else 1 - self.plain_tail(-room)
