"""Questions with several answers, a column for each option: shares of respondents, or of mentions.

A share of respondents is a proportion of those who were asked; a share of mentions is the ratio of an option's mentions
to all mentions, with the error of a ratio. Lumley (2010), Complex Surveys, section 2.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ...data.codebook import Code, MissingKind
from ...data.errors import EstimationError, UnknownNameError
from ..sampling.categories import Bools, Categories, Floats, Shown, categories, names_of
from ..sampling.design import Design, check_design
from ..sampling.subpopulation import Where, subset
from .estimates import Estimates
from .intervals import ProportionInterval, beta_interval, logit_interval
from .linear import Request, estimated
from .measure import Base, Measure
from .method import counted, with_subpopulation
from .options import Deff
from .plan import WHOLE_BASE, Domains, domains

if TYPE_CHECKING:
    import pandas as pd

Of = Literal["respondents", "mentions"]

BASES = {
    "respondents": "those who were asked, whether or not they chose an option",
    "mentions": "the mentions of those who chose an option",
}


def multiple_response(
    design: Design,
    columns: str | Sequence[str] | Mapping[str, str],
    *,
    selected: Code | Sequence[Code] = 1,
    of: Of = "respondents",
    by: str | Sequence[str] | None = None,
    where: Where = None,
    base: Literal["substantive", "all"] = "substantive",
    name: str | None = None,
    interval: ProportionInterval = "logit",
    level: float = 0.95,
    deff: Deff = "auto",
    df: Literal["design", "domain"] = "design",
) -> Estimates:
    """Estimate how many chose each option of a question with several answers.

    Parameters
    ----------
    design : Design
        The sample.
    columns : str, sequence of str, or mapping
        The columns of the options, e.g. ``["q5_radio", "q5_web"]``; a mapping gives each its label, else it is that of
        the codebook, or the column's name.
    selected : code, label, or a sequence of these
        What stands in a column where the option was chosen, e.g. ``1`` or ``"mentioned"``.
    of : {"respondents", "mentions"}
        Shares of those who were asked (they add up to more than 1), or of all mentions (they add up to 1).
    by : str or sequence of str, optional
        Keys of the groups, e.g. ``"sex"``.
    where : str, mapping or sequence of bool, optional
        A subpopulation, as for :func:`subset`.
    base : {"substantive", "all"}
        Whoever has an answer in any of the columns was asked, and counts even if no option was chosen; an option left
        blank by somebody who was asked counts as not chosen. ``"all"`` counts don't know and refused as well. Rows
        that are missing in every column are left out; where the columns hold no mark of "not chosen" that goes for
        those who chose nothing, and a footnote says so.
    name : str, optional
        What the set is called, e.g. ``"q5"``; else what the columns' names begin with.
    interval : {"logit", "beta", "mean", "wilson", "asin", "likelihood", "xlogit"}
        As for :func:`proportion`; for shares of mentions ``"logit"`` or ``"mean"`` (t, as ratios have).
    level : float
        Confidence level, e.g. 0.95.
    deff : {"auto", "replace"}
        As for :func:`proportion`.
    df : {"design", "domain"}
        As for :func:`proportion`.

    Returns
    -------
    Estimates
        Columns item (the set), category (the option), the keys, and those of every result; n is the number of
        respondents.

    Raises
    ------
    EstimationError
        When a column is named twice, or nobody was asked.
    UnknownNameError
        When a column does not exist, or none of them ever holds what ``selected`` says.

    Notes
    -----
    Not for options of which only one could be chosen: that is one column, and :func:`proportion`.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.1.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> wave = pd.DataFrame({"q5_radio": [1, 0, 1, 0], "q5_web": [1, 1, 1, 0]})
    >>> multiple_response(Design(wave), ["q5_radio", "q5_web"]).to_frame()[["item", "category", "estimate", "n"]]
      item  category  estimate  n
    0   q5  q5_radio      0.50  4
    1   q5    q5_web      0.75  4
    >>> multiple_response(Design(wave), ["q5_radio", "q5_web"], of="mentions").to_frame()["estimate"].tolist()
    [0.4, 0.6]
    """
    check_design(design, "multiple_response")
    if of not in get_args(Of):
        raise EstimationError(f"of is {of!r}; it can be 'respondents' or 'mentions'.")
    request = Request("proportion", base=base, interval=interval, level=level, deff=deff, df=df)
    design = subset(design, where)
    options = _options(design, columns, selected, whole_base=base == "all")
    within = domains(design, names_of(by))
    title = _title([option.column for option in options.columns]) if name is None else name
    if of == "mentions":
        if interval not in ("logit", "mean"):
            raise EstimationError(f"interval is {interval!r}; for shares of mentions it can be 'logit' or 'mean'.")
        request = replace(request, estimand="ratio", interval="t")
    asked = _base(options, within, chosen_only=of == "mentions")
    measures = [_measure(option, title, asked, options, of) for option in options.columns]
    made = estimated(design, request, within, measures)
    frame = made.frame.copy()
    if of == "mentions":
        labels = [option.label for option in options.columns]
        frame.insert(1, "category", labels * (len(frame) // len(labels)))
        if interval == "logit":
            frame["low"], frame["high"] = _within_bounds(frame, level)
    return replace(made, frame=frame, method=_method(made.method, title, options, asked, of, design, interval))


@dataclass(frozen=True, eq=False)
class _Option:
    """One column of the set: who chose it, who answered it."""

    column: str
    label: Shown
    chosen: Bools
    answered: Bools
    codes: tuple[Code, ...]


@dataclass(frozen=True, eq=False)
class _Options:
    """The columns of a set."""

    columns: tuple[_Option, ...]
    marked: bool
    """Whether any column marks an option as not chosen."""
    missing: dict[str, int]
    """Rows missing in every column, by kind."""

    @property
    def answered(self) -> Bools:
        return np.asarray(np.logical_or.reduce([option.answered for option in self.columns]))

    @property
    def chosen(self) -> Floats:
        """How many options each row chose."""
        return np.asarray(np.sum([option.chosen for option in self.columns], axis=0, dtype=np.float64))


def _options(
    design: Design,
    columns: str | Sequence[str] | Mapping[str, str],
    selected: Code | Sequence[Code],
    *,
    whole_base: bool,
) -> _Options:
    names = names_of(columns)
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice or not names:
        raise EstimationError(
            f"{', '.join(twice)} is named more than once; name each column once."
            if twice
            else "no column is named; name the columns of the options."
        )
    coded = [
        categories(design.study, column, keep=WHOLE_BASE if whole_base else (), unused=True, inside=design.inside)
        for column in names
    ]
    wanted = [selected] if isinstance(selected, str) or not isinstance(selected, Sequence) else list(selected)
    places = [_places(each, wanted) for each in coded]
    if not any(places):
        known = [str(shown) for each in coded for shown in each.shown]
        raise UnknownNameError("category of these columns", ", ".join(map(str, wanted)), known)
    labels = _labels(design, columns, names)
    made = tuple(
        _Option(
            column=each.name,
            label=label,
            chosen=np.isin(each.positions, own),
            answered=each.positions >= 0,
            codes=tuple(each.values[at] for at in own),
        )
        for each, own, label in zip(coded, places, labels, strict=True)
    )
    marked = any((option.answered & ~option.chosen & design.inside).any() for option in made)
    return _Options(made, marked, _missing(design, made))


def _missing(design: Design, options: Sequence[_Option]) -> dict[str, int]:
    """Count by kind the rows that are missing in every column; a declared kind counts before a blank."""
    rows = design.inside & ~np.logical_or.reduce([option.answered for option in options])
    places = np.flatnonzero(rows)
    kinds = np.full(len(places), "blank", dtype=object)
    for option in reversed(options):
        own = design.study.missing_kinds(option.column).to_numpy()[places]
        declared = np.array([isinstance(kind, str) for kind in own], dtype=bool)
        kinds[declared] = [MissingKind(kind).value for kind in own[declared]]
    return dict(Counter(kinds.tolist()))


def _places(coded: Categories, wanted: Sequence[Code]) -> list[int]:
    """Find what was chosen among a column's values; a column in which nobody chose may not hold it."""
    found = []
    for code in wanted:
        try:
            found.append(coded.find(code))
        except UnknownNameError:
            continue
    return found


def _labels(design: Design, columns: str | Sequence[str] | Mapping[str, str], names: Sequence[str]) -> list[Shown]:
    """Name the options by the mapping, the codebook, or their columns; two of one label by their columns as well."""
    if isinstance(columns, Mapping):
        labels = [str(columns[name]) for name in names]
    else:
        labels = [design.study.codebook[name].label or name for name in names]
    return [
        f"{label} ({name})" if labels.count(label) > 1 else label for label, name in zip(labels, names, strict=True)
    ]


def _title(names: Sequence[str]) -> str:
    """Name a set by what its columns' names begin with, else by the first of them.

    Examples
    --------
    >>> _title(["q5_1", "q5_2"]), _title(["radio", "web"])
    ('q5', 'radio, web')
    """
    shared = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    common = "".join(letters[0] for letters in shared).rstrip("0123456789").rstrip("_-. ")
    return common or ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _base(options: _Options, within: Domains, *, chosen_only: bool) -> Base:
    rows = within.counted & options.answered
    if chosen_only:
        rows &= options.chosen > 0
    if not rows.any():
        names = ", ".join(option.column for option in options.columns)
        raise EstimationError(
            f"nobody in the base has {'chosen an option' if chosen_only else 'an answer'} in {names}; there is nothing "
            "to estimate."
        )
    return within.base(rows)


def _measure(option: _Option, title: str, asked: Base, options: _Options, of: Of) -> Measure:
    value = asked.own(option.chosen.astype(np.float64))
    shares, mentions = of == "respondents", asked.own(options.chosen)
    return Measure(
        item=title,
        columns=(option.column,),
        base=asked,
        value=value,
        category=None,
        # a share of mentions is a ratio: that all respondents mention an option does not make it 1
        shown=(option.label if shares else None,),
        codes=(option.codes,),
        missing=options.missing,
        divisor=None if shares else mentions,
    )


def _within_bounds(frame: pd.DataFrame, level: float) -> tuple[Floats, Floats]:
    """Give logit intervals of shares of mentions, and beta intervals where a share is 0 or 1."""
    estimate, se = frame["estimate"].to_numpy(), frame["se"].to_numpy()
    n, df = frame["n"].to_numpy(), frame["df"].to_numpy()
    low, high = logit_interval(estimate, se, df, level)
    edge = (estimate <= 0) | (estimate >= 1)
    by_beta = beta_interval(estimate, se, frame["effective_n"].to_numpy(), n, df, level)
    return np.where(edge, by_beta[0], low), np.where(edge, by_beta[1], high)


def _method(
    method: Mapping[str, Any], title: str, options: _Options, asked: Base, of: Of, design: Design, interval: str
) -> dict[str, Any]:
    """Say of the set what is said of an item."""
    item = {
        "item": title,
        "label": counted(len(options.columns), "option", "options"),
        "wording": {},
        "columns": [option.column for option in options.columns],
        "n": len(asked.rows),
        "weighted_n": float(asked.weights.sum()),
        "missing": options.missing,
        "categories": [{"category": option.label, "codes": list(option.codes)} for option in options.columns],
    }
    return {
        **method,
        "estimand": "proportion",
        "of": of,
        "interval": interval,
        "items": [item],
        "base_text": with_subpopulation(BASES[of], design),
        "footnotes": [*_notes(title, options, asked, design), *method["footnotes"]],
    }


def _notes(title: str, options: _Options, asked: Base, design: Design) -> list[str]:
    notes = []
    if options.missing and not options.marked:
        notes.append(
            f"{title}: nothing in the columns tells those who chose no option from those who were not asked, so rows "
            "without any mark are not in the base."
        )
    part = np.logical_or.reduce([~option.answered for option in options.columns]) & options.answered & design.inside
    if options.marked and part.any():
        several = int(part.sum())
        notes.append(
            f"{title}: {counted(several, 'row has', 'rows have')} an option left blank, counted as not chosen."
        )
    chosen = asked.own(options.chosen)
    average = float(asked.weights @ chosen / asked.weights.sum())
    return [*notes, f"{title}: respondents in the base chose {average:.2f} options on average."]
