"""Banner tables: every answer of every item down the side, groups of respondents across the top.

Each banner variable is one grouped pass over the data, so that all its columns come with their covariances; column
letters are tests of differences of estimates, not of printed percentages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal, TypeVar

import numpy as np

from ...data.codebook import Study, Variable
from ...data.errors import EstimationError
from ..estimation.estimates import Estimates
from ..estimation.intervals import check_level
from ..estimation.plan import Category
from ..sampling.categories import Bools, Floats, categories, code_text, names_of
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .banner_notes import banner_method
from .banner_pass import Block, ItemPlan, Pass, grouped_pass
from .banner_table import Banner, BannerBase, BannerColumn, BannerLine, BannerTable, PairTests
from .column_letters import LOW_BASE, NO_BASE, SUPPRESSED, Texts, column_tests, higher_than, letter

Rows = str | Estimates | Sequence[str | Estimates] | Mapping[str, Category]
"""Columns, multiple-response sets, or columns with the answers chosen."""

Given = TypeVar("Given")

FEW_VALUES = 10
"""A numeric column without labels and with more different values than this is shown by its mean."""


@dataclass(frozen=True)
class BannerRules:
    """What was asked for.

    Attributes
    ----------
    base : {"substantive", "all"}
        Who is in the base.
    levels : tuple of float
        Levels of the tests, the highest first.
    adjust : {"holm", None}
        Adjustment of the tests.
    low_base : float
        Columns with a smaller base are not tested.
    minimum_base : int or None
        Columns with fewer respondents are suppressed.
    effective : bool
        Whether the low base is judged by, and the table shows, the effective base.
    """

    base: Literal["substantive", "all"]
    levels: tuple[float, ...]
    adjust: Literal["holm"] | None
    low_base: float
    minimum_base: int | None
    effective: bool

    def __post_init__(self) -> None:
        """Refuse rules that do not exist."""
        if not 1 <= len(self.levels) <= 2 or len(set(self.levels)) < len(self.levels):
            raise EstimationError("level names one confidence level, e.g. 0.95, or two, e.g. (0.95, 0.90).")
        for level in self.levels:
            check_level(level)
        if self.adjust not in (None, "holm"):
            raise EstimationError(f"adjust is {self.adjust!r}; it can be 'holm' or None.")
        for name in ("low_base", "minimum_base"):
            value = getattr(self, name)
            real = isinstance(value, Real) and not isinstance(value, bool)
            if (value is not None or name == "low_base") and not (real and value >= 0):
                raise EstimationError(f"{name} is {value!r}; it is a number of respondents, 0 for none.")

    def flags(self, block: Block) -> Texts:
        """Say for each column why it is not tested or not shown."""
        judged = block.effective_n if self.effective else block.n
        flags = np.full(len(block.n), "", dtype=object)
        # an effective base of equal weights is the number of respondents, but for rounding
        flags[judged < self.low_base * (1 - 1e-12)] = LOW_BASE
        flags[block.n < (self.minimum_base or 0)] = SUPPRESSED
        flags[block.n == 0] = NO_BASE
        return flags


def banner(
    design: Design,
    rows: Rows,
    columns: str | Sequence[str | Sequence[str]],
    *,
    where: Where = None,
    base: Literal["substantive", "all"] = "substantive",
    means: str | Sequence[str] | None = None,
    level: float | Sequence[float] = 0.95,
    adjust: Literal["holm"] | None = None,
    low_base: float = 30,
    minimum_base: int | None = None,
    effective: bool = True,
    total: bool = True,
) -> Banner:
    """Tabulate items by groups of respondents, with letters where columns differ.

    A letter beside a figure means that it is higher than the figure in the column of that letter. Each pair of
    columns of a banner variable is tested, row by row, by t on the difference of the two estimates, with the design's
    covariance (strata, shared PSUs, weights) and degrees of freedom. What is tested are the estimates themselves, not
    their printed percentages, and no test rests on a number of interviews.

    Parameters
    ----------
    design : Design
        The sample.
    rows : str, Estimates, sequence of these, or mapping
        Items, e.g. ``["trust_local", "restrict_travel"]``; what :func:`multiple_response` gave stands for its set of
        columns, and is estimated again in every column of the banner. Of an item every answer is a row, then the nets
        that its codebook names (``"support"``), if they count more than one answer. A numeric column without labels
        and with more than 10 different values, or one measured on a scale, is shown by its mean. A mapping chooses
        the rows, as ``category`` of :func:`proportion` does, e.g. ``{"restrict_travel": ["support"]}``.
    columns : str or sequence
        Banner variables, e.g. ``["sex", "age4"]``; several in brackets are crossed, e.g. ``[("sex", "age4")]``.
    where : str, mapping or sequence of bool, optional
        Subpopulation, as :func:`subset` takes it, e.g. ``"age >= 18"``.
    base : {"substantive", "all"}
        ``"all"`` counts don't know and refused in the base. Means are of those who gave a number in any case.
    means : str or sequence of str, optional
        Items of ``rows`` that get a row with their mean, e.g. ``"trust_local"`` on a scale from 1 to 5.
    level : float or two of them
        Level of the tests, e.g. 0.95. With ``(0.95, 0.90)`` letters are capital at 95% and small at 90% alone. The
        intervals of ``to_frame()`` are at the higher.
    adjust : {"holm", None}
        Holm's adjustment of the p-values over the tested pairs of a row within one banner variable.
    low_base : float
        Columns with a smaller base are shown and marked, and not tested, e.g. 30.
    minimum_base : int, optional
        Columns with fewer respondents are not shown, e.g. 10. The rest of the table may give them away: this is a
        rule of publication, not of secrecy.
    effective : bool
        Whether ``low_base`` is judged by Kish's effective base, and the tables show it; else by respondents.
    total : bool
        Whether the first column is everybody. It holds every column and is never tested.

    Returns
    -------
    Banner
        ``to_frame()``, ``differences()``, ``to_xlsx(path)``, ``to_html(path)``, ``to_markdown()``.

    Raises
    ------
    EstimationError
        When an item has no answers, a banner variable more than 200 categories, or an option does not exist.
    UnknownNameError
        When a column or category does not exist.

    Notes
    -----
    Not for finding out which of a thousand differences are real: without an adjustment one pair in twenty that do not
    differ carries a letter at 95%. Shares near 0% and 100% in small columns are tested by t like all others, which is
    generous there; ``low_base`` guards against it.

    References
    ----------
    Korn and Graubard (1999), Analysis of Health Surveys, section 5.4; Kish (1965), Survey Sampling, section 11.7, for
    the effective base; Holm (1979), Scandinavian Journal of Statistics 6(2).

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"view": ["for"] * 50 + ["against"] * 50, "sex": ["f"] * 40 + ["m"] * 60})
    >>> tables = banner(Design(wave), "view", "sex")
    >>> tables.to_frame()[["category", "column", "letter", "estimate", "higher_than"]].tail(2)
      category column letter  estimate higher_than
    4      for      f      A  1.000000           B
    5      for      m      B  0.166667
    """
    check_design(design, "banner")
    design = subset(design, where)
    rules = BannerRules(base, _levels(level), adjust, low_base, minimum_base, effective)
    items = _planned(design.study, rows, names_of(means))
    crossings = _crossings(columns, total=total)
    passes = [grouped_pass(design, items, by, base=base, level=rules.levels[0]) for by in crossings]
    sides = [_side(design, by, one, rules) for by, one in zip(crossings, passes, strict=True)]
    tables = tuple(_table(plan, sides) for plan in items)
    return Banner(
        columns=tuple(column for side in sides for column in side.columns),
        tables=tables,
        method=banner_method(design, rules, passes, tables),
        pairs=tuple(
            part.pairs for plan in items for side in sides if side.columns[0].letter for part in side.parts[plan.item]
        ),
    )


def _levels(level: float | Sequence[float]) -> tuple[float, ...]:
    """Give the levels, the highest first."""
    try:
        return tuple(sorted(np.atleast_1d(np.asarray(level, dtype=np.float64)).tolist(), reverse=True))
    except (TypeError, ValueError):
        raise EstimationError(f"level is {level!r}; it is a number, e.g. 0.95, or two, e.g. (0.95, 0.90).") from None


def _planned(study: Study, rows: Rows, means: Sequence[str]) -> list[ItemPlan]:
    """Decide what is shown of each item."""
    listed: list[tuple[str | Estimates, Category]]
    if isinstance(rows, Mapping):
        listed = list(rows.items())
    else:
        listed = [(item, None) for item in ([rows] if isinstance(rows, str | Estimates) else _several(rows, "rows"))]
    if not listed:
        raise EstimationError("rows names no item; name at least one column to tabulate.")
    plans = [
        _options_plan(item) if isinstance(item, Estimates) else _item_plan(study, item, chosen, mean=item in means)
        for item, chosen in listed
    ]
    names = [plan.item for plan in plans]
    _refuse_twice(names, "rows")
    strangers = [name for name in means if name not in names]
    if strangers:
        raise EstimationError(f"means names {', '.join(strangers)}, which is not among the rows; add it to rows.")
    return plans


def _item_plan(study: Study, name: str, category: Category, *, mean: bool) -> ItemPlan:
    coded, variable = categories(study, name), study.codebook[name]
    labelled = any(variable.missing_kind(code) is None for code in variable.labels)
    number = variable.type == "numeric" and not labelled
    measured = number and (len(coded.values) > FEW_VALUES or variable.measure == "scale")
    shares = category is not None or not (measured or (mean and number))
    nets = _nets(variable) if shares and category is None else ()
    title = variable.wording.get("en") or next(iter(variable.wording.values()), "") or variable.label
    return ItemPlan(name, title, shares, category, nets, mean or not shares)


def _options_plan(options: Estimates) -> ItemPlan:
    """Take a multiple-response set, to be estimated again in every column."""
    if "of" not in options.method:
        raise EstimationError(
            "rows holds a result that is no multiple-response set; name the column instead, e.g. rows=['trust']."
        )
    title = f"several answers possible, shares of {options.method['of']}"
    return ItemPlan(options.method["items"][0]["item"], title, False, None, (), False, options)


def _nets(variable: Variable) -> tuple[str, ...]:
    """Give the collapses that are more than another name for one answer."""
    return tuple(name for name, codes in variable.collapse.items() if len(codes) > 1)


def _crossings(columns: str | Sequence[str | Sequence[str]], *, total: bool) -> list[tuple[str, ...]]:
    """Give the banner variables, each as the tuple of what is crossed; the Total is an empty one."""
    listed = [columns] if isinstance(columns, str) else _several(columns, "columns")
    crossings = [names_of(each) for each in listed]
    if not all(crossings):
        raise EstimationError("columns holds an empty crossing; name the variables to cross, e.g. ('sex', 'age4').")
    _refuse_twice([" × ".join(each) for each in crossings], "columns")
    if not crossings and not total:
        raise EstimationError("columns names no banner variable; name at least one, or leave total=True.")
    return ([()] if total else []) + crossings


def _several(given: Iterable[Given], what: str) -> list[Given]:
    """List what is not one name."""
    if not isinstance(given, Iterable):
        raise EstimationError(f"{what} is {given!r}; name columns, e.g. 'sex', or several in a list, ['sex', 'age4'].")
    return list(given)


def _refuse_twice(names: Sequence[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EstimationError(f"{what} names {', '.join(twice)} more than once; name each once.")


@dataclass(frozen=True, eq=False)
class Part:
    """An item's answers, or its mean, within one banner: the estimates and which of them differ.

    Attributes
    ----------
    block : Block
        The estimates.
    flags : numpy.ndarray of str
        For each column why it is not tested or not shown.
    higher : numpy.ndarray of str
        Rows x columns: letters.
    pairs : PairTests
        The tests.
    """

    block: Block
    flags: Texts
    higher: Texts
    pairs: PairTests


@dataclass(frozen=True, eq=False)
class Side:
    """The columns of one banner variable, with what stands in them.

    Attributes
    ----------
    columns : tuple of BannerColumn
        From left to right.
    parts : mapping of str to list of Part
        By item.
    """

    columns: tuple[BannerColumn, ...]
    parts: Mapping[str, list[Part]]


def _side(design: Design, by: tuple[str, ...], one: Pass, rules: BannerRules) -> Side:
    columns = _columns(design.study, by, one)
    parts: dict[str, list[Part]] = {}
    for block in one.blocks:
        parts.setdefault(block.item, []).append(_part(block, columns, rules, design.df))
    return Side(columns, parts)


def _columns(study: Study, by: tuple[str, ...], one: Pass) -> tuple[BannerColumn, ...]:
    if not by:
        return (BannerColumn("", "", ("Total",), ""),)
    heading = " × ".join(study.codebook[name].label or name for name in by)
    return tuple(
        BannerColumn(" × ".join(by), heading, tuple(map(code_text, shown)), letter(at))
        for at, shown in enumerate(one.within.shown)
    )


def _part(block: Block, columns: tuple[BannerColumn, ...], rules: BannerRules, df: int) -> Part:
    flags, estimate = rules.flags(block), block.numbers["estimate"]
    tests = column_tests(
        estimate,
        block.covariance(),
        df,
        np.broadcast_to(flags, estimate.shape),
        share=block.kinds[0] != "mean",
        adjust=rules.adjust,
    )
    higher = higher_than(tests, [column.letter for column in columns], rules.levels)
    return Part(block, flags, higher, PairTests(block.item, block.categories, columns, tests))


def _table(plan: ItemPlan, sides: Sequence[Side]) -> BannerTable:
    by_side = [side.parts[plan.item] for side in sides]
    lines = [line for parts in zip(*by_side, strict=True) for line in _lines(parts)]
    return BannerTable(plan.item, plan.title, tuple(lines))


def _lines(parts: Sequence[Part]) -> list[BannerLine]:
    """Put the columns of all banners side by side."""
    first = parts[0].block
    base = BannerBase(
        n=np.concatenate([part.block.n for part in parts]),
        weighted_n=np.concatenate([part.block.weighted_n for part in parts]),
        effective_n=np.concatenate([part.block.effective_n for part in parts]),
        flags=np.concatenate([part.flags for part in parts]),
    )
    shown = ~np.isin(base.flags, (SUPPRESSED, NO_BASE))
    values = {name: np.hstack([part.block.numbers[name] for part in parts]) for name in first.numbers}
    higher = np.hstack([part.higher for part in parts])
    return [
        BannerLine(
            category=first.categories[row],
            kind=first.kinds[row],
            estimate=_kept(values["estimate"][row], shown),
            se=_kept(values["se"][row], shown),
            low=_kept(values["low"][row], shown),
            high=_kept(values["high"][row], shown),
            higher_than=higher[row],
            base=base,
        )
        for row in range(len(first.categories))
    ]


def _kept(values: Floats, shown: Bools) -> Floats:
    return np.where(shown, values, np.nan)
