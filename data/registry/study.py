"""A published study: who asked whom, how, when and how many, and how each of these is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SampleType = Literal[
    "probability", "nonprobability", "convenience", "census", "expert_index", "administrative", "unknown"
]


@dataclass(frozen=True)
class PublishedStudy:
    """A study, or an essay that quotes studies.

    Attributes
    ----------
    study_id, title, sponsor, fieldwork_firm, population : str
        As published; empty when not stated.
    programme : str
        Series, panel or project it belongs to, e.g. ``"pew_atp"``; empty when it stands alone.
    country : str
        ISO 3166 code; empty for a study of several countries.
    region : str
        What a study of several countries covers, e.g. ``"EU28"``.
    sample_type : str
        ``"probability"``, ``"nonprobability"``, ``"convenience"``, ``"census"``, ``"expert_index"``,
        ``"administrative"`` or ``"unknown"``.
    frame : str
        What the sample was drawn from.
    modes : tuple of str
        ``"web"``, ``"face_to_face"``, ``"telephone"``, ``"paper"``, ``"mixed"`` or ``"unknown"``.
    field_start, field_end : str
        ISO dates, which may be partial: ``"2020-01"``.
    ended : str
        When the series was given up; ISO date, which may be partial.
    published_on : str
        ISO date, which may be partial.
    dates_provenance : str
        How the dates are known: a provenance, or ``"unknown"``.
    n_interviews : int or None
        In the whole study.
    n_provenance : str
        How that number is known.
    response_rate, weighting : str
        As stated.
    deff, moe : float or None
        Design effect and margin of error (0-1, for a share of one half) that the study states.
    moe_level : float
        Level of that margin of error, 0-1.
    moe_basis : str
        ``"pollster_stated"``, ``"srs_computed"``, ``"model_based"``, ``"none_nonprobability"`` or ``"not_stated"``.
    moe_provenance : str
        How the margin of error is known: a provenance, or ``"unknown"``; empty where there is none.
    languages : tuple of str
        Of interview.
    citation, url, licence, note : str
        How to cite it, where it is, on what terms, and what is in doubt.
    """

    study_id: str
    title: str
    programme: str = ""
    sponsor: str = ""
    fieldwork_firm: str = ""
    population: str = ""
    country: str = ""
    region: str = ""
    sample_type: SampleType = "unknown"
    frame: str = ""
    modes: tuple[str, ...] = ("unknown",)
    field_start: str = ""
    field_end: str = ""
    ended: str = ""
    published_on: str = ""
    dates_provenance: str = "unknown"
    n_interviews: int | None = None
    n_provenance: str = "unknown"
    response_rate: str = ""
    weighting: str = ""
    deff: float | None = None
    moe: float | None = None
    moe_level: float = 0.95
    moe_basis: str = "not_stated"
    moe_provenance: str = ""
    languages: tuple[str, ...] = ()
    citation: str = ""
    url: str = ""
    licence: str = ""
    note: str = ""

    def __repr__(self) -> str:
        """Give its name and title, in one line."""
        return f"<PublishedStudy {self.study_id}: {self.title}>"

    def __str__(self) -> str:
        """Give who was asked, how and when, as labelled lines."""
        from .facts import laid_out, of_study

        return laid_out([("id", self.study_id), *of_study(self)])

    @property
    def surveyed(self) -> bool:
        """Whether people are known to have been asked: no index, no record, and days or interviews are on record."""
        nobody = self.sample_type in ("expert_index", "administrative")
        return not nobody and bool(self.field_start or self.field_end or self.n_interviews)

    @property
    def house(self) -> str:
        """Whose habits its results share: the programme, else the fieldwork firm, else the sponsor, else its own."""
        return self.programme or self.fieldwork_firm or self.sponsor or self.study_id
