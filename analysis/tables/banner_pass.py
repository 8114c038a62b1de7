"""One grouped pass for a banner: the estimates of all items in all columns of one banner variable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...data.errors import EstimationError
from ..estimation.estimates import Estimates
from ..estimation.linear import Request, estimated
from ..estimation.measure import Measure
from ..estimation.multiple_response import multiple_response
from ..estimation.plan import Category, Domains, category_measures, domains, numeric_measure
from ..sampling.categories import Floats, Ints, code_text
from ..sampling.design import Design
from ..variance.row_scatter import RowScatter
from ..variance.scatter import Scatter
from ..variance.scatters import AnyScatter
from .banner_table import LineKind

WIDEST = 200
"""A banner variable, or an item, of more categories than this is an id or a measurement, and no table."""

TOGETHER = 400
"""Estimates whose covariances are taken at a time."""

CELLS = 8_000_000
"""Sampling units x estimates of the items that are summed at a time, as far as more than one item is."""


@dataclass(frozen=True)
class ItemPlan:
    """What is shown of an item.

    Attributes
    ----------
    item : str
        The column of the data, or what a multiple-response set is called.
    title : str
        The question as asked, or its label.
    shares : bool
        Whether its answers are rows.
    chosen : category
        The answers chosen; None for all of them and the nets.
    nets : tuple of str
        The collapses of the codebook that are rows under the answers.
    mean : bool
        Whether its mean is a row.
    options : Estimates or None
        The multiple-response set whose options are rows.
    """

    item: str
    title: str
    shares: bool
    chosen: Category
    nets: tuple[str, ...]
    mean: bool
    options: Estimates | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """The rows of one item in the columns of one banner variable.

    Attributes
    ----------
    item : str
        The column of the data.
    categories, kinds : tuple of str
        Its rows.
    numbers : mapping of str to numpy.ndarray
        ``"estimate"``, ``"se"``, ``"low"``, ``"high"``: rows x columns, missing where nobody is in the base.
    n : numpy.ndarray of int64
        Respondents by column.
    weighted_n, effective_n : numpy.ndarray
        Their weights added up, and Kish's effective number.
    place : numpy.ndarray of int64
        Rows x columns: where in the scatter each estimate stands; -1 where there is none.
    scatter : AnyScatter
        The covariances of the whole pass.
    """

    item: str
    categories: tuple[str, ...]
    kinds: tuple[LineKind, ...]
    numbers: dict[str, Floats]
    n: Ints
    weighted_n: Floats
    effective_n: Floats
    place: Ints
    scatter: AnyScatter

    def covariance(self) -> Floats:
        """Give the covariances of the columns within each row: rows x columns x columns."""
        rows, columns = self.place.shape
        found = np.full((rows, columns, columns), np.nan)
        present = np.flatnonzero(self.place[0] >= 0)
        found[np.ix_(np.arange(rows), present, present)] = _covariances(self.scatter, self.place[:, present])
        # squares of deviations are exact where differences of squares are not
        found[:, np.arange(columns), np.arange(columns)] = self.numbers["se"] ** 2
        # what strata or margins fix has a variance of rounding
        fixed = self.numbers["se"] == 0
        return np.where(fixed[:, :, None] | fixed[:, None, :], 0.0, found)


def _covariances(scatter: AnyScatter, place: Ints) -> Floats:
    """Give the covariances of estimates within each row of places: rows x columns x columns."""
    if isinstance(scatter, Scatter | RowScatter):
        return scatter.within(place)
    rows, columns = place.shape
    step = max(1, TOGETHER // columns)
    found = np.empty((rows, columns, columns))
    for start in range(0, rows, step):
        some = place[start : start + step]
        whole = scatter.picked(some.ravel()).covariance.reshape(*some.shape, *some.shape)
        found[start : start + step] = np.einsum("iaib->iab", whole)
    return found


@dataclass(frozen=True, eq=False)
class Pass:
    """All items in the columns of one banner variable.

    Attributes
    ----------
    within : Domains
        The columns.
    blocks : tuple of Block
        In the order of the items: the answers, then the mean, of each.
    estimates : tuple of Estimates
        Those of the shares and those of the means, where there are any; for their method.
    """

    within: Domains
    blocks: tuple[Block, ...]
    estimates: tuple[Estimates, ...]


def grouped_pass(design: Design, items: Sequence[ItemPlan], by: Sequence[str], *, base: str, level: float) -> Pass:
    """Estimate all items in every group of ``by``."""
    within = domains(design, by)
    if len(within.shown) > WIDEST:
        raise EstimationError(
            f"{' × '.join(by)} has {len(within.shown):,} categories, and a banner at most {WIDEST} for one variable; "
            "group them first."
        )
    shares = {plan.item: _share_measures(design, plan, within, base) for plan in items if plan.shares}
    means = {plan.item: [numeric_measure(design, plan.item, within, "mean")] for plan in items if plan.mean}
    blocks: dict[str, list[Block]] = {plan.item: [] for plan in items}
    made: list[Estimates] = []
    for measures, request in (
        (shares, Request("proportion", base=base, level=level, interval="logit")),
        (means, Request("mean", level=level, interval="t")),
    ):
        for together in _batches(design, measures):
            estimates = estimated(design, request, within, [one for each in together.values() for one in each])
            made.append(estimates)
            for block in _blocks(design, together, estimates):
                blocks[block.item].append(block)
    for plan in items:
        if plan.options is not None:
            made.append(_options_again(design, plan.options, by, level))
            blocks[plan.item].append(_options_block(plan.item, made[-1], within))
    return Pass(within, tuple(block for own in blocks.values() for block in own), tuple(made))


def _batches(design: Design, measures: dict[str, list[Measure]]) -> Iterator[dict[str, list[Measure]]]:
    """Cut the items into batches whose sums by sampling unit fit in memory, each of one item at least."""
    units, batch, taken = len(design.stages[-1].stratum), dict[str, list[Measure]](), 0
    for item, own in measures.items():
        cells = units * own[0].base.domains * sum(measure.width for measure in own)
        if batch and taken + cells > CELLS:
            yield batch
            batch, taken = {}, 0
        batch[item] = own
        taken += cells
    if batch:
        yield batch


def _share_measures(design: Design, plan: ItemPlan, within: Domains, base: str) -> list[Measure]:
    def planned(category: Category) -> list[Measure]:
        return category_measures(design, plan.item, within, category, whole_base=base == "all")

    measures = planned(plan.chosen)
    width = sum(measure.width for measure in measures)
    if width > WIDEST:
        raise EstimationError(
            f"{plan.item} has {width:,} different answers, and a table at most {WIDEST}; group them first, or ask for "
            f"its mean: means=['{plan.item}']."
        )
    return measures + (planned(list(plan.nets)) if plan.nets else [])


def _blocks(design: Design, measures: dict[str, list[Measure]], estimates: Estimates) -> Iterator[Block]:
    """Cut the estimates into blocks: they stand by item, group, and row of the item."""
    start = 0
    columns = {name: estimates.frame[name].to_numpy() for name in ("estimate", "se", "low", "high")}
    for item, own in measures.items():
        block = _block(design, item, own, columns, start, estimates.scatter)
        start += int((block.place >= 0).sum())
        yield block


def _block(
    design: Design, item: str, own: Sequence[Measure], columns: dict[str, Floats], start: int, scatter: AnyScatter
) -> Block:
    base = own[0].base
    collapse = design.study.codebook[item].collapse
    rows = [(shown, codes) for measure in own for shown, codes in zip(measure.shown, measure.codes, strict=True)]
    n, height = base.n, len(rows)
    present = np.flatnonzero(n)
    place = np.full((height, len(n)), -1, dtype=np.int64)
    place[:, present] = start + np.arange(len(present) * height).reshape(len(present), height).T
    numbers = {name: np.where(place >= 0, values[place], np.nan) for name, values in columns.items()}
    return Block(
        item=item,
        categories=tuple("Mean" if shown is None else code_text(shown) for shown, _ in rows),
        kinds=tuple(
            "mean" if shown is None else "net" if len(codes) > 1 or shown in collapse else "category"
            for shown, codes in rows
        ),
        numbers=numbers,
        n=n,
        weighted_n=np.where(n > 0, base.weighted_n, 0.0),
        effective_n=np.where(n > 0, base.effective_n, 0.0),
        place=place,
        scatter=scatter,
    )


def _options_again(design: Design, options: Estimates, by: Sequence[str], level: float) -> Estimates:
    """Estimate the options of a multiple-response set again, by group."""
    (known,) = options.method["items"]
    categories = known["categories"]
    return multiple_response(
        design,
        {column: str(one["category"]) for column, one in zip(known["columns"], categories, strict=True)},
        selected=sorted({code for one in categories for code in one["codes"]}, key=str),
        of=options.method["of"],
        by=by,
        base=options.method["base"],
        name=known["item"],
        level=level,
    )


def _options_block(item: str, estimates: Estimates, within: Domains) -> Block:
    """Cut the estimates of a multiple-response set, which stand by group and option."""
    frame, columns = estimates.frame, len(within.codes)
    height = len(estimates.method["items"][0]["categories"])
    kinds: list[LineKind] = ["category"] * height
    first = frame.iloc[::height]
    present = [within.codes.index(codes) for codes in estimates.key_codes[::height]]
    place = np.full((height, columns), -1, dtype=np.int64)
    place[:, present] = np.arange(len(frame)).reshape(len(present), height).T

    def spread(name: str) -> Floats:
        values = np.zeros(columns)
        values[present] = first[name]
        return values

    return Block(
        item=item,
        categories=tuple(code_text(shown) for shown in frame["category"].iloc[:height]),
        kinds=tuple(kinds),
        numbers={
            name: np.where(place >= 0, frame[name].to_numpy()[place], np.nan)
            for name in ("estimate", "se", "low", "high")
        },
        n=spread("n").astype(np.int64),
        weighted_n=spread("weighted_n"),
        effective_n=spread("effective_n"),
        place=place,
        scatter=estimates.scatter,
    )
