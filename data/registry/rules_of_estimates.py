"""What must be true of a published number, and of the places it was seen in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .rows import Breach, Row, Tables
from .rules_of_comparisons import NOT_PEOPLE

MISSING = ("dont_know", "refused", "not_asked")

UNITS = {
    "share": ("percent",),
    "mean": ("scale_points",),
    "difference": ("percentage_points", "scale_points"),
    "relative_change": ("percent_change",),
    "ratio": ("ratio", "percent"),
    "index": ("index_points",),
}


def categories_belong_to_the_scale(tables: Tables) -> Iterator[Breach]:
    """The answers put together are answers of the item's scale, and it is said how that is known."""
    for row in tables["estimate"]:
        scale, codes = tables.scale_of(row), row.codes("category_set")
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


def indices_and_records_are_not_opinion(tables: Tables) -> Iterator[Breach]:
    """An expert index or an administrative record never appears as what the public thinks."""
    for row in tables["item"]:
        study = tables.study_of(row)
        kind, topic = study.text("sample_type") if study else "", row.text("topic")
        if kind in NOT_PEOPLE and topic != NOT_PEOPLE[kind]:
            right = NOT_PEOPLE[kind]
            yield row, f"the topic is {topic}, but the study is of type {kind}; the topic must be {right}."
        elif study and topic in NOT_PEOPLE.values() and kind not in NOT_PEOPLE:
            right = next(name for name, called in NOT_PEOPLE.items() if called == topic)
            yield (
                row,
                f"the topic is {topic}, but the study is of type {kind}, which asks people; only {right} is {topic}.",
            )
    for row in tables["estimate"]:
        study = tables.study_of(row)
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


def the_unit_fits_the_statistic(tables: Tables) -> Iterator[Breach]:
    """Percent, percentage points and percent change are three things."""
    for row in tables["estimate"]:
        statistic, unit = row.text("statistic"), row.text("unit")
        if unit not in UNITS[statistic]:
            yield row, f"the unit is {unit}; a {statistic} is given in {' or '.join(UNITS[statistic])}."


def the_value_is_possible(tables: Tables) -> Iterator[Breach]:
    """A share lies between 0 and 100, a mean within its scale, a value within its own interval."""
    for row in tables["estimate"]:
        value, statistic, scale = row.number("value"), row.text("statistic"), tables.scale_of(row)
        if value is None:
            continue
        if statistic == "share" and not 0 <= value <= 100:
            yield row, f"value is {value:g}; a share in percent lies between 0 and 100."
        codes = [option.number("code") or 0.0 for option in scale if option.text("kind") == "substantive"]
        if statistic == "mean" and codes and not min(codes) <= value <= max(codes):
            yield row, f"value is {value:g}, outside the scale's {min(codes):g} to {max(codes):g}."
        low, high = row.number("lower"), row.number("upper")
        if low is not None and high is not None and low > high:
            yield row, f"lower {row.text('lower')} lies above upper {row.text('upper')}; correct one."
        elif (low is not None and low > value) or (high is not None and high < value):
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


def the_words_of_a_source_give_its_value(tables: Tables) -> Iterator[Breach]:
    """Where a source's words hold one number, and are not about something else, it is the value it gives."""
    for row in tables["source"]:
        words, value = row.text("quoted"), row.number("quoted_value")
        numbers = NUMBER.findall(words)
        if len(numbers) != 1 or value is None or row.text("disputes"):
            continue
        # A comma parts thousands or decimals; a fall is told as "-12%" or as "less by 12%"; a year is no value.
        read = {float(numbers[0].replace(",", "")), float(numbers[0].replace(",", ".", 1).replace(",", ""))}
        if abs(value) not in read and not YEAR.fullmatch(numbers[0]):
            yield row, f"quoted_value is {row.text('quoted_value')}, but quoted says '{words}'; correct one."


NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
YEAR = re.compile(r"(19|20)[0-9]{2}")


def a_third_party_verifies_nothing(tables: Tables) -> Iterator[Breach]:
    """Verified is what was seen at the publisher's, sponsor's or authors' own; a third party only reports."""
    for row in tables["source"]:
        if row.text("kind") == "secondary" and row.text("provenance") == "verified":
            yield row, "provenance is verified, but kind is secondary, a third party; set secondary, or correct kind."


def a_part_is_no_larger_than_its_study(tables: Tables) -> Iterator[Breach]:
    """A figure rests on no more interviews than its study has."""
    for row in tables["estimate"]:
        study = tables.study_of(row)
        own, all_of_it = row.number("n_unweighted"), study.number("n_interviews") if study else None
        if own is not None and all_of_it is not None and own > all_of_it:
            yield row, f"n_unweighted is {own:.0f}, but the study has {all_of_it:.0f} interviews; correct one."


def what_else_a_source_disputes_is_explained(tables: Tables) -> Iterator[Breach]:
    """A sighting that says otherwise than the registry, besides the value, says what."""
    for row in tables["source"]:
        if row.text("disputes") and not row.text("note"):
            yield (
                row,
                f"disputes is {row.text('disputes')}, but note is empty; say in note what this source says instead.",
            )


def a_number_stands_once(tables: Tables) -> Iterator[Breach]:
    """Two values for one number are two sources of one figure, which a reader sees side by side."""
    seen: dict[tuple[str, ...], Row] = {}
    what = ("item_id", "subgroup", "country", "statistic", "base", "category_set", "category")
    for row in tables["estimate"]:
        first = seen.setdefault(tuple(row.text(column) for column in what), row)
        if first is not row:
            yield (
                row,
                f"is the same number as {first.text('figure_id')}: same question, people, base and answers. Keep one "
                "figure, and give it both rows of source.csv.",
            )


def a_figure_is_named_after_its_item(tables: Tables) -> Iterator[Breach]:
    """A figure has its item's name with a word behind it, or that name alone; an item its study's."""
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
    for row in tables["source"]:
        if not row.text("source_id").startswith(f"{row.text('figure_id')}."):
            yield row, f"is a source of '{row.text('figure_id')}'; call it '{row.text('figure_id')}.' and a number."


def an_item_has_a_headline_figure(tables: Tables) -> Iterator[Breach]:
    """One figure of every item has its item's name."""
    for row in tables["estimate"]:
        if row.text("figure_id") != row.text("item_id") and row.text("item_id") not in tables.figures:
            yield (
                row,
                f"'{row.text('item_id')}' has no headline figure; call one of its figures '{row.text('item_id')}'.",
            )


def _options(scale: tuple[Row, ...]) -> str:
    return ", ".join(f"{option.number('code'):g} {option.text('label')}" for option in scale)


def _listed(codes: list[float]) -> str:
    return ", ".join(f"{code:g}" for code in codes)
