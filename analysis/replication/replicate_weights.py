"""Designs whose replicate weights stand in the data, as statistical offices publish them.

Defaults of scale and rscales are those of R's ``svrepdesign`` (survey 4.1); where R warns and guesses, this stops.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from ...data.codebook import Study, study_of
from ...data.errors import DesignError, UnknownNameError
from ..estimation.method import counted
from ..estimation.weight_column import EACH
from ..sampling.categories import Floats, Ints, numbers
from ..sampling.design import Design
from ..sampling.replication import Replication
from .replicate_factors import degrees_of_freedom
from .replicates import check_fay, method_named
from .weight_pattern import check_pattern

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

GivenAs = Literal["JK1", "JKn", "BRR", "Fay", "bootstrap", "successive difference", "JK2", "other"]

NEGATIVE_ALLOWED = ("successive difference",)
"""Methods whose replicate weights can be below zero: the Census Bureau publishes some for the ACS."""

TOGETHER = 16
"""Columns that are read at a time."""


def replicate_design(
    data: Study | IntoFrame,
    *,
    weight: str | None = None,
    replicates: str | Sequence[str],
    method: GivenAs,
    scale: float | None = None,
    rscales: float | Sequence[float] | None = None,
    mse: bool = False,
    combined: bool = True,
    fay: float | None = None,
    df: int | None = None,
) -> Design:
    """Take a design from replicate weights in the data.

    The variance of an estimate is ``scale * sum(rscales * (replicate - centre)**2)``, its centre the mean of the
    replicates, or the estimate of the whole sample (``mse=True``).

    Parameters
    ----------
    data : Study, pandas.DataFrame or polars.DataFrame
        One row for each respondent.
    weight : str, optional
        Column of the weights of the whole sample, e.g. ``"PWGTP"``. Only factors (``combined=False``) can go
        without: weights then are 1.
    replicates : str or sequence of str
        The columns of replicate weights: their names, what stands before their numbers, e.g. ``"PWGTP"`` for PWGTP1
        to PWGTP80, or a regular expression for the whole name, e.g. ``"repw[0-9]+"``.
    method : {"JK1", "JKn", "BRR", "Fay", "bootstrap", "successive difference", "JK2", "other"}
        How they were made; ``"SDR"`` and ``"ACS"`` are other names of successive differences. The documentation of
        the data says so.
    scale : float, optional
        Factor of the sum of squares. Without it (R replicates): JK1 (R - 1) / R, JKn 1, BRR 1 / R, Fay
        1 / (R (1 - rho)**2), bootstrap 1 / (R - 1), successive difference 4 / R, JK2 1.
    rscales : float or sequence of float, optional
        Factor of each replicate, e.g. (n - 1) / n of its stratum; JKn needs them, others have 1.
    mse : bool
        Whether squares are taken around the estimate of the whole sample. Some offices ask for it (ACS, CPS).
    combined : bool
        Whether the columns are weights; False when they are factors that multiply the weight.
    fay : float, optional
        Fay's rho, from 0 to below 1, e.g. ``0.5``; needed by ``"Fay"``.
    df : int, optional
        Degrees of freedom, e.g. ``60``; without it the rank of the replicate weights less one, as in R.

    Returns
    -------
    Design
        ``design.replication`` holds the replicates.

    Raises
    ------
    DesignError
        When the columns are no replicate weights: missing, infinite or negative values, factors given as weights or
        the reverse, a wrong number of rscales, options that contradict the method, a method or rho that the ratios of
        the columns to the weight contradict.
    UnknownNameError
        When no column matches; the nearest names are given.

    Notes
    -----
    Not for files that also give strata and PSUs, where :class:`Design` needs no replicates; unless the replicate
    weights were calibrated, which only they then know of.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.3; Wolter (2007), Introduction to Variance Estimation, chapters 3 to 5.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.estimation.estimate import total
    >>> trips = pd.DataFrame({"alive": [25, 24, 30, 49], "w": 1.0, "r1": [2, 0, 2, 0], "r2": [0, 2, 0, 2]})
    >>> halves = replicate_design(trips, weight="w", replicates=["r1", "r2"], method="BRR")
    >>> total(halves, "alive").to_frame()["se"].round(4).tolist()
    [18.0]
    """
    chosen = method_named(method, get_args(GivenAs))
    check_fay(chosen, fay)
    study = study_of(data)
    columns = _columns(study, replicates, weight)
    _check_weight(weight, combined=combined)
    plain = Design(study, weight=weight)
    given = _given(study, columns, chosen)
    _check_against_weights(plain.weights, given, columns, combined=combined)
    factor = _scale(chosen, scale, given, fay or 0.0, combined=combined, scaled=rscales is not None)
    each = _rscales(chosen, rscales, given, combined=combined)
    base = np.ones(len(given)) if combined else plain.weights
    multiplied = plain.weights if combined else (plain.weights > 0).astype(np.float64)
    scaled = scale is not None or rscales is not None
    doubts = check_pattern(chosen, fay or 0.0, factor * each, multiplied, given, columns, scaled=scaled)
    unit, factors = _grouped(given)
    replication = Replication(
        kind=chosen,
        unit=unit,
        base=base,
        factors=factors,
        scale=factor,
        rscales=each,
        mse=mse,
        df=_df(df, unit, base, factors),
        text=_text(chosen, columns, fay) + (EACH if _weighted_anew(study, columns) else ""),
        notes=(*_negative(chosen, given), *doubts),
    )
    return plain.with_replication(replication)


def _columns(study: Study, replicates: str | Sequence[str], weight: str | None) -> tuple[str, ...]:
    """Give the columns of the replicates, in the order of their numbers where they are found by a pattern."""
    names = _matching(study, replicates, weight) if isinstance(replicates, str) else tuple(replicates)
    for name in names:
        if name not in study.codebook:
            raise UnknownNameError("replicate weight", name, study.codebook.names, study.source)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DesignError(f"replicates names {', '.join(twice)} more than once; name each replicate weight once.")
    if weight in names:
        raise DesignError(f"'{weight}' is the weight and named among the replicates too; leave it out of replicates.")
    if len(names) < 2:
        raise DesignError(
            f"replicates finds {len(names)} column{'s' if len(names) != 1 else ''} ({', '.join(names) or 'none'}); a "
            "variance needs at least two replicate weights. Name them all, or what stands before their numbers, e.g. "
            "replicates='repw'."
        )
    return names


def _matching(study: Study, pattern: str, weight: str | None) -> tuple[str, ...]:
    """Find columns by what stands before their numbers, else by a regular expression of the whole name."""
    others = [name for name in study.codebook.names if name != weight]
    found = [name for name in others if re.fullmatch(re.escape(pattern) + r"[_.]?\d+", name)]
    if not found:
        try:
            found = [name for name in others if re.fullmatch(pattern, name)]
        except re.error as error:
            raise DesignError(f"replicates is {pattern!r}, which is no regular expression: {error}.") from None
    if not found:
        raise UnknownNameError("column of replicate weights like", pattern, others, study.source)
    return tuple(sorted(found, key=_by_number))


def _by_number(name: str) -> list[tuple[int, str]]:
    """Order repw2 before repw10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", name)]


def _check_weight(weight: str | None, *, combined: bool) -> None:
    if weight is None and combined:
        raise DesignError(
            "replicate weights come with a weight of the whole sample; name its column, weight='...'. Where the "
            "columns are factors that multiply equal weights, say combined=False."
        )


def _given(study: Study, columns: Sequence[str], method: str) -> Floats:
    """Give the columns as rows x replicates: the data themselves where the columns lie side by side in memory."""
    side_by_side = _side_by_side(study, columns)
    if side_by_side is not None:
        for name in columns:
            _replicate_weight(study, name, negative=method in NEGATIVE_ALLOWED)
        return side_by_side
    given = np.empty((len(study.frame), len(columns)))
    for start in range(0, len(columns), TOGETHER):  # several at a time, so that the memory is walked once for them all
        some = columns[start : start + TOGETHER]
        read = [_replicate_weight(study, name, negative=method in NEGATIVE_ALLOWED) for name in some]
        given[:, start : start + len(some)] = np.stack(read, axis=1)
    return given


def _side_by_side(study: Study, columns: Sequence[str]) -> Floats | None:
    """Give neighbouring columns of floats as one array without a copy; None where that cannot be."""
    places = study.frame.columns.get_indexer(pd.Index(columns))
    neighbours = study.frame.iloc[:, places[0] : places[0] + len(columns)]
    if list(neighbours.columns) != list(columns) or set(neighbours.dtypes) != {np.dtype("float64")}:
        return None
    if any(study.codebook[name].missing or study.codebook[name].missing_ranges for name in columns):
        return None
    values: Floats = neighbours.to_numpy()
    return values if np.shares_memory(values, neighbours.iloc[:, 0].to_numpy()) else None


def _replicate_weight(study: Study, name: str, *, negative: bool) -> Floats:
    column = numbers(study, name, purpose="replicate weight", infinite=True)[0]
    faults = {"missing": np.isnan(column), "infinite": np.isinf(column), "negative": column < 0}
    if negative:
        del faults["negative"]
    found = [f"{word} in {int(rows.sum())}" for word, rows in faults.items() if rows.any()]
    if found:
        raise DesignError(
            f"replicate weight '{name}' is {' and '.join(found)} of {len(column)} rows; a replicate weight is a number "
            "of at least 0. Correct them, or leave those rows out of the data."
        )
    if not column.any():
        raise DesignError(f"replicate weight '{name}' is zero in all {len(column)} rows; nobody would count.")
    return column


def _check_against_weights(weights: Floats, given: Floats, columns: Sequence[str], *, combined: bool) -> None:
    """Refuse factors given as weights, weights given as factors, and replicates of somebody without a weight.

    A replicate of weights adds up to about what the weights do, a replicate of factors to about the number of rows.
    """
    positive, mean_of_row = weights > 0, given.mean(axis=1)
    mean, own = float(weights.mean()), float(mean_of_row.mean() if combined else mean_of_row[positive].mean())
    if not 0.5 < own / (mean if combined else 1.0) < 2:
        what = "weights like the weight" if combined else "factors around 1"
        remedy = "If they are factors that multiply the weight, say combined=False"
        if not combined:
            remedy = "If they are weights by themselves, say combined=True"
        raise DesignError(
            f"{columns[0]} to {columns[-1]} are not {what}: they have a mean of {own:.4g}, and the weights of "
            f"{mean:.4g}. {remedy}; else name the weight that they were made from."
        )
    stray = int((given[~positive] != 0).any(axis=1).sum()) if combined else 0
    if stray:
        raise DesignError(
            f"{stray} row{'s have' if stray > 1 else ' has'} a weight of zero, and replicate weights that are not; "
            "somebody who counts in a replicate counts in the sample. Correct the weight, or leave those rows out."
        )


def _scale(method: str, scale: float | None, given: Floats, fay: float, *, combined: bool, scaled: bool) -> float:
    """Give the factor of the sum of squares: the one given, or the method's own."""
    replicates = int(given.shape[1])
    fixed: dict[str, float] = {
        "BRR": 1 / replicates,
        "Fay": 1 / (replicates * (1 - fay) ** 2),
        "successive difference": 4 / replicates,
        "JK2": 1.0,
    }
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        raise DesignError(f"scale is {scale:g}; it is a number above 0 that multiplies the sum of squares.")
    if method in fixed:
        if scale is not None and not np.isclose(scale, fixed[method]):
            raise DesignError(
                f"{method} with {replicates} replicates has the scale {fixed[method]:.6g}, and scale={scale:g} is "
                "given; leave it out, or choose method='other'."
            )
        return fixed[method]
    if scale is not None:
        return float(scale)
    if method == "other" and not scaled:
        raise DesignError(
            "method='other' needs the factors of its squares: scale, rscales or both. The documentation of the data "
            "gives them, often as the formula of the variance."
        )
    if method == "bootstrap":
        return 1 / (replicates - 1)
    if method == "JK1":
        return (replicates - 1) / replicates if combined else float(1 / given[:, 0].max())
    return 1.0


def _rscales(method: str, rscales: float | Sequence[float] | None, given: Floats, *, combined: bool) -> Floats:
    """Give the factor of each replicate: those given, or for factors of a JKn the inverse of their largest."""
    replicates = given.shape[1]
    if rscales is None:
        if method == "JKn" and combined:
            raise DesignError(
                f"JKn weights need rscales: {replicates} numbers, for each replicate (n - 1) / n, n the PSUs of its "
                "stratum (times the share not sampled). The documentation of the data gives them."
            )
        return np.asarray(1 / given.max(axis=0)) if method == "JKn" else np.ones(replicates)
    values = np.atleast_1d(np.asarray(rscales, dtype=np.float64))
    if values.shape not in ((1,), (replicates,)):
        raise DesignError(
            f"rscales has {values.size} numbers for {replicates} replicates; give one for each, or one for all."
        )
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(bad) or not values.any():
        at = bad[0] if len(bad) else 0
        raise DesignError(f"rscales holds {values[at]:g} in place {at + 1}; they are numbers of at least 0, not all 0.")
    if method in ("successive difference", "JK2") and not np.allclose(values, 1):
        raise DesignError(f"{method} has rscales of 1; leave rscales out, or choose method='other'.")
    return np.broadcast_to(values, (replicates,)).copy()


def _grouped(given: Floats) -> tuple[Ints, Floats]:
    """Give rows that share all their replicates one unit, where that at least halves the table."""
    mark = np.random.default_rng(0).random(given.shape[1])
    first, unit = np.unique(given @ mark, return_index=True, return_inverse=True)[1:]
    if 2 * len(first) <= len(given):
        factors = given[first]
        if all((given[:, at] == factors[unit, at]).all() for at in range(given.shape[1])):
            return unit.astype(np.int64), factors
    return np.arange(len(given)), given


def _df(df: int | None, unit: Ints, base: Floats, factors: Floats) -> int:
    if df is None:
        return degrees_of_freedom(unit, base, factors)
    if isinstance(df, bool) or int(df) != df or df < 1:
        raise DesignError(f"df is {df!r}; degrees of freedom are a whole number of at least 1.")
    return int(df)


def _weighted_anew(study: Study, columns: Sequence[str]) -> bool:
    """Say whether the labels of all columns tell that the steps of a weighting were done again on each."""
    return all(EACH in study.codebook[name].label for name in columns)


def _text(method: str, columns: Sequence[str], fay: float | None) -> str:
    named = f"{method} (rho {fay:g})" if method == "Fay" else method
    return f"replicate weights {columns[0]} to {columns[-1]}: {named}, {len(columns)} replicates"


def _negative(method: str, given: Floats) -> tuple[str, ...]:
    negative = int((given < 0).sum()) if method in NEGATIVE_ALLOWED else 0
    return (f"{counted(negative, 'replicate weight', 'replicate weights')} below zero kept.",) if negative else ()
