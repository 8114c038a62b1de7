"""What shares of one question must be together: no more than the whole, and the sum of their parts."""

from __future__ import annotations

from collections.abc import Iterator

from .rows import Breach, Row, Tables

WHOLE_PERCENT = 1.0
"""Rounding of a percentage that does not say."""

ALL_COMBINATIONS = 12
"""Figures of one item up to which every combination of them is tried; beyond it, single answers only."""


def shares_fit_into_the_whole(tables: Tables) -> Iterator[Breach]:
    """Shares that exclude each other sum to no more than 100 percent, rounding allowed for."""
    for rows in (*_alternatives(tables), *_across_bases(tables)):
        # A share above 100 is found by itself already.
        total, members = _largest_total([row for row in rows if (row.number("value") or 0.0) <= 100])
        if total > 100 + 1e-9:
            shares = " + ".join(f"{member.text('value')} ({member.text('figure_id')})" for member in members)
            yield members[-1], f"shares that exclude each other exceed 100 percent: {shares}. One of them is wrong."


def parts_make_up_the_whole(tables: Tables) -> Iterator[Breach]:
    """A collapsed share equals the sum of its single answers, where all of them are printed."""
    for rows in _alternatives(tables):
        single = {row.codes("category_set")[0]: row for row in rows if len(row.codes("category_set")) == 1}
        for row in rows:
            codes = row.codes("category_set")
            if len(codes) < 2 or not all(code in single for code in codes):
                continue
            parts = [single[code] for code in codes]
            total = sum(part.number("value") or 0.0 for part in parts)
            slack = (_rounding(row) + sum(map(_rounding, parts))) / 2
            if abs(total - (row.number("value") or 0.0)) > slack + 1e-9:
                names = ", ".join(part.text("figure_id") for part in parts)
                yield (
                    row,
                    f"value is {row.text('value')}, but its parts ({names}) sum to {total:g}; correct one of them.",
                )


def _alternatives(tables: Tables) -> Iterator[list[Row]]:
    """Give the shares of one item, subgroup, country and base together, where a respondent gives one answer."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in tables["estimate"]:
        item = tables.items.get(row.text("item_id"))
        if row.text("statistic") == "share" and item is not None and item.text("answers") == "one":
            key = tuple(row.text(column) for column in ("item_id", "subgroup", "country", "base"))
            groups.setdefault(key, []).append(row)
    yield from groups.values()


def _across_bases(tables: Tables) -> Iterator[list[Row]]:
    """Give shares whose base is unknown together with each known base's, answers for or against only.

    Whichever of the bases leaves out don't know or the middle, shares of the other answers are no smaller on it.
    """
    groups: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for rows in _alternatives(tables):
        directed = [row for row in rows if _is_directed(row, tables)]
        if directed:
            key = tuple(rows[0].text(column) for column in ("item_id", "subgroup", "country"))
            groups.setdefault(key, {})[rows[0].text("base")] = directed
    for by_base in groups.values():
        unknown = by_base.pop("unknown", [])
        yield from ([*rows, *unknown] for rows in by_base.values() if unknown and not _exceeds(rows, unknown))


def _exceeds(*groups: list[Row]) -> bool:
    """Say whether shares of one base exceed the whole among themselves, which is found already."""
    return any(_largest_total(rows)[0] > 100 + 1e-9 for rows in groups)


def _is_directed(row: Row, tables: Tables) -> bool:
    """Say whether a share counts answers for or against, and no others."""
    directed = {option.number("code") for option in tables.scale_of(row) if option.number("valence")}
    return bool(row.codes("category_set")) and directed.issuperset(row.codes("category_set"))


def _largest_total(rows: list[Row]) -> tuple[float, tuple[Row, ...]]:
    """Give the largest sum of shares that exclude each other, each at the least that its rounding allows."""
    if len(rows) > ALL_COMBINATIONS:
        rows = [row for row in rows if len(_answers(row)) == 1]
    best: dict[frozenset[object], tuple[float, tuple[Row, ...]]] = {frozenset(): (0.0, ())}
    for row in rows:
        answers, least = _answers(row), (row.number("value") or 0.0) - _rounding(row) / 2
        # With single answers only, all exclude each other and one running sum is enough.
        reach = (
            list(best.items()) if len(rows) <= ALL_COMBINATIONS else [max(best.items(), key=lambda pair: pair[1][0])]
        )
        for taken, (total, members) in reach:
            union = taken | answers
            if not taken & answers and total + least > best.get(union, (-1.0, ()))[0]:
                best[union] = (total + least, (*members, row))
    return max(best.values(), key=lambda pair: pair[0])


def _answers(row: Row) -> frozenset[object]:
    """Give the answers a share counts: codes, or the category's name where no scale is known."""
    return frozenset(row.codes("category_set")) or frozenset([row.text("category")])


def _rounding(row: Row) -> float:
    return row.number("rounding") or WHOLE_PERCENT
