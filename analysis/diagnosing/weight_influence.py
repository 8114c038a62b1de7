"""What weights do to chosen estimates: without weights, with those before any step, after each, without the largest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ...data.printing import decimals_for, number, percent
from ..estimation.estimate import mean, proportion
from ..estimation.estimates import NUMBERS, Estimates, is_share
from ..estimation.method import SIMULATED_NOTE, counted, simulated
from ..estimation.plan import Category
from ..sampling.categories import Floats, code_text
from ..sampling.design import Design, check_design
from .balance import is_categories
from .diagnostic import Diagnostic
from .row_chart import PERCENT, Marks, row_chart
from .undone import after_steps, multiplied
from .weight_log import unsigned

if TYPE_CHECKING:
    import altair as alt

Outcome = str | Callable[[Design], Estimates]
Outcomes = Outcome | Sequence[Outcome] | Mapping[str, Category]
"""Columns, functions of a design, or columns with the categories wanted."""

EQUAL = 1e-9
"""Weights this near to each other, relatively, are equal."""

UNWEIGHTED, WITHOUT = "unweighted", "without the largest"


def weight_influence(design: Design, outcomes: Outcomes, *, largest: float = 0.01) -> Diagnostic:
    """Follow estimates through the steps of a weighting, and see how far they hang on the largest weights.

    Parameters
    ----------
    design : Design
        The weighted sample.
    outcomes : str, sequence, mapping or function
        Columns, e.g. ``["approval", "trust"]``: those with value labels, text and True or False by the share of each
        category, other numbers by their mean. A mapping from a column to the category wanted, ``{"approval":
        "support"}`` (None for all). Or functions that make estimates of a design, e.g. ``lambda d: ratio(d, "online",
        "awake")``; also in a sequence.
    largest : float
        Share of the respondents, with the largest weights, that the last row leaves out, e.g. ``0.01``. Of respondents
        with equal weights at the border each counts in part, so that the order of rows does not matter.

    Returns
    -------
    Diagnostic
        For each estimate one row without weights, one with the weights before all steps, one after each step, and one
        without the largest final weights: item, category and other keys, place (from 0), weights (which), estimate, se,
        change (from the row above; of the last row from the final estimate), change_in_se (over the final standard
        error), n. ``plot()`` draws the estimates without weights, with final weights, and without the largest.

    Raises
    ------
    WeightingError
        When ``largest`` is not above 0 and below 0.5, or no outcome is named.
    EstimationError, UnknownNameError
        As the estimates have them.

    Notes
    -----
    Without weights all rows count alike that have a final weight. Standard errors know of the steps that were made by
    then; that of the last row of none that would follow from leaving people out. A large change is no fault: it is
    what weights are for; the change of a step that nobody expected is worth a look.

    References
    ----------
    Bollen, Biemer, Karr, Tueller and Berzofsky (2016), Are survey weights needed?, Annual Review of Statistics and Its
    Application 3, for weighted against unweighted estimates.

    Examples
    --------
    >>> from topline.analysis.raking.rake import rake
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"], "trust": [1.0, 2.0, 3.0, 6.0]})
    >>> found = weight_influence(rake(Design(wave), {"sex": {"f": 0.5, "m": 0.5}}), "trust").to_frame()
    >>> found[["weights", "estimate"]].head(3).round(2).values.tolist()
    [['unweighted', 3.0], ['equal weights of 1', 3.0], ['1 rake', 4.0]]
    """
    check_design(design, "weight_influence")
    if isinstance(largest, bool) or not isinstance(largest, Real) or not 0 < largest < 0.5:
        raise WeightingError(
            f"largest is {largest!r}; it is a share of the respondents above 0 and below 0.5, e.g. 0.01."
        )
    estimators = _estimators(design, outcomes)
    followed = [_followed(design, estimator, largest) for estimator in estimators]
    frame = pd.concat([each for each, _ in followed], ignore_index=True)
    shares = [is_share(method) for each, method in followed for _ in range(len(each))]
    told = {note for step in design.steps for note in step.notes}
    notes = [note for _, method in followed for note in method["footnotes"] if note not in told]
    invented = simulated(design.study)
    return Diagnostic(
        name="influence",
        title="Estimates without weights, through the steps, and without the largest weights",
        about=(
            f"{WITHOUT}: {100 * largest:g}% of the respondents left out, and nothing weighted anew. moved: final less "
            "unweighted estimate, in final standard errors.",
        ),
        frame=frame,
        notes=tuple(dict.fromkeys([*([SIMULATED_NOTE] if invented else []), *notes])),
        table=_table(frame, shares),
        draw=lambda: _chart(frame, shares, invented=invented),
    )


def _estimators(design: Design, outcomes: Outcomes) -> list[Callable[[Design], Estimates]]:
    given: Sequence[Outcome | tuple[str, Category]]
    if isinstance(outcomes, Mapping):
        given = list(outcomes.items())
    else:
        given = [outcomes] if isinstance(outcomes, str) or callable(outcomes) else _listed(outcomes)
    if not given:
        raise WeightingError("name at least one outcome, e.g. outcomes=['approval'].")
    return [_estimator(design, each) for each in given]


def _listed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Give several outcomes as a list, and refuse what is none."""
    given = list(outcomes) if isinstance(outcomes, Iterable) else [outcomes]
    wrong = [each for each in given if not (isinstance(each, str) or callable(each))]
    if wrong:
        raise WeightingError(
            f"{wrong[0]!r} is no outcome; name a column as text, e.g. 'approval', or give a function that makes "
            "estimates of a design."
        )
    return given


def _estimator(design: Design, outcome: Outcome | tuple[str, Category]) -> Callable[[Design], Estimates]:
    if callable(outcome):
        return outcome
    name, category = (outcome, None) if isinstance(outcome, str) else outcome
    if category is None and not is_categories(design.study, name):
        return lambda there: mean(there, name)
    return lambda there: proportion(there, name, category=category)


def _stages(design: Design, largest: float) -> list[tuple[str, Design]]:
    """Give the designs that the estimates are made from, with what their weights are."""
    start = after_steps(design, 0)
    there = np.divide(1.0, start.weights, out=np.zeros(len(start.weights)), where=start.weights != 0)
    alike = multiplied(start, UNWEIGHTED, UNWEIGHTED, there * (design.weights != 0))
    names = [f"{number} {step.kind}" for number, step in enumerate(design.steps, start=1)]
    found = [(name, after_steps(design, count)) for count, name in enumerate(names, start=1)]
    fewer = multiplied(design, WITHOUT, WITHOUT, _kept(design.weights, largest))
    return [(UNWEIGHTED, alike), (design.weight_source, start), *found, (WITHOUT, fewer)]


def _kept(weights: Floats, largest: float) -> Floats:
    """Give the part that each row keeps when a share of the rows, those of the largest weights, is left out."""
    there = weights != 0
    away = largest * there.sum()
    ordered = np.sort(weights[there])[::-1]
    border = ordered[math.ceil(away) - 1]
    tied = there & (np.abs(weights - border) <= EQUAL * abs(border))
    above = there & (weights > border) & ~tied
    return np.where(above, 0.0, np.where(tied, 1 - (away - above.sum()) / tied.sum(), 1.0))


def _followed(
    design: Design, estimator: Callable[[Design], Estimates], largest: float
) -> tuple[pd.DataFrame, Mapping[str, Any]]:
    """Make the estimates at every stage; give them, and the method of those with the final weights."""
    methods, parts = [], []
    for place, (weights, there) in enumerate(_stages(design, largest)):
        made = estimator(there)
        methods.append(made.method)
        own = made.to_frame()
        labels = [name for name in own.columns if name not in NUMBERS]
        parts.append(own[[*labels, "estimate", "se", "n"]].assign(place=place, weights=weights))
    frame = pd.concat(parts, ignore_index=True)
    # labels as text: missing ones are one label, and groups keep their order
    named = [" ".join(map(code_text, row)) for row in frame[labels].itertuples(index=False, name=None)]
    frame = frame.assign(order=pd.factorize(np.array(named, dtype=object))[0]).sort_values(
        ["order", "place"], kind="stable"
    )
    final = frame[frame["place"] == len(parts) - 2].set_index("order")
    change = frame.groupby("order")["estimate"].diff()
    last = (frame["place"] == len(parts) - 1).to_numpy()
    change = change.where(~last, frame["estimate"] - frame["order"].map(final["estimate"]))
    error = frame["order"].map(final["se"])
    in_se = change / error.where(error > 0)
    frame = frame.assign(change=change, change_in_se=in_se)
    columns = [*labels, "place", "weights", "estimate", "se", "change", "change_in_se", "n"]
    return frame[columns].reset_index(drop=True), methods[-2]


def _table(frame: pd.DataFrame, shares: Sequence[bool]) -> tuple[list[str], list[list[str]], int]:
    """Print a line for each estimate, and its stages beside each other."""
    labels = _labels(frame)
    stages = list(dict.fromkeys(frame.sort_values("place", kind="stable")["weights"]))
    rows = []
    for own in _by_estimate(frame):
        decimals = decimals_for(own["se"].tolist())
        write = percent if shares[own.index[0]] else lambda value, places=decimals: number(value, places)
        values, errors = (own.set_index("place")[name].reindex(range(len(stages))) for name in ("estimate", "se"))
        error = errors.iloc[-2]
        moved = (values.iloc[-2] - values.iloc[0]) / error if error > 0 else math.nan
        told = ["" if own[name].isna().all() else code_text(own[name].iloc[0]) for name in labels]
        rows.append([*told, *map(write, values), write(error), "-" if math.isnan(moved) else unsigned(moved, 1)])
    return [*labels, *stages, "se", "moved"], rows, len(labels)


def _labels(frame: pd.DataFrame) -> list[str]:
    numbers = ("place", "weights", "estimate", "se", "change", "change_in_se", "n")
    return [str(name) for name in frame.columns if name not in numbers]


def _by_estimate(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Part the frame into its estimates: within each the place rises."""
    return [own for _, own in frame.groupby((frame["place"].diff() <= 0).cumsum().to_numpy())]


def _chart(frame: pd.DataFrame, shares: Sequence[bool], *, invented: bool) -> alt.LayerChart:
    """Draw the first and the last stages of estimates of one kind: shares, or else all."""
    lines = []
    final = int(frame["place"].max()) - 1
    for own in _by_estimate(frame):
        values = own.set_index("place")["estimate"].reindex([0, final, final + 1])
        told = [code_text(own[name].iloc[0]) for name in _labels(frame) if own[name].notna().all()]
        lines.append(
            {
                "heading": told[0],
                "name": ", ".join(told[1:]) or "estimate",
                **dict(zip((UNWEIGHTED, "final", "fewer"), values, strict=True)),
                "share": shares[own.index[0]],
            }
        )
    drawn = pd.DataFrame(lines)
    share = bool(drawn["share"].any())
    chosen = drawn[drawn["share"] == share]
    left = len(drawn) - len(chosen)
    footing = ["Hollow dots: without weights. Filled dots: final weights. Upright ticks: without the largest."]
    others = counted(left, "estimate that is no share stands", "estimates that are no shares stand")
    footing += [f"{others} in the table alone."] if left else []
    return row_chart(
        chosen,
        name="name",
        heading="heading",
        marks=[Marks(UNWEIGHTED, UNWEIGHTED, "hollow"), Marks("final", "final"), Marks("fewer", WITHOUT, "tick")],
        title="What weights do to estimates",
        footing=footing,
        axis="share" if share else "estimate",
        written=percent if share else lambda value: number(value, 2),
        form=PERCENT if share else ",~r",
        zero=False,
        simulated=invented,
    )
