"""What must be true of a study: its sample, its margin of error, its dates, the countries it covers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from .countries import no_country
from .rows import Breach, Tables

NO_MARGIN = ("nonprobability", "convenience", "expert_index", "administrative", "unknown")


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


def what_a_study_says_of_itself_is_graded(tables: Tables) -> Iterator[Breach]:
    """A number of interviews and a margin of error are known from somewhere: from the study, from others, by heart."""
    for row in tables["study"]:
        margin, known = row.text("moe_pp"), row.text("moe_provenance")
        if margin and not known:
            yield (
                row,
                f"moe_pp is {margin}, but moe_provenance is empty; say how it is known, e.g. verified or recalled.",
            )
        elif known and not margin:
            yield row, f"moe_provenance is {known}, but moe_pp is empty; leave it empty too."
        n = row.text("n_interviews")
        if n and row.text("n_provenance") == "unknown":
            yield row, f"n_interviews is {n}, but n_provenance is unknown; say how it is known, e.g. recalled."


PERCENTAGE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:%|percent|$)")


def a_response_rate_is_a_share(tables: Tables) -> Iterator[Breach]:
    """No more people answer than were asked."""
    for row in tables["study"]:
        for rate in PERCENTAGE.findall(row.text("response_rate")):
            if float(rate) > 100:
                yield row, f"response_rate is {row.text('response_rate')}; it lies between 0 and 100 percent."


DATED = {
    "study": ("field_start", "field_end", "ended", "published_on"),
    "source": ("checked_on",),
    "comparison": ("reviewed_on",),
}
"""Columns that hold a date, by table."""


def dates_are_days_of_the_calendar(tables: Tables) -> Iterator[Breach]:
    """A date that is written in full is a day that there was."""
    for table, columns in DATED.items():
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
        # What was in the field before a series ended may come out later; of an index, publication is all there is.
        days = {"field_start": start, "field_end": end} if start or end else {"published_on": printed}
        for column, day in days.items():
            if ended and day and earlier(ended, day):
                yield row, f"{column} is {day}, but the series ended in {ended}; the figure is from something else."


def no_day_lies_ahead(tables: Tables, today: date) -> Iterator[Breach]:
    """Nothing was asked, printed, checked or reviewed on a day that is yet to come.

    Parameters
    ----------
    tables : Tables
        What was written.
    today : date
        The day it is held against; the next is allowed, since days do not begin everywhere at once.
    """
    last = (today + timedelta(days=1)).isoformat()
    for table, columns in DATED.items():
        for row in tables[table]:
            for column in columns:
                if is_date(row.text(column)) and earlier(last, row.text(column)):
                    yield row, f"{column} is {row.text(column)}, which is yet to come; correct it."


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


def a_country_has_a_code_of_its_own(tables: Tables) -> Iterator[Breach]:
    """A country is named by the two letters that ISO 3166 gives it."""
    for table in ("study", "estimate"):
        for row in tables[table]:
            problem = no_country(row.text("country")) if row.text("country") else ""
            if problem:
                yield row, f"country is {row.text('country')}, {problem}"
