"""Weights for a nonprobability sample: chances of being in it, estimated against a probability sample.

Chen, Li and Wu (2020), Doubly robust inference with nonprobability survey samples, JASA 115; Elliott and Valliant
(2017), Inference for nonprobability samples, Statistical Science 32. The sample counts as drawn independently (or by
PSUs, where its design has them) with the chances that the equations find; the reference's error comes from its own
design. Errors take the chain rule through the equations, section 4 of Chen, Li and Wu.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ..estimation.linear import weights_can_be_inverse_probabilities
from ..estimation.method import SIMULATED_NOTE, counted, simulated
from ..replication.carry_out import carried_out
from ..sampling.categories import Floats, Ints
from ..sampling.design import Design, check_design
from ..sampling.step import Linearisation, WeightingStep
from ..sampling.sums import summed
from ..targets.estimated_targets import covariance_of_totals, target_error
from .membership import Equation, Membership, Method
from .pooled import Missing, Pooled, pooled
from .replicate_membership import MembershipChange, MembershipTask

METHODS = {
    "pseudo": "pseudo maximum likelihood",
    "odds": "odds of membership in the pooled samples",
    "calibrated": "calibrated chances",
}
"""What a method is called where it is printed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PropensityWeighting(WeightingStep):
    """What weighting to a reference sample did; its ``table`` holds shares in the reference, before and after.

    Attributes
    ----------
    reference : Design
        The probability sample.
    reference_columns : numpy.ndarray
        For each of its rows what it adds to the targets of the step, before its weight.
    """

    reference: Design = field(repr=False)
    reference_columns: Floats = field(repr=False)


def propensity_weights(
    design: Design,
    reference: Design,
    on: str | Sequence[str],
    *,
    method: Method = "pseudo",
    strata: int | None = None,
    largest: float | None = None,
    missing: Missing = "error",
) -> Design:
    """Weight a nonprobability sample by the inverse of estimated chances of being in it.

    The chances follow a logit in the columns that the sample shares with a probability sample of the same population.

    Parameters
    ----------
    design : Design
        The nonprobability sample, with weights of 1, or with weights that stand for more than one volunteer.
    reference : Design
        A probability sample, with weights that add up to the population; it needs the columns of ``on`` and no answers.
    on : str or sequence of str
        Columns that both have, e.g. ``["sex", "age4"]``, or the right side of a formula, e.g. ``"sex * age4 + age"``.
        Text and labelled codes enter as categories; they are the same where labels, or codes without labels, are.
    method : {"pseudo", "odds", "calibrated"}
        Pseudo maximum likelihood; inverse odds of membership in the pooled samples; or chances whose weighted totals
        of ``on`` equal the reference's.
    strata : int, optional
        Classes of equal size in the order of the chances, e.g. 5; weights then come from the classes' totals and not
        from each row's own chance.
    largest : float, optional
        What no factor exceeds, e.g. 5000; what is cut off goes to nobody.
    missing : {"error", "own_class"}
        Rows without a value of a category: stop, or let them be a class of their own where both samples have some.

    Returns
    -------
    Design
        The same sample with weights that add up to about the population. Every error made from it knows of the
        equations, and of the reference's own sampling error.

    Raises
    ------
    EstimationError
        When given something else than two Designs, or a formula that cannot be read.
    WeightingError
        When the two have different categories, values are missing, or no chances solve the equations.
    UnknownNameError
        When one of the two lacks a column.

    Notes
    -----
    Not a cure: bias goes only as far as, among people alike in ``on``, taking part has nothing to do with the answers,
    and everybody has some chance of taking part. No error tells whether that is so. Samples are taken as independent:
    nobody is in both, or few are. Classes and a cap take away extreme weights and part of the repair. Classes count as
    fixed in errors of either kind: a replicate keeps the whole sample's, and finds their factors anew.

    References
    ----------
    Chen, Li and Wu (2020), JASA 115, section 3. Elliott and Valliant (2017), Statistical Science 32, section 3. Lee and
    Valliant (2009), Estimation for volunteer panel web surveys using propensity score adjustment and calibration
    adjustment, Sociological Methods and Research 37(3), for ``strata``. Valliant (2020), Comparing alternatives for
    estimation from nonprobability samples, Journal of Survey Statistics and Methodology 8(2).

    Examples
    --------
    >>> volunteers = pd.DataFrame({"sex": ["f", "f", "f", "m"], "trust": [1, 2, 3, 5]})
    >>> census = pd.DataFrame({"sex": ["f", "f", "m", "m"], "weight": [30.0, 20.0, 25.0, 25.0]})
    >>> weighted = propensity_weights(Design(volunteers), Design(census, weight="weight"), "sex")
    >>> weighted.weights.round(3).tolist()
    [16.667, 16.667, 16.667, 50.0]
    """
    check_design(design, "propensity_weights")
    check_design(reference, "propensity_weights, as its reference,")
    _check_options(design, reference, method, strata, largest)
    columns = pooled(design, reference, on, missing)
    task = _task(design, reference, columns, Equation(method), strata, largest)
    found = task.change(design.weights, np.ones(len(design.weights)))
    after = found.applied(design.weights, slice(None))
    moved, linearisation = _linearisation(design, reference, columns, found, after)
    notes, brief = _notes(design, reference, columns, found, after)
    step = PropensityWeighting(
        kind="propensity_weights",
        words=f"weighted by chances of being in the sample given {columns.text} ({METHODS[method]})",
        before=design.weights,
        after=after,
        task=_replayable(task, found, linearisation),
        linearisation=linearisation,
        table=_classes(columns, task, found) if strata else _margins(design, columns, found.cells, after),
        notes=notes,
        brief=brief,
        options=_options(reference, columns, task, found, after),
        reference=reference,
        reference_columns=moved,
    )
    return carried_out(design, step)


def reference_name(reference: Design) -> str:
    """Name a reference: its title, its file, or neither."""
    title, source = reference.study.codebook.title, reference.study.source
    return title or (Path(str(source)).name if source else "") or "a reference sample"


def _check_options(design: Design, reference: Design, method: str, strata: int | None, largest: float | None) -> None:
    if method not in get_args(Method):
        raise WeightingError(f"method is {method!r}; it can be {', '.join(map(repr, get_args(Method)))}.")
    if strata is not None and (isinstance(strata, bool) or not isinstance(strata, Integral) or strata < 2):
        raise WeightingError(f"strata is {strata!r}; it is a number of classes of at least 2, e.g. 5.")
    if largest is not None and (isinstance(largest, bool) or not isinstance(largest, Real) or not largest > 0):
        raise WeightingError(f"largest is {largest!r}; it is the factor that no weight exceeds, e.g. 5000.")
    if reference.study is design.study:
        raise WeightingError("the reference is the sample itself; give a probability sample of the same population.")


def _task(
    design: Design, reference: Design, columns: Pooled, equation: Equation, strata: int | None, largest: float | None
) -> MembershipTask:
    cells, counted = len(columns.matrix), columns.counted
    there = columns.other[counted]
    return MembershipTask(
        cells=Membership(
            equation=equation,
            matrix=columns.matrix,
            names=columns.names,
            sample=summed(columns.own, cells, design.weights),
            reference=summed(there, cells, reference.weights[counted]),
        ),
        own=columns.own,
        other_units=np.bincount(there, minlength=cells).astype(np.float64),
        strata=None if strata is None else int(strata),
        largest=np.inf if largest is None else float(largest),
    )


def _replayable(task: MembershipTask, found: MembershipChange, linearisation: Linearisation) -> MembershipTask:
    """Let replicates begin at the whole sample's coefficients, keep its classes, and carry the reference's error."""
    return MembershipTask(
        cells=task.cells,
        own=task.own,
        other_units=task.other_units,
        strata=task.strata,
        largest=task.largest,
        error=linearisation.target_error,
        start=found.coefficients,
        kept=found.classes if task.strata else None,
    )


def _linearisation(
    design: Design, reference: Design, columns: Pooled, found: MembershipChange, after: Floats
) -> tuple[Floats, Linearisation]:
    """Give what rows of the reference add to the targets, and how estimates depend on the step."""
    free = ~found.capped[columns.own]
    if len(found.class_factors):
        classes, size = found.classes, len(found.class_factors)
        moved = np.eye(size)[classes[columns.other]] * columns.counted[:, None]
        taken = after * free
        error = target_error(design, covariance_of_totals(reference, moved), reference, moved)
        blocks = ((classes[columns.own], size),)
        return moved, Linearisation(after, blocks, taken, taken, target_error=error)
    equation, linear = found.cells.equation, found.linear
    added = columns.matrix * equation.reference_term(linear)[:, None]
    moved = added[columns.other] * columns.counted[:, None]
    return moved, Linearisation(
        after=after,
        auxiliaries=(columns.matrix[columns.own],),
        taken=design.weights * equation.sample_term(linear)[columns.own],
        regression=design.weights * equation.slope(linear)[columns.own] * free,
        curvature=found.cells.curvature(found.coefficients),
        target_error=target_error(design, covariance_of_totals(reference, moved), reference, moved),
    )


def _margins(design: Design, columns: Pooled, cells: Membership, after: Floats) -> pd.DataFrame | None:
    """Lay out the shares of categories in the reference, and in the sample before and after."""
    rows = np.bincount(columns.own[design.weights > 0], minlength=len(columns.matrix))
    weighted = summed(columns.own, len(columns.matrix), after)
    parts = []
    for name, column in columns.columns.items():
        if column.categorical:
            shares = {"target": cells.reference, "before": cells.sample, "after": weighted}
            found = {of: _shares(column.values, len(column.levels), mass) for of, mass in shares.items()}
            n = np.rint(np.bincount(column.values, weights=rows, minlength=len(column.levels))).astype(np.int64)
            parts.append(pd.DataFrame({"variable": name, "category": list(column.levels), **found, "n": n}))
    table = pd.concat(parts, ignore_index=True) if parts else None
    return None if table is None else table[table["n"] > 0].reset_index(drop=True)


def _shares(values: Ints | Floats, size: int, mass: Floats) -> Floats:
    sums = np.bincount(values.astype(np.int64), weights=mass, minlength=size)
    return np.asarray(sums / sums.sum())


def _classes(columns: Pooled, task: MembershipTask, found: MembershipChange) -> pd.DataFrame:
    """Lay out the classes of chances, the lowest first."""
    classes, size = found.classes, len(found.class_factors)
    before = summed(classes, size, found.cells.sample)
    factor = np.minimum(found.class_factors, task.largest)
    rows = np.bincount(columns.own[found.cells.sample[columns.own] > 0], minlength=len(classes))
    return pd.DataFrame(
        {
            "class": np.arange(1, size + 1),
            "n": np.rint(summed(classes, size, rows.astype(np.float64))).astype(np.int64),
            "reference_n": np.rint(summed(classes, size, task.other_units)).astype(np.int64),
            "before": before,
            "after": before * factor,
            "factor": factor,
        }
    )


def _options(
    reference: Design, columns: Pooled, task: MembershipTask, found: MembershipChange, after: Floats
) -> dict[str, object]:
    factors = np.minimum(found.uncapped, found.largest)[np.unique(columns.own[after > 0])]
    return {
        "method": found.cells.equation.method,
        "on": columns.text,
        "variables": list(columns.columns),
        "strata": task.strata,
        "largest": None if np.isinf(task.largest) else task.largest,
        "reference": {
            "name": reference_name(reference),
            "n": int(columns.counted.sum()),
            "weight": reference.weight_source,
            "sum": float(reference.weights[columns.counted].sum()),
        },
        "coefficients": dict(zip(columns.names, found.coefficients.tolist(), strict=True)),
        "smallest_factor": float(factors.min()),
        "largest_factor": float(factors.max()),
    }


def _notes(
    design: Design, reference: Design, columns: Pooled, found: MembershipChange, after: Floats
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what readers of a result must know, and the same short."""
    n, total = int(columns.counted.sum()), float(reference.weights[columns.counted].sum())
    named, given = reference_name(reference), ", ".join(columns.columns)
    notes = [
        f"Nonprobability sample: weighted by estimated chances of being in it, against {named} (n {n:,}, "
        f"{reference.weight_source}, adding up to {total:,.0f}).",
        f"Estimates are unbiased only if, among people alike in {given}, taking part has nothing to do with the "
        "answers, and nobody is without a chance of taking part; neither can be seen in these data. The sampling error "
        "of the reference, as of an independent sample, is part of the errors.",
    ]
    brief = [
        f"Nonprobability sample, weighted against {named} (n {n:,}): right only if, given {given}, taking part has "
        "nothing to do with the answers and everybody might take part.",
    ]
    more = list(columns.notes)
    if simulated(reference.study) and not simulated(design.study):
        more.append(f"Of the reference: {SIMULATED_NOTE}")
    if not weights_can_be_inverse_probabilities(reference):
        more.append(
            f"The weights of the reference add up to {total:,.0f} for {n:,} rows and do not count a population, which "
            "the chances are taken for."
        )
    numbers = [name for name, column in columns.columns.items() if not column.categorical]
    if numbers:
        more.append(f"Entered as numbers: {', '.join(numbers)}.")
    capped = int((found.capped[columns.own] & (after > 0)).sum())
    if capped:
        more.append(f"{counted(capped, 'factor is', 'factors are')} cut off at {found.largest:g}.")
    return (*notes, *more), (*brief, *more)
