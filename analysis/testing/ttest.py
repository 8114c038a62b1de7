"""Design-based t tests of a mean, of two groups, and of paired columns, as R's ``svyttest``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from ...data.errors import EstimationError
from ..estimation.degrees import DfRule, degrees
from ..estimation.intervals import check_level, t_interval
from ..estimation.method import counted, design_footnotes, design_method, missing_key_note, missing_note
from ..sampling.categories import Bools, Categories, Floats, Ints, Shown, categories, names_of, numbers
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .group_means import GroupMeans, group_means
from .significance import SignificanceTest

if TYPE_CHECKING:
    import pandas as pd

CONSTANT = 1e-12
"""A standard error below this share of the means is rounding: there is nothing to test."""

DF_TEXT = {
    "domain": "PSUs minus strata of those tested, minus 1",
    "design": "PSUs minus strata of the whole design, minus 1",
}


def ttest(
    design: Design,
    items: str | Sequence[str],
    *,
    by: str | None = None,
    value: float = 0.0,
    paired: str | None = None,
    where: Where = None,
    level: float = 0.95,
    df: DfRule = "domain",
) -> SignificanceTest:
    """Test a mean against a value, two groups against each other, or two columns of the same respondents.

    The statistic is the difference over its design-based standard error; under the null hypothesis it follows t.

    Parameters
    ----------
    design : Design
        The sample.
    items : str or sequence of str
        Numeric columns, e.g. ``"trust_central"``; each is tested by itself.
    by : str, optional
        Column of the two groups, e.g. ``"sex"``: the mean of the second less that of the first, in the order of the
        codebook.
    value : float
        What the mean, or the difference, is tested against, e.g. 3.
    paired : str, optional
        A second column of the same respondents, e.g. ``"trust_local"``: the mean of the differences, item less
        paired, over those who answered both.
    where : str, mapping or sequence of bool, optional
        A subpopulation, as for :func:`subset`.
    level : float
        Confidence level, e.g. 0.95.
    df : {"domain", "design"}
        Count PSUs and strata among those tested (R's ``degf`` of a subset), or in the whole design; one is taken off,
        as R does.

    Returns
    -------
    SignificanceTest
        Columns item, contrast, estimate, se, low, high, statistic (t), p, df, n.

    Raises
    ------
    EstimationError
        When there are not two groups, when nothing varies, or no degrees of freedom are left.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not for more than two groups: contrast their means, ``contrast(mean(design, item, by=...), "pairwise")``, or test
    their ranks. The two groups need not be independent: sampling units that hold both are accounted for.

    References
    ----------
    Lumley (2010), Complex Surveys, section 5.2; R survey 4.1 ``svyttest``, for its degrees of freedom.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 6, 3], "sex": ["f", "f", "m", "m", "f"]})
    >>> test = ttest(Design(wave), "trust", by="sex")
    >>> test.to_frame()[["contrast", "estimate", "statistic", "df"]].round(4)
      contrast  estimate  statistic   df
    0    m - f       3.0     3.1574  3.0
    """
    check_design(design, "ttest")
    check_level(level)
    design = subset(design, where)
    _check_options(by, paired, value)
    names = names_of(items)
    if not names or (paired is not None and len(names) > 1):
        raise EstimationError(
            f"ttest was given {len(names)} items; name one{' beside paired=' if paired else ' or more'}."
        )
    tests = [_tested(design, name, by, paired, df) for name in names]
    return SignificanceTest(_frame(tests, value, level), _method(design, tests, by, paired, value, level, df))


@dataclass(frozen=True, eq=False)
class _Tested:
    """One item's test: its means, what is tested of them, and on which rows."""

    item: str
    contrast: str
    groups: tuple[Shown, ...]
    means: GroupMeans
    sign: Floats
    df: int
    notes: tuple[str, ...]

    @property
    def estimate(self) -> float:
        return float(self.sign @ self.means.mean)

    @property
    def se(self) -> float:
        return math.sqrt(max(0.0, float(self.sign @ self.means.covariance @ self.sign)))


def _check_options(by: str | None, paired: str | None, value: float) -> None:
    if by is not None and paired is not None:
        raise EstimationError("ttest takes by= (two groups) or paired= (two columns of the same people), not both.")
    if by is not None and not isinstance(by, str):
        raise EstimationError(f"by is {by!r}; a t test compares the two groups of one column.")
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise EstimationError(f"value is {value!r}; a mean is tested against a finite number.")


def _tested(design: Design, item: str, by: str | None, paired: str | None, rule: DfRule) -> _Tested:
    values, answered, notes = _values(design, item, paired)
    coded = None if by is None else categories(design.study, by, inside=design.inside)
    base = answered if coded is None else answered & (coded.positions >= 0)
    if not base.any():
        raise EstimationError(f"{item}: nobody in the base has an answer{f' and a value of {by}' if by else ''}.")
    group, sign = np.zeros(len(base), dtype=np.int64), np.ones(1)
    groups: tuple[Shown, ...] = (item,)
    if coded is None:
        contrast = f"{item} - {paired}" if paired else "mean"
    else:
        notes += _by_note(design, coded)
        group, groups = _two_groups(item, coded, base)
        sign, contrast = np.array([-1.0, 1.0]), f"{groups[1]} - {groups[0]}"
    means = group_means(design, base, group, len(groups), values, again=True, what="t test")
    # R leaves out rows without an answer before it counts PSUs when it compares groups, and only then
    counted = base if coded is not None and design.replication is None else design.inside
    found = _Tested(item, contrast, groups, means, sign, degrees(design, counted, rule) - 1, tuple(notes))
    _refuse_untestable(found)
    return found


def _values(design: Design, item: str, paired: str | None) -> tuple[Floats, Bools, list[str]]:
    """Give each row's value, whether it counts, and what is missing."""
    rows, notes = int(design.inside.sum()), []
    values, missing = numbers(design.study, item, purpose="t test", inside=design.inside)
    notes += [missing_note(item, missing, rows)] if any(missing.values()) else []
    if paired is not None:
        second, absent = numbers(design.study, paired, purpose="t test", inside=design.inside)
        notes += [missing_note(paired, absent, rows)] if any(absent.values()) else []
        values = values - second
    return values, ~np.isnan(values) & design.inside & (design.weights > 0), notes


def _by_note(design: Design, coded: Categories) -> list[str]:
    absent = int(((coded.positions < 0) & design.inside).sum())
    return [missing_key_note(coded.name, absent)] if absent else []


def _two_groups(item: str, coded: Categories, base: Bools) -> tuple[Ints, tuple[Shown, ...]]:
    """Number the two groups that occur 0 and 1."""
    present = np.unique(coded.positions[base])
    if len(present) != 2:
        shown = ", ".join(str(coded.shown[at]) for at in present[:6]) + (", ..." if len(present) > 6 else "")
        remedy = (
            "Choose two with where=, or contrast all: contrast(mean(design, item, by=...), 'pairwise')."
            if len(present) > 2
            else "Test the mean against a value instead, or widen the base."
        )
        raise EstimationError(
            f"{item}: by='{coded.name}' has {counted(len(present), 'group', 'groups')} with an answer ({shown}); a t "
            f"test needs two. {remedy}"
        )
    group = np.searchsorted(present, np.clip(coded.positions, 0, None)).astype(np.int64)
    return group, tuple(coded.shown[at] for at in present)


def _refuse_untestable(test: _Tested) -> None:
    if test.df < 1:
        raise EstimationError(
            f"{test.item}: the t test has {test.df} degrees of freedom (PSUs minus strata, minus 1). Test a larger "
            "group, or take df='design' where the whole design has more."
        )
    if test.se <= CONSTANT * float(np.abs(test.means.mean).max()):
        raise EstimationError(
            f"{test.item}: the {'difference' if len(test.sign) > 1 else 'mean'} has no sampling error (nothing varies "
            "within strata), so there is nothing to test."
        )


def _frame(tests: Sequence[_Tested], value: float, level: float) -> pd.DataFrame:
    import pandas as pd

    estimate, se = np.array([test.estimate for test in tests]), np.array([test.se for test in tests])
    df = np.array([float(test.df) for test in tests])
    statistic = (estimate - value) / se
    reach = [t_interval(estimate[[at]], se[[at]], df[at], level) for at in range(len(tests))]
    return pd.DataFrame(
        {
            "item": [test.item for test in tests],
            "contrast": [test.contrast for test in tests],
            "estimate": estimate,
            "se": se,
            "low": [float(low[0]) for low, _ in reach],
            "high": [float(high[0]) for _, high in reach],
            "statistic": statistic,
            "p": 2 * special.stdtr(df, -np.abs(statistic)),
            "df": df,
            "n": [int(test.means.n.sum()) for test in tests],
        }
    )


def _method(
    design: Design,
    tests: Sequence[_Tested],
    by: str | None,
    paired: str | None,
    value: float,
    level: float,
    rule: DfRule,
) -> dict[str, object]:
    kind = "Two-sample" if by else "Paired" if paired else "One-sample"
    subject = ", ".join(test.item for test in tests) + (f" by {by}" if by else f" less {paired}" if paired else "")
    notes = [note for test in tests for note in test.notes] + design_footnotes(design)
    return {
        **design_method(design),
        "test": f"{kind.lower()} t test",
        "title": design.study.codebook.title,
        "heading": f"{kind} t test: {subject}, against {value:g}",
        "statistic": "t",
        "base_text": f"those with {'both numbers' if paired else 'a number'}{f' and a value of {by}' if by else ''}",
        "by": by,
        "paired": paired,
        "value": value,
        "level": level,
        "df_rule": DF_TEXT[rule] if design.replication is None else "of the replicate weights, minus 1",
        "groups": _groups(tests) if by else [],
        "footnotes": list(dict.fromkeys(notes)),
    }


def _groups(tests: Sequence[_Tested]) -> list[dict[str, object]]:
    return [
        {
            "item": test.item,
            "group": shown,
            "mean": float(test.means.mean[at]),
            "se": float(test.means.se[at]),
            "n": int(test.means.n[at]),
        }
        for test in tests
        for at, shown in enumerate(test.groups)
    ]
