"""Multiple imputation: the same estimates on several completed data sets, as one.

Rubin (1987), Multiple Imputation for Nonresponse in Surveys, chapter 3; degrees of freedom by Barnard and Rubin
(1999), Small-sample degrees of freedom with multiple imputation, Biometrika 86(4). R: ``mitools::MIcombine``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, cast, get_args, overload

import numpy as np
from scipy import stats

from ...data.errors import EstimationError, ToplineError
from ..estimation.estimates import IMPUTED, Estimates
from ..estimation.intervals import beta_interval, check_level, logit_interval, t_interval
from ..estimation.method import counted
from ..sampling.categories import Bools, Floats, Ints
from ..sampling.design import Design
from ..variance.scatters import AnyScatter, FixedScatter
from .combined import Combined
from .imputed_rows import Result, check_alike, naming_columns, row_orders
from .rubin import DfRule, Rubin, RubinScatter, rubin_rules

if TYPE_CHECKING:
    import pandas as pd

INTERVAL_TEXT = {"t": "estimate -/+ t times its error", "logit": "logit with t"}
"""What intervals of combined estimates are, whatever those of the single imputations were."""

DF_TEXT = {
    "barnard-rubin": "Barnard and Rubin (1999), from the complete data's",
    "mitools": "as R's mitools, from the complete data's",
}

EXTREME = "the proportion is 0 or 1 in every imputation."

ABOUT_INTERVALS = re.compile(r"^[\d,]+ intervals? |\bdeff\b")
"""Footnotes of single imputations that say nothing of the whole."""


@overload
def combine(
    results: Iterable[Estimates],
    estimate: None = None,
    *,
    level: float = 0.95,
    interval: Literal["t", "logit"] = "t",
    df: DfRule = "barnard-rubin",
    complete_df: float | None = None,
) -> Estimates: ...


@overload
def combine(
    results: Iterable[Design],
    estimate: Callable[[Design], Estimates],
    *,
    level: float = 0.95,
    interval: Literal["t", "logit"] = "t",
    df: DfRule = "barnard-rubin",
    complete_df: float | None = None,
) -> Estimates: ...


@overload
def combine(
    results: Iterable[Result] | Iterable[Design],
    estimate: Callable[[Design], Result] | None = None,
    *,
    level: float = 0.95,
    interval: Literal["t", "logit"] = "t",
    df: DfRule = "barnard-rubin",
    complete_df: float | None = None,
) -> Estimates | Combined: ...


def combine(
    results: Iterable[Result] | Iterable[Design],
    estimate: Callable[[Design], Result] | None = None,
    *,
    level: float = 0.95,
    interval: Literal["t", "logit"] = "t",
    df: DfRule = "barnard-rubin",
    complete_df: float | None = None,
) -> Estimates | Combined:
    """Combine estimates made on several imputations of the missing answers, by Rubin's rules.

    The estimate is the mean over the imputations. Its variance is the mean of their variances plus (1 + 1/m) times the
    variance between their estimates; so is its covariance.

    Parameters
    ----------
    results : sequence of results, or of Design
        One for each imputation, at least two: estimates, fitted models or contrasts, each made in the same way, e.g.
        ``[tl.mean(d, "income") for d in designs]``; or the designs themselves, one for each completed data set.
    estimate : callable, optional
        With designs: what to estimate on each, e.g. ``lambda d: tl.mean(d, "income", by="sex")``.
    level : float
        Confidence level, e.g. 0.95.
    interval : {"t", "logit"}
        Estimate -/+ t times its error (as R's mitools has it, for every kind of estimate), or for proportions the
        same on the logit scale. A proportion that is 0 or 1 in every imputation gets a Korn-Graubard interval.
    df : {"barnard-rubin", "mitools"}
        Degrees of freedom of Barnard and Rubin (1999), or as ``mitools::MIcombine(df.complete=)`` has them, which
        leaves a factor of 1 + 1/m out of one term: slightly larger.
    complete_df : float, optional
        Degrees of freedom there would be without missing answers; without it those of each row. ``math.inf`` gives
        those of Rubin (1987), and what ``MIcombine`` gives by default.

    Returns
    -------
    Estimates or Combined
        Of Estimates again Estimates, with the columns riv (relative increase of the variance through imputation) and
        fmi (fraction of missing information) added. Of models and contrasts a Combined: their rows with estimate, se,
        low, high, statistic, p, df, riv, fmi. n is the smallest of the imputations, weighted_n and effective_n their
        mean; deff takes the whole variance, that between imputations included.

    Raises
    ------
    EstimationError
        When there are fewer than two imputations; when their results are of different kinds or have different rows,
        which are named, as a category that occurs in some imputations only; when a result has no covariance.

    Notes
    -----
    Combine last: contrasts, ratios and tests are made on each imputation and then combined. Not for several waves or
    countries, whose estimates are of different things; and not for a single imputation, which has no error of its own.
    Fewer imputations than the percentage of missing information are few (White, Royston and Wood 2011).

    References
    ----------
    Rubin (1987), equations 3.1.2 to 3.1.10. Barnard and Rubin (1999), equation 3. White, Royston and Wood (2011),
    Multiple imputation using chained equations, Statistics in Medicine 30(4), section 7.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.estimation.estimate import mean
    >>> designs = [Design(pd.DataFrame({"trust": [1, 2, 4, 5, guess]})) for guess in (2, 3, 5)]
    >>> combine(designs, lambda d: mean(d, "trust")).to_frame()[["estimate", "se", "df", "fmi"]].round(3)
       estimate     se     df    fmi
    0     3.067  0.831  2.257  0.492
    """
    check_level(level)
    _check_options(interval, df, complete_df)
    made = _made(_listed(results), estimate)
    check_alike(made)
    orders = row_orders([result.to_frame() for result in made])
    frames = [result.to_frame().iloc[order].reset_index(drop=True) for result, order in zip(made, orders, strict=True)]
    scatters = tuple(_scatter(result, order) for result, order in zip(made, orders, strict=True))
    estimates = np.stack([frame["estimate"].to_numpy(dtype=np.float64) for frame in frames])
    within = np.mean([frame["se"].to_numpy(dtype=np.float64) ** 2 for frame in frames], axis=0)
    rules = rubin_rules(estimates, within, _complete(frames, complete_df), df)
    asked = Asked(level, interval, df, complete_df)
    scatter = RubinScatter(scatters, estimates)
    alike = [result for result in made if isinstance(result, Estimates)]
    if len(alike) == len(made):
        return _estimates(alike, frames, rules, scatter, asked)
    return Combined(_test_frame(frames[0], rules, level), _method(made, frames, rules, asked), scatter)


@dataclass(frozen=True)
class Asked:
    """What was asked for: the options of :func:`combine`."""

    level: float
    interval: Literal["t", "logit"]
    df: DfRule
    complete_df: float | None


def _check_options(interval: str, df: str, complete_df: float | None) -> None:
    if interval not in ("t", "logit"):
        raise EstimationError(f"interval is {interval!r}; it can be 't' or 'logit'.")
    if df not in get_args(DfRule):
        raise EstimationError(f"df is {df!r}; it can be 'barnard-rubin' or 'mitools'.")
    real = isinstance(complete_df, Real) and not isinstance(complete_df, bool)
    if complete_df is not None and not (real and complete_df > 0):
        raise EstimationError(f"complete_df is {complete_df!r}; degrees of freedom are a number above 0, or math.inf.")


def _listed(results: object) -> list[Any]:
    if isinstance(results, Iterable) and not isinstance(results, str | Mapping):
        return list(results)
    raise EstimationError(
        f"combine needs a list, one result or design for each imputation, and was given a {type(results).__name__}."
    )


def _made(given: Sequence[Result | Design], estimate: Callable[[Design], Result] | None) -> list[Result]:
    """Give the results: those given, or those of the designs given."""
    if len(given) < 2:
        raise EstimationError(
            f"combine needs at least two imputations and was given {len(given)}; with one, the error of imputing is "
            "unknown. Make more, or use the estimate itself if nothing was imputed."
        )
    designs = [each for each in given if isinstance(each, Design)]
    if designs and len(designs) < len(given):
        raise EstimationError("combine was given designs and results together; give the one or the other.")
    if designs and estimate is None:
        raise EstimationError(
            "combine was given designs; say what to estimate on each, e.g. combine(designs, lambda d: "
            "mean(d, 'income'))."
        )
    if estimate is not None and not designs:
        raise EstimationError("combine was given results and something to estimate; give designs with it, or leave it.")
    made = [_on(design, estimate, at, len(given)) for at, design in enumerate(designs, start=1)] if estimate else given
    return [_checked(result, at) for at, result in enumerate(made, start=1)]


def _on(design: Design, estimate: Callable[[Design], Result], at: int, imputations: int) -> Result:
    try:
        return estimate(design)
    except ToplineError as error:
        raise EstimationError(f"imputation {at} of {imputations}: {error}") from error


def _checked(result: object, at: int) -> Result:
    # of Estimates the covariance is not asked for: with many rows it is large, and worked out only when wanted
    if not isinstance(result, Estimates) and not all(
        hasattr(result, name) for name in ("to_frame", "covariance", "method")
    ):
        raise EstimationError(
            f"imputation {at} is a {type(result).__name__}, which has no estimates with their covariance; give results "
            "of mean, proportion, total, ratio, glm, contrast ..., or designs with what to estimate."
        )
    made = cast("Result", result)
    frame = made.to_frame()
    lacking = [name for name in ("estimate", "se") if name not in frame]
    if lacking:
        raise EstimationError(f"imputation {at} ({type(result).__name__}) has no column {' or '.join(lacking)}.")
    return made


def _scatter(result: Result, order: Ints) -> AnyScatter:
    if isinstance(result, Estimates):
        return result.scatter.picked(order)
    return FixedScatter(np.asarray(result.covariance, dtype=np.float64)).picked(order)


def _complete(frames: Sequence[pd.DataFrame], complete_df: float | None) -> Floats:
    """Give the degrees of freedom of the complete data, the smallest of the imputations."""
    rows = len(frames[0])
    if complete_df is not None:
        return np.full(rows, float(complete_df))
    if "df" not in frames[0]:
        raise EstimationError("these results have no column df; give complete_df, e.g. math.inf.")
    return np.asarray(np.min([frame["df"].to_numpy(dtype=np.float64) for frame in frames], axis=0))


def _estimates(
    made: Sequence[Estimates], frames: Sequence[pd.DataFrame], rules: Rubin, scatter: RubinScatter, asked: Asked
) -> Estimates:
    """Give Estimates of estimates, with what imputation adds."""
    first = made[0]
    if asked.interval == "logit" and first.method["estimand"] != "proportion":
        raise EstimationError(f"interval='logit' is for proportions, and these are of kind {first.method['estimand']}.")
    taken = [name for name in IMPUTED if name in frames[0]]
    if taken:
        raise EstimationError(f"by names {', '.join(taken)}, which combining adds to every row; rename that column.")
    frame = frames[0].copy()
    for name in ("weighted_n", "effective_n"):
        frame[name] = np.mean([each[name] for each in frames], axis=0)
    frame["n"] = np.min([each["n"] for each in frames], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = np.mean([each["se"] ** 2 / each["deff"] for each in frames], axis=0)
        frame["deff"] = np.where(rules.se > 0, rules.se**2 / simple, np.nan)
        frame["cv"] = np.where(rules.estimate != 0, rules.se / np.abs(rules.estimate), np.nan)
    frame["estimate"], frame["se"], frame["df"] = rules.estimate, rules.se, rules.df
    frame["low"], frame["high"], extreme = _interval(first, frame, rules, asked)
    frame["riv"], frame["fmi"] = rules.riv, rules.fmi
    notes = []
    if extreme.any():
        notes.append(f"{counted(int(extreme.sum()), 'interval is', 'intervals are')} Korn-Graubard (beta): {EXTREME}")
    if len(np.unique(rules.df[np.isfinite(rules.se)])) > 1:
        notes.append("The df above is the smallest of the rows; each has its own.")
    method = _method(made, frames, rules, asked, notes)
    return replace(first, frame=frame, method=method, scatter=scatter)


def _interval(first: Estimates, frame: pd.DataFrame, rules: Rubin, asked: Asked) -> tuple[Floats, Floats, Bools]:
    """Give low and high, and mark proportions that are 0 or 1 in every imputation."""
    if first.method["estimand"] != "proportion":
        return (*t_interval(rules.estimate, rules.se, rules.df, asked.level), np.zeros(len(frame), dtype=bool))
    make = logit_interval if asked.interval == "logit" else t_interval
    low, high = make(rules.estimate, rules.se, rules.df, asked.level)
    extreme = (rules.se == 0) & ((rules.estimate <= 0) | (rules.estimate >= 1)) & (rules.df > 0)
    n, effective = frame["n"].to_numpy(), frame["effective_n"].to_numpy()
    exact = beta_interval(rules.estimate, rules.se, effective, n, np.maximum(n - 1, 1), asked.level)
    return np.where(extreme, exact[0], low), np.where(extreme, exact[1], high), np.asarray(extreme)


def _test_frame(first: pd.DataFrame, rules: Rubin, level: float) -> pd.DataFrame:
    """Give the rows of coefficients or contrasts: what names them, then the columns of Combined."""
    frame = first[naming_columns(first)].copy()
    frame["estimate"], frame["se"] = rules.estimate, rules.se
    frame["low"], frame["high"] = t_interval(rules.estimate, rules.se, rules.df, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(rules.se > 0, rules.estimate / rules.se, np.nan)
        frame["statistic"] = statistic
        frame["p"] = 2 * stats.t.sf(np.abs(statistic), np.where(rules.df > 0, rules.df, np.nan))
    frame["df"], frame["riv"], frame["fmi"] = rules.df, rules.riv, rules.fmi
    return frame


def _method(
    made: Sequence[Result], frames: Sequence[pd.DataFrame], rules: Rubin, asked: Asked, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Give the method of the first result, with what combining changes."""
    first, imputations = made[0].method, len(made)
    known = np.isfinite(rules.se)
    smallest = float(rules.df[known].min(initial=math.inf))
    complete = _complete(frames, asked.complete_df)
    return {
        **first,
        "variance": f"{first['variance']}; {imputations} imputations by Rubin's rules",
        "level": asked.level,
        "interval": asked.interval,
        "interval_text": INTERVAL_TEXT[asked.interval],
        "df": round(smallest, 1) if math.isfinite(smallest) else None,
        "df_rule": f"{DF_TEXT[asked.df]}; the smallest is given",
        "imputation": {
            "imputations": imputations,
            "rule": "Rubin (1987)",
            "df": asked.df,
            "complete_df": float(complete.min()) if np.isfinite(complete.min()) else None,
            "largest_fmi": float(rules.fmi[known].max(initial=0.0)),
        },
        "footnotes": [
            *_shared_notes([result.method["footnotes"] for result in made]),
            *notes,
            *_own_notes(frames, rules),
        ],
    }


def _shared_notes(told: Sequence[Sequence[str]]) -> list[str]:
    """Give the footnotes of the results once; those of some only are marked with their imputations."""
    notes = []
    for note in dict.fromkeys(note for each in told for note in each):
        if ABOUT_INTERVALS.search(note):
            continue
        where = [at for at, each in enumerate(told, start=1) if note in each]
        some = f"Imputation {', '.join(map(str, where))}: " if len(where) < len(told) else ""
        notes.append(f"{some}{note}")
    return notes


def _own_notes(frames: Sequence[pd.DataFrame], rules: Rubin) -> list[str]:
    notes = []
    imputations, known = len(frames), np.isfinite(rules.se)
    if not known.all():
        notes.append(
            f"{counted(int((~known).sum()), 'estimate has', 'estimates have')} no error in one of the imputations, and "
            "so none here."
        )
    share = float(rules.share[known].max(initial=0.0))
    if share == 0:
        notes.append("The imputations do not differ in any of these estimates.")
    elif 100 * share > imputations:
        notes.append(
            f"Up to {share:.0%} of the variance comes from imputing, for which {imputations} imputations are few; with "
            f"about {math.ceil(100 * share)} the errors would be stable."
        )
    if "n" in frames[0] and any((frame["n"] != frames[0]["n"]).any() for frame in frames):
        notes.append("n differs between imputations; the smallest is shown.")
    return notes
