"""What a comparison gives back: one row for each new estimate beside a published figure, and how it was made."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...data.description import StudyDescription, dates_in_words
from .turning import TurningPoint, turning_points

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from ..batteries.battery import Battery
    from ..printing.result_text import FilePath


@dataclass(frozen=True)
class ComparisonRow:
    """A new estimate beside a published figure. Shares are 0-1; what does not exist is None.

    Attributes
    ----------
    item, category, label, statistic : str
        The new variable, the answers counted, the variable's label, and ``"share"`` or ``"mean"``.
    groups : mapping of str to object
        The part of the sample, by key; empty for everybody.
    estimate, se, low, high, n, weighted_n, deff, df, effective_n, cv : float or None
        The new estimate, on the figure's base and answers where those could be repaired.
    estimate_total_low, estimate_total_high : float or None
        Its interval with non-sampling error.
    wording, base, answers : mapping of str to str, str, str
        The new question by language, who is in the new base, and the labels of the answers counted.
    battery : str
        Battery of the published item; the Holm adjustment runs over the rows of one study's battery.
    published_id, published, published_se, published_low, published_high, published_n : str, float or None
        The figure.
    published_statistic, published_as_printed, published_qualifier : str
        ``"share"``, ``"mean"`` or another; the literal string; ``"about"``, ``"more_than"`` or ``"at_most"``.
    published_total_low, published_total_high, published_deff, published_deff_assumed, published_error_basis
        Its interval with non-sampling error, and what its standard error was worked out from.
    difference, difference_low, difference_high : float or None
        New minus published; sampling error only.
    total_low, total_high : float or None
        Interval of the difference with non-sampling error.
    p, p_total, p_holm, p_total_holm, p_bh, p_total_bh : float or None
        Two-sided p-values of no difference in both tiers; adjusted within the battery by Holm, Benjamini and Hochberg.
    adjust : str
        Which adjusted p the sentence warns by: ``"holm"``, ``"bh"`` or ``"none"``.
    verdict_sampling, verdict_total : str or None
        ``"different"``, ``"equivalent"``, ``"different but within margin"`` or ``"inconclusive"``.
    stable, stability : bool or None, str
        Whether the verdicts stay the same over all that is plausible of the published design effect, the published
        number of interviews, non-sampling error and rounding; in words, with the value at which a verdict turns.
    turning_deff, turning_n, turning_nonsampling, turning_rounding : float or None
        The nearest value of each, alone, at which the verdict with non-sampling error (where there is none, the other)
        changes; None: never within the range tried.
    turning_plausible : tuple of str or None
        Which of them may well be so, e.g. ``("deff",)``; None where that is not known, as in older files.
    turnings : tuple of TurningPoint or None
        What the sentence names: the turning points of both tiers that may well be so, else the nearest.
    other_base, other_base_estimate : str, float or None
        Where it is not known on which base the figure was published: the other base, and the new share over it.
        Intervals, p-values and verdicts then hold over both bases; estimate and difference are of ``base``.
    base_decides : tuple of str
        The tiers (``"sampling"``, ``"total"``) in which the two bases give other verdicts.
    dont_know, refused, dont_know_n, refused_n : float or None
        Weighted shares of everyone asked in the new survey, and how many people; a question not asked is neither.
    bounds_low, bounds_high, bounds_interval_low, bounds_interval_high : float or None
        Between which the new value would lie if those without an answer had answered (Manski), and Imbens and Manski's
        interval for it, at ``level``.
    published_bounds_low, published_bounds_high : float or None
        The same on the published side, where its don't know is on record.
    unanswered : str
        What those without an answer could do to the difference, in a sentence.
    minimum_detectable, minimum_detectable_total : float or None
        True difference found with 80% power.
    margin, nonsampling, level : float or None
        As applied to this row, in its unit.
    grade : str
        ``"comparable"``, ``"qualified"`` or ``"not_comparable"``.
    reasons, topics : tuple of str
        Plain sentences: what differs, what was repaired; what each is about, e.g. ``"wording"`` or ``"people"``.
    repairs : tuple of str
        For each reason the argument or action that would repair it, e.g. ``'base="excluding_dont_know"'``; empty where
        nothing does.
    sentence, sentence_de, sentence_zh : str
        The whole in one sentence, in English, German and Chinese.
    provenance : str
        ``"verified"``, ``"secondary"``, ``"recalled"`` or ``"as_quoted"``.
    badge : str
        What is said of how far the published value may be trusted.
    suppressed : bool
        Whether the new figures were taken out because the base is small.
    """

    item: str
    category: str = ""
    groups: Mapping[str, object] = field(default_factory=dict)
    estimate: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    weighted_n: float | None = None
    deff: float | None = None
    df: float | None = None
    effective_n: float | None = None
    cv: float | None = None
    label: str = ""
    statistic: str = "share"
    estimate_total_low: float | None = None
    estimate_total_high: float | None = None
    wording: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    answers: str = ""
    battery: str = ""
    published_id: str = ""
    published: float | None = None
    published_statistic: str = "share"
    published_as_printed: str = ""
    published_qualifier: str = ""
    published_se: float | None = None
    published_low: float | None = None
    published_high: float | None = None
    published_total_low: float | None = None
    published_total_high: float | None = None
    published_n: float | None = None
    published_deff: float | None = None
    published_deff_assumed: bool = False
    published_error_basis: str = ""
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    total_low: float | None = None
    total_high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    p_total: float | None = None
    p_total_holm: float | None = None
    p_bh: float | None = None
    p_total_bh: float | None = None
    adjust: str = "holm"
    verdict_sampling: str | None = None
    verdict_total: str | None = None
    stable: bool | None = None
    stability: str = ""
    turning_deff: float | None = None
    turning_n: float | None = None
    turning_nonsampling: float | None = None
    turning_rounding: float | None = None
    turning_plausible: tuple[str, ...] | None = None
    turnings: tuple[TurningPoint, ...] | None = None
    dont_know: float | None = None
    refused: float | None = None
    dont_know_n: float | None = None
    refused_n: float | None = None
    bounds_low: float | None = None
    bounds_high: float | None = None
    bounds_interval_low: float | None = None
    bounds_interval_high: float | None = None
    published_bounds_low: float | None = None
    published_bounds_high: float | None = None
    unanswered: str = ""
    other_base: str = ""
    other_base_estimate: float | None = None
    base_decides: tuple[str, ...] = ()
    minimum_detectable: float | None = None
    minimum_detectable_total: float | None = None
    margin: float | None = None
    nonsampling: float | None = None
    level: float = 0.95
    grade: str = "not_comparable"
    reasons: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    provenance: str = ""
    badge: str = ""
    published_item: str = ""
    published_category: str = ""
    published_wording: str = ""
    published_wording_original: str = ""
    published_language: str = ""
    published_wording_status: str = ""
    published_preamble: str = ""
    published_answers: str = ""
    published_base: str = ""
    published_mode: str = ""
    published_population: str = ""
    published_subgroup: str = ""
    published_country: str = ""
    published_frame: str = ""
    published_sample_type: str = ""
    published_start: str = ""
    published_end: str = ""
    published_study: str = ""
    published_title: str = ""
    published_sponsor: str = ""
    published_citation: str = ""
    published_url: str = ""
    published_note: str = ""
    published_sources: tuple[str, ...] = ()
    suppressed: bool = False
    sentence: str = ""
    sentence_de: str = ""
    sentence_zh: str = ""

    @property
    def part(self) -> str:
        """The part of the sample in words, e.g. ``"urban = 1, sex = 2"``; empty for everybody."""
        return ", ".join(f"{key} = {code_in_words(value)}" for key, value in self.groups.items())

    @property
    def published_dates(self) -> str:
        """Field dates of the published study in words."""
        return dates_in_words(self.published_start, self.published_end)

    def record(self) -> dict[str, object]:
        """Give the row as plain values in the order of the columns, each key of ``groups`` a column of its own."""
        record: dict[str, object] = {}
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            if one.name == "groups":
                record.update(value)
            else:
                record[one.name] = list(map(plain, value)) if isinstance(value, tuple) else plain(value)
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> ComparisonRow:
        """Read a row back from ``record()``; what is not a field is a key.

        Examples
        --------
        >>> row = ComparisonRow("travel", groups={"urban": 1}, estimate=0.68, reasons=("Mode differs.",))
        >>> ComparisonRow.from_record(row.record()) == row
        True
        """
        known = {one.name for one in dataclasses.fields(cls)}
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in record.items() if name in known
        }
        fields["turnings"] = turning_points(fields.get("turnings"))
        return cls(**fields, groups={name: value for name, value in record.items() if name not in known})


def plain(value: object) -> object:
    """Turn what is not a finite number into None and what has parts into a dict, so that JSON can hold it."""
    if isinstance(value, TurningPoint):
        return dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def code_in_words(value: object) -> str:
    """Print a code without a needless decimal point.

    Examples
    --------
    >>> code_in_words(1.0), code_in_words("north")
    ('1', 'north')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Comparison:
    """New estimates beside published figures.

    Attributes
    ----------
    rows : tuple of ComparisonRow
        In the order of the estimates.
    method : mapping
        Level, margin, non-sampling error and the other choices made, in words and numbers.
    about : StudyDescription
        The new survey.
    batteries : tuple of Battery
        What was asked together, tested together; of the whole sample only.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.comparing.compare import compare
    >>> from topline.analysis.estimation.estimate import proportion
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.data.registry.figures import published
    >>> wave = pd.DataFrame({"travel": ["support"] * 620 + ["other"] * 380})
    >>> estimates = proportion(Design(wave), "travel", category="support")
    >>> found = compare(estimates, published()["liu2022.travel"])
    >>> len(found), found.rows[0].published_id, list(found.document())
    (1, 'liu2022.travel', ['method', 'rows', 'batteries'])
    >>> [(row.estimate, row.published, row.verdict_total) for row in found.rows]
    [(0.62, 0.77, 'different')]
    """

    rows: tuple[ComparisonRow, ...]
    method: Mapping[str, object]
    about: StudyDescription = field(default_factory=StudyDescription)
    batteries: tuple[Battery, ...] = ()

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    def to_frame(self) -> pd.DataFrame:
        """Give one row for each pair, at full precision.

        The columns are the estimate's (``item``, ``category``, keys, ``estimate``, ``se``, ``low``, ``high``, ``n``,
        ``weighted_n``, ``deff``, ``df``, ``effective_n``, ``cv``), then the attributes of :class:`ComparisonRow`.
        """
        import pandas as pd

        return pd.DataFrame([row.record() for row in self.rows])

    def document(self) -> dict[str, object]:
        """Give the comparison as plain values for JSON: method and new survey, rows, and batteries."""
        about = {name: plain(value) for name, value in dataclasses.asdict(self.about).items()}
        return {
            "method": {**self.method, "about": about},
            "rows": [row.record() for row in self.rows],
            "batteries": [battery.document() for battery in self.batteries],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Comparison:
        """Read a comparison back from ``document()``; an older one has no batteries."""
        from ..batteries.battery import Battery

        method = dict(document["method"])
        about: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in method.pop("about").items()
        }
        rows = tuple(ComparisonRow.from_record(record) for record in document["rows"])
        batteries = tuple(map(Battery.from_document, document.get("batteries", ())))
        return cls(rows, method, StudyDescription(**about), batteries)

    def __str__(self) -> str:
        """Print the table a reader can act on, the sentences, and every reason as a footnote."""
        return self.to_text()

    def to_text(self, language: str = "en") -> str:
        """Give the printed comparison.

        Parameters
        ----------
        language : str
            Of the sentences: ``"en"``, ``"de"`` or ``"zh"``. Everything else is in English.
        """
        from .comparison_text import as_text

        return as_text(self, language)

    def summary(self) -> str:
        """Give heading and table alone, without sentences and footnotes."""
        from .comparison_text import as_summary

        return as_summary(self)

    def to_markdown(self, language: str = "en") -> str:
        """Give table, sentences, batteries and footnotes as Markdown, with the sentences in a language."""
        from .comparison_text import as_markdown

        return as_markdown(self, language)

    def to_html(self, path: FilePath = None, language: str = "en") -> str:
        """Give one web page that needs nothing else, and write it where a path is given.

        Parameters
        ----------
        path : str or Path, optional
            e.g. ``"comparison.html"``; written whole or not at all.
        language : str
            Of the sentences: ``"en"``, ``"de"`` or ``"zh"``.

        Returns
        -------
        str
            The page: chart, table, every pair with its sentence, question, reasons and what would repair each, what is
            not compared, batteries, and the method.

        Raises
        ------
        FileError
            When the file cannot be written.
        """
        from ..printing.result_html import written
        from .comparison_html import as_html

        return written(as_html(self, language), path)

    def plot(self) -> alt.VConcatChart:
        """Give the chart of all pairs that may be compared, new beside published, with the intervals of both tiers.

        A value that was not seen in print has its badge beside it. ``.save("chart.svg")`` keeps it.

        Raises
        ------
        EstimationError
            When no pair may be drawn.
        """
        from .comparison_chart import report_chart

        return report_chart(self)


def family(row: ComparisonRow) -> tuple[str, str]:
    """Name the rows that are read together with this one: its study's battery, or its item alone."""
    return row.published_study, row.battery or row.published_item
