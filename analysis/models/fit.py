"""What a model gives back: coefficients, their covariance, predictions, and how it was fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from scipy import special

from ...data.errors import EstimationError
from ..estimation.degrees import DfRule, degrees
from ..estimation.intervals import t_interval
from ..estimation.method import counted, design_footnotes, design_method
from ..printing.result_text import footnotes_of, plain
from ..sampling.categories import Bools, Floats
from ..sampling.design import Design
from ..variance.scatters import AnyScatter, ReplicateScatter
from .fit_text import lines_of, markdown_text, summary_text, table_text
from .model_rows import ModelRows
from .model_scores import Scores, scatter_of_scores, without_rounding

if TYPE_CHECKING:
    import altair as alt

Df = DfRule | float

NUMBERS = ("estimate", "se", "low", "high", "statistic", "p", "df")
"""The columns of every fit, after outcome (models of several) and term."""


class Surface(Protocol):
    """Means of the response as a function of coefficients and design matrix."""

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What the means are of: one outcome without a name, or the categories."""

    def means(self, coefficients: Floats, matrix: Floats, offset: Floats | None) -> Floats:
        """Give rows x outcomes means."""

    def changes(self, coefficients: Floats, matrix: Floats, offset: Floats | None, direction: Floats) -> Floats:
        """Give rows x outcomes changes of the mean when the design matrix changes in a direction."""


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model, as margins and tests need it.

    Attributes
    ----------
    rows : ModelRows
        Data.
    surface : Surface
        Means of the response.
    coefficients : numpy.ndarray
        All estimates.
    labels : tuple of str
        Their names, e.g. ``"oppose: age"``.
    scores : Scores
        Derivatives of the rows' log likelihood, and the bread.
    refit : callable
        From weights of the whole design to coefficients.
    deviance : float
        Minus twice the weighted log likelihood, up to a constant, for weights of mean about 1.
    without : callable
        From columns of the design matrix to leave out to the deviance of the smaller model.
    terms : tuple of str
        For each coefficient its term.
    scales : numpy.ndarray
        For each coefficient a change of it that changes the linear predictors by about their own size.
    outcomes : tuple of str
        For each coefficient its outcome; empty for models of one.
    """

    rows: ModelRows
    surface: Surface
    coefficients: Floats
    labels: tuple[str, ...]
    scores: Scores
    refit: Callable[[Floats], Floats]
    deviance: float
    without: Callable[[Bools], float]
    terms: tuple[str, ...]
    scales: Floats
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A model fitted to a complex sample.

    Attributes
    ----------
    frame : pandas.DataFrame
        As ``to_frame()`` gives it.
    method : mapping
        How it was fitted, as plain values: model, family, link, formula, explained (what the response is), n_used,
        weighted_n_used, missing rows, residual_df, deviance, dispersion, pseudo R2, and what every result says of its
        design.
    design : Design
        What it was fitted to.
    scatter : AnyScatter
        Scatter of the coefficients.
    model : Model
        The fit as tests and margins need it.
    """

    frame: pd.DataFrame
    method: Mapping[str, Any]
    design: Design
    scatter: AnyScatter
    model: Model = field(repr=False)

    @property
    def coefficients(self) -> pd.Series:
        """Estimates by name."""
        return pd.Series(self.model.coefficients, index=list(self.model.labels), name="estimate")

    @property
    def covariance(self) -> pd.DataFrame:
        """Covariance of the coefficients, by name."""
        labels = list(self.model.labels)
        return pd.DataFrame(self.scatter.covariance, index=labels, columns=labels)

    @property
    def df(self) -> float:
        """Degrees of freedom of its t and F tests."""
        return float(self.method["residual_df"])

    def __len__(self) -> int:
        """Count the coefficients."""
        return len(self.frame)

    def to_frame(self, *, exponentiate: bool = False) -> pd.DataFrame:
        """Give one row for each coefficient, at full precision.

        Columns: outcome (models of several), term, estimate, se, low, high, statistic, p, df.

        Parameters
        ----------
        exponentiate : bool
            Whether estimates and intervals are given as ratios: odds ratios of a logit model, rate ratios of one with
            a log link. Their standard errors are by the delta method; the tests are those of the coefficients.
        """
        frame = self.frame.copy()
        if exponentiate:
            with np.errstate(over="ignore"):
                frame["estimate"] = np.exp(frame["estimate"])
                frame["se"] *= frame["estimate"]
                frame["low"], frame["high"] = np.exp(frame["low"]), np.exp(frame["high"])
        return frame

    def predict(self, newdata: object = None, *, level: float | None = None) -> pd.DataFrame:
        """Give predicted means, or shares of each outcome, with their errors.

        Parameters
        ----------
        newdata : pandas.DataFrame or polars.DataFrame, optional
            A row for each prediction, with the predictors by name; categories by label or code. Without it the rows
            that the model was fitted to.
        level : float, optional
            Confidence level; the fit's own without it.

        Returns
        -------
        pandas.DataFrame
            Columns row, outcome (models of several), estimate, se, low, high. Errors are those of the coefficients.
            Intervals are logit intervals for shares and log intervals for counts and gamma means, row by row; plain
            where a link lets the prediction leave that range. A prediction that is rounded to 0 or 1 has no error and
            interval, and ``.attrs["footnotes"]`` says so.

        Raises
        ------
        EstimationError
            When a predictor is missing or of another type, or a category, also of ``C(number)``, is new to the model.
        """
        from .prediction import predicted

        return predicted(self, newdata, self.method["level"] if level is None else level)

    def summary(self) -> str:
        """Give the fit as statsmodels prints it: what was fitted, the table of coefficients, footnotes."""
        return summary_text(self.frame, self.method)

    __str__ = __repr__ = summary

    def to_markdown(self) -> str:
        """Give heading, table and footnotes in Markdown."""
        return markdown_text(self.frame, self.method)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Give one web page that needs nothing else, and write it where a path is given: heading, table, footnotes.

        Parameters
        ----------
        path : path-like, optional
            File to write, e.g. ``"model.html"``; whole or not at all.
        """
        from ..printing.result_html import result_page, written

        table = table_text(self.frame, self.method["level"])
        return written(result_page([(lines_of(self.method), table)], footnotes_of(self.method)), path)

    def plot(self) -> alt.LayerChart:
        """Give a chart: a dot and its interval for each coefficient but intercepts and thresholds."""
        from ..printing.result_chart import interval_chart

        shown = self.frame[
            self.frame["term"].isin([*self.model.rows.predictors.names]) & (self.frame["term"] != "Intercept")
        ]
        return interval_chart(
            shown if len(shown) else self.frame,
            share=False,
            names=[name for name in ("outcome", "term") if name in self.frame],
            title=lines_of(self.method)[:1],
            footing=lines_of(self.method)[1:],
            level=self.method["level"],
            zero=True,
            measure="coefficient",
            simulated=bool(self.method["simulated"]),
        )

    def document(self) -> dict[str, Any]:
        """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None."""
        rows = [{str(name): plain(value) for name, value in row.items()} for row in self.frame.to_dict("records")]
        return {"method": {name: plain(value) for name, value in self.method.items()}, "rows": rows}


def fitted(model: Model, about: Mapping[str, object], *, level: float, df: Df) -> Fit:
    """Give the result of a fit: errors by the design, tests and intervals by t.

    Parameters
    ----------
    model : Model
        The fit.
    about : mapping
        What it says of itself: model, family, link, explained ...
    level : float
        Confidence level, e.g. 0.95.
    df : {"domain", "design"} or float
        Degrees of freedom, as :func:`glm` has them.
    """
    design = model.rows.design
    scatter = scatter_of_scores(design, model.scores, model.coefficients, model.refit, str(about["model"]))
    residual, rule = residual_df(model.rows, df)
    se = without_rounding(design, model.scores, model.coefficients, np.sqrt(scatter.variances))
    frame = _table(model, se, residual, level)
    return Fit(frame, _method(model, about, frame, scatter, residual, rule, level), design, scatter, model)


def residual_df(rows: ModelRows, df: Df) -> tuple[float, str]:
    """Give the degrees of freedom of tests of coefficients, with their rule in words."""
    if not isinstance(df, str):
        if isinstance(df, bool) or not isinstance(df, int | float | np.number) or not df > 0:
            raise EstimationError(f"df is {df!r}; it can be 'domain', 'design' or a number above 0.")
        return float(df), "as given"
    if df not in ("domain", "design"):
        raise EstimationError(f"df is {df!r}; it can be 'domain', 'design' or a number above 0.")
    width = rows.matrix.shape[1] + rows.predictors.thresholds
    design = rows.design
    if design.replication is not None:
        # R counts those of a subset before missing rows are left out
        units, words = degrees(design, design.inside, df), "degrees of freedom of the replicate weights"
    else:
        used = np.zeros(len(design.weights), dtype=bool)
        used[rows.rows] = True
        whose = "the whole design" if df == "design" else "the rows used"
        units, words = degrees(design, used, df), f"PSUs minus strata of {whose}"
    return units + 1 - width, f"{words}, plus 1, minus {width} coefficient{'s' if width != 1 else ''}"


def _table(model: Model, se: Floats, df: float, level: float) -> pd.DataFrame:
    estimate = model.coefficients
    frame = pd.DataFrame({"outcome": list(model.outcomes)} if model.outcomes else {}, index=range(len(estimate)))
    frame["term"] = list(model.terms)
    frame["estimate"], frame["se"] = estimate, se
    frame["low"], frame["high"] = t_interval(estimate, se, df, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["statistic"] = np.where(se > 0, estimate / se, np.nan)
    frame["p"] = two_sided(frame["statistic"].to_numpy(), df)
    frame["df"] = df
    return frame


def two_sided(statistic: Floats, df: float) -> Floats:
    """Give p-values of t statistics; missing without degrees of freedom.

    Examples
    --------
    >>> two_sided(np.array([2.0]), 20).round(4).tolist(), two_sided(np.array([1.96]), np.inf).round(4).tolist()
    ([0.0593], [0.05])
    """
    if not df > 0:
        return np.full(len(statistic), np.nan)
    below = special.ndtr(-np.abs(statistic)) if np.isinf(df) else special.stdtr(df, -np.abs(statistic))
    return np.asarray(2 * below)


def _method(
    model: Model,
    about: Mapping[str, object],
    frame: pd.DataFrame,
    scatter: AnyScatter,
    df: float,
    rule: str,
    level: float,
) -> dict[str, Any]:
    rows = model.rows
    notes = design_footnotes(rows.design)
    notes += rows.notes
    if df <= 0:
        notes.append(
            f"There are {df:g} degrees of freedom ({rule}), so there are no tests and intervals; df= sets others."
        )
    if isinstance(scatter, ReplicateScatter) and scatter.undefined.any():
        lost, of = int(scatter.undefined.max()), len(scatter.replicates)
        notes.append(
            f"In {counted(lost, 'replicate', 'replicates')} of {of} the model has no fit, because "
            "a category is empty there; errors rest on the others, as R's do."
        )
    if (frame["se"] == 0).any():
        notes.append(
            "A standard error of 0 means that strata or margins fix the coefficient, or that those it rests on lie "
            "in a single PSU; then there is no way to estimate the error, and 0 says nothing."
        )
    return {
        **about,
        "formula": rows.formula,
        "response": rows.response.item,
        "wording": _wording(rows),
        "offset": rows.offset_text,
        **design_method(rows.design),
        "n_used": len(rows.rows),
        "weighted_n_used": float(rows.design.weights[rows.rows].sum()),
        "level": level,
        "residual_df": int(df) if float(df).is_integer() else df,
        "residual_df_rule": rule,
        "footnotes": notes,
    }


def _wording(rows: ModelRows) -> str:
    """Give the question that the response answers: its wording, else its label; nothing for an expression."""
    codebook = rows.design.study.codebook
    if rows.response.item not in codebook:
        return ""
    variable = codebook[rows.response.item]
    return variable.wording.get("en") or next(iter(variable.wording.values()), "") or variable.label
