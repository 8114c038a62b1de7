"""Contrasts of estimates: differences, ratios and other functions of them, with the error their covariance gives.

Linear contrasts are exact; others go by the delta method with exact derivatives, as R's ``svycontrast``. Lumley
(2010), Complex Surveys, section 2.4; Binder (1983), On the variances of asymptotically normal estimators, International
Statistical Review 51.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse, special

from ...data.errors import EstimationError
from ...data.printing import decimals_for, number
from ..estimation.estimates import Estimates, is_share
from ..estimation.intervals import check_level, t_interval
from ..printing.result_text import (
    FilePath,
    Table,
    df_text,
    document,
    footnotes_of,
    in_html,
    in_markdown,
    p_text,
    population,
    printed,
    sampling,
)
from ..sampling.categories import Floats
from ..variance.scatters import AnyScatter, joined
from .adjustment import ADJUSTMENTS
from .contrast_plan import MOST_ROWS, Planned, Wanted, planned
from .no_error import Unvarying, no_error_notes
from .row_names import names_of_rows

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

Adjust = Literal["holm", "bh"] | None

ADJUSTED = {"holm": "Holm's", "bh": "Benjamini and Hochberg's"}
"""Whose method each adjustment is."""

ROUNDING = 1e-13
"""A variance below this share of what its terms could add up to is rounding: the contrast is fixed by the design."""

OF_ESTIMATES = ("deff", "Korn-Graubard")
"""Words of footnotes that are about the estimates alone."""


@dataclass(frozen=True, eq=False, repr=False)
class Contrasts:
    """Contrasts of estimates of one design, with their errors and tests.

    Attributes
    ----------
    frame : pandas.DataFrame
        As ``to_frame()`` gives it.
    method : mapping
        How they were made: estimands, items, level, df_rule, adjust, and what every result says of its design.
    slopes : scipy.sparse.csr_array
        Contrasts x rows: the derivative of each contrast by each estimate it is made from.
    scatter : AnyScatter
        How those estimates vary.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.estimation.estimate import mean
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 6], "sex": ["f", "f", "m", "m"]})
    >>> contrast(mean(Design(wave), "trust", by="sex"), "m - f").to_frame().columns.tolist()
    ['contrast', 'estimate', 'se', 'low', 'high', 'statistic', 'p', 'df']
    """

    frame: pd.DataFrame
    method: Mapping[str, Any]
    slopes: sparse.csr_array
    scatter: AnyScatter

    def __len__(self) -> int:
        """Count the contrasts."""
        return len(self.frame)

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of the contrasts with each other, in the order of ``to_frame()``."""
        return np.asarray(self.slopes @ (self.slopes @ self.scatter.covariance).T)

    def to_frame(self) -> pd.DataFrame:
        """Give one row for each contrast, at full precision; differences of shares are -1 to 1.

        Columns: contrast, estimate, se, low, high, statistic, p, df; with an adjustment p_adjusted as well.
        """
        return self.frame.copy()

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None."""
        return document(self.method, self.frame)

    def to_markdown(self) -> str:
        """Give heading, table and footnotes in Markdown."""
        return in_markdown(self._lines(), [self._table()], footnotes_of(self.method))

    def to_html(self, path: FilePath = None) -> str:
        """Give one web page that needs nothing else, and write it where a path is given, e.g. ``"gaps.html"``."""
        return in_html(self._lines(), [self._table()], footnotes_of(self.method), path)

    def plot(self) -> alt.LayerChart:
        """Give a chart: a dot and its interval for each contrast (at most 200)."""
        from ..printing.result_chart import interval_chart

        lines = self._lines()
        shown = self.frame["contrast"].str.replace("`", "")  # on paper no name needs marks
        return interval_chart(
            self.frame.assign(contrast=shown),
            share=bool(self.method["points"]),
            names=["contrast"],
            title=lines[:1],
            footing=lines[1:2],
            level=self.method["level"],
            zero=bool(self.method["differences"]),
            points=bool(self.method["points"]),
            measure="" if self.method["points"] else "contrast",
            simulated=bool(self.method["simulated"]),
        )

    def __str__(self) -> str:
        """Print what was compared, for whom, how, then the table, then footnotes."""
        return printed(self._lines(), [self._table()], footnotes_of(self.method))

    __repr__ = __str__

    def _lines(self) -> list[str]:
        method = self.method
        unit = ", in percentage points" if method["points"] else ""
        adjusted = f", p adjusted by {ADJUSTED[method['adjust']]} method" if method["adjust"] else ""
        level = f"{100 * method['level']:g}% intervals, t; tests against 0{adjusted}."
        return [
            f"Contrasts of {method['estimand']}{'s' if len(self) != 1 else ''}: {', '.join(method['items'])}{unit}",
            population(method),
            f"{sampling(method)} {level}",
        ]

    def _table(self) -> Table:
        frame, scale = self.frame, 100.0 if self.method["points"] else 1.0
        decimals = 1 if self.method["points"] else decimals_for(frame["se"].tolist())
        columns = [frame["contrast"].tolist()]
        columns += [
            [number(scale * value, decimals) for value in frame[name]] for name in ("estimate", "se", "low", "high")
        ]
        columns.append([number(value, 2) for value in frame["statistic"]])
        tests = [name for name in ("p", "p_adjusted") if name in frame]
        columns += [[p_text(value) for value in frame[name]] for name in tests]
        columns.append([df_text(value) for value in frame["df"]])
        header = ["contrast", "estimate", "se", "low", "high", "t", *(name.replace("_", " ") for name in tests), "df"]
        return header, [list(row) for row in zip(*columns, strict=True)], 1


def contrast(
    estimates: Estimates | Sequence[Estimates] | Mapping[str, Estimates],
    contrasts: Wanted,
    *,
    reference: str | None = None,
    level: float = 0.95,
    df: float | None = None,
    adjust: Adjust = None,
) -> Contrasts:
    """Compare estimates with each other: differences, ratios, or any function of them.

    The error of a contrast comes from the full covariance of the estimates, across groups and items: two groups that
    share sampling units are not independent.

    Parameters
    ----------
    estimates : Estimates, sequence of Estimates, or mapping of names to Estimates
        What is compared; several results must come from one design (or from subpopulations of it).
    contrasts : str, mapping or sequence
        A text, e.g. ``"urban - rural"``, ``"a / b"``, ``"log(a) - log(b)"``, ``"(a + b) / 2 - c"``; coefficients,
        ``{"urban": 1, "rural": -1}``; several of these, or several by name, ``{"gap": "urban - rural"}``. A row is
        called by the label or code of its item, category or key; where that means several rows, by several parts in
        the order of the columns, ``trust:agree:urban``, or with the key, ```sex=f```. What is not one word stands in
        backticks or quotes. Signs are + - * / ^, functions exp, log, log2, log10, sqrt, logit, expit. Or a set:
        ``"pairwise"`` every group less every later one; ``"reference"`` every group less the reference; ``"others"``
        every group less the mean of the others, in which each group counts once.
    reference : str, optional
        The group that ``contrasts="reference"`` takes from the others, e.g. ``"rural"``; the first without it.
    level : float
        Confidence level, e.g. 0.95.
    df : float, optional
        Degrees of freedom, e.g. 30; ``math.inf`` for the normal distribution. Without it those of the estimates (the
        smallest among the rows of a contrast).
    adjust : {None, "holm", "bh"}
        Adjustment of p for the number of contrasts: Holm's keeps the chance of any false finding, Benjamini and
        Hochberg's the share of false ones among the findings.

    Returns
    -------
    Contrasts
        Columns contrast, estimate, se, low, high, statistic, p, df, and p_adjusted with an adjustment.

    Raises
    ------
    EstimationError
        When a contrast cannot be read, is not defined (log of 0), means several rows, or designs differ.
    UnknownNameError
        When a contrast names a row that does not exist; the nearest are given.

    Notes
    -----
    Not for a group beside the whole sample it is part of by two separate calls on separate designs: make both from
    one Design. Differences of percentages that were rounded first are not contrasts.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.4. Holm (1979), A simple sequentially rejective multiple test procedure,
    Scandinavian Journal of Statistics 6. Benjamini and Hochberg (1995), JRSS B 57, 289-300.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.estimation.estimate import mean
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 6], "sex": ["f", "f", "m", "m"]})
    >>> trust = mean(Design(wave), "trust", by="sex")
    >>> contrast(trust, ["m - f", "m / f"]).to_frame()[["contrast", "estimate", "se"]].round(4)
      contrast  estimate      se
    0    m - f    3.5000  0.9129
    1    m / f    3.3333  1.0580
    """
    check_level(level)
    sets = _sets(estimates)
    made = [each for _, each in sets]
    _check_one_design(made)
    _check_options(df, adjust)
    values = np.concatenate([each.frame["estimate"].to_numpy(dtype=np.float64) for each in made])
    plan = planned(contrasts, names_of_rows(sets), values.tolist(), reference)
    slopes, used = _slopes(plan, len(values))
    scatter = joined([each.scatter for each in made]).picked(used)
    own = np.concatenate([each.frame["df"].to_numpy(dtype=np.float64) for each in made])[used]
    freedom = _degrees(slopes, own) if df is None else np.full(len(plan), float(df))
    fixed = np.concatenate([each.frame["se"].to_numpy(dtype=np.float64) for each in made])[used] == 0
    # what an estimate without an error has in the scatter is rounding
    covariance = np.where(fixed[:, None] | fixed[None, :], 0.0, scatter.covariance)
    frame = _frame(plan, slopes, covariance, freedom, level)
    if adjust:
        frame["p_adjusted"] = ADJUSTMENTS[adjust](frame[["p"]].to_numpy().T)[0]
    rows = [used[slopes.indices[slopes.indptr[at] : slopes.indptr[at + 1]]] for at in range(len(plan))]
    notes, unknown = no_error_notes(frame, rows, Unvarying(made))
    frame.loc[unknown, ["low", "high"]] = np.nan
    return Contrasts(frame, _method(made, plan, notes, level, df, adjust), slopes, scatter)


def _sets(estimates: object) -> list[tuple[str, Estimates]]:
    """Give the sets of estimates with their names, where they have any."""
    if isinstance(estimates, Mapping):
        listed = [(str(name), each) for name, each in estimates.items()]
    elif isinstance(estimates, Sequence) and not isinstance(estimates, str):
        listed = [("", each) for each in estimates]
    else:
        listed = [("", estimates)]
    made = "make them first, e.g. mean(design, 'trust', by='sex')."
    for _, each in listed:
        if not isinstance(each, Estimates):
            raise EstimationError(f"contrast needs Estimates and was given a {type(each).__name__}; {made}")
    if not listed:
        raise EstimationError(f"contrast was given no estimates; {made}")
    return listed


def _check_one_design(made: Sequence[Estimates]) -> None:
    """Refuse estimates of different designs; subpopulations of one design are one."""
    first = made[0].design
    for other in (each.design for each in made[1:]):
        parts = ("weights", "stages", "replication", "joint", "steps")
        if not all(getattr(first, part) is getattr(other, part) for part in parts):
            raise EstimationError(
                "the estimates come from different designs, so their covariance is not known; make all of them from "
                "one Design (a subpopulation by where= keeps it)."
            )


def _check_options(df: float | None, adjust: object) -> None:
    if adjust not in (None, *ADJUSTMENTS):
        raise EstimationError(f"adjust is {adjust!r}; it can be None, 'holm' or 'bh'.")
    if df is not None and not (isinstance(df, Real) and not isinstance(df, bool) and df > 0):
        raise EstimationError(f"df is {df!r}; degrees of freedom are a number above 0, or math.inf.")


def _slopes(plan: Planned, rows: int) -> tuple[sparse.csr_array, np.ndarray[Any, np.dtype[np.int64]]]:
    """Lay out the slopes of all contrasts over the rows that any of them uses."""
    used = np.array(sorted({row for _, value in plan for row in value.slopes}), dtype=np.int64)
    if len(used) > MOST_ROWS:
        raise EstimationError(
            f"the contrasts use {len(used):,} estimates; the covariance of at most {MOST_ROWS:,} is worked out at "
            "once. Make fewer contrasts in one call."
        )
    place = np.zeros(rows, dtype=np.int64)
    place[used] = np.arange(len(used))
    entries = [(at, place[row], slope) for at, (_, value) in enumerate(plan) for row, slope in value.slopes.items()]
    at, column, slope = (np.array(each) for each in zip(*entries, strict=True))
    return sparse.csr_array((slope, (at, column)), shape=(len(plan), len(used))), used


def _degrees(slopes: sparse.csr_array, own: Floats) -> Floats:
    """Give for each contrast the smallest degrees of freedom among its rows."""
    return np.minimum.reduceat(own[slopes.indices], slopes.indptr[:-1])


def _frame(plan: Planned, slopes: sparse.csr_array, covariance: Floats, df: Floats, level: float) -> pd.DataFrame:
    import pandas as pd

    estimate = np.array([value.number for _, value in plan])
    se = np.sqrt(_variances(slopes, covariance))
    usable = np.where(df > 0, df, np.nan)
    low, high = t_interval(estimate, se, usable, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(se > 0, estimate / se, np.nan)
    return pd.DataFrame(
        {
            "contrast": [label for label, _ in plan],
            "estimate": estimate,
            "se": se,
            "low": low,
            "high": high,
            "statistic": statistic,
            "p": 2 * special.stdtr(usable, -np.abs(statistic)),
            "df": df,
        }
    )


def _variances(slopes: sparse.csr_array, covariance: Floats) -> Floats:
    """Give the variance of each contrast; what is rounding beside its terms is 0."""
    found = np.empty(slopes.shape[0])
    for start in range(0, len(found), 2_000):
        block = slopes[start : start + 2_000]
        found[start : start + 2_000] = np.asarray(block.multiply(block @ covariance).sum(axis=1)).ravel()
    largest = (abs(slopes) @ np.sqrt(np.diag(covariance))) ** 2
    return np.where(found > ROUNDING * largest, found, 0.0)


def _method(
    made: Sequence[Estimates],
    plan: Planned,
    notes: Sequence[str],
    level: float,
    df: float | None,
    adjust: Adjust,
) -> dict[str, Any]:
    first = made[0].method
    estimands = list(dict.fromkeys(str(each.method["estimand"]) for each in made))
    parts = [each.design.subpopulation for each in made]
    where = list(dict.fromkeys(part.text if part else "everybody" for part in parts))
    widest = max(made, key=lambda each: int(each.method["n"])).method
    differences = all(_is_difference(value.degree, value.slopes) for _, value in plan)
    return {
        **{name: first[name] for name in _SHARED if name in first},
        "base_text": str(first["base_text"]).removesuffix(f", where {first['subpopulation']}"),
        "n": widest["n"],
        "weighted_n": widest["weighted_n"],
        "subpopulation": " and ".join(where) if any(parts) else None,
        "estimand": " and ".join(estimands),
        "items": list(dict.fromkeys(str(item) for each in made for item in each.frame["item"])),
        "by": list(dict.fromkeys(key for each in made for key in each.by)),
        "differences": differences,
        "points": differences and all(is_share(each.method) for each in made),
        "level": level,
        "df_rule": "given" if df is not None else first["df_rule"],
        "adjust": adjust,
        "footnotes": [*_footnotes(made), *notes],
    }


_SHARED = (
    *("simulated", "source", "title", "weight", "weight_source", "strata", "psu", "fpc", "lone_psu"),
    *("variance", "df", "weighting"),
)
"""What a contrast says of its design as the estimates do."""


def _is_difference(degree: int, slopes: Mapping[int, float]) -> bool:
    return degree == 1 and abs(sum(slopes.values())) < 1e-9


def _footnotes(made: Sequence[Estimates]) -> list[str]:
    every = dict.fromkeys(note for each in made for note in each.method["footnotes"])
    return [note for note in every if not any(word in note for word in OF_ESTIMATES)]
