"""From averages of predictions to Estimates, so that contrasts, tables and charts take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...data.codebook import Code
from ...data.errors import EstimationError
from ..estimation.estimates import NUMBERS, Estimates
from ..estimation.intervals import check_level, t_interval
from ..estimation.linear import FIXED
from ..sampling.categories import Floats
from .fit import Fit
from .marginal_errors import Averages


@dataclass(frozen=True)
class Row:
    """What a row is about.

    Attributes
    ----------
    item : str
        The response, or the predictor that changes.
    shown : str or float
        Value of the predictor, or the change.
    code : code
        The value as stored.
    """

    item: str
    shown: str | float
    code: Code


def margin_estimates(
    fit: Fit,
    estimand: str,
    key: str,
    rows: Sequence[Row],
    found: Averages,
    level: float | None,
    notes: Sequence[str],
) -> Estimates:
    """Put averages into a result.

    Parameters
    ----------
    fit : Fit
        The model.
    estimand : {"predictive margin", "marginal effect"}
        What they are.
    key : str
        The column that tells rows of an item apart.
    rows : sequence of Row
        What each setting is.
    found : Averages
        Settings x outcomes.
    level : float or None
        Confidence level; the fit's own without one.
    notes : sequence of str
        Footnotes.
    """
    level = fit.method["level"] if level is None else level
    check_level(level)
    outcomes = fit.model.surface.outcomes
    each = [row for row in rows for _ in outcomes]
    frame = pd.DataFrame({"item": [row.item for row in each]})
    if len(outcomes) > 1:
        frame["category"] = list(outcomes) * len(rows)
    if key in (*frame.columns, *NUMBERS):
        raise EstimationError(
            f"the predictor is called {key}, which is a column of every result; rename it in the data."
        )
    frame[key] = [row.shown for row in each]
    _add_numbers(frame, fit, found, level)
    return Estimates(
        frame=frame,
        method=_method(fit, estimand, key, rows, level, [*notes, found.errors]),
        design=fit.design,
        scatter=found.scatter,
        category_codes=tuple((outcome,) for outcome in outcomes) * len(rows)
        if len(outcomes) > 1
        else ((),) * len(rows),
        key_codes=tuple((row.code,) for row in each),
    )


def _add_numbers(frame: pd.DataFrame, fit: Fit, found: Averages, level: float) -> None:
    rows = fit.model.rows
    estimate, se = found.estimate.ravel(), np.sqrt(np.maximum(found.scatter.variances, 0.0))
    se = np.where(se > FIXED * np.abs(estimate), se, 0.0)
    low, high = t_interval(estimate, se, fit.df, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(estimate != 0, se / np.abs(estimate), np.nan)
    numbers: dict[str, Floats | float] = {
        "estimate": estimate,
        "se": se,
        "low": low,
        "high": high,
        "n": len(rows.rows),
        "weighted_n": float(rows.design.weights[rows.rows].sum()),
        "deff": np.nan,
        "df": fit.df,
        "effective_n": float(rows.weights.sum() ** 2 / (rows.weights @ rows.weights)),
        "cv": cv,
    }
    for name in NUMBERS:
        frame[name] = numbers[name]


def _method(
    fit: Fit, estimand: str, key: str, rows: Sequence[Row], level: float, notes: Sequence[str]
) -> dict[str, Any]:
    about = fit.method
    model = f"{about['formula']} ({about['family']}, {about['link']}; {about['explained']})"
    codebook = fit.design.study.codebook
    items = list(dict.fromkeys(row.item for row in rows))
    described = [codebook[item] if item in codebook else None for item in items]
    return {
        **about,
        "estimand": estimand,
        "items": [
            {
                "item": item,
                "label": variable.label if variable else "",
                "wording": dict(variable.wording) if variable else {},
                "n": about["n_used"],
                "weighted_n": about["weighted_n_used"],
                "missing": {},
                "categories": [],
            }
            for item, variable in zip(items, described, strict=True)
        ],
        "by": [key],
        "base": "substantive",
        "base_text": f"the rows of the model {model}",
        "interval": "t",
        "interval_text": "t",
        "level": level,
        "df": about["residual_df"],
        "df_rule": about["residual_df_rule"],
        "deff_rule": "none",
        "missing_keys": {},
        "footnotes": [*notes, *about["footnotes"]],
    }
