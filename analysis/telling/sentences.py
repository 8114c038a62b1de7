"""One honest sentence for each comparison, in plain words, with the numbers it rests on; in three languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ...data.errors import UnknownNameError
from ...data.printing import decimals_seen
from ...data.registry.figure import BOUNDS
from .chinese import CHINESE
from .comparison import ComparisonRow
from .english import ENGLISH
from .german import GERMAN
from .phrases import Phrases
from .turning import stability_in_words

GRADES = {"comparable": "comparable", "qualified": "with reservations", "not_comparable": "not comparable"}

UNCHECKED = "unchecked"
"""The topic of what rests on the user's word alone."""

LANGUAGES: Mapping[str, Phrases] = {phrases.language: phrases for phrases in (ENGLISH, GERMAN, CHINESE)}
"""The languages a comparison is told in, by ISO 639 code."""

UNITS = {"zh": {"share": "个百分点", "mean": "分"}}
"""What a difference is counted in, where the language needs a word for it."""


def sentence(row: ComparisonRow, language: str = "en") -> str:
    """Say in one sentence what a comparison found, and what it could not have seen.

    Parameters
    ----------
    row : ComparisonRow
        One pair.
    language : str
        ``"en"``, ``"de"`` or ``"zh"``.

    Raises
    ------
    UnknownNameError
        For another language.

    Examples
    --------
    >>> row = ComparisonRow("travel", estimate=0.684, n=1024, published=0.77, published_n=1173,
    ...     reasons=("Different countries: new DE, published CN.",), topics=("people",))
    >>> sentence(row)
    '68.4% here (n 1,024) and 77% published (n 1,173) are not compared: different countries: new DE, published CN.'
    >>> sentence(row, "zh")
    '本次调查为68.4%（n = 1,024），已发表结果为77%（n = 1,173），两者不作比较：两者调查的人群不同。'
    """
    return Told(row, phrases_of(language)).sentence()


def phrases_of(language: str) -> Phrases:
    """Give the templates of a language; refuse one that there is none for.

    Examples
    --------
    >>> phrases_of("de").decimal
    ','
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    return LANGUAGES[language]


def with_sentences(row: ComparisonRow) -> ComparisonRow:
    """Give the row with its sentence in every language."""
    return replace(row, sentence=sentence(row), sentence_de=sentence(row, "de"), sentence_zh=sentence(row, "zh"))


def in_language(row: ComparisonRow, language: str) -> str:
    """Give the sentence that a row carries in a language; made anew where an older file holds none.

    Raises
    ------
    UnknownNameError
        For another language.

    Examples
    --------
    >>> in_language(ComparisonRow("travel", sentence_de="Ein Satz."), "de")
    'Ein Satz.'
    """
    kept = {"en": row.sentence, "de": row.sentence_de, "zh": row.sentence_zh}.get(language, "")
    return kept or sentence(row, language)


class Told:
    """A row told in one language.

    Parameters
    ----------
    row : ComparisonRow
        One pair.
    phrases : Phrases
        The language.
    """

    def __init__(self, row: ComparisonRow, phrases: Phrases) -> None:
        self.row = row
        self.say = phrases
        self.unit = UNITS.get(phrases.language, {}).get(row.statistic, "")

    def sentence(self) -> str:
        """Give the whole sentence."""
        row, say = self.row, self.say
        if row.suppressed:
            badge = say.badges.get(row.provenance, "")
            return say.suppressed.format(value=self.published_value() + (say.size.format(n=badge) if badge else ""))
        if row.grade == "not_comparable":
            pattern = say.alone if row.estimate is None else say.apart
            return pattern.format(new=self.new(), published=self.published(), why=self.why())
        if row.difference is None or row.verdict_sampling is None:
            why = say.join.join(part for part in (self.untested(), self.by_base(), self.by_word()) if part)
            pattern = say.unsaid if row.difference is None else say.untested
            return pattern.format(new=self.new(), published=self.published(), difference=self.difference(), why=why)
        told = say.told.format(
            new=self.new(),
            published=self.published(),
            difference=self.difference(),
            clauses=say.join.join(self.clauses()),
            join=say.join,
            stop=say.stop,
        )
        return re.sub(*say.one, told) if say.one[0] else told

    def new(self) -> str:
        """Give the new value and its base."""
        return self.say.here.format(value=self.value(self.row.estimate), size=self.size(self.row.n))

    def published(self) -> str:
        """Give the published value with its base, and how it is known where it was not seen in print."""
        row, say = self.row, self.say
        known = [self.counted(row.published_n), say.badges.get(row.provenance, "")]
        told = say.between_brackets.join(part for part in known if part)
        return say.published.format(value=self.published_value(), size=say.size.format(n=told) if told else "")

    def value(self, value: float | None) -> str:
        """Give a share in percent with one decimal, a mean with two."""
        if value is None:
            return "–"
        if self.row.statistic == "share":
            return f"{self.say.number(100 * value, 1)}{self.say.percent}"
        return self.say.number(value, 2)

    def published_value(self) -> str:
        """Give the published value as precisely as it was printed."""
        row, say = self.row, self.say
        if row.published is None:
            return "no figure" if say.language == "en" else "–"
        if row.published_statistic == "share":
            return f"{say.hedges.get(row.published_qualifier, '')}{say.shortest(100 * row.published)}{say.percent}"
        if row.published_statistic == "mean":
            return say.shortest(row.published)
        return row.published_as_printed or say.shortest(row.published)

    def size(self, n: float | None) -> str:
        """Give the number of answers in brackets, or nothing when it is not known."""
        return self.say.size.format(n=self.counted(n)) if n is not None else ""

    def counted(self, n: float | None) -> str:
        """Give the number of answers, or nothing when it is not known."""
        return self.say.people.format(n=self.say.number(n, 0)) if n is not None else ""

    def why(self) -> str:
        """Give the first reason, which is the one that forbids; in English as it stands, else by its topic."""
        row, say = self.row, self.say
        if say.topics:
            return say.topics.get(row.topics[0] if row.topics else "", say.no_reason)
        reason = row.reasons[0] if row.reasons else say.no_reason
        return reason[0].lower() + reason[1:]

    def untested(self) -> str:
        """Say why there was no test."""
        if self.row.published_low is not None:
            return self.say.no_new_error
        return self.say.no_error if self.row.published_n is None else self.say.no_spread

    def points(self, value: float | None) -> str:
        """Give an absolute difference in points of percent, or of the scale."""
        share = self.row.statistic == "share"
        size = abs(value or 0.0) * (100 if share else 1)
        return self.say.number(size, decimals_seen(size, 1 if share else 2))

    def round_points(self, value: float | None) -> str:
        """Give what was declared without a needless decimal."""
        return self.points(value).removesuffix(f"{self.say.decimal}0")

    def difference(self) -> str:
        """Say how far apart the two values are, with the interval."""
        row, say = self.row, self.say
        found = row.difference or 0.0
        bound = say.than_bound if row.published_qualifier in BOUNDS and found else ""
        pattern = say.higher if found > 0 else say.lower if found < 0 else say.level
        interval = say.size.format(n=self.spread(row.difference_low, row.difference_high))
        return pattern.format(points=self.points(found), bound=bound, interval=interval, unit=self.unit)

    def spread(self, low: float | None, high: float | None) -> str:
        """Say an interval of a difference in words."""
        if low is None or high is None:
            return self.say.no_interval
        if low < 0 < high:
            return self.say.between.format(low=self.points(low), high=self.points(high))
        near, far = sorted((abs(low), abs(high)))
        pattern = self.say.beyond_higher if high > 0 else self.say.beyond_lower
        return pattern.format(near=self.points(near), far=self.points(far))

    def clauses(self) -> list[str]:
        """Say what each tier of error makes of the difference."""
        if self.row.published_qualifier in BOUNDS and self.row.p is None:
            said = [self.say.bound]
        else:
            said = [self.by_sampling(), self.by_total(), self.after_adjustment(), self.by_what_it_rests_on()]
        return [clause for clause in (*said, self.by_base(), self.by_word()) if clause]

    def by_sampling(self) -> str:
        """Say the verdict of the sampling tier."""
        if "sampling" in self.row.base_decides and self.row.verdict_sampling == "inconclusive":
            return self.say.undecided
        return self.say.sampling[self.row.verdict_sampling or "inconclusive"].format(
            margin=self.round_points(self.row.margin),
            detectable=self.points(self.row.minimum_detectable),
            unit=self.unit,
        )

    def by_total(self) -> str:
        """Say the verdict of the total tier."""
        row, say = self.row, self.say
        if row.verdict_total is None:
            return ""
        verdict = say.total[row.verdict_total].format(
            margin=self.round_points(row.margin), interval=self.spread(row.total_low, row.total_high), unit=self.unit
        )
        return say.allowing.format(error=self.round_points(row.nonsampling), unit=self.unit) + verdict

    def after_adjustment(self) -> str:
        """Warn when a difference would not stand once its whole battery is allowed for."""
        row = self.row
        adjusted, whose = {"holm": (row.p_holm, "Holm"), "bh": (row.p_bh, "Benjamini-Hochberg")}.get(
            row.adjust, (None, "")
        )
        if row.p is None or adjusted is None or not row.p < 1 - row.level <= adjusted:
            return ""
        return self.say.adjusted.format(method=whose)

    def by_what_it_rests_on(self) -> str:
        """Warn when a verdict hangs on what is assumed or not known for certain."""
        if self.row.stable in (None, True) or self.row.base_decides:
            return ""
        return self.say.rests.format(stability=self.stability())

    def stability(self) -> str:
        """Say on what a verdict hangs; an older file has the words of it in English alone."""
        row, say = self.row, self.say
        if row.turnings is not None:
            return stability_in_words(row.turnings, say, row.statistic)
        return row.stability if say.language == "en" else say.turning["depends"].partition("{turns}")[0].rstrip(":： ")

    def by_base(self) -> str:
        """Say what the new share would be on the other base, where it is not known which one was published."""
        row, say = self.row, self.say
        there = self.value(row.other_base_estimate)
        if row.other_base_estimate is None or (there == self.value(row.estimate) and not row.base_decides):
            return ""
        decides = say.base_decides if row.base_decides else ""
        return say.base.format(base=say.bases[row.other_base], value=there, decides=decides)

    def by_word(self) -> str:
        """Say where only the user's word joins the two."""
        return self.say.on_word if UNCHECKED in self.row.topics else ""


def grade_in_words(row: ComparisonRow) -> str:
    """Give the grade in words; where only the user's word joins the two, that.

    Examples
    --------
    >>> grade_in_words(ComparisonRow("q", grade="qualified", topics=("unchecked", "mode")))
    'on your word'
    """
    if row.grade == "qualified" and UNCHECKED in row.topics:
        return "on your word"
    return GRADES[row.grade]


def published_in_words(row: ComparisonRow) -> str:
    """Give the published value as precisely as it was printed, in English."""
    return Told(row, ENGLISH).published_value()


def value_in_words(value: float | None, row: ComparisonRow) -> str:
    """Give a share in percent with one decimal, a mean with two."""
    return "no figure" if value is None else Told(row, ENGLISH).value(value)


def points(value: float, row: ComparisonRow) -> str:
    """Give an absolute difference in points of percent, or of the scale."""
    return Told(row, ENGLISH).points(value)


def study_in_words(row: ComparisonRow) -> str:
    """Name the published study as a reader cites it; by its id when the citation names no author and year.

    Examples
    --------
    >>> study_in_words(ComparisonRow("t", published_citation="Liu, C. (2022). Who Supports Expanding Surveillance?"))
    'Liu 2022'
    >>> study_in_words(ComparisonRow("t", published_citation="Su, Z., Xu, X. and Cao, X. (2021). What Explains ..."))
    'Su et al. 2021'
    >>> study_in_words(ComparisonRow("t", published_citation="YouGov and SINUS-Institut (2019). Social Scoring."))
    'YouGov and SINUS-Institut 2019'
    >>> study_in_words(ComparisonRow("t", published_citation="Undated web essay.", published_study="essay"))
    'essay'
    """
    cited = re.match(r"(.+?) \((\d{4})\)", row.published_citation)
    if cited is None:
        return row.published_study
    first, *others = cited[1].split(",")
    several = " et al." if len(others) > 1 else ""
    return f"{first}{several} {cited[2]}"
