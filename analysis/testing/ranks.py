"""Design-based rank tests of two or more groups, as R's ``svyranktest``.

Ranks are estimated population ranks, half of a row's own weight included; groups are compared by the means of their
rank scores. Lumley and Scott (2013), Two-sample rank tests under complex sampling, Biometrika 100.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from scipy import special

from ...data.errors import EstimationError
from ..estimation.degrees import DfRule, degrees
from ..estimation.method import design_footnotes, design_method, missing_key_note, missing_note
from ..sampling.categories import Bools, Floats, Ints, Shown, categories, numbers
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .group_means import GroupMeans, group_means
from .significance import SignificanceTest

if TYPE_CHECKING:
    import pandas as pd

RankTest = Literal["wilcoxon", "kruskal_wallis", "median", "van_der_waerden"]
Scores = Callable[[Floats, float], Floats]
"""From ranks and the size of the population to scores."""

Ties = Literal["rows", "midrank"]

SCORES: dict[str, Scores] = {
    "wilcoxon": lambda ranks, size: ranks / size,
    "kruskal_wallis": lambda ranks, size: ranks / size,
    "median": lambda ranks, size: (ranks > size / 2).astype(np.float64),
    "van_der_waerden": lambda ranks, size: np.asarray(special.ndtri(ranks / size)),
}
"""Scores of ranks by test."""

TITLES = {
    "wilcoxon": "Wilcoxon rank test",
    "kruskal_wallis": "Kruskal-Wallis rank test",
    "median": "Median test",
    "van_der_waerden": "Van der Waerden rank test",
}

SINGULAR = 1e-12
"""A covariance of scores that is this close to singular gives no test."""


def rank_test(
    design: Design,
    item: str,
    by: str,
    *,
    test: RankTest | Scores = "wilcoxon",
    ties: Ties = "rows",
    where: Where = None,
    df: DfRule = "domain",
) -> SignificanceTest:
    """Test whether a column lies higher in one group than in others, by ranks.

    Parameters
    ----------
    design : Design
        The sample.
    item : str
        Numeric column, e.g. ``"trust_central"``; only its order counts.
    by : str
        Column of the groups, e.g. ``"sex"`` or ``"region"``: two groups, or more.
    test : {"wilcoxon", "kruskal_wallis", "median", "van_der_waerden"} or callable
        The scores of the ranks r in a population of N: r / N (the first two are one test, by its name for two and for
        more groups), whether r is above N / 2, the normal quantile of r / N, or a function of (r, N).
    ties : {"rows", "midrank"}
        Rows of one value get the mean of the ranks they have in file order, as in R, which depends on that order where
        their weights differ; or the middle of the ranks that their weights take up, which does not.
    where : str, mapping or sequence of bool, optional
        A subpopulation, as for :func:`subset`.
    df : {"domain", "design"}
        Count PSUs and strata among those tested (R's ``degf`` of a subset), or in the whole design; the number of
        groups less 1 is taken off.

    Returns
    -------
    SignificanceTest
        Two groups: columns item, contrast, estimate (the second group's mean rank score less the first's), se,
        statistic (t), p, df, n. More: item, statistic (chi-square), p, ndf, ddf, n, where p is that of the F
        distribution of chi-square / ndf.

    Raises
    ------
    EstimationError
        When there is only one group, everybody has the same score, or no degrees of freedom are left.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not a test of medians or means: it tells whether a randomly chosen member of one group tends to lie higher. The
    scores count as fixed, also in replicates, as in R.

    References
    ----------
    Lumley and Scott (2013), Two-sample rank tests under complex sampling, Biometrika 100.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 6, 3], "sex": ["f", "f", "m", "m", "f"]})
    >>> rank_test(Design(wave), "trust", "sex").to_frame()[["contrast", "estimate", "statistic", "df"]].round(4)
      contrast  estimate  statistic   df
    0    m - f       0.5     3.7947  3.0
    """
    check_design(design, "rank_test")
    design = subset(design, where)
    scored = _scores_of(test)
    if ties not in get_args(Ties):
        raise EstimationError(f"ties is {ties!r}; it can be 'rows' or 'midrank'.")
    base = _base(design, item, by)
    ranked = _ranks(base.values, design.weights[base.rows], ties)
    scores = np.zeros(len(base.rows))
    scores[base.rows] = _checked(scored(ranked, float(design.weights[base.rows].sum())), len(ranked), item)
    groups = len(base.groups)
    freedom = degrees(design, base.rows, df) - (groups - 1)
    if freedom < 1:
        raise EstimationError(
            f"{item}: the rank test of {groups} groups has {freedom} degrees of freedom (PSUs minus strata, minus "
            f"{groups - 1}); join groups, or test a larger base."
        )
    means = group_means(design, base.rows, base.group, groups, scores, again=False, what="rank test")
    frame = (_two if groups == 2 else _several)(base, means, freedom)
    return SignificanceTest(frame, _method(design, base, means, test, ties, df))


MOST_GROUPS = 1_000
"""Groups of a rank test: the test needs the covariance of all of them."""


@dataclass(frozen=True, eq=False)
class _Base:
    """The rows of a rank test, their values and groups."""

    item: str
    by: str
    rows: Bools
    values: Floats
    group: Ints
    groups: tuple[Shown, ...]
    notes: tuple[str, ...]


def _scores_of(test: object) -> Scores:
    if isinstance(test, str) and test in SCORES:
        return SCORES[test]
    if callable(test):
        return test
    raise EstimationError(f"test is {test!r}; it can be {', '.join(map(repr, SCORES))} or a function of (ranks, N).")


def _base(design: Design, item: str, by: str) -> _Base:
    values, missing = numbers(design.study, item, purpose="rank test", inside=design.inside)
    coded = categories(design.study, by, inside=design.inside)
    rows = ~np.isnan(values) & (coded.positions >= 0) & design.inside & (design.weights > 0)
    present = np.unique(coded.positions[rows])
    if len(present) < 2:
        shown = f" ('{coded.shown[present[0]]}')" if len(present) else ""
        raise EstimationError(
            f"{item}: by='{by}' has {len(present)} group{'s' if len(present) != 1 else ''} with an answer{shown}; "
            "a rank test needs two or more."
        )
    if len(present) > MOST_GROUPS:
        raise EstimationError(
            f"{item}: by='{by}' has {len(present):,} groups, and a rank test takes at most {MOST_GROUPS:,}; join "
            "groups."
        )
    absent = int(((coded.positions < 0) & design.inside).sum())
    notes = [missing_note(item, missing, int(design.inside.sum()))] if any(missing.values()) else []
    notes += [missing_key_note(by, absent)] if absent else []
    group = np.searchsorted(present, np.clip(coded.positions, 0, None)).astype(np.int64)
    return _Base(item, by, rows, values[rows], group, tuple(coded.shown[at] for at in present), tuple(notes))


def _ranks(values: Floats, weights: Floats, ties: Ties) -> Floats:
    """Estimate each row's rank in the population.

    Examples
    --------
    >>> _ranks(np.array([5.0, 1.0, 5.0]), np.array([1.0, 2.0, 3.0]), "midrank").tolist()
    [4.0, 1.0, 4.0]
    >>> _ranks(np.array([5.0, 1.0, 5.0]), np.array([1.0, 2.0, 3.0]), "rows").tolist()
    [3.5, 1.0, 3.5]
    """
    order = np.argsort(values, kind="stable")
    ordered = weights[order]
    middle = np.cumsum(ordered) - ordered / 2
    _, value = np.unique(values[order], return_inverse=True)
    share = np.ones(len(values)) if ties == "rows" else ordered
    averaged = np.bincount(value, share * middle) / np.bincount(value, share)
    ranks = np.empty(len(values))
    ranks[order] = averaged[value]
    return ranks


def _checked(scores: object, rows: int, item: str) -> Floats:
    found = np.asarray(scores, dtype=np.float64)
    if found.shape != (rows,) or not np.isfinite(found).all():
        fault = "not finite" if found.shape == (rows,) else f"of shape {found.shape}"
        raise EstimationError(
            f"{item}: the scores are {fault}; a function of (ranks, N) gives one finite number for each of the {rows} "
            "ranks."
        )
    if np.ptp(found) == 0:
        raise EstimationError(f"{item}: everybody has the same rank score, so there is nothing to test.")
    return found


def _two(base: _Base, means: GroupMeans, freedom: int) -> pd.DataFrame:
    import pandas as pd

    sign = np.array([-1.0, 1.0])
    estimate, variance = float(sign @ means.mean), float(sign @ means.covariance @ sign)
    if variance <= SINGULAR * estimate**2 or variance <= 0:
        raise EstimationError(f"{base.item}: the rank scores do not vary within groups, so there is nothing to test.")
    statistic = estimate / np.sqrt(variance)
    return pd.DataFrame(
        {
            "item": [base.item],
            "contrast": [f"{base.groups[1]} - {base.groups[0]}"],
            "estimate": [estimate],
            "se": [np.sqrt(variance)],
            "statistic": [statistic],
            "p": [2 * float(special.stdtr(freedom, -abs(statistic)))],
            "df": [float(freedom)],
            "n": [int(means.n.sum())],
        }
    )


def _several(base: _Base, means: GroupMeans, freedom: int) -> pd.DataFrame:
    import pandas as pd

    groups = len(base.groups)
    against_first = np.hstack([-np.ones((groups - 1, 1)), np.eye(groups - 1)])
    difference, covariance = against_first @ means.mean, against_first @ means.covariance @ against_first.T
    roots = np.linalg.eigvalsh(covariance)
    if roots[0] <= SINGULAR * max(roots[-1], float(difference @ difference)):
        raise EstimationError(
            f"{base.item}: the rank scores of some of the {groups} groups do not vary, or there are fewer PSUs than "
            "groups, so they cannot be tested together; join groups."
        )
    chi_square = float(difference @ np.linalg.solve(covariance, difference))
    return pd.DataFrame(
        {
            "item": [base.item],
            "statistic": [chi_square],
            "p": [float(special.fdtrc(groups - 1, freedom, chi_square / (groups - 1)))],
            "ndf": [float(groups - 1)],
            "ddf": [float(freedom)],
            "n": [int(means.n.sum())],
        }
    )


def _method(
    design: Design, base: _Base, means: GroupMeans, test: object, ties: Ties, rule: DfRule
) -> dict[str, object]:
    name = test if isinstance(test, str) else str(getattr(test, "__name__", "scores"))
    title = TITLES.get(name, f"Rank test with scores {name}")
    counted = "the replicate weights" if design.replication is not None else "PSUs minus strata of those tested"
    counted = "the whole design" if rule == "design" else counted
    return {
        **design_method(design),
        "test": name,
        "heading": f"{title}: {base.item} by {base.by}",
        "statistic": "t" if len(base.groups) == 2 else "chi-square",
        "base_text": f"those with a number and a value of {base.by}",
        "by": base.by,
        "ties": ties,
        "df_rule": f"{counted}, minus {len(base.groups) - 1}",
        "groups": [
            {"group": shown, "mean rank score": score, "n": n, "weighted_n": weighted}
            for shown, score, n, weighted in zip(
                base.groups, means.mean.tolist(), means.n.tolist(), means.weighted_n.tolist(), strict=True
            )
        ],
        "footnotes": [*base.notes, *_tie_note(base, design, ties), *design_footnotes(design)],
    }


def _tie_note(base: _Base, design: Design, ties: Ties) -> list[str]:
    """Say so when the order of rows plays a part: rows of one value with different weights."""
    _, value = np.unique(base.values, return_inverse=True)
    weights = design.weights[base.rows]
    low, high = np.full(value.max() + 1, np.inf), np.full(value.max() + 1, -np.inf)
    np.minimum.at(low, value, weights)
    np.maximum.at(high, value, weights)
    if ties == "midrank" or not (low < high).any():
        return []
    return [
        "Rows of one value have different weights and share the mean of their ranks in file order, as in R; "
        "ties='midrank' does not depend on that order."
    ]
