"""What a study says about itself beside its data: whom it describes, how and when they were asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SIMULATED = "simulated respondents; no person was asked"
"""The note that invented answers carry in their data file, and every result made from them."""


@dataclass(frozen=True)
class StudyDescription:
    """Whom a study describes, how and when they were asked. What is left out counts as not stated.

    Attributes
    ----------
    title : str
        e.g. ``"Attitudes to social credit, wave 1"``.
    sponsor : str
        Who paid for it.
    country : str
        ISO 3166 code, e.g. ``"CN"``; empty for a survey of several countries.
    region : str
        What a survey of several countries covers, e.g. ``"EU28"``.
    population : str
        e.g. ``"mainland urban adults online"``.
    frame : str
        The list or panel the sample was drawn from, e.g. ``"opt-in web panel"``.
    sample_type : str
        ``"probability"``, ``"nonprobability"``, ``"convenience"`` or empty.
    modes : tuple of str
        Any of ``"web"``, ``"face_to_face"``, ``"telephone"``, ``"paper"``, ``"mixed"``.
    field_start, field_end : str
        ISO dates, partial ones allowed: ``"2026"``, ``"2026-03"``, ``"2026-03-14"``.
    languages : tuple of str
        Language codes the questionnaire was offered in.
    note : str
        Anything a reader must know, e.g. ``"simulated respondents; no person was asked"``.

    Examples
    --------
    >>> StudyDescription(country="CN", population="adults online", modes=("web",)).dates
    'dates not stated'
    >>> StudyDescription(field_start="2026-02-01", field_end="2026-03-14").dates
    '2026-02-01 to 2026-03-14'
    """

    title: str = ""
    sponsor: str = ""
    country: str = ""
    population: str = ""
    frame: str = ""
    sample_type: str = ""
    modes: tuple[str, ...] = ()
    field_start: str = ""
    field_end: str = ""
    languages: tuple[str, ...] = ()
    note: str = ""
    region: str = ""

    @property
    def dates(self) -> str:
        """Field dates in words."""
        return dates_in_words(self.field_start, self.field_end)


MODES = {
    "web": "web",
    "face_to_face": "face to face",
    "telephone": "telephone",
    "paper": "paper",
    "mixed": "mixed modes",
}


def modes_in_words(modes: Iterable[str]) -> str:
    """Name modes in words; empty when unknown.

    Examples
    --------
    >>> modes_in_words(("web", "face_to_face")), modes_in_words(("unknown",))
    ('face to face and web', '')
    """
    return " and ".join(sorted(MODES.get(one, one) for one in modes if one not in ("unknown", "")))


def dates_in_words(start: str, end: str) -> str:
    """Give field dates in words.

    Examples
    --------
    >>> dates_in_words("2020-01", "2020-04")
    '2020-01 to 2020-04'
    >>> dates_in_words("", "2019")
    '2019'
    """
    stated = [date for date in dict.fromkeys((start, end)) if date]
    return " to ".join(stated) if stated else "dates not stated"
