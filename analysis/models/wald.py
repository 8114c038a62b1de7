"""Tests of a model's terms and of linear hypotheses about its coefficients.

Wald tests with an F whose denominator has the design's degrees of freedom, as R's ``regTermTest``; likelihood-ratio
tests by the eigenvalues of the design effects: Rao and Scott (1984), Annals of Statistics 12(1); Lumley and Scott
(2014), Tests for regression models fitted to survey data, Australian and New Zealand Journal of Statistics 56(1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ...data.errors import EstimationError, UnknownNameError
from ..estimation.f_tail import f_tail
from ..printing.result_text import df_text
from ..sampling.categories import Bools, Floats, Ints, names_of
from ..testing.chi_square_sums import saddlepoint
from ..testing.significance import SignificanceTest
from .fit import Fit
from .hypotheses import Hypotheses, read_hypotheses

WaldMethod = Literal["F", "chisq", "LRT"]

OF_DESIGN = (
    *("simulated", "source", "title", "subpopulation", "weight", "weight_source", "strata", "psu", "fpc", "lone_psu"),
    *("variance", "df", "weighting"),
)
"""What a test says of its design as the fit does."""

SINGULAR = 1e-12
"""A covariance of tested coefficients with a smaller ratio of eigenvalues (scaled) has no inverse."""


def wald(
    fit: Fit, terms: str | Sequence[str], *, method: WaldMethod = "F", df: float | None = None
) -> SignificanceTest:
    """Test terms of a model, or linear hypotheses about its coefficients.

    Parameters
    ----------
    fit : Fit
        What :func:`glm`, :func:`ordered` or :func:`multinomial` gave.
    terms : str or sequence of str
        A term, with all its coefficients, e.g. ``"C(age4)"`` or ``"age:sex"``; several, tested together; or hypotheses
        with an equals sign, ``"sex[T.f] = urban"``, ``"age + 2 * urban = 1, income = 0"``.
    method : {"F", "chisq", "LRT"}
        Wald test with F and the design's degrees of freedom; with chi-square; or the Rao-Scott working likelihood-ratio
        test (of terms only), its p by the saddlepoint approximation.
    df : float, optional
        Degrees of freedom of the denominator; the fit's own without it (R's convention), e.g. ``math.inf``.

    Returns
    -------
    SignificanceTest
        One row: hypothesis, estimate and se (of one linear hypothesis), statistic, ndf, ddf, p.

    Raises
    ------
    EstimationError
        When the design has too few degrees of freedom, a hypothesis cannot be read, or hypotheses say one thing twice.
    UnknownNameError
        When there is no such term or coefficient.

    Notes
    -----
    With many coefficients and few PSUs the Wald test is liberal or impossible; the likelihood-ratio test holds its
    level better. Not for comparing models that are not nested.

    References
    ----------
    Lumley (2010), Complex Surveys, section 5.4. Lumley and Scott (2014), section 3.

    Examples
    --------
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.models.glm import glm
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 5, 3, 5], "age": [20, 30, 40, 50, 60, 70], "sex": list("ffmmfm")})
    >>> test = wald(glm(Design(wave), "trust ~ age + sex"), "sex")
    >>> round(test.statistic, 4), test.df, round(test.p, 4)
    (74.5342, 3.0, 0.0033)
    """
    if not isinstance(fit, Fit):
        raise EstimationError(f"wald needs a fitted model and was given a {type(fit).__name__}; make one with glm().")
    if method not in get_args(WaldMethod):
        raise EstimationError(f"method is {method!r}; it can be {', '.join(map(repr, get_args(WaldMethod)))}.")
    listed = names_of(terms)
    if not all(isinstance(each, str) for each in listed):
        raise EstimationError(f"terms are text, such as 'age' or 'age = 0'; {terms!r} is not.")
    if not listed:
        raise EstimationError("no term is named; name one, or write a hypothesis such as 'age = 0'.")
    ddf = _denominator(fit, df, method)
    if any("=" in each for each in listed) and not all(each in fit.model.labels for each in listed):
        if method == "LRT":
            raise EstimationError("the likelihood-ratio test is of terms; test a linear hypothesis with method='F'.")
        return _of_hypotheses(fit, read_hypotheses(listed, fit.model.labels), method, ddf)
    tested = _tested(fit, listed)
    return _likelihood_ratio(fit, tested, ddf) if method == "LRT" else _of_terms(fit, tested, method, ddf)


@dataclass(frozen=True, eq=False)
class _Tested:
    """Terms with their columns of the design matrix, and their places among the coefficients."""

    text: str
    columns: Bools
    places: Ints
    terms: tuple[str, ...]


def _tested(fit: Fit, listed: Sequence[str]) -> _Tested:
    """Find the columns of terms, or of coefficients named on their own."""
    model = fit.model
    terms, width = model.rows.predictors.terms, model.rows.matrix.shape[1]
    known = {canonical(term): term for term in terms}
    columns, found = np.zeros(width, dtype=bool), []
    alone: list[int] = []
    for each in listed:
        if canonical(each) in known:
            columns[terms[known[canonical(each)]]] = True
            found.append(known[canonical(each)])
        elif each in model.labels:
            alone.append(model.labels.index(each))
        else:
            names = [*terms, *(label for label in model.labels if label not in terms)]
            raise UnknownNameError("term", each, names, f"model {model.rows.formula}")
    equations = max(1, len(model.labels) // width) if model.outcomes else 1
    places = [equation * width + at for equation in range(equations) for at in np.flatnonzero(columns)]
    return _Tested(", ".join(listed), columns, np.array(sorted({*places, *alone}), dtype=np.int64), tuple(found))


def canonical(term: str) -> str:
    """Give an interaction with its parts in one order.

    Examples
    --------
    >>> canonical("sex:age") == canonical("age : sex")
    True
    """
    return ":".join(sorted(part.strip() for part in term.split(":")))


def _of_terms(fit: Fit, tested: _Tested, method: str, ddf: float) -> SignificanceTest:
    picked = np.eye(len(fit.model.coefficients))[tested.places]
    zero = Hypotheses((f"{tested.text} = 0",), picked, np.zeros(len(picked)))
    return _of_hypotheses(fit, zero, method, ddf)


def _of_hypotheses(fit: Fit, hypotheses: Hypotheses, method: str, ddf: float) -> SignificanceTest:
    slopes = hypotheses.slopes
    distance = slopes @ fit.model.coefficients - hypotheses.values
    covariance = slopes @ fit.scatter.covariance @ slopes.T
    q = len(distance)
    chisq = float(distance @ _solved(covariance, distance, fit))
    statistic, kind = (chisq, "chi2") if method == "chisq" else (chisq / q, "F")
    row: dict[str, object] = {"hypothesis": ", ".join(hypotheses.texts)}
    if q == 1:
        row |= {"estimate": float(distance[0]), "se": math.sqrt(covariance[0, 0])}
    row |= {"statistic": statistic, "ndf": float(q), "ddf": ddf, "p": f_tail(chisq / q, q, ddf)}
    return _result(fit, row, kind, "Wald test", [])


def _likelihood_ratio(fit: Fit, tested: _Tested, ddf: float) -> SignificanceTest:
    """Give the difference of deviances, and its tail by the eigenvalues of the design effects."""
    model = fit.model
    _check_margins(fit, tested)
    chisq = model.without(tested.columns) - model.deviance
    inside = np.ix_(tested.places, tested.places)
    bread = _solved(model.scores.bread[inside], fit.scatter.covariance[inside], fit)
    effects = np.sort(np.linalg.eigvals(bread).real)
    row = {"hypothesis": f"{tested.text} = 0", "statistic": chisq, "ndf": float(len(effects)), "ddf": ddf}
    row["p"] = saddlepoint(chisq, effects, ddf) if chisq > 0 else 1.0
    listed = ", ".join(f"{effect:.3g}" for effect in effects[::-1])
    note = f"The statistic follows a sum of chi-squares with weights {listed}; p by the saddlepoint approximation."
    return _result(fit, row, "LR", "Rao-Scott likelihood-ratio test", [note], effects)


def _check_margins(fit: Fit, tested: _Tested) -> None:
    """Refuse to take out a term while an interaction with it stays: the smaller model would be another coding."""
    if not tested.columns.any() or len(tested.places) % int(tested.columns.sum()):
        raise EstimationError("the likelihood-ratio test is of whole terms; test single coefficients with method='F'.")
    parts = {term: set(canonical(term).split(":")) for term in fit.model.rows.predictors.terms}
    for term in tested.terms:
        over = [other for other in parts if parts[term] < parts[other] and other not in tested.terms]
        if over:
            raise EstimationError(
                f"{term} is part of {over[0]}, which stays in the model; test them together, "
                f"wald(fit, {[term, *over]}, method='LRT'), or use method='F'."
            )


def _denominator(fit: Fit, df: float | None, method: str) -> float:
    if method == "chisq":
        return math.inf
    if isinstance(df, str):
        raise EstimationError(
            f"df is {df!r}; it can be a number above 0, e.g. math.inf. The fit takes a rule: glm(..., df={df!r})."
        )
    ddf = fit.df if df is None else float(df)
    if not ddf > 0:
        raise EstimationError(
            f"there are {ddf:g} degrees of freedom ({fit.method['residual_df_rule']}), so F has no denominator; "
            "method='chisq' takes them for infinite, df= sets others."
        )
    return ddf


def _solved(covariance: Floats, right: Floats, fit: Fit) -> Floats:
    """Solve with the covariance of what is tested, or say why it has no inverse."""
    scale = np.sqrt(np.diag(covariance))
    if (scale > 0).all():
        correlation = covariance / np.outer(scale, scale)
        values = np.linalg.eigvalsh(correlation)
        if values[0] > SINGULAR * values[-1]:
            return np.asarray((np.linalg.solve(correlation, (right.T / scale).T).T / scale).T)
    raise EstimationError(
        f"the covariance of the {len(covariance)} coefficients tested has no inverse: either hypotheses repeat one "
        f"another, or the design has too few degrees of freedom ({df_text(fit.method['df'])}) for so many. "
        "Test fewer at a time."
    )


def _result(
    fit: Fit,
    row: dict[str, object],
    kind: str,
    name: str,
    notes: Sequence[str],
    effects: Floats | None = None,
) -> SignificanceTest:
    about = fit.method
    method = {
        **{key: about[key] for key in OF_DESIGN},
        "heading": f"{name}: {row['hypothesis']}, in {about['formula']} ({about['family']}, {about['link']})",
        "statistic": kind,
        "base_text": "those with a value of everything in the formula",
        "n": about["n_used"],
        "weighted_n": about["weighted_n_used"],
        "df_rule": about["residual_df_rule"],
        "design_effects": None if effects is None else effects.tolist(),
        "footnotes": [*about["footnotes"], *notes],
    }
    return SignificanceTest(pd.DataFrame([row]), method)
