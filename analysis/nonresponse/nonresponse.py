"""Nonresponse: pass the weight of those who did not respond to those who did, by classes or by response propensity.

Valliant, Dever and Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, section 13.5; Brick
(2013), Unit nonresponse and weighting adjustments: a critical review, Journal of Official Statistics 29(3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ..estimation.method import counted
from ..replication.carry_out import carried_out
from ..sampling.categories import Bools, Floats, Ints, names_of
from ..sampling.design import Design, check_design
from ..sampling.step import Replicate, WeightingStep
from ..sampling.subpopulation import Where
from .adjustment_classes import (
    Classes,
    Rule,
    check_missing,
    crossed_classes,
    held,
    joined_where_thin,
    ordered_classes,
)
from .class_ratio import ClassRatio
from .responded import plain_condition, who_responded

if TYPE_CHECKING:
    from .response_propensity import ResponseModel

FEW = 30
"""Respondents of a class below which a footnote counts it; adjustments by few respondents are unstable."""

NAMED = 5
"""Joined classes that a footnote names."""

GROUPS = 5
"""Groups by propensity in which the table of an inverse-propensity adjustment compares rates."""

WHOLE = Replicate(0, 1, 1.0)
"""The sample itself, in the place of a replicate."""


def nonresponse(
    design: Design,
    responded: Where,
    *,
    within: str | Sequence[str] | None = None,
    propensity: str | Sequence[str] | None = None,
    weighted: bool = True,
    strata: int | None = None,
    minimum: int | None = None,
    largest: float | None = None,
    collapse: bool = True,
    missing: Literal["error", "own_class"] = "error",
) -> Design:
    """Adjust weights for nonresponse: respondents carry the weight of nonrespondents, who stay with weight zero.

    Within classes every respondent's weight is multiplied by the weight of all over that of the respondents. With a
    propensity it is divided by the propensity p of a logistic regression of response, or multiplied by such a ratio
    within strata of p. Rows that have no weight before, the ineligible, take no part.

    Parameters
    ----------
    design : Design
        All cases of the sample, nonrespondents included, with their base weights. Where it has replicates, each is
        adjusted by its own rates.
    responded : str, mapping, or sequence of bool
        Who responded: a condition as for :func:`subset`, e.g. ``"disposition == 1"`` or ``{"disposition":
        "complete"}``, True or False for each row, or a column of ones and zeros. A missing answer meets none, and a
        footnote counts such rows.
    within : str or sequence of str, optional
        Columns that are known of everybody and whose crossing makes the classes, e.g. ``["region", "sex"]``.
    propensity : str or sequence of str, optional
        In the place of ``within`` the predictors of response: columns, e.g. ``["age4", "region"]``, or the right
        side of a formula, ``"age4 + log(income)"``. Labelled codes enter as categories, as in :func:`glm`.
    weighted : bool
        Whether rates are of weights and the regression is weighted. Weighted keeps the sum of the weights in each
        class; unweighted rates vary less where weights say nothing of response.
    strata : int, optional
        With ``propensity``: how many strata of about equal size to cut by it, e.g. ``5``, in place of 1 / p.
    minimum : int, optional
        Fewest respondents of a class, e.g. ``30``. A thinner class is joined with the class after it over the last
        variable of ``within``, in the order of the codebook (the last class with the one before). Without it, and
        without ``largest``, classes stay as they are named.
    largest : float, optional
        Largest factor, e.g. ``3.0``: a class over it is joined likewise; an inverse propensity over it is refused.
    collapse : bool
        False refuses a thin class in place of joining it.
    missing : {"error", "own_class"}
        Rows without a value of a variable that is needed: stop, or let them be a category of their own.

    Returns
    -------
    Design
        The same rows; the step's ``table`` has the columns class, n, respondents, rate and factor, which with 1 / p
        are those of five groups by propensity, and in ``options`` the coefficients.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When nobody responded, a class has no respondents or stays too thin, values are missing, or the propensities
        cannot be fitted.
    UnknownNameError
        When a column or a value does not exist.

    Notes
    -----
    Not for item nonresponse, nor with variables that are known of respondents alone: poststratify or calibrate to
    population figures for those. It takes out bias as far as, within classes or at equal p, those who responded answer
    as the others would have. Many classes cost precision; look at :func:`weight_summary`.

    The variance knows of the adjustment: without replicates by the chain rule through the rates or the fit, with them
    because each is adjusted anew. Classes, joined ones too, and strata of propensity are those of the whole sample
    throughout, so what varies because other classes might have been formed is in neither.

    References
    ----------
    Valliant, Dever and Kreuter (2018), section 13.5. Lohr (2010), Sampling: Design and Analysis, section 8.5. Little
    and Vartivarian (2003), On weighting the rates in non-response weights, Statistics in Medicine 22(9), for
    ``weighted``. Kim and Kim (2007), Canadian Journal of Statistics 35(4), for the variance with 1 / p.

    Examples
    --------
    >>> wave = pd.DataFrame({"region": ["n", "n", "n", "s", "s"], "trust": [2, None, 4, 5, None]})
    >>> adjusted = nonresponse(Design(wave), "trust.notna()", within="region")
    >>> adjusted.weights.tolist()
    [1.5, 0.0, 1.5, 2.0, 0.0]
    >>> adjusted.steps[-1].table
          class  n  respondents      rate  factor
    0  region n  3            2  0.666667     1.5
    1  region s  2            1  0.500000     2.0
    """
    check_design(design, "nonresponse")
    rule = Rule(minimum, largest, collapse, "respondents")
    columns = names_of(within)
    _check_options(columns, propensity, weighted, strata, rule, missing)
    part = design.weights > 0
    answered, notes = who_responded(design, responded, part)
    options: dict[str, object] = {
        "responded": plain_condition(responded),
        "weighted": bool(weighted),
        "minimum": minimum,
        "largest": largest,
        "collapse": bool(collapse),
        "missing": missing,
    }
    if columns:
        classes = crossed_classes(design, columns, part, missing=missing, purpose="be in a class")
        words = f"adjusted for nonresponse within {', '.join(columns)}"
        options["within"] = list(columns)
        step = _by_classes(design, classes, answered, rule, weighted, words, notes, options)
        return carried_out(design, step)
    assert propensity is not None
    from .response_propensity import response_model

    model = response_model(design, propensity, part, answered, weighted=weighted, missing=missing)
    options |= {"propensity": model.text, "strata": strata}
    step = _by_propensity(design, model, strata, rule, notes, options)
    return carried_out(design, step)


def _check_options(
    within: Sequence[str],
    propensity: str | Sequence[str] | None,
    weighted: object,
    strata: int | None,
    rule: Rule,
    missing: str,
) -> None:
    if propensity is not None and not isinstance(propensity, Sequence):
        raise WeightingError(f"propensity is {propensity!r}; it is a list of columns, or the right side of a formula.")
    given = propensity is not None and len(propensity) > 0
    if bool(within) == given:
        raise WeightingError(
            f"nonresponse takes either within= (columns that make classes) or propensity= (predictors of response), "
            f"and was given {'both' if given else 'neither'}."
        )
    if not isinstance(weighted, bool | np.bool_):
        raise WeightingError(f"weighted is {weighted!r}; it can be True or False.")
    whole = isinstance(strata, int | np.integer) and not isinstance(strata, bool)
    if strata is not None and (not whole or strata < 2):
        raise WeightingError(f"strata is {strata!r}; it is how many groups to cut by propensity, at least 2, e.g. 5.")
    if strata is not None and not given:
        raise WeightingError("strata are cut by propensity; name its predictors, propensity=[...].")
    if given and strata is None and rule.minimum is not None:
        raise WeightingError("minimum is about classes; choose within=, or strata= beside propensity=.")
    rule.check()
    check_missing(missing)


def _by_classes(
    design: Design,
    classes: Classes,
    answered: Bools,
    rule: Rule,
    weighted: bool,
    words: str,
    notes: Sequence[str],
    options: dict[str, object],
) -> WeightingStep:
    """Pass weight on within classes, joined where the rule wants it."""
    before, part = design.weights, design.weights > 0
    counting = before if weighted else np.ones(len(before))
    kept, joined = joined_where_thin(classes, held(classes, counting, part, answered), rule)
    task = ClassRatio(kept.code, kept.names, part, answered, answered, bool(weighted), rule.carriers)
    change = task.replayed(before, np.ones(len(before)), WHOLE)
    after = change.applied(before, slice(None))
    factor = change.factor[:-1]
    said = [*_summary(before, part, answered), *notes, *_joined_note(joined, rule), *_few_note(kept, answered)]
    return WeightingStep(
        kind="nonresponse",
        words=words,
        before=before,
        after=after,
        task=task,
        options={**options, "joined": list(joined)},
        linearisation=task.linearisation(before, after, factor),
        table=_table(kept, before, part, answered, factor, weighted=weighted),
        notes=tuple(said),
        brief=tuple(said),
    )


def _by_propensity(
    design: Design,
    model: ResponseModel,
    strata: int | None,
    rule: Rule,
    notes: Sequence[str],
    options: dict[str, object],
) -> WeightingStep:
    """Divide by the propensity, or pass weight on within strata of it."""
    from .response_propensity import from_start, propensity_strata

    before, part = design.weights, model.part
    coefficients = model.fitted(before, np.ones(len(before)))
    propensity = model.propensity(coefficients)
    options["coefficients"] = dict(zip(model.names, coefficients.tolist(), strict=True))
    notes = [*notes, *model.notes]
    code, ranges = propensity_strata(propensity, part, strata or GROUPS)
    classes = ordered_classes(code, ranges, "propensity")
    if strata is None:
        return _by_inverse(design, from_start(model, coefficients), coefficients, classes, rule, notes, options)
    words = f"adjusted for nonresponse within {strata} strata of response propensity ({model.text})"
    if len(ranges) < strata:
        notes.append(f"Equal propensities leave {len(ranges)} of {strata} strata.")
    return _by_classes(design, classes, model.responded, rule, model.weighted, words, notes, options)


def _by_inverse(
    design: Design,
    model: ResponseModel,
    coefficients: Floats,
    classes: Classes,
    rule: Rule,
    notes: Sequence[str],
    options: dict[str, object],
) -> WeightingStep:
    from .response_propensity import InversePropensity, PropensityTask, propensity_linearisation

    before, answered = design.weights, model.responded
    after = InversePropensity(model, coefficients).applied(before, slice(None))
    factors = 1 / model.propensity(coefficients)[answered]
    _refuse_large(factors, rule.largest)
    carried = held(classes, after, answered, answered).whole / held(classes, before, answered, answered).whole
    said = [*_summary(before, model.part, answered), *notes]
    said.append(f"Inverse response propensities run from {factors.min():.2f} to {factors.max():.2f}.")
    return WeightingStep(
        kind="nonresponse",
        words=f"adjusted for nonresponse by inverse response propensity ({model.text})",
        before=before,
        after=after,
        task=PropensityTask(model),
        options=options,
        linearisation=propensity_linearisation(model, coefficients, before, after),
        table=_table(classes, before, model.part, answered, carried, weighted=model.weighted),
        notes=tuple(said),
        brief=tuple(said),
    )


def _refuse_large(factors: Floats, largest: float | None) -> None:
    over = 0 if largest is None else int((factors > largest).sum())
    if over:
        raise WeightingError(
            f"the inverse response propensity is {factors.max():.3g} at most and above largest={largest:g} in "
            f"{counted(over, 'respondent', 'respondents')} (the least propensity is {1 / factors.max():.3g}). Choose "
            "strata of propensity (strata=5), leave predictors out, or allow it and trim the weights afterwards."
        )


def _summary(before: Floats, part: Bools, answered: Bools) -> list[str]:
    """Say how many responded."""
    count, cases, share = int(answered.sum()), int(part.sum()), before[answered].sum() / before.sum()
    gone = cases - count
    stay = "other stays" if gone == 1 else "others stay"
    rest = f"; the {stay} in the sample with weight zero" if gone else ""
    return [
        f"Nonresponse: {count:,} of {cases:,} cases responded ({100 * count / cases:.1f}%; by weight "
        f"{100 * share:.1f}%){rest}."
    ]


def _joined_note(joined: Sequence[str], rule: Rule) -> list[str]:
    if not joined:
        return []
    more = f"; and {len(joined) - NAMED} more" if len(joined) > NAMED else ""
    return [
        f"Classes of nonresponse joined with their neighbours, as they had {rule.words}: {'; '.join(joined[:NAMED])}"
        f"{more}."
    ]


def _few_note(classes: Classes, answered: Bools) -> list[str]:
    """Count the classes whose weight few respondents carry."""
    respondents = np.bincount(classes.code[answered], minlength=len(classes))
    few = int((respondents < FEW).sum())
    if not few:
        return []
    least = int(respondents.argmin())
    return [
        f"{counted(few, 'class', 'classes')} of nonresponse {'has' if few == 1 else 'have'} fewer than {FEW} "
        f"respondents, {classes.names[least]} the fewest ({respondents[least]})."
    ]


def _table(
    classes: Classes, before: Floats, part: Bools, answered: Bools, factor: Floats, *, weighted: bool
) -> pd.DataFrame:
    """List the classes with their cases, respondents, response rate and factor."""
    rates = held(classes, before if weighted else np.ones(len(before)), part, answered)
    members: Ints = np.bincount(classes.code[part], minlength=len(classes))
    return pd.DataFrame(
        {
            "class": list(classes.names),
            "n": members,
            "respondents": rates.carriers,
            "rate": rates.known / rates.whole,
            "factor": factor,
        }
    )
