"""Trim: bring extreme weights down to a cap, and give what they lose to the others without losing the margins.

Potter and Zheng (2015), Methods and issues in trimming extreme weights in sample surveys, ASA Proceedings of the
Survey Research Methods Section; Valliant, Dever and Kreuter (2018), section 14.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...data.errors import WeightingError
from ..replication.carry_out import carried_out
from ..sampling.categories import Floats, names_of
from ..sampling.design import Design, check_design
from ..sampling.step import Change, Replicate, WeightingStep
from .caps import CapRule, FixedCap, Of, above_zero, cap_rule
from .kept_margins import KeptMargins
from .margins_held import Fitted, fitted_step
from .potter import potter_cap
from .redistribution import Groups, Limits, Redistribute, check_redistribute
from .trimming_report import Trimmed
from .weight_groups import groups_of


@dataclass(frozen=True, eq=False)
class TrimTask:
    """A trimming, kept to be done again.

    Attributes
    ----------
    rule : CapRule
        How the cap is found.
    floor : float
        The least weight; 0 where there is none.
    taking : Groups or KeptMargins
        Who takes the weight.
    """

    rule: CapRule
    floor: float
    taking: Groups | KeptMargins

    @property
    def classes(self) -> None:
        """None: who is trimmed depends on the weights."""
        return None

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> Change:
        """Trim a replicate: its cap is of the weight of one respondent, however often drawn.

        Raises
        ------
        WeightingError
            When the replicate cannot be trimmed.
        """
        if not ((weights > 0) & (frequency > 0)).any():
            raise WeightingError(f"{replicate} holds nobody, so it cannot be trimmed.")
        return self.taking.change(weights, frequency, self.limits(weights, frequency, str(replicate)), str(replicate))

    def limits(self, weights: Floats, frequency: Floats, where: str = "") -> Limits:
        """Give floor and cap.

        Raises
        ------
        WeightingError
            When the floor is not below the cap.
        """
        cap = self.rule.cap(weights, frequency)
        if self.floor >= cap:
            rule = f", {self.rule.words}" if self.rule.words else ""
            raise WeightingError(
                f"{where + ': ' if where else ''}the floor is {self.floor:.6g} and the cap {cap:.6g}{rule}; the floor "
                "must be below the cap."
            )
        return Limits(self.floor, cap)


def trim(
    design: Design,
    *,
    cap: float | None = None,
    multiple: float | None = None,
    quantile: float | None = None,
    potter: str | Sequence[str] | None = None,
    of: Of = "median",
    floor: float | None = None,
    within: str | Sequence[str] | None = None,
    redistribute: Redistribute = "proportional",
    recalibrate: bool | None = None,
    candidates: int | Sequence[float] = 25,
    max_iterations: int = 100,
) -> Design:
    """Trim extreme weights to a cap, and give what they lose to the others.

    Nobody's weight is above the cap afterwards, and what must stay stays: the sum of the weights of each group, and,
    where the weights were fitted to a population before, its margins; or the trimming is refused with the cap that
    would do. The cap comes from exactly one of ``cap``, ``multiple``, ``quantile`` and ``potter``.

    Parameters
    ----------
    design : Design
        The sample. Where it has replicates, each is trimmed anew.
    cap : float, optional
        The largest weight allowed, e.g. ``4.5``.
    multiple : float, optional
        The cap as a multiple of the median weight, e.g. ``5``; of the mean with ``of="mean"``.
    quantile : float, optional
        The cap as a quantile of the weights, e.g. ``0.99``: type 7, the default of R and numpy, over the weights
        above 0, each respondent counting once.
    potter : str or sequence of str, optional
        Numeric columns, e.g. ``["trust_central", "trust_local"]``: the cap is that with the least estimated mean
        squared error of their means, by Potter's procedure (see :func:`potter_cap`).
    of : {"median", "mean"}
        What ``multiple`` is of, over weights above 0.
    floor : float, optional
        The least weight, e.g. ``0.3``; smaller weights are raised to it. Weights of 0 stay. It may be given alone.
    within : str or sequence of str, optional
        Columns, e.g. ``"region"``: what is trimmed in a group goes to others of the group, whose sum stays.
    redistribute : {"proportional", "equal", "none"}
        All weights are multiplied by one factor in each group and held between floor and cap; or those between
        floor and cap get a constant each, R's ``trimWeights(strict = TRUE)``; or the sum falls.
    recalibrate : bool, optional
        Whether the margins of the last rake, poststratify, calibrate or entropy_balance are kept. The others then
        take the weight such that all totals of the margins, and the sums ``within`` groups, are what they were: of
        all such weights under the cap the nearest in the raking distance. Without it: where there was such a step
        and ``redistribute`` is "proportional".
    candidates : int or sequence of float
        For ``potter``: how many caps to try, in equal ratios above the mean weight, or which.
    max_iterations : int
        Steps for the margins before giving up, e.g. ``100``.

    Returns
    -------
    Design
        The same sample with trimmed weights; ``design.steps[-1]`` says how many were trimmed and how much moved.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When no rule or several are given, groups have missing values, or no weights under the cap keep the sums or
        margins; the least cap that would do is named.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Trimming exchanges variance for bias. Not for weights that are large because the design meant them to be, such as
    those of a stratum sampled thinly: there it biases every estimate of the whole. Standard errors without replicates
    follow the redistribution and take the cap as given; replicates also find the cap of ``multiple`` and ``quantile``
    anew, while that of ``potter``, which looked at outcomes, stays the cap of the whole sample in both.

    References
    ----------
    Potter (1990), ASA Proceedings of the Survey Research Methods Section; Valliant, Dever and Kreuter (2018),
    Practical Tools for Designing and Weighting Survey Samples, section 14.4.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> wave = pd.DataFrame({"w": [1.0, 1.0, 2.0, 8.0]})
    >>> trimmed = trim(Design(wave, weight="w"), cap=5)
    >>> trimmed.weights.round(3).tolist()
    [1.75, 1.75, 3.5, 5.0]
    >>> print(trimmed.steps[-1].brief[0])
    Weights above 5 were trimmed to it: 1 of 4 respondents; 25.0% of the weight went to others.
    """
    check_design(design, "trim")
    how, least = check_redistribute(redistribute), _floor(floor)
    rule = cap_rule(cap, multiple, quantile, of, other=() if potter is None else ("potter",))
    if rule is None and potter is None and floor is None:
        raise WeightingError(
            "no cap is given; choose one of cap=, multiple=, quantile= and potter=, e.g. trim(design, multiple=5)."
        )
    if isinstance(max_iterations, bool) or not isinstance(max_iterations, int) or max_iterations < 1:
        raise WeightingError(f"max_iterations is {max_iterations!r}; it is a whole number above 0, e.g. 100.")
    fitted = fitted_step(design)
    groups = groups_of(design, names_of(within), how)
    taking = _taking(design, groups, fitted, _keeping(fitted, how, recalibrate), max_iterations)
    shown = Trimmed(names_of(within), how, fitted, isinstance(taking, KeptMargins))
    tried: list[dict[str, float]] = []
    if rule is None and potter is not None:

        def at(one: float) -> Design:
            task = TrimTask(FixedCap(one), least, taking)
            return carried_out(design, _step(design, task, groups, shown, f"a cap of {one:.6g}"))

        rule, tried = potter_cap(design, potter, candidates, at)
    step = _step(design, TrimTask(rule or FixedCap(np.inf), least, taking), groups, shown, "", tried)
    return carried_out(design, step)


def _floor(floor: float | None) -> float:
    return 0.0 if floor is None else above_zero("floor", floor, "the least weight that anybody keeps, e.g. 0.3")


def _keeping(fitted: Fitted | None, how: Redistribute, recalibrate: bool | None) -> bool:
    """Say whether margins are to be kept."""
    if recalibrate is None:
        return fitted is not None and how == "proportional"
    if recalibrate and fitted is None:
        raise WeightingError(
            "recalibrate=True needs margins, and the weights have not been fitted to any: rake, poststratify or "
            "calibrate first, or leave recalibrate out."
        )
    if recalibrate and how != "proportional":
        raise WeightingError(
            f"redistribute={how!r} and recalibrate=True exclude each other: margins say who takes the weight that is "
            "trimmed. Leave one of them out."
        )
    return bool(recalibrate)


def _taking(
    design: Design, groups: Groups, fitted: Fitted | None, keep: bool, max_iterations: int
) -> Groups | KeptMargins:
    """Give who takes the weight: others of the group, or others such that the margins hold."""
    if fitted is None or not keep:
        return groups
    fitted.refuse_moved(design)
    names = [f"the weights of {name}" if name else "all weights" for name in groups.names]
    return KeptMargins(
        (*fitted.auxiliaries, (groups.code, len(groups.names))),
        (*fitted.names, *names),
        f"the margins of {fitted.kind}" + (" and the sums of the groups" if groups.names[0] else ""),
        max_iterations,
    )


def _step(
    design: Design,
    task: TrimTask,
    groups: Groups,
    shown: Trimmed,
    where: str,
    tried: Sequence[dict[str, float]] = (),
) -> WeightingStep:
    """Trim the whole sample and put on record what was done."""
    before, once = design.weights, np.ones(len(design.weights))
    if not np.isfinite(before).all() or (before < 0).any():
        raise WeightingError(
            f"{int((before < 0).sum())} weights are below 0, and a cap on them means nothing; fit the weights within "
            "bounds first, e.g. calibrate(..., bounds=(0.3, 3))."
        )
    limits = task.limits(before, once, where)
    change = task.taking.change(before, once, limits, where)
    after = change.applied(before, slice(None))
    return WeightingStep(
        kind="trim",
        words=shown.words(task.rule, limits),
        before=before,
        after=after,
        task=task,
        options=shown.options(task.rule, limits, before, after, tried),
        linearisation=change.linearised(before, after),
        table=shown.table(groups, before, after),
        notes=shown.notes(task.rule, limits, before, after),
        brief=shown.brief(task.rule, limits, before, after),
    )
