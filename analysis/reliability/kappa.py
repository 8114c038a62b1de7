"""Cohen's kappa: how far two columns of answers agree beyond chance, with the error that the design gives.

R's ``svykappa`` for kappa without weights; with weights the same delta method on the table of both columns.
Cohen (1968), Weighted kappa, Psychological Bulletin 70(4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ...data.codebook import Code, Variable, code_of
from ...data.errors import EstimationError
from ..estimation.estimates import Estimates
from ..estimation.measure import Base
from ..estimation.plan import domains
from ..sampling.categories import Categories, Floats, Ints, categories, code_text, names_of
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from ..sampling.sums import summed
from .reliability import CERTAIN, Coefficients, Scale, Wanted, complete_base, reliability_estimates

KappaWeights = Literal["linear", "quadratic"]

LISTED = 12
"""Categories that a message lists."""

MOST_VALUES = 30
"""Values of a column without labels that may be categories, in a message about columns that do not match."""

AS_IT_IS = Scale(lambda k: k, np.ones_like, lambda k: k)
"""Kappa has no scale of its own: a Wald interval."""


def kappa(
    design: Design,
    first: str,
    second: str,
    *,
    weights: KappaWeights | None = None,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    level: float = 0.95,
) -> Estimates:
    """Estimate Cohen's kappa: the agreement of two columns beyond the agreement that chance alone would give.

    It is ``(observed - expected) / (1 - expected)`` of the shares of the population, where expected is the agreement
    of two independent columns with the same margins.

    Parameters
    ----------
    design : Design
        The sample.
    first, second : str
        Two columns with the same categories, e.g. ``"coder_a"`` and ``"coder_b"``, or a question in two waves.
        Categories are matched by code; respondents who lack one of the answers are left out and counted.
    weights : {None, "linear", "quadratic"}
        How much of an agreement a near miss is, by places in the order of the categories: none of it; as much less
        as the places are apart; or with the square of that. Labelled answers that nobody gave keep their place.
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"interviewer"``.
    where : str, mapping or sequence of bool, optional
        The subpopulation, as in :func:`subset`, e.g. ``"age >= 18"``.
    level : float
        Confidence level, e.g. 0.95.

    Returns
    -------
    Estimates
        Columns item (``"first, second"``), the keys, then the columns of every result. With replicate weights the
        error is that of R's ``svykappa``: the delta method on the replicates' shares.

    Raises
    ------
    EstimationError
        When the categories of the columns do not match, when weights are asked for categories without an order, or
        when everybody is in one category, so that kappa is not defined. A group in which that is so has no row, and
        a footnote says so.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not for comparing questions with different margins: kappa is low where one category is rare, however good the
    agreement. Not for measurements on a fine scale, which correlate.

    References
    ----------
    Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20(1),
    equation 1. Cohen (1968), equation 5. Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72(5).

    Examples
    --------
    >>> import pandas as pd
    >>> coded = pd.DataFrame({"a": [1, 1, 2, 2, 3, 3], "b": [1, 1, 2, 3, 3, 3]})
    >>> round(float(kappa(Design(coded), "a", "b").to_frame()["estimate"][0]), 3)
    0.75
    >>> round(float(kappa(Design(coded), "a", "b", weights="quadratic").to_frame()["estimate"][0]), 3)
    0.889
    """
    check_design(design, "kappa")
    design = subset(design, where)
    if weights is not None and weights not in get_args(KappaWeights):
        raise EstimationError(f"weights is {weights!r}; it can be None, 'linear' or 'quadratic'.")
    pair = _paired(design, first, second, ordered=weights is not None)
    within = domains(design, names_of(by))
    answered = (pair.first >= 0) & (pair.second >= 0)
    base = complete_base(within, answered, pair.missing, "kappa")
    table = _table(base, pair, _agreement(len(pair.values), weights))
    influence = _influence(base, table)
    found = Coefficients(
        labels=((f"{first}, {second}", "kappa"),),
        scales=(AS_IT_IS,),
        estimate=table.kappa[:, None],
        influence=influence,
        refit=lambda others: _moved(base, table, influence, others),
        undefined=_undefined(base, table),
    )
    notes = (*_weight_notes(weights, pair), *pair.notes)
    wanted = Wanted("kappa", "t", level, notes, {"weights": weights})
    return reliability_estimates(design, wanted, within, base, pair.missing, found)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two columns as places in one list of categories.

    Attributes
    ----------
    values : tuple of code
        The categories, in order.
    shown : tuple of str
        The categories as printed.
    first, second : numpy.ndarray of int64
        For each row its places; -1 where it is missing.
    missing : mapping
        For each column its missing answers by kind.
    notes : tuple of str
        What a reader should know.
    """

    values: tuple[Code, ...]
    shown: tuple[str, ...]
    first: Ints
    second: Ints
    missing: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...]


def _paired(design: Design, first: str, second: str, *, ordered: bool) -> Pair:
    """Match the categories of two columns by code."""
    for role, name in (("first", first), ("second", second)):
        if not isinstance(name, str):
            raise EstimationError(f"{role} is {name!r}; kappa compares two columns, name one of them.")
    if first == second:
        raise EstimationError(f"first and second are both {first}; a column agrees with itself.")
    study, inside = design.study, design.inside
    one, other = (categories(study, name, unused=True, inside=inside) for name in (first, second))
    variables = study.codebook[first], study.codebook[second]
    _check_labels(*variables)
    used = [{each.values[at] for at in np.unique(each.positions[each.positions >= 0])} for each in (one, other)]
    _check_scales(variables, used)
    values = _in_order(one, other, labelled=any(bool(variable.labels) for variable in variables))
    if ordered:
        _check_order(variables)
    shown = {value: str(text) for each in (other, one) for value, text in zip(each.values, each.shown, strict=True)}
    return Pair(
        values=values,
        shown=tuple(shown[value] for value in values),
        first=_places(one, values),
        second=_places(other, values),
        missing={each.name: each.missing for each in (one, other)},
        notes=tuple(_lone_notes((first, second), used, shown)),
    )


def _check_labels(one: Variable, other: Variable) -> None:
    """Refuse a code that means one thing in one column and another in the other."""
    theirs = {code_of(code): label for code, label in other.labels.items()}
    for code, label in one.labels.items():
        another = theirs.get(code_of(code), label)
        if label.strip().casefold() != another.strip().casefold() and one.missing_kind(code) is None:
            raise EstimationError(
                f"code {code_text(code)} is '{label}' in {one.name} and '{another}' in {other.name}; kappa matches "
                "categories by code. Recode one of the columns, or mend its labels."
            )


def _check_scales(variables: Sequence[Variable], used: Sequence[set[Code]]) -> None:
    """Refuse columns on different scales: nothing in common, or an answer that the other's labels do not know."""
    for at, (variable, other) in enumerate(((variables[0], variables[1]), (variables[1], variables[0]))):
        known = {code_of(code) for code in other.labels} | used[1 - at]
        foreign = [code for code in used[at] if code not in known]
        if foreign and all(used) and (other.labels or len(foreign) == len(used[at])):
            _refuse_measurements(variable, len(used[at]))
            listed = _several(sorted(map(code_text, foreign)))
            raise EstimationError(
                f"the categories of {variable.name} and {other.name} do not match: {listed} of {variable.name} is no "
                f"category of {other.name}. Kappa matches categories by code; recode one of the columns."
            )


def _refuse_measurements(variable: Variable, values: int) -> None:
    """Refuse a column of measurements, whose values are no categories."""
    if variable.type == "numeric" and not variable.labels and values > MOST_VALUES:
        raise EstimationError(
            f"{variable.name} has {values:,} different values and no labels: kappa is the agreement of categories, and "
            "these are measurements. Correlate them, or put them into classes first."
        )


def _check_order(variables: Sequence[Variable]) -> None:
    """Refuse weights where nothing says which category is next to which."""
    for variable in variables:
        if variable.type == "string" and variable.measure != "ordinal":
            raise EstimationError(
                f"weights need categories in an order, and {variable.name} holds text without one. Use numeric codes, "
                "or an ordered pandas.Categorical, or weights=None."
            )


def _in_order(one: Categories, other: Categories, *, labelled: bool) -> tuple[Code, ...]:
    together = list(dict.fromkeys((*one.values, *other.values)))
    return tuple(together if labelled else sorted(together, key=lambda code: (isinstance(code, str), code)))


def _places(coded: Categories, values: Sequence[Code]) -> Ints:
    place = {value: at for at, value in enumerate(values)}
    lookup = np.array([*(place[value] for value in coded.values), -1], dtype=np.int64)
    return lookup[coded.positions]


def _lone_notes(names: tuple[str, str], used: Sequence[set[Code]], shown: Mapping[Code, str]) -> list[str]:
    notes = []
    for name, own, others in ((names[0], used[0], used[1]), (names[1], used[1], used[0])):
        lone = [text for code, text in shown.items() if code in own and code not in others]
        if lone:
            notes.append(f"{_several(lone)}: given in {name} only.")
    return notes


def _several(texts: Sequence[str]) -> str:
    """List texts, the first of them where they are many."""
    more = f" and {len(texts) - LISTED:,} more" if len(texts) > LISTED else ""
    return ", ".join(texts[:LISTED]) + more


def _agreement(size: int, weights: KappaWeights | None) -> Floats:
    """Give how much of an agreement each pair of places is, from 0 to 1."""
    if weights is None:
        return np.eye(size)
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(1, size - 1)
    return np.asarray(1 - (apart if weights == "linear" else apart**2))


@dataclass(frozen=True, eq=False)
class Agreement:
    """What kappa is made of, by domain.

    Attributes
    ----------
    observed, expected : numpy.ndarray
        Agreement in the sample, and of independent columns.
    own : numpy.ndarray
        For each row how much of an agreement it is.
    chance : numpy.ndarray
        For each row the agreement of its first answer with the domain's second ones, plus the other way round.
    """

    observed: Floats
    expected: Floats
    own: Floats
    chance: Floats

    @property
    def kappa(self) -> Floats:
        """Kappa by domain; missing where agreement by chance is certain."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((self.observed - self.expected) / (1 - self.expected))


def _table(base: Base, pair: Pair, agreement: Floats) -> Agreement:
    size = len(agreement)
    one, other = base.own(pair.first), base.own(pair.second)
    first, second = _shares(base, one, size), _shares(base, other, size)
    by_first, by_second = second @ agreement.T, first @ agreement
    own = agreement[one, other]
    return Agreement(
        observed=_summed(base, base.weights * own) / base.weighted_n,
        expected=np.einsum("dk,dk->d", first, by_first),
        own=own,
        chance=by_first[base.domain, one] + by_second[base.domain, other],
    )


def _shares(base: Base, category: Ints, size: int) -> Floats:
    """Give the share of each category by domain."""
    cells = summed(base.domain * size + category, base.domains * size, base.weights)
    return np.asarray(cells.reshape(base.domains, size) / base.weighted_n[:, None])


def _summed(base: Base, values: Floats) -> Floats:
    return summed(base.domain, base.domains, values)


def _influence(base: Base, table: Agreement) -> Floats:
    """Give one column: the derivative of kappa by the weight of each row."""
    observed, expected = table.observed[base.domain], table.expected[base.domain]
    with np.errstate(invalid="ignore", divide="ignore"):
        by_observed = (table.own - observed) / (1 - expected)
        by_expected = (table.chance - 2 * expected) * (1 - observed) / (1 - expected) ** 2
    return np.asarray((by_observed - by_expected) / base.weighted_n[base.domain])[:, None]


def _moved(base: Base, table: Agreement, influence: Floats, weights: Floats) -> Floats:
    """Give kappa with a replicate's weights, to first order: R takes the delta method on the replicates' shares."""
    linear = influence[:, 0] * base.weighted_n[base.domain]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(table.kappa + _summed(base, weights * linear) / _summed(base, weights))[:, None]


def _undefined(base: Base, table: Agreement) -> dict[int, str]:
    """Say for which domains kappa is not defined."""
    certain = np.flatnonzero((base.n > 0) & (table.expected >= 1 - CERTAIN))
    return {int(domain): "everybody is in one category of both columns" for domain in certain}


def _weight_notes(weights: KappaWeights | None, pair: Pair) -> list[str]:
    if weights is None:
        return []
    return [f"Near misses count by places ({weights} weights) in the order {_several(pair.shown)}."]
