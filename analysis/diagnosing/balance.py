"""How near a weighted sample comes to its population: shares against targets, and standardised differences.

Austin (2009), Balance diagnostics for comparing the distribution of baseline covariates between treatment groups in
propensity-score matched samples, Statistics in Medicine 28, 3083-3107: the standardised difference, and 0.1 as the size
from which on it matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ...data.codebook import Study
from ...data.errors import EstimationError, WeightingError
from ...data.printing import number, percent
from ..estimation.method import SIMULATED_NOTE, counted, simulated
from ..sampling.categories import Floats, categories, code_text, names_of, numbers
from ..sampling.design import Design, check_design
from ..sampling.sums import summed
from ..targets.target_tables import TargetTable, target_tables
from .diagnostic import Diagnostic, laid_out
from .moment_targets import moment_notes
from .row_chart import PERCENT, Marks, Rule, row_chart
from .spread import weights_inside
from .weight_log import of_all_rows, states, unsigned

On = str | Sequence[str] | Mapping[str, str] | None
"""Columns to compare, or from the sample's column to the reference's."""

LARGE = 0.1
"""Standardised difference from which on groups differ: Austin (2009), Statistics in Medicine 28."""


def weight_margins(design: Design) -> Diagnostic:
    """Set the shares of a sample, without weights, before and after weighting, beside their targets.

    Parameters
    ----------
    design : Design
        The weighted sample, e.g. ``rake(design, margins)``.

    Returns
    -------
    Diagnostic
        One row for each category that has a target: step (that set the target), variable, category, n, target,
        unweighted, before (with the weights before all steps), after (with the final weights), off_before, off_after
        (share minus target). A variable that several steps had targets for stands with the last. All shares, 0-1,
        are among the rows that came to the step. ``plot()`` draws them.

    Raises
    ------
    WeightingError
        When no step fitted weights to targets.
    EstimationError
        When given something else than a Design.

    Notes
    -----
    A target that a later step moved away from shows here and not in that step's own report.

    References
    ----------
    Battaglia, Hoaglin and Frankel (2009), Practical considerations in raking survey data, Survey Practice 2(5).

    Examples
    --------
    >>> from topline.analysis.raking.rake import rake
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"]})
    >>> weight_margins(rake(Design(wave), {"sex": {"f": 0.5, "m": 0.5}})).to_frame()[["category", "before", "after"]]
      category  before  after
    0        f    0.75    0.5
    1        m    0.25    0.5
    """
    check_design(design, "weight_margins")
    frame = margins_frame(design)
    if frame is None:
        told = "no step fitted the weights to shares, so there are no margins; rake or calibrate first."
        raise WeightingError(" ".join([told, *moment_notes(design)]))
    invented = simulated(design.study)
    off = frame["off_after"].abs()
    worst = "" if off.isna().all() else f" Furthest from a target now: {100 * off.max():.2f} points."
    return Diagnostic(
        name="margins",
        title="Margins before and after, against their targets",
        about=(f"before: weights before all steps; off: points from the target.{worst}",),
        frame=frame,
        notes=(*_noted(design), *of_all_rows(design)),
        table=laid_out(
            frame,
            {
                **dict.fromkeys(("variable", "category")),
                "n": lambda count: number(count, 0),
                **dict.fromkeys(("target", "unweighted", "before", "after"), lambda share: percent(share, 2)),
                **dict.fromkeys(("off_before", "off_after"), lambda share: unsigned(100 * share, 2)),
            },
        ),
        draw=lambda: row_chart(
            frame,
            name="category",
            heading="variable",
            marks=[Marks("target", "target", "tick"), Marks("before", "before", "hollow"), Marks("after", "after")],
            title="Margins before and after weighting",
            footing=["Upright ticks: targets. Hollow dots: before weighting. Filled dots: after."],
            axis="share of the weight",
            written=percent,
            form=PERCENT,
            simulated=invented,
        ),
    )


def margins_frame(design: Design) -> pd.DataFrame | None:
    """Give what :func:`weight_margins` shows; None where no step had targets."""
    tables = target_tables(design)
    if not tables:
        return None
    start = states(design)[0]
    found = pd.concat([_against(design, table, start) for table in tables], ignore_index=True)
    last = found.groupby("variable", sort=False)["step"].transform("max")
    return found[found["step"] == last].reset_index(drop=True)


def _against(design: Design, table: TargetTable, start: Floats) -> pd.DataFrame:
    frame, there = table.frame, table.rows.astype(np.float64)
    target = frame["target"].to_numpy(float)
    before, after = table.shares(start), table.shares(design.weights)
    if table.step is design.steps[-1]:
        after = frame["after"].to_numpy(float)
    return pd.DataFrame(
        {
            "step": table.number,
            "variable": frame["variable"],
            "category": frame["category"].map(code_text),
            "n": frame["n"] if "n" in frame else np.round(table.shares(there) * there.sum()),
            "target": target,
            "unweighted": table.shares(there),
            "before": before,
            "after": after,
            "off_before": before - target,
            "off_after": after - target,
        }
    )


def weight_balance(design: Design, reference: Design | None = None, on: On = None) -> Diagnostic:
    """Give standardised differences of a sample from its targets, or a reference sample, before and after weighting.

    A difference of shares or means is divided by the root of the average of two variances: that of the sample before
    weighting and that of the targets or the reference. The divisor is the same before and after, so that a difference
    shrinks only when the sample comes nearer.

    Parameters
    ----------
    design : Design
        The weighted sample.
    reference : Design, optional
        A better sample of the same population, e.g. one drawn at random; its weights count. Without it the targets of
        the weighting stand in its place. Where one of the two is cut by :func:`subset`, its part alone is compared.
    on : str, sequence of str, or mapping of str to str, optional
        Columns to compare, e.g. ``["sex", "age"]``, or from the sample's column to the reference's,
        ``{"age4": "age_group"}``. Needed with ``reference``: name also what the weighting did not use. Columns with
        value labels, text and True or False are compared by the share of each category, other numbers by their mean.

    Returns
    -------
    Diagnostic
        One row for each category, or mean: variable, category (empty for a mean), target (share 0-1, or mean), before,
        after, standardised_before, standardised_after. ``plot()`` draws their sizes with a line at 0.1, known as a love
        plot.

    Raises
    ------
    WeightingError
        When there are neither targets nor a reference, or no columns are named with one.
    UnknownNameError
        When a column does not exist.
    EstimationError
        When given something else than a Design, or a column is categories in one sample and numbers in the other.

    Notes
    -----
    Balance on what was measured says nothing of what was not. Not a test: with few respondents differences of 0.1 arise
    by chance.

    References
    ----------
    Austin (2009), Statistics in Medicine 28, 3083-3107. Stuart (2010), Matching methods for causal inference,
    Statistical Science 25(1), section 4.1, for a divisor that stays the same.

    Examples
    --------
    >>> from topline.analysis.raking.rake import rake
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"]})
    >>> balance = weight_balance(rake(Design(wave), {"sex": {"f": 0.5, "m": 0.5}})).to_frame()
    >>> balance[["category", "standardised_before", "standardised_after"]].round(3)
      category  standardised_before  standardised_after
    0        f                0.535                 0.0
    1        m               -0.535                 0.0
    """
    check_design(design, "weight_balance")
    if reference is None:
        frame, against = _to_targets(design), "the targets of the weighting"
    else:
        check_design(reference, "weight_balance")
        frame, against = _to_reference(design, reference, on), "the reference sample"
    invented = simulated(design.study) or (reference is not None and simulated(reference.study))
    return Diagnostic(
        name="balance",
        title=f"Standardised differences from {against}",
        about=(_found(frame), *([] if reference is None else _cut_to(design, reference))),
        frame=frame,
        notes=(*_noted(design), *(of_all_rows(design) if reference is None else ()), *_undefined(frame)),
        table=laid_out(
            frame,
            {
                **dict.fromkeys(("variable", "category")),
                **dict.fromkeys(("target", "before", "after"), lambda value: number(value, 4)),
                **dict.fromkeys(("standardised_before", "standardised_after"), lambda value: unsigned(value, 3)),
            },
        ),
        draw=lambda: row_chart(
            frame.assign(
                name=[category or "mean" for category in frame["category"]],
                size_before=frame["standardised_before"].abs(),
                size_after=frame["standardised_after"].abs(),
            ),
            name="name",
            heading="variable",
            marks=[Marks("size_before", "before", "hollow"), Marks("size_after", "after")],
            title=f"Size of standardised differences from {against}",
            footing=[f"Hollow dots: before weighting. Filled dots: after. Dashed: {LARGE:g} (Austin 2009)."],
            axis="standardised difference, without its sign",
            written=lambda value: number(value, 3),
            rules=[Rule(LARGE)],
            simulated=invented,
        ),
    )


def _found(frame: pd.DataFrame) -> str:
    before, after = (frame[f"standardised_{when}"].abs() for when in ("before", "after"))
    return (
        f"Differences of {LARGE:g} and more matter (Austin 2009): {int((before >= LARGE).sum())} of {len(frame)} "
        f"before weighting, {int((after >= LARGE).sum())} after; the largest {before.max():.3f} and {after.max():.3f}."
    )


def _cut_to(design: Design, reference: Design) -> list[str]:
    """Say which part of either sample is compared."""
    parts = {"sample": design.subpopulation, "reference": reference.subpopulation}
    return [f"Of the {which}: those where {part.text}." for which, part in parts.items() if part is not None]


def _to_targets(design: Design) -> pd.DataFrame:
    frame = margins_frame(design)
    if frame is None:
        raise WeightingError(
            "no step fitted the weights to targets, so there is nothing to compare with; rake or calibrate first, or "
            "give a reference sample and its columns: weight_balance(design, reference, on=['sex'])."
        )
    before, after, target = (frame[name].to_numpy(float) for name in ("before", "after", "target"))
    # a share of one may be a rounding error above it
    divisor = np.sqrt(np.maximum(before * (1 - before) + target * (1 - target), 0) / 2)
    return pd.DataFrame(
        {
            **{name: frame[name] for name in ("variable", "category", "target", "before", "after")},
            "standardised_before": _over(before - target, divisor),
            "standardised_after": _over(after - target, divisor),
        }
    )


def _over(difference: Floats, divisor: Floats) -> Floats:
    """Divide; no difference is none, and one that nothing varies around cannot be measured."""
    found = np.where(np.abs(difference) < 1e-12, 0.0, np.nan)
    return np.divide(difference, divisor, out=found, where=divisor > 1e-12)


def _to_reference(design: Design, reference: Design, on: On) -> pd.DataFrame:
    columns = dict(on) if isinstance(on, Mapping) else {name: name for name in names_of(on)}
    if not columns:
        raise WeightingError("name the columns to compare with the reference sample: on=['sex', 'age'].")
    parts = [_compared(design, reference, name, other) for name, other in columns.items()]
    return pd.concat(parts, ignore_index=True)


def _compared(design: Design, reference: Design, name: str, other: str) -> pd.DataFrame:
    """Compare one column: by the share of each category, or by its mean."""
    kinds = [is_categories(design.study, name), is_categories(reference.study, other)]
    if kinds[0] != kinds[1]:
        here, there = ("categories" if kind else "numbers" for kind in kinds)
        raise EstimationError(
            f"{name} is {here} in the sample and {other} is {there} in the reference; give both value labels, or "
            "neither."
        )
    final, aim = weights_inside(design), weights_inside(reference)
    start = states(design)[0] * (final != 0)
    if not kinds[0]:
        mean, variance = moments(design.study, name, start)
        target_mean, own = moments(reference.study, other, aim)
        after_mean = moments(design.study, name, final)[0]
        return _rows(name, [""], [target_mean], [mean], [after_mean], [own], [variance])
    shown, (before, after) = _shares(design.study, name, start, final)
    listed, (target,) = _shares(reference.study, other, aim)
    every = list(dict.fromkeys([*shown, *listed]))
    shares = [
        [dict(zip(names, values, strict=True)).get(each, 0.0) for each in every]
        for names, values in ((listed, target), (shown, before), (shown, after))
    ]
    spreads = [[share * (1 - share) for share in one] for one in shares[:2]]
    return _rows(name, every, *shares, *spreads)


def _rows(
    name: str,
    listed: Sequence[str],
    target: Sequence[float],
    before: Sequence[float],
    after: Sequence[float],
    *variances: Sequence[float],
) -> pd.DataFrame:
    aim = np.array(target)
    divisor = np.sqrt(np.maximum(np.mean([np.array(each) for each in variances], axis=0), 0))
    return pd.DataFrame(
        {
            "variable": name,
            "category": list(listed),
            "target": aim,
            "before": before,
            "after": after,
            "standardised_before": _over(np.array(before) - aim, divisor),
            "standardised_after": _over(np.array(after) - aim, divisor),
        }
    )


def is_categories(study: Study, name: str) -> bool:
    """Say whether a column holds categories: value labels, text, or True and False; other numbers have a mean.

    Examples
    --------
    >>> from ...data.codebook import study_of
    >>> wave = study_of(pd.DataFrame({"sex": ["f", "m"], "age": [30, 50]}))
    >>> is_categories(wave, "sex"), is_categories(wave, "age")
    (True, False)
    """
    coded = categories(study, name)
    variable = study.codebook[name]
    labelled = any(variable.missing_kind(code) is None for code in variable.labels)
    return labelled or any(isinstance(value, str | bool) for value in coded.values)


def _shares(study: Study, name: str, *weights: Floats) -> tuple[list[str], list[Floats]]:
    """Give the categories and their shares with each of several weights, among rows with a value."""
    coded = categories(study, name)
    known = coded.positions >= 0
    found = []
    for each in weights:
        held = summed(coded.positions[known], len(coded.values), each[known])
        if not held.sum():
            raise EstimationError(f"{name} has no value in any row that has a weight; there is nothing to compare.")
        found.append(held / held.sum())
    return [code_text(shown) for shown in coded.shown], found


def moments(study: Study, name: str, weights: Floats) -> tuple[float, float]:
    """Give the weighted mean and variance, among rows with a value."""
    values = numbers(study, name)[0]
    known = ~np.isnan(values) & (weights != 0)
    if not known.any():
        raise EstimationError(f"{name} has no value in any row that has a weight; there is nothing to compare.")
    there, own = values[known], weights[known]
    mean = float(there @ own / own.sum())
    return mean, float(((there - mean) ** 2) @ own / own.sum())


def _noted(design: Design) -> tuple[str, ...]:
    """Give where targets come from, with that nobody was asked first."""
    notes = [SIMULATED_NOTE] if simulated(design.study) else []
    notes += [*moment_notes(design), *(note for table in target_tables(design) for note in table.step.notes)]
    return tuple(dict.fromkeys(notes))


def _undefined(frame: pd.DataFrame) -> tuple[str, ...]:
    count = int(frame["standardised_after"].isna().sum())
    if not count:
        return ()
    return (
        f"{counted(count, 'difference is', 'differences are')} missing: nothing varies to measure it by, or the rows "
        "of the category cannot be told.",
    )
