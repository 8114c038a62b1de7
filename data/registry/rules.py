"""Rules of meaning that a registry of published figures keeps.

Each rule was taught by a real mistake in print: two batteries merged into one, an index called a poll, a scale read
upside down, answers collapsed that the scale does not have, a series quoted for a year after its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..errors import Finding
from .tables import Row, Tables

Breach = tuple[Row, str]
"""A row, and what is wrong with it and would be right."""

MISSING = ("dont_know", "refused", "not_asked")
NOT_PEOPLE = {"expert_index": "index", "administrative": "record"}
"""Kinds of study that ask nobody, with the topic that says so."""

UNITS = {
    "share": ("percent",),
    "mean": ("scale_points",),
    "difference": ("percentage_points", "scale_points"),
    "relative_change": ("percent_change",),
    "ratio": ("ratio",),
    "index": ("index_points",),
}
NO_MARGIN = ("nonprobability", "convenience", "expert_index", "administrative")
WHOLE_PERCENT = 1.0
"""Rounding of a percentage that does not say."""

ALL_COMBINATIONS = 12
"""Figures of one item up to which every combination of them is tried; beyond it, single answers only."""


def breaches(tables: Tables) -> list[Finding]:
    """Hold the tables against every rule, and give all that is found, rule by rule."""
    return [
        Finding(f"{row.table}.csv", f"{_name(row)}, rule '{rule.__name__.replace('_', ' ')}'", problem, row.line)
        for rule in RULES
        for row, problem in rule(tables)
    ]


def categories_belong_to_the_scale(tables: Tables) -> Iterator[Breach]:
    """The answers put together are answers of the item's scale, and it is said how that is known."""
    for row in tables["estimate"]:
        scale, codes = _scale_of(row, tables), row.codes("category_set")
        if not codes:
            if scale and row.text("statistic") == "share":
                yield row, f"category_set is empty; list the codes that '{row.text('category')}' is: {_options(scale)}."
            continue
        written = row.text("category_set")
        if not scale:
            yield row, f"category_set is {written}, but the item has no scale; give item.csv its scale_id."
            continue
        kinds = {option.number("code"): option.text("kind") for option in scale}
        strange = [code for code in codes if code not in kinds]
        if strange:
            yield row, f"category_set holds {_listed(strange)}, not among the scale's codes: {_options(scale)}."
        if len(set(codes)) < len(codes):
            yield row, f"category_set {written} names a code twice; name each once."
        if not row.text("collapse_status"):
            yield row, f"collapse_status is empty beside category_set {written}; say stated, assumed or unknown."
        if row.text("base") == "excluding_dont_know" and any(kinds.get(code) in MISSING for code in codes):
            yield row, f"category_set {written} holds don't know, which the base leaves out; correct one of the two."


def shares_fit_into_the_whole(tables: Tables) -> Iterator[Breach]:
    """Shares that exclude each other sum to no more than 100 percent, rounding allowed for."""
    for rows in _alternatives(tables):
        total, members = _largest_total(rows)
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


def indices_and_records_are_not_opinion(tables: Tables) -> Iterator[Breach]:
    """An expert index or an administrative record never appears as what the public thinks."""
    for row in tables["item"]:
        study = tables.studies.get(row.text("study_id"))
        kind = study.text("sample_type") if study else ""
        if kind in NOT_PEOPLE and row.text("topic") != NOT_PEOPLE[kind]:
            topic = NOT_PEOPLE[kind]
            yield row, f"the topic is {row.text('topic')}, but the study is of type {kind}; the topic must be {topic}."
    for row in tables["estimate"]:
        study = _study_of(row, tables)
        kind = study.text("sample_type") if study else ""
        if kind in NOT_PEOPLE and row.text("statistic") in ("share", "mean"):
            yield row, f"the statistic is {row.text('statistic')}, but the study is of type {kind}; use index or ratio."


def an_index_says_what_more_means(tables: Tables) -> Iterator[Breach]:
    """An index carries its direction: the Corruption Perceptions Index rises when corruption is seen to fall."""
    for row in tables["estimate"]:
        index = row.text("statistic") == "index"
        if index and not row.text("direction"):
            yield row, "direction is empty; say higher_is_more or higher_is_less of what the item names."
        if not index and row.text("direction"):
            yield row, f"direction is {row.text('direction')}, which only an index has; leave it empty."


def a_margin_of_error_needs_a_random_sample(tables: Tables) -> Iterator[Breach]:
    """No margin of sampling error where nobody was drawn at random, unless a model is named for it."""
    for row in tables["study"]:
        margin, basis, kind = row.text("moe_pp"), row.text("moe_basis"), row.text("sample_type")
        if margin and basis in ("none_nonprobability", "not_stated"):
            yield row, f"moe_pp is {margin}, but moe_basis is {basis}; say where the margin comes from, or remove it."
        elif margin and kind in NO_MARGIN and basis != "model_based":
            yield row, f"moe_pp is {margin} for a sample of type {kind}; remove it, or set moe_basis to model_based."
        elif not margin and basis in ("pollster_stated", "srs_computed", "model_based"):
            yield row, f"moe_basis is {basis}, but moe_pp is empty; give the margin, or set not_stated."
        if basis == "none_nonprobability" and kind in ("probability", "census"):
            yield row, f"moe_basis is none_nonprobability, but the sample is of type {kind}; correct one of the two."


def every_value_stands_in_a_source(tables: Tables) -> Iterator[Breach]:
    """A value is one that a source gives; sources that give others stay beside it and are shown."""
    for row in tables["estimate"]:
        sources, value = tables.sources.get(row.text("figure_id"), ()), row.number("value")
        if not sources:
            yield row, "has no row in source.csv; say where the figure was seen, even if only remembered."
        elif all(source.number("quoted_value") != value for source in sources):
            given = ", ".join(source.text("quoted_value") for source in sources)
            yield (
                row,
                f"value is {row.text('value')}, but its sources give {given}; keep a value that one of them gives.",
            )


def the_wording_is_given(tables: Tables) -> Iterator[Breach]:
    """Every item has its wording, or says that only a label is known."""
    for row in tables["item"]:
        status, english = row.text("translation_status"), row.text("wording_english")
        original, language = row.text("wording_original"), row.text("original_language")
        if status != "label_only" and not (english or original):
            yield row, f"has no wording, but translation_status is {status}; give the wording or set label_only."
        if status == "verbatim" and not (original or language == "en"):
            yield (
                row,
                f"is called verbatim, but wording_original ({language}) is empty; give it, or set partly_verbatim.",
            )
        if status == "own_translation" and not (original and english):
            yield row, "is called own_translation; give both wording_original and wording_english, or set paraphrase."


def the_unit_fits_the_statistic(tables: Tables) -> Iterator[Breach]:
    """Percent, percentage points and percent change are three things."""
    for row in tables["estimate"]:
        statistic, unit = row.text("statistic"), row.text("unit")
        if unit not in UNITS[statistic]:
            yield row, f"the unit is {unit}; a {statistic} is given in {' or '.join(UNITS[statistic])}."


def the_value_is_possible(tables: Tables) -> Iterator[Breach]:
    """A share lies between 0 and 100, a mean within its scale, a value within its own interval."""
    for row in tables["estimate"]:
        value, statistic, scale = row.number("value"), row.text("statistic"), _scale_of(row, tables)
        if value is None:
            continue
        if statistic == "share" and not 0 <= value <= 100:
            yield row, f"value is {value:g}; a share in percent lies between 0 and 100."
        codes = [option.number("code") or 0.0 for option in scale if option.text("kind") == "substantive"]
        if statistic == "mean" and codes and not min(codes) <= value <= max(codes):
            yield row, f"value is {value:g}, outside the scale's {min(codes):g} to {max(codes):g}."
        low, high = row.number("lower"), row.number("upper")
        if (low is not None and low > value) or (high is not None and high < value):
            yield row, f"value {value:g} lies outside its interval from {row.text('lower')} to {row.text('upper')}."


def the_value_is_what_was_printed(tables: Tables) -> Iterator[Breach]:
    """The number in as_printed, where there is one, is the value, and has no finer digits than rounding says."""
    for row in tables["estimate"]:
        value, rounding = row.number("value") or 0.0, row.number("rounding")
        numbers = [
            float(match) for match in re.findall(r"[-−]?\d+(?:\.\d+)?", row.text("as_printed").replace("−", "-"))
        ]
        if numbers and value not in numbers:
            yield row, f"value is {row.text('value')}, but as_printed says '{row.text('as_printed')}'; correct one."
        if rounding and abs(value / rounding - round(value / rounding)) > 1e-6:
            yield row, f"value {row.text('value')} is finer than its rounding of {rounding:g}; correct one."


def dates_stand_in_order(tables: Tables) -> Iterator[Breach]:
    """Fieldwork ends after it starts, and before its series was given up."""
    for row in tables["study"]:
        start, end, ended = (row.text(column) for column in ("field_start", "field_end", "ended"))
        if start and end and end < start[: len(end)]:
            yield row, f"field_end {end} lies before field_start {start}; correct one."
        for column, date in (("field_start", start), ("field_end", end)):
            if ended and date and date[: len(ended)] > ended[: len(date)]:
                yield row, f"{column} is {date}, but the series ended in {ended}; the figure is from something else."


def a_figure_is_named_after_its_item(tables: Tables) -> Iterator[Breach]:
    """The headline figure has its item's name, the others that name with a word behind it."""
    names = {row.text("figure_id") for row in tables["estimate"]}
    for row in tables["item"]:
        if row.text("item_id").split(".")[0] != row.text("study_id"):
            yield (
                row,
                f"is an item of study '{row.text('study_id')}'; its id must start with '{row.text('study_id')}.'.",
            )
    for row in tables["estimate"]:
        name, item = row.text("figure_id"), row.text("item_id")
        if name != item and not name.startswith(f"{item}_"):
            yield row, f"is a figure of '{item}'; call it '{item}' or '{item}_' and a word."
        elif item not in names:
            yield row, f"'{item}' has no headline figure; call one of its figures '{item}'."


def a_scale_says_which_answers_count(tables: Tables) -> Iterator[Breach]:
    """Every answer has a direction, and what is no answer has none."""
    for options in tables.scales.values():
        answers = [option for option in options if option.text("kind") == "substantive"]
        if len(answers) < 2:
            yield options[0], f"has {len(answers)} substantive options; a scale needs two or more."
        for option in options:
            substantive, directed = option.text("kind") == "substantive", bool(option.text("valence"))
            if substantive != directed:
                remedy = "give -1, 0 or 1" if substantive else "leave it empty"
                yield option, f"valence is '{option.text('valence')}' for kind {option.text('kind')}; {remedy}."


def equal_wording_is_known_wording(tables: Tables) -> Iterator[Breach]:
    """Two questions have the same wording only where the published one is known word for word."""
    for row in tables["comparison"]:
        item = tables.items.get(row.text("item_id"))
        status = item.text("translation_status") if item else ""
        if row.text("relation") == "same_wording" and status not in ("", "verbatim", "own_translation"):
            yield row, f"the relation is same_wording, but the published wording is {status}; set same_construct."


def who_looked_stands_beside_when(tables: Tables) -> Iterator[Breach]:
    """A day on which somebody looked has a name beside it, and a name its day: nobody vouches anonymously."""
    for table, who, when in (("source", "checked_by", "checked_on"), ("comparison", "reviewer", "reviewed_on")):
        for row in tables[table]:
            if bool(row.text(who)) != bool(row.text(when)):
                given, absent = (who, when) if row.text(who) else (when, who)
                yield row, f"{given} is {row.text(given)}, but {absent} is empty; give both, or neither."


RULES: tuple[Callable[[Tables], Iterator[Breach]], ...] = (
    categories_belong_to_the_scale,
    shares_fit_into_the_whole,
    parts_make_up_the_whole,
    indices_and_records_are_not_opinion,
    an_index_says_what_more_means,
    a_margin_of_error_needs_a_random_sample,
    every_value_stands_in_a_source,
    the_wording_is_given,
    the_unit_fits_the_statistic,
    the_value_is_possible,
    the_value_is_what_was_printed,
    dates_stand_in_order,
    a_figure_is_named_after_its_item,
    a_scale_says_which_answers_count,
    equal_wording_is_known_wording,
    who_looked_stands_beside_when,
)


def _name(row: Row) -> str:
    """Name a row by its first cells that name it."""
    if row.table == "scale":
        return f"{row.text('scale_id')} {row.text('code')}"
    if row.table == "comparison":
        return f"{row.text('other_id')} {row.text('item_id')}"
    key = {"study": "study_id", "item": "item_id", "estimate": "figure_id", "source": "source_id", "claim": "claim_id"}
    return row.text(key[row.table])


def _study_of(estimate: Row, tables: Tables) -> Row | None:
    item = tables.items.get(estimate.text("item_id"))
    return tables.studies.get(item.text("study_id")) if item else None


def _scale_of(estimate: Row, tables: Tables) -> tuple[Row, ...]:
    item = tables.items.get(estimate.text("item_id"))
    return tables.scales.get(item.text("scale_id"), ()) if item else ()


def _options(scale: tuple[Row, ...]) -> str:
    return ", ".join(f"{option.number('code'):g} {option.text('label')}" for option in scale)


def _listed(codes: list[float]) -> str:
    return ", ".join(f"{code:g}" for code in codes)


def _alternatives(tables: Tables) -> Iterator[list[Row]]:
    """Give the shares of one item, subgroup, country and base together, where a respondent gives one answer."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in tables["estimate"]:
        item = tables.items.get(row.text("item_id"))
        if row.text("statistic") == "share" and item is not None and item.text("answers") == "one":
            key = tuple(row.text(column) for column in ("item_id", "subgroup", "country", "base"))
            groups.setdefault(key, []).append(row)
    yield from groups.values()


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
