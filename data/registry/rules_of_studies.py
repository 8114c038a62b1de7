"""What must be true of a study: its sample, its margin of error, its dates, the countries it covers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from .rows import Breach, Tables

NO_MARGIN = ("nonprobability", "convenience", "expert_index", "administrative")


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


def dates_are_days_of_the_calendar(tables: Tables) -> Iterator[Breach]:
    """A date that is written in full is a day that there was."""
    places = {"study": ("field_start", "field_end", "ended", "published_on"), "source": ("checked_on",)}
    for table, columns in {**places, "comparison": ("reviewed_on",)}.items():
        for row in tables[table]:
            for column in columns:
                if row.text(column) and not is_date(row.text(column)):
                    yield row, f"{column} is {row.text(column)}, which is no day of the calendar; correct it."


def is_date(text: str) -> bool:
    """Say whether a text is a year, a month or a day of the calendar in ISO form.

    Examples
    --------
    >>> is_date("2020"), is_date("2020-02"), is_date("2020-02-30"), is_date("02/2020")
    (True, True, False, False)
    """
    try:
        date.fromisoformat(text + "0001-01-01"[len(text) :])
    except ValueError:
        return False
    return len(text) in (4, 7, 10)


def dates_stand_in_order(tables: Tables) -> Iterator[Breach]:
    """Fieldwork ends after it starts, before its series was given up, and starts before it is published."""
    for row in tables["study"]:
        start, end, ended = (row.text(column) for column in ("field_start", "field_end", "ended"))
        printed = row.text("published_on")
        if start and end and earlier(end, start):
            yield row, f"field_end {end} lies before field_start {start}; correct one."
        if printed and start and earlier(printed, start):
            yield row, f"published_on {printed} lies before field_start {start}; correct one."
        for column, day in (("field_start", start), ("field_end", end)):
            if ended and day and earlier(ended, day):
                yield row, f"{column} is {day}, but the series ended in {ended}; the figure is from something else."


def earlier(one: str, other: str) -> bool:
    """Say whether a date, which may be partial, lies before another as far as both are known.

    Examples
    --------
    >>> earlier("2019-12", "2020"), earlier("2020", "2020-03"), earlier("2020-04", "2020-03-31")
    (True, False, False)
    """
    known = min(len(one), len(other))
    return one[:known] < other[:known]


def a_study_is_of_one_country_or_says_which_it_covers(tables: Tables) -> Iterator[Breach]:
    """A country beside a figure belongs to a study of several, which names what it covers."""
    for row in tables["study"]:
        if row.text("country") and row.text("region"):
            place = f"country is {row.text('country')}, region {row.text('region')}"
            yield row, f"{place}; a study of one country has no region, one of several no country."
    for row in tables["estimate"]:
        study = tables.study_of(row)
        if study and row.text("country") and study.text("country"):
            yield (
                row,
                f"country is {row.text('country')}, but its study is of country {study.text('country')} alone; leave "
                "it empty, or leave the study's empty and say in its region what it covers.",
            )
