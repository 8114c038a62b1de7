"""Everything that is asked of a battery in one tier of error: sampling error alone, or total survey error.

How much of its non-sampling error a survey has in common over all items of a battery, nobody has measured: a poor frame
moves them all, an odd word moves one. So the total tier tries none, half and all of it, and each result stands as the
least favourable of these three gives it: a test by its p-value, the shift by the width of its interval. A part in
between can be a little less favourable still. All of it in common leaves the most room for a common shift, none of it
for the profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ..sampling.categories import Floats
from .hotelling import JointTest, joint_test
from .rank_agreement import RankAgreement, rank_agreement
from .rao_scott import RaoScott, rao_scott
from .shift import Shift, level_shift, profile_change
from .sides import Sides

SHARED = (0.0, 0.5, 1.0)
"""Parts of the variance of non-sampling error that are taken to be common to all items of a survey, in turn."""


@dataclass(frozen=True)
class Tier:
    """What one tier of error makes of a battery.

    Attributes
    ----------
    wald : JointTest or None
        All items together; None where the covariance has no usable inverse.
    rao_scott : RaoScott or None
        The same for shares, without an inverse; None for means, and where a number of answers is not known.
    shift : Shift
        How far all items moved together.
    profile : JointTest or None
        Whether order and spacing of the items changed besides.
    ranks : RankAgreement
        Pairs of items that both surveys tell apart.
    """

    wald: JointTest | None
    rao_scott: RaoScott | None
    shift: Shift
    profile: JointTest | None
    ranks: RankAgreement

    @property
    def p(self) -> float | None:
        """Of no difference in any item: Wald's, or Rao and Scott's where there is none."""
        found = self.wald or self.rao_scott
        return None if found is None else found.p

    def verdicts(self, level: float) -> tuple[bool | None, ...]:
        """Say whether the battery differs, has moved, and has changed its profile; None where that is not tested."""
        p_values = (self.p, self.shift.p, None if self.profile is None else self.profile.p)
        return tuple(None if p is None else p < 1 - level for p in p_values)


def sampling_tier(sides: Sides, level: float, sizes: tuple[Floats, Floats] | None) -> Tier:
    """Give the tier of sampling error alone.

    Parameters
    ----------
    sides : Sides
        New and published estimates.
    level : float
        Of all intervals, e.g. ``0.95``.
    sizes : pair of numpy.ndarray, optional
        Answers that the new and the published shares rest on; None for means.
    """
    return Tier(
        joint_test(sides),
        rao_scott(sides, *sizes) if sizes is not None else None,
        level_shift(sides, level),
        profile_change(sides),
        rank_agreement(sides, level),
    )


def total_tier(sides: Sides, level: float, sizes: tuple[Floats, Floats] | None, nonsampling: Floats) -> Tier:
    """Give the tier of total survey error: each result at the least favourable of three parts in common.

    Parameters
    ----------
    sides, level, sizes
        As for :func:`sampling_tier`.
    nonsampling : numpy.ndarray
        Standard error of everything but sampling, for each item in each survey, e.g. ``0.03``.
    """
    tried = [(shared, sides.with_nonsampling(nonsampling, shared)) for shared in SHARED]
    return Tier(
        least_favourable([joint_test(one, shared) for shared, one in tried]),
        least_favourable([rao_scott(one, *sizes, shared) for shared, one in tried]) if sizes is not None else None,
        max((level_shift(one, level, shared) for shared, one in tried), key=lambda shift: shift.high - shift.low),
        least_favourable([profile_change(one, shared) for shared, one in tried]),
        rank_agreement(tried[0][1], level),
    )


class WithP(Protocol):
    """Anything with a p-value."""

    @property
    def p(self) -> float:
        """The p-value."""


Test = TypeVar("Test", bound=WithP)


def least_favourable(tests: Sequence[Test | None]) -> Test | None:
    """Give the test with the largest p-value; None when there is none to be had at one of the settings."""
    made = [test for test in tests if test is not None]
    return max(made, key=lambda test: test.p) if len(made) == len(tests) else None
