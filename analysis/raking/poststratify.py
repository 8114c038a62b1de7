"""Poststratify: weight the cells of one or several variables to their population, each by one factor.

Holt and Smith (1979), Post stratification, JRSS A 142; Valliant (1993), Poststratification and conditional variance
estimation, JASA 88. Estimates carry the residual variance of the cells' means, as after R's ``postStratify``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...data.errors import WeightingError
from ...data.margins import CROSSED, Margins
from ..replication.carry_out import carried_out
from ..sampling.design import Design, check_design
from ..sampling.step import WeightingStep
from ..targets.dimensions import Given, Joins, Key, On, by_category, read_if_named
from ..targets.margin_fit import fitted
from ..targets.targets import Missing, targets
from .rake import check_choices, report, weights_of
from .raking_linearisation import raking_linearisation
from .replicate_raking import RakingTask

TOLERANCE = 1e-10
"""Every cell has its own factor, so that targets are met but for rounding."""


def poststratify(
    design: Design,
    margins: Given | Mapping[Key, float],
    on: On = None,
    *,
    missing: Missing = "error",
    join: Joins | Mapping[str, Sequence[Key]] = None,
    minimum: int | None = None,
) -> Design:
    """Weight the cells of one or several variables to their population.

    The weights of a cell are multiplied by its population over their sum.

    Parameters
    ----------
    design : Design
        The sample with its weights. Where it has replicates, each is poststratified to the same population.
    margins : Margins or mapping
        The share (0-1) or the population count of each cell, e.g. ``{"sex*age4": {"1*1": 0.12, "1*2": 0.13, ...}}``
        or, with ``on``, the cells alone: ``{("female", "18-29"): 5_100_000, ...}``. Shares keep the sum of the
        weights, counts scale it to the population. Cells that were estimated (:func:`margins_from`) bring their error
        along. A Series and a name or ``.csv`` file are taken as in :func:`rake`.
    on : str, sequence of str, or mapping of str to str, optional
        The columns crossed, e.g. ``["sex", "age4"]`` or ``"sex*age4"``, or from dimension to columns, ``{"sex*age4":
        ["gender", "age_group"]}``. May be left out where margins have one dimension.
    missing : {"error", "own_class", "proportional"}
        Rows without a value of one of the columns: as in :func:`rake`.
    join : mapping, optional
        Cells that count as one under a new name, of the margins and of the data, e.g. ``{"men over 44": ["1*3",
        "1*4"]}``. Said under results.
    minimum : int, optional
        Respondents that a cell must have, e.g. ``20``: a thinner one is joined with the next in the order of the
        margins that differs from it in the last column alone, the last with the one before. Said under results.

    Returns
    -------
    Design
        The same sample with poststratified weights.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When a cell has nobody in the sample, or people in the sample have no cell, both named; when values are
        missing.
    UnknownNameError
        When a dimension or column does not exist.

    Notes
    -----
    Not for many thin cells: weights then vary without taking out bias, and in some replicates a cell stands empty.
    Rake on the margins instead, or join cells.

    References
    ----------
    Holt and Smith (1979), JRSS A 142, section 2; Lumley (2010), Complex Surveys, section 7.2.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"sex": ["f", "f", "m", "m"], "age": ["y", "o", "y", "y"]})
    >>> cells = {("f", "y"): 30, ("f", "o"): 20, ("m", "y"): 50}
    >>> poststratify(Design(wave), cells, on=["sex", "age"]).weights.tolist()
    [30.0, 20.0, 25.0, 25.0]
    """
    check_design(design, "poststratify")
    check_choices(missing, "calibrated")
    whole = isinstance(minimum, int | np.integer) and not isinstance(minimum, bool)
    if minimum is not None and not (whole and minimum >= 1):
        raise WeightingError(f"minimum is {minimum!r}; it is how many respondents a cell must have, at least 1.")
    given, chosen = _one_dimension(margins, on)
    wanted = targets(
        design,
        given,
        chosen,
        own_class=missing == "own_class",
        proportional=missing == "proportional",
        join=_by_dimension(join or {}, next(iter(chosen))),
        minimum=minimum,
    )
    fit = fitted(wanted.cells, (0.0, np.inf), TOLERANCE, 2)
    weights = weights_of(design, wanted, fit)
    target = wanted.margins[0]
    step = WeightingStep(
        kind="poststratify",
        words=f"poststratified on {target.column} to {wanted.name}",
        before=design.weights,
        after=weights,
        task=RakingTask(wanted, (0.0, np.inf), TOLERANCE, 2, "poststratified"),
        linearisation=raking_linearisation(wanted, design.weights, weights, "calibrated"),
        table=report(wanted, wanted.cells, fit.ratio),
        notes=wanted.notes,
        brief=wanted.brief,
        options={
            "margins": wanted.name,
            "variables": [target.column],
            "grades": dict(wanted.grades),
            "missing": missing,
            "minimum": minimum,
            "worst_before": wanted.cells.worst(np.ones(len(wanted.cells.weight))),
            "worst_after": fit.worst,
        },
    )
    return carried_out(design, step)


def _by_dimension(join: Joins | Mapping[str, Sequence[Key]], dimension: str) -> Joins:
    """Give joins by dimension, whether they were given so or for the one dimension alone."""
    if not isinstance(join, Mapping):
        return join
    nested = {name: value for name, value in join.items() if isinstance(value, Mapping)}
    flat = {name: value for name, value in join.items() if not isinstance(value, Mapping)}
    return {**nested, **({dimension: flat} if flat else {})}


def _one_dimension(margins: Given | Mapping[Key, float], on: On) -> tuple[Given, Mapping[str, Key]]:
    """Give margins of which one dimension is chosen, whichever way the cells were given."""
    margins = by_category(read_if_named(margins))
    if not isinstance(margins, Mapping):
        raise WeightingError(
            f"margins is {margins!r}; it gives the share or count of each cell, e.g. {{'sex*age4': {{'1*3': 0.12}}}}."
        )
    nested, cells = dict[Key, Mapping[Key, float]](), dict[Key, float]()
    for key, given in margins.items():
        value = by_category(given)
        if isinstance(value, Mapping):
            nested[key] = dict[Key, float]((code, figure) for code, figure in value.items())
        else:
            cells[key] = value
    if cells:
        if on is None or isinstance(on, Mapping) or nested:
            raise WeightingError(
                "the cells are given without the columns that they are cells of; name them, on=['sex', 'age4']."
            )
        name = CROSSED.join(_columns(on))
        return dict[Key, Mapping[Key, float]]({name: cells}), {name: on if isinstance(on, str) else _columns(on)}
    chosen: dict[str, Key]
    if isinstance(on, Mapping):
        chosen = {CROSSED.join(_columns([name])): columns for name, columns in on.items()}
    else:
        known = [CROSSED.join(_columns([name])) for name in nested]
        chosen = {name: name for name in (known if on is None else [_named(known, _columns(on))])}
    if len(chosen) != 1:
        raise WeightingError(
            f"poststratify takes the cells of one dimension, and there are {len(chosen)}: {', '.join(chosen)}. Choose "
            "one, on='...', give the joint cells, or rake on several."
        )
    return margins if isinstance(margins, Margins) else nested, chosen


def _columns(on: str | Sequence[Key]) -> tuple[str, ...]:
    """Give the names that stand in a list of names and of crossed names."""
    if isinstance(on, str):
        return (on,)
    listed = isinstance(on, Sequence)
    names = [name for each in on for name in (each if isinstance(each, tuple | list) else (each,))] if listed else []
    if not names or not all(isinstance(name, str) for name in names):
        raise WeightingError(
            f"on is {on!r}; it names the columns whose cells are weighted, e.g. on=['sex', 'age4'] or 'sex*age4'."
        )
    return tuple(map(str, names))


def _named(known: Sequence[str], columns: tuple[str, ...]) -> str:
    """Give the dimension that crosses these columns, in whichever order."""
    parts = sorted(CROSSED.join(columns).split(CROSSED))
    return next((name for name in known if sorted(name.split(CROSSED)) == parts), CROSSED.join(columns))
