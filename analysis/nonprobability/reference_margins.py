"""Population margins estimated from a reference sample, with the covariance of their sampling error.

Targets that a survey estimated are no census: weights fitted to them carry that survey's error too. Dever and Valliant
(2010), A comparison of variance estimators for poststratification to estimated control totals, Survey Methodology 36;
Opsomer and Erciulescu (2021), Replication variance estimation after sample-based calibration, Survey Methodology 47(2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...data.errors import UnknownNameError, WeightingError
from ...data.margins import CROSSED, TRACED, Dimension, Margins
from ..estimation.method import SIMULATED_NOTE, counted, simulated
from ..sampling.categories import Bools, Categories, Floats, Ints, categories, code_text, names_of
from ..sampling.design import Design, check_design
from ..sampling.sample import combined
from ..sampling.sums import summed
from ..sampling.target_error import TargetError
from ..targets.estimated_targets import covariance_of_totals
from .propensity_weights import reference_name

MOST = 1_000
"""Categories of a margin beyond which it is no margin but a number."""


def margins_from(
    reference: Design,
    on: str | Sequence[str],
    *,
    source: str | None = None,
    date: str | None = None,
    grade: str | None = None,
) -> Margins:
    """Estimate population margins from the microdata of a probability sample.

    Parameters
    ----------
    reference : Design
        The sample with its own weights, strata and PSUs; where it is cut by :func:`subset`, that part is the
        population.
    on : str or sequence of str
        Columns, e.g. ``["sex", "age4"]``; ``"sex*age4"`` is the joint margin of two.
    source : str, optional
        Who made the sample, e.g. ``"ESS round 10, Germany"``; its title or file without it.
    date : str, optional
        The day, month or year it describes, e.g. ``"2021"``.
    grade : {"verified", "secondary", "recalled", "as_quoted"}, optional
        How far the figures were traced, as in margins files.

    Returns
    -------
    Margins
        Shares of each dimension, ``labels``, and ``covariance``: of all shares with each other, dimension after
        dimension, category after category; ``n``, the rows they rest on. A :func:`rake` on them carries that error
        into every estimate, and a footnote says that the targets are estimates.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When a column has a single category, too many, or no values.
    UnknownNameError
        When a column or grade does not exist.

    Notes
    -----
    Not for margins that a census counts: those have no error, and better ones need no estimate. Rows without a value
    are left out of their margin, and its note says how many. The error is that of an independent sample: not of the
    one that will be weighted.

    References
    ----------
    Dever and Valliant (2010), Survey Methodology 36. Opsomer and Erciulescu (2021), Survey Methodology 47(2).

    Examples
    --------
    >>> import pandas as pd
    >>> survey = pd.DataFrame({"sex": ["f", "f", "m", "m"], "weight": [30.0, 20.0, 25.0, 25.0]})
    >>> population = margins_from(Design(survey, weight="weight"), "sex", source="Household survey", date="2021")
    >>> population["sex"]
    {'f': 0.5, 'm': 0.5}
    >>> population.covariance.round(4).tolist()
    [[0.085, -0.085], [-0.085, 0.085]]
    """
    check_design(reference, "margins_from")
    if grade is not None and grade not in TRACED:
        raise UnknownNameError("grade", grade, [name for name in TRACED if name])
    names = list(dict.fromkeys(names_of(on)))
    if not names:
        raise WeightingError("on names no margin; name columns of the reference, e.g. ['sex', 'age4', 'sex*age4'].")
    shares = [_estimated(reference, name) for name in names]
    influence = np.hstack([each.influence for each in shares])
    about = source or reference_name(reference)
    n = int((reference.inside & (reference.weights > 0)).sum())
    told = (
        f"Estimated from {n:,} rows of {reference_name(reference)} ({reference.weight_source}): targets carry the "
        "sampling error of that sample, and so do the errors of estimates weighted to them."
    )
    population = reference.subpopulation.text if reference.subpopulation else ""
    facts = {each.name: each.dimension(about, date or "", grade or "", population, told) for each in shares}
    note = f"{told} {SIMULATED_NOTE}" if simulated(reference.study) else told
    covariance = covariance_of_totals(reference, influence)
    sampled = TargetError(np.zeros((len(covariance), 0)), np.zeros(0, dtype=np.int64), reference, influence)
    name = reference_name(reference)
    return Margins(name, about, population, facts, note, covariance=covariance, sampled=sampled, n=n)


@dataclass(frozen=True, eq=False)
class _Shares:
    """The shares of a margin, with the rows' influence values on them."""

    name: str
    codes: tuple[str, ...]
    labels: tuple[str, ...]
    share: Floats
    influence: Floats
    blank: int

    def dimension(self, source: str, date: str, grade: str, population: str, note: str) -> Dimension:
        """Give the margin with what is known of it."""
        if self.blank:
            note = f"{note} {counted(self.blank, 'row', 'rows')} without a value left out."
        return Dimension(
            name=self.name,
            shares=dict(zip(self.codes, self.share.tolist(), strict=True)),
            labels={code: label for code, label in zip(self.codes, self.labels, strict=True) if code != label},
            population=population,
            source=source,
            date=date or "date not stated",
            grade=grade,
            note=note,
        )


def _estimated(reference: Design, name: str) -> _Shares:
    """Estimate a margin among the rows that have a value of all its columns."""
    study = reference.study
    columns = (name,) if name in study.codebook else tuple(part.strip() for part in name.split(CROSSED))
    for column in columns:
        if column not in study.codebook:
            raise UnknownNameError("variable", column, study.codebook.names, "the reference")
    coded = [categories(study, column, inside=reference.inside) for column in columns]
    asked = reference.inside & (reference.weights > 0)
    known = np.logical_and.reduce([asked, *(each.positions >= 0 for each in coded)])
    if not known.any():
        raise WeightingError(f"no row of the reference has a value of {' and '.join(columns)}; there is no margin.")
    cell, places = _cells(coded, known)
    if not 2 <= len(places) <= MOST:
        raise WeightingError(
            f"{name} has {counted(len(places), 'category', 'categories')} in the reference; a margin has 2 to "
            f"{MOST:,}. Group the values, or leave it out."
        )
    weights = reference.weights[known]
    total = float(weights.sum())
    share = summed(cell, len(places), weights) / total
    influence = np.zeros((len(known), len(places)))
    influence[known] = (np.eye(len(places))[cell] - share) / total
    codes = [[code_text(each.values[at]) for each, at in zip(coded, place, strict=True)] for place in places]
    labels = [[str(each.shown[at]) for each, at in zip(coded, place, strict=True)] for place in places]
    return _Shares(
        name=name,
        codes=tuple(CROSSED.join(parts) for parts in codes),
        labels=tuple(CROSSED.join(parts) for parts in labels),
        share=share,
        influence=influence,
        blank=int((asked & ~known).sum()),
    )


def _cells(coded: Sequence[Categories], known: Bools) -> tuple[Ints, list[tuple[int, ...]]]:
    """Give for each known row its category, and for each category its place in the columns."""
    parts = [each.positions[known] for each in coded]
    cell = combined(parts, int(known.sum()))
    first = np.zeros(int(cell.max()) + 1, dtype=np.int64)
    first[cell[::-1]] = np.arange(len(cell))[::-1]
    return cell, list(zip(*(part[first].tolist() for part in parts), strict=True))
