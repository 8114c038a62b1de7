"""Doubly robust means of a nonprobability sample: right when either its weights or a model of the answers is.

Chen, Li and Wu (2020), Doubly robust inference with nonprobability survey samples, JASA 115. The error has two parts:
of the sample, with the model and every step of the weighting in the chain rule (or done again on each replicate), and
of the reference, to which the predictions and the weights answer together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ...data.codebook import Code
from ...data.errors import EstimationError, UnknownNameError, WeightingError
from ..estimation.assembly import Item, Kind, Options, assembled, simple_variance
from ..estimation.degrees import base_df
from ..estimation.estimate import listed
from ..estimation.estimates import Estimates
from ..estimation.intervals import ProportionBase, proportion_interval, t_interval
from ..estimation.measure import Measure
from ..estimation.method import INTERVALS, counted, design_method, with_subpopulation
from ..estimation.options import check_choice, check_keys
from ..estimation.plan import Category, Domains, category_measures, domains, numeric_measure
from ..models.families import curve_of
from ..sampling.categories import Ints, Shown, categories, holds_numbers, names_of
from ..sampling.design import Design, check_design
from ..variance.scatters import FixedScatter
from .augmented_mean import Augmented, Fitted, Population, summed_over
from .pooled import Missing, Pooled, pooled, renamed
from .propensity_weights import reference_name
from .two_sample_error import two_sample_covariance

Family = Literal["gaussian", "binomial"]


def doubly_robust(
    design: Design,
    items: str | Sequence[str],
    reference: Design,
    on: str | Sequence[str],
    *,
    family: Family | None = None,
    category: Category = None,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
    missing: Missing = "error",
) -> Estimates:
    """Estimate means or shares by a nonprobability sample and a reference that did not ask the questions.

    A model fitted in the sample predicts every answer in the reference; the weighted mean of the predictions there,
    plus the weighted mean of the residuals here, is without bias when the weights of the sample are right, or the
    model is.

    Parameters
    ----------
    design : Design
        The sample that holds the answers, as a rule after :func:`propensity_weights`; its weights go into both the
        model and the mean of the residuals.
    items : str or sequence of str
        Columns of the sample, e.g. ``"trust_central"``.
    reference : Design
        A probability sample of the same population, with the columns of ``on``.
    on : str or sequence of str
        Columns that both have, or the right side of a formula, as in :func:`propensity_weights`; it need not be the
        same as there.
    family : {"gaussian", "binomial"}, optional
        A linear model of numbers, or a logit of each answer. Without it binomial where a category is given, else
        gaussian.
    category : code, label, name of a collapse, a sequence of these, or a mapping; optional
        The answers whose shares are estimated, as in :func:`proportion`; with ``family="binomial"`` and no category
        every answer.
    by : str or sequence of str, optional
        Keys of the groups, columns of both samples. The model is that of all.
    level : float
        Confidence level, e.g. 0.95.
    missing : {"error", "own_class"}
        Rows without a value of a category of ``on``: stop, or let them be a class of their own.

    Returns
    -------
    Estimates
        Columns item, category (shares only), the keys, estimate, se, low, high, n, weighted_n, deff, df, effective_n,
        cv, as :func:`mean` and :func:`proportion` give them.

    Raises
    ------
    EstimationError
        When given something else than Designs, an item is text or among ``on``, or the model has no fit.
    WeightingError
        When the two samples have different categories, or values are missing.
    UnknownNameError
        When one of the two lacks a column.

    Notes
    -----
    Not right when both the weights and the model are wrong: then nothing is, and no error shows it. With the columns
    of the weights, all categories, a model adds little; it pays where ``on`` holds more than the weights do. Degrees
    of freedom are the smaller of the two samples'.

    References
    ----------
    Chen, Li and Wu (2020), JASA 115. Kim and Haziza (2014), Doubly robust inference with missing data in survey
    sampling, Statistica Sinica 24(1).

    Examples
    --------
    >>> volunteers = pd.DataFrame({"age": [20, 30, 40, 50], "trust": [1.0, 2.0, 3.5, 4.0]})
    >>> survey = pd.DataFrame({"age": [25, 45, 65, 80], "weight": [30.0, 30.0, 25.0, 15.0]})
    >>> found = doubly_robust(Design(volunteers), "trust", Design(survey, weight="weight"), "age")
    >>> found.to_frame()[["item", "estimate", "n"]].round(3)
        item  estimate  n
    0  trust     4.121  4
    """
    check_design(design, "doubly_robust")
    check_design(reference, "doubly_robust, as its reference,")
    options, chosen = Options(level=level), _family(family, category)
    _check_subpopulation(design, reference)
    columns = pooled(design, reference, on, missing, inside=design.inside)
    within = domains(design, names_of(by))
    share = chosen == "binomial" or category is not None
    check_keys(within, ("category",) if share else ())
    responses = _responses(design, reference, listed(items), columns, within, chosen, category)
    fits = [each.augmented.found(design.weights) for each in responses]
    table = _table(design, responses, fits, options)
    covariance = two_sample_covariance(design, reference, columns.counted, fits)
    places = table["place"].to_numpy()
    scatter = FixedScatter(covariance[np.ix_(places, places)])
    asked = _Asked(design, reference, options, chosen, columns, within, share)
    return _result(asked, responses, _with_errors(asked, responses, table, scatter), scatter)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What was asked for, and of whom."""

    design: Design
    reference: Design
    options: Options
    family: str
    columns: Pooled
    within: Domains
    share: bool


@dataclass(frozen=True, eq=False)
class _Response:
    """A number, or 1 and 0 for an answer, to be averaged."""

    item: str
    shown: Shown | None
    codes: tuple[Code, ...]
    missing: Mapping[str, int]
    augmented: Augmented


def _family(family: str | None, category: Category) -> str:
    if family is None:
        return "gaussian" if category is None else "binomial"
    check_choice("family", family, get_args(Family))
    return family


def _check_subpopulation(design: Design, reference: Design) -> None:
    """Refuse a part of the sample against the whole of the reference."""
    if design.subpopulation is not None and reference.subpopulation is None:
        raise EstimationError(
            f"the sample is cut to where {design.subpopulation.text}, and the reference is not; give "
            "subset(reference, ...) of the same people, or name groups with by=."
        )


def _responses(
    design: Design,
    reference: Design,
    items: Sequence[str],
    columns: Pooled,
    within: Domains,
    family: str,
    category: Category,
) -> list[_Response]:
    """Plan a response for each number, or for each answer."""
    among = [item for item in items if item in columns.columns]
    if among:
        raise EstimationError(
            f"{', '.join(among)} stands among on, so it would explain itself; its mean is that of the reference."
        )
    there = np.flatnonzero(columns.counted)
    population = Population(
        matrix=columns.matrix[columns.other[there]],
        group=_reference_groups(design, reference, within)[there],
        weights=reference.weights[there],
    )
    found = []
    for item in items:
        if family == "gaussian" and category is None:
            _check_numbers(design, item)
            measures = [numeric_measure(design, item, within, "mean")]
        else:
            measures = category_measures(design, item, within, category, whole_base=False)
        for measure in measures:
            found += [_response(design, measure, at, columns, family, population) for at in range(measure.width)]
    return found


def _check_numbers(design: Design, item: str) -> None:
    """Refuse the mean of answers in words, and say how their shares are had."""
    if holds_numbers(design.study, item):
        return
    answers = categories(design.study, item).shown
    chosen = f"category={answers[0]!r}" if answers else "category=..."
    raise EstimationError(
        f"{item} holds no numbers, and a mean needs them. For the share of one answer give {chosen}, for that of "
        "each family='binomial'."
    )


def _response(
    design: Design, measure: Measure, at: int, columns: Pooled, family: str, population: Population
) -> _Response:
    base, values = measure.base, measure.value
    if values is None:
        values = np.asarray(measure.category == at, dtype=np.float64)
    matrix = np.asfortranarray(columns.matrix[columns.own[base.rows]])
    asked = Augmented(base, values, matrix, columns.names, curve_of(family), population)
    return _Response(measure.item, measure.shown[at], measure.codes[at], measure.missing, asked)


def _reference_groups(design: Design, reference: Design, within: Domains) -> Ints:
    """Give for each row of the reference its group, as the sample numbers them; -1 for none."""
    rows = len(reference.weights)
    if not within.by:
        return np.zeros(rows, dtype=np.int64)
    pairs = []
    for name in within.by:
        if name not in reference.study.codebook:
            raise UnknownNameError("variable", name, reference.study.codebook.names, "the reference")
        pairs.append((categories(design.study, name), categories(reference.study, name)))
    place = {shown: at for at, shown in enumerate(within.shown)}
    there = [renamed(own, other)[other.positions].tolist() for own, other in pairs]
    shown = [[own.shown[at] if at >= 0 else None for at in each] for (own, _), each in zip(pairs, there, strict=True)]
    group = np.array([place.get(key, -1) for key in zip(*shown, strict=True)], dtype=np.int64)
    counted = (reference.weights > 0) & reference.inside
    empty = np.flatnonzero(np.bincount(group[counted] + 1, minlength=len(place) + 1)[1:] == 0)
    if len(empty):
        names = "; ".join(", ".join(map(str, within.shown[at])) for at in empty[:5])
        raise WeightingError(
            f"the reference has nobody of {', '.join(within.by)}: {names}. Join groups, or leave those people out of "
            "both samples (subset)."
        )
    return group


def _table(design: Design, responses: Sequence[_Response], fits: Sequence[Fitted], options: Options) -> pd.DataFrame:
    """List the estimates by item, group and answer; ``place`` is each one's place in the covariance."""
    parts = []
    items = list(dict.fromkeys(each.item for each in responses))
    for at, (each, fit) in enumerate(zip(responses, fits, strict=True)):
        base = each.augmented.base
        parts.append(
            pd.DataFrame(
                {
                    "item": each.item,
                    "category": each.shown,
                    "order": items.index(each.item),
                    "response": at,
                    "domain": np.arange(base.domains),
                    "place": at * base.domains + np.arange(base.domains),
                    "estimate": fit.estimate,
                    "n": base.n,
                    "events": summed_over(base.domain, base.domains, each.augmented.response),
                    "weighted_n": base.weighted_n,
                    "effective_n": base.effective_n,
                    "simple_variance": simple_variance(fit.spread, base, design, options),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table[table["n"] > 0].sort_values(["order", "domain", "response"], kind="stable", ignore_index=True)


def _with_errors(
    asked: _Asked, responses: Sequence[_Response], table: pd.DataFrame, scatter: FixedScatter
) -> pd.DataFrame:
    """Add errors, design effects and intervals."""
    variance, estimate = np.maximum(scatter.variances, 0.0), table["estimate"].to_numpy()
    simple = table["simple_variance"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where((simple > 0) & (variance > 0), variance / simple, np.nan)
    df = min(asked.design.df, asked.reference.df)
    low, high = t_interval(estimate, np.sqrt(variance), df, asked.options.level)
    table = table.assign(se=np.sqrt(variance), deff=deff, df=df, low=low, high=high, switched=False)
    if asked.family == "binomial":
        _add_share_intervals(asked, responses, table)
    return table


def _add_share_intervals(asked: _Asked, responses: Sequence[_Response], table: pd.DataFrame) -> None:
    """Put intervals on the scale of log odds; where an answer is rare, beta intervals."""
    own = np.array(
        [
            base_df(asked.design, responses[at].augmented.base)[domain]
            for at, domain in zip(table["response"], table["domain"], strict=True)
        ]
    )
    base = ProportionBase(
        n=table["n"].to_numpy(),
        events=np.rint(table["events"].to_numpy()).astype(np.int64),
        effective=table["effective_n"].to_numpy(),
        df=np.minimum(own, asked.reference.df),
    )
    table["low"], table["high"], table["switched"] = proportion_interval(
        "logit", table["estimate"].to_numpy(), table["se"].to_numpy(), base, table["df"].to_numpy(), asked.options.level
    )


def _result(asked: _Asked, responses: Sequence[_Response], table: pd.DataFrame, scatter: FixedScatter) -> Estimates:
    """Put the result together, with what was assumed."""
    design, kind = asked.design, "logit" if asked.family == "binomial" else "t"
    one = {each.item: Item(each.item, each.augmented.base, each.missing) for each in responses}
    words = "those with a substantive answer" if asked.share else "those with a number"
    told = Kind(
        estimand="proportion" if asked.share else "mean",
        base_text=with_subpopulation(words, design),
        interval=kind,
        interval_text=INTERVALS[kind],
        more={
            "variance": f"{design_method(design)['variance']}; the reference's error by its own design",
            "df": min(design.df, asked.reference.df),
            "df_rule": "the smaller of the sample's and the reference's",
            "doubly_robust": {
                "on": asked.columns.text,
                "family": asked.family,
                "reference": reference_name(asked.reference),
                "reference_n": int(asked.columns.counted.sum()),
                "reference_variance": design_method(asked.reference)["variance"],
            },
        },
    )
    shown = table.drop(columns=["order", "response", "place", "events", "simple_variance", "switched"])
    shown = shown if asked.share else shown.drop(columns="category")
    notes = _notes(asked, responses, table)
    made = assembled(design, told, asked.options, asked.within, list(one.values()), shown, scatter, notes)
    codes = tuple(responses[at].codes for at in table["response"])
    return replace(made, category_codes=codes) if asked.share else made


def _notes(asked: _Asked, responses: Sequence[_Response], table: pd.DataFrame) -> list[str]:
    named, n = reference_name(asked.reference), int(asked.columns.counted.sum())
    model = "a logit of each answer" if asked.family == "binomial" else "a linear model"
    notes = [
        f"Doubly robust: {model} given {', '.join(asked.columns.columns)}, fitted in the sample with its weights, "
        f"predicts answers in {named} (n {n:,}, {asked.reference.weight_source}); the weighted mean of the residuals "
        "is added. Unbiased only if the weights of the sample or the model are right, and nobody is without a chance "
        "of taking part. The reference's sampling error, as of an independent sample, is part of the errors."
    ]
    switched = int(table["switched"].sum())
    if switched:
        notes.append(
            f"{counted(switched, 'interval is', 'intervals are')} Korn-Graubard (beta) instead of logit: the estimate "
            "is 0 or 1, or rests on fewer than two events."
        )
    several = {each.item for each in responses if sum(one.item == each.item for one in responses) > 2}
    if asked.family == "binomial" and several:
        notes.append(f"{', '.join(sorted(several))}: each share has a model of its own, so they need not add up to 1.")
    return [*notes, *asked.columns.notes]
