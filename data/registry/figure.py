"""A published figure and everything known about it: the question, the answers, the study, where the number was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .claim import Claim as Claim
from .claim import Provenance as Provenance
from .study import PublishedStudy as PublishedStudy
from .study import SampleType as SampleType

GRADES: tuple[Provenance, ...] = ("verified", "secondary", "recalled", "as_quoted")

BADGES: Mapping[Provenance, str] = {
    "verified": "seen in the publisher's own report",
    "secondary": "as reported by others; not seen in the source",
    "recalled": "from memory; not seen in print",
    "as_quoted": "as quoted in an essay; not seen in the source",
}

SHORT_BADGES: Mapping[Provenance, str] = {
    "verified": "verified",
    "secondary": "second hand",
    "recalled": "from memory",
    "as_quoted": "as quoted",
}
"""The badges in a word or two, for tables and lists."""

HELD: Mapping[str, str] = {
    "secondary": "as reported by others",
    "recalled": "from memory",
    "as_quoted": "as quoted in an essay",
    "unknown": "unknown",
}
"""How a study's number of interviews, dates or margin of error are known, when not from the study itself."""

Bound = Literal["least", "most"]

BOUNDS: Mapping[str, Bound] = {"more_than": "least", "at_least": "least", "less_than": "most", "at_most": "most"}
"""Which hedges of a printed figure make it a bound, and of which kind."""


@dataclass(frozen=True)
class Option:
    """One answer option of a scale.

    Attributes
    ----------
    code : float
        As in the data.
    label : str
        In English.
    valence : int or None
        -1 against, 0 neither, 1 in favour; None for what is no answer.
    kind : str
        ``"substantive"``, ``"dont_know"``, ``"refused"`` or ``"not_asked"``.
    note : str
        e.g. whether the label was seen in print.
    """

    code: float
    label: str
    valence: int | None
    kind: str
    note: str = ""

    @property
    def assumed(self) -> bool:
        """Whether the label was not seen in print."""
        return "assumed" in self.note


@dataclass(frozen=True)
class Scale:
    """The answer options of a question, in the order shown.

    Attributes
    ----------
    scale_id : str
        e.g. ``"support5"``.
    options : tuple of Option
        Don't know and refused included.
    """

    scale_id: str
    options: tuple[Option, ...]

    @property
    def substantive(self) -> tuple[Option, ...]:
        """The options that are answers."""
        return tuple(option for option in self.options if option.kind == "substantive")

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest code of its answers."""
        codes = [option.code for option in self.substantive]
        return min(codes), max(codes)


@dataclass(frozen=True)
class Item:
    """One question or statement, in one wording.

    Attributes
    ----------
    item_id : str
        e.g. ``"liu2022.travel"``.
    study_id, topic, construct, battery : str
        Where it was asked, what it is about, what it measures, and with which others it was asked.
    wording_english, wording_original, original_language : str
        As far as known.
    translation_status : str
        ``"verbatim"``, ``"own_translation"``, ``"partly_verbatim"``, ``"paraphrase"`` or ``"label_only"``.
    preamble : str
        Stem, introduction, or information given before.
    scale : Scale or None
        None when the options are not known.
    answers : str
        ``"one"``, or ``"several"`` where a respondent may name more than one.
    base_rule : str
        Who was asked, when not everybody.
    order : str
        In which order items and answers were shown: ``"fixed"``, ``"random"`` or ``"split"``; empty when not known.
    note : str
        What a reader must know.
    """

    item_id: str
    study_id: str
    construct: str = ""
    topic: str = ""
    wording_english: str = ""
    wording_original: str = ""
    original_language: str = ""
    translation_status: str = "label_only"
    preamble: str = ""
    scale: Scale | None = None
    answers: str = "one"
    base_rule: str = ""
    order: str = ""
    battery: str = ""
    note: str = ""

    @property
    def wording(self) -> str:
        """Stem and item as one text, for showing beside a number."""
        return " — ".join(part for part in (self.preamble, self.wording_english or self.wording_original) if part)


@dataclass(frozen=True)
class Source:
    """One place a figure was seen in.

    Attributes
    ----------
    source_id : str
        e.g. ``"liu2022.travel.1"``.
    kind : str
        ``"primary"``, ``"release"`` or ``"secondary"``.
    citation, locator, url : str
        What was seen, where in it, and its address.
    value : float
        The value this source gives, as ``Figure.value`` counts.
    quoted : str
        In its own words.
    provenance : str
        How far this sighting goes.
    disputes : str
        What else than the value it says otherwise: ``"base"``, ``"population"``, ``"n"``, ``"dates"``, ``"wording"``,
        ``"answers"`` or ``"unit"``; empty when nothing.
    checked_by, checked_on : str
        Who last looked, and on what ISO day; empty where nobody has looked again since it was written down.
    note : str
        What a reader must know.
    """

    source_id: str
    kind: str
    citation: str
    locator: str
    url: str
    value: float
    quoted: str
    provenance: Provenance
    disputes: str = ""
    checked_by: str = ""
    checked_on: str = ""
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """One published number.

    Attributes
    ----------
    figure_id : str
        e.g. ``"liu2022.travel"``.
    item : Item
        The question.
    study : PublishedStudy
        The study.
    subgroup : str
        ``"all"``, or the part of the sample it describes.
    country : str
        The study's, or the one that this figure of a study of several countries is of.
    statistic : str
        ``"share"``, ``"mean"``, ``"difference"``, ``"relative_change"``, ``"ratio"`` or ``"index"``.
    category : str
        Name of the answers counted, e.g. ``"support"``.
    category_set : tuple of float
        Their codes in the item's scale; empty when not known.
    collapse_status : str
        Whether the publication says which answers were put together: ``"stated"``, ``"assumed"``, ``"unknown"``.
    value : float
        0-1 for shares, differences of shares and relative changes; as printed for means, ratios and indices.
    as_printed : str
        Letter for letter.
    rounding : float or None
        Unit it was rounded to, counted as ``value``: 0.01 for a whole percent. None when not known.
    qualifier : str
        ``"about"``, ``"more_than"``, ``"at_most"`` ...; empty when the figure is given as such.
    base : str
        ``"all"``, ``"excluding_dont_know"``, ``"excluding_neutral"`` or ``"unknown"``.
    n : int or None
        Interviews it rests on; the study's, for the whole sample, when no other number is known.
    deff, moe : float or None
        Design effect and margin of error (0-1) stated by the study; None for subgroups.
    moe_level : float
        Level of that margin of error, 0-1.
    moe_basis : str
        See ``PublishedStudy``.
    sd : float or None
        Standard deviation of the answers, for a mean.
    lower, upper : float or None
        A published interval.
    direction : str
        Of an index: ``"higher_is_more"`` or ``"higher_is_less"``.
    sources : tuple of Source
        At least one.
    provenance : str
        Best grade of the sources that give this value.
    erratum : str
        What the publisher corrected later, or is known to be wrong in print.
    note : str
        What a reader must know.
    """

    figure_id: str
    item: Item
    study: PublishedStudy
    subgroup: str
    statistic: str
    category: str
    category_set: tuple[float, ...]
    value: float
    as_printed: str
    rounding: float | None
    base: str
    sources: tuple[Source, ...]
    provenance: Provenance
    n: int | None = None
    deff: float | None = None
    moe: float | None = None
    moe_level: float = 0.95
    moe_basis: str = "not_stated"
    collapse_status: str = ""
    qualifier: str = ""
    sd: float | None = None
    lower: float | None = None
    upper: float | None = None
    direction: str = ""
    country: str = ""
    erratum: str = ""
    note: str = ""

    def __repr__(self) -> str:
        """Give the number with its grade, in one line."""
        return f"<Figure {self.figure_id}: {self.as_printed} ({self.category}; {self.provenance.replace('_', ' ')})>"

    def __str__(self) -> str:
        """Give the sheet of the command line, without what the registry knows besides."""
        from .registry import Registry
        from .sheet import FigureSheet

        return str(FigureSheet(self, Registry({}, {}, {}, {}, ())))

    @property
    def badge(self) -> str:
        """What must stand beside the number wherever it is shown.

        Examples
        --------
        >>> from topline.data.registry.figures import published
        >>> published()["liu2022.travel"].badge
        'as quoted in an essay; not seen in the source'
        """
        return BADGES[self.provenance] + ("; sources disagree" if self.conflicts else "")

    @property
    def conflicts(self) -> tuple[Source, ...]:
        """Sources that give another value, or say otherwise whom or what it counts."""
        return tuple(source for source in self.sources if source.value != self.value or source.disputes)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is uncertain beyond the value itself, each as a sentence."""
        study, several = self.study, self.collapse_status in ("assumed", "unknown")
        labels = [option.label for option in self.item.scale.options if option.assumed] if self.item.scale else []
        doubts = {
            f"Which answers '{self.category}' counts is {self.collapse_status}.": several,
            _assumed(labels): bool(labels),
            "Whether don't know was counted in the base is unknown.": self.base == "unknown",
            "The number of interviews is unknown.": self.n is None,
            f"The number of interviews is {HELD.get(study.n_provenance)}.": self.n is not None
            and study.n_provenance in HELD,
            f"The field dates are {HELD.get(study.dates_provenance)}.": study.dates_provenance in HELD,
            f"The margin of error is {HELD.get(study.moe_provenance)}.": self.moe is not None
            and study.moe_provenance in HELD,
            f"The figure is printed as '{self.as_printed}'.": bool(self.qualifier),
        }
        found = [sentence for sentence, doubtful in doubts.items() if doubtful]
        found += [f"Corrected or wrong in print: {self.erratum}"] if self.erratum else []
        return (*found, *(in_conflict(source) for source in self.conflicts))


def _assumed(labels: list[str]) -> str:
    counted = "label of 1 answer is" if len(labels) == 1 else f"labels of {len(labels)} answers are"
    return f"The {counted} assumed: {', '.join(labels)}."


def in_conflict(source: Source) -> str:
    """Say what a source gives otherwise, as a sentence."""
    citation = source.citation.rstrip(".")
    if not source.disputes:
        return f"{citation} gives '{source.quoted}'."
    note = f" {source.note}" if source.note else ""
    return f"{citation} disagrees on the {source.disputes}: '{source.quoted}'.{note}"


@dataclass(frozen=True)
class Relation:
    """What a question of the bank, or another published item, and a published item have in common.

    Attributes
    ----------
    other_id, item_id : str
        The pair.
    relation : str
        ``"same_wording"``, ``"same_construct"``, ``"different_object"`` or ``"not_comparable"``.
    reason : str
        Why, in words a reader sees.
    reviewed_on, reviewer : str
        When (ISO day) and by whom; empty when not noted.
    """

    other_id: str
    item_id: str
    relation: str
    reason: str
    reviewed_on: str = ""
    reviewer: str = ""
