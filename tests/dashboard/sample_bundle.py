"""A results bundle for the dashboard's tests: invented numbers that reach every verdict and every badge."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from topline.analysis.batteries.battery import Battery, BatteryItem
from topline.analysis.batteries.findings import Entry, Named, battery_of
from topline.analysis.comparing.tiers import Declared, Printed, with_adjusted, with_tiers
from topline.analysis.results import write_results
from topline.analysis.telling.comparison import Comparison, ComparisonRow
from topline.analysis.telling.sentences import with_sentences
from topline.data.description import StudyDescription

STEM = "The following options have been included in the SCS in different localities. To what extent do you support ...?"

ABOUT = StudyDescription(
    title="Attitudes to social credit in China, test wave",
    country="CN",
    population="adults in mainland China",
    frame="open web link",
    sample_type="nonprobability",
    modes=("web",),
    field_start="2026-02-01",
    field_end="2026-03-14",
    note="simulated respondents; no person was asked",
)

ITEMS = (
    ("restrict_travel", "Restrict the travel of people with poor records", 0.684, 0.77, "punishment", "liu2022"),
    (
        "restrict_civil_service",
        "Disqualify people with poor records from civil-service candidacy",
        0.775,
        0.78,
        "punishment",
        "liu2022",
    ),
    (
        "restrict_private_school",
        "Restrict the entry of the children of people with poor records into private schools",
        0.28,
        0.42,
        "punishment",
        "liu2022",
    ),
    ("record_rumours", "Spreading rumours online", 0.705, 0.74, "surveillance", "liu2022"),
    ("record_petition", "Protesting or petitioning the government", 0.512, 0.49, "surveillance", "liu2022"),
)


def row(
    item: str, label: str, estimate: float, published: float, battery: str, study: str, **more: object
) -> ComparisonRow:
    settings: dict[str, object] = {
        "item": item,
        "label": label,
        "category": "support",
        "estimate": estimate,
        "se": 0.015,
        "low": estimate - 0.03,
        "high": estimate + 0.029,
        "n": 1204,
        "weighted_n": 1210.5,
        "deff": 1.4,
        "df": 1100,
        "wording": {"en": f"{STEM} {label}", "zh": "您在多大程度上支持……？"},
        "base": "substantive",
        "answers": "Somewhat support, Strongly support",
        "battery": battery,
        "published_id": f"{study}.{item.split('_', 1)[-1]}",
        "published_item": f"{study}.{item.split('_', 1)[-1]}",
        "published": published,
        "published_as_printed": f"{round(100 * published)}%",
        "grade": "qualified",
        "reasons": (
            "Population differs: new 'adults in mainland China', published 'urban adult residents of mainland China'.",
            "The published value is quoted in an essay without a source and was seen nowhere else.",
        ),
        "repairs": ('bridge_to="urban"', ""),
        "topics": ("people", "provenance"),
        "unanswered": "4.0% of everyone asked did not know. Had they answered, the new value would lie higher.",
        "provenance": "as_quoted",
        "badge": "as quoted in an essay; not seen in the source",
        "published_wording": label,
        "published_preamble": STEM,
        "published_wording_status": "partly_verbatim",
        "published_answers": "Somewhat support, Strongly support",
        "published_base": "unknown",
        "published_mode": "web",
        "published_population": "urban adult residents of mainland China",
        "published_country": "CN",
        "published_sample_type": "nonprobability",
        "published_start": "2020-01",
        "published_end": "2020-04",
        "published_study": study,
        "published_title": "Who Supports Expanding Surveillance?",
        "published_citation": "Liu, C. (2022). International Sociology.",
        "published_sources": ("an essay, paragraph on poll results (as quoted)",),
        **more,
    }
    return ComparisonRow(**settings)


def comparison() -> Comparison:
    tested = [with_tiers(row(*item), Printed(n=1173, rounding=0.01), Declared()) for item in ITEMS]
    alone = with_tiers(
        row(
            "approval",
            "Overall approval of the social credit systems",
            0.61,
            0.70,
            "",
            "essay",
            grade="not_comparable",
            reasons=("The two questions are recorded as not comparable: the essay gives no question, base or source.",),
            repairs=("ask the published question",),
            topics=("wording",),
            unanswered="",
            published_title="An essay",
            published_citation="",
            published_start="",
            published_end="",
        ),
        Printed(),
        Declared(),
    )
    verified = with_tiers(
        row(
            "approval",
            "Overall approval of the social credit systems",
            0.79,
            0.80,
            "",
            "kostka2019",
            provenance="verified",
            badge="seen in the publisher's own report; sources disagree",
            grade="comparable",
            reasons=(),
            repairs=(),
            topics=(),
            published_sources=("Report, p. 4: “80%” (verified)", "A newspaper: “78%” (secondary)"),
            published_title="China's social credit systems and public opinion",
            published_citation="Kostka, G. (2019). China's social credit systems and public opinion.",
        ),
        Printed(n=2209, deff=1.3, rounding=0.01),
        Declared(),
    )
    small = row(
        "harm_privacy",
        "Harm to privacy",
        0.5,
        0.53,
        "",
        "other",
        n=12,
        published_title="Another poll",
        published_citation="",
    )
    rows = with_adjusted([*tested, verified, alone, small])
    method = {
        "margin": 0.05,
        "level": 0.95,
        "nonsampling": 0.03,
        "n": 1240,
        "effective_n": 880.4,
        "weighting": "raked to sex, age4 and education",
        "difference": "new minus published, Welch and Satterthwaite's interval",
    }
    together = tuple(battery(name, rows) for name in ("punishment", "surveillance"))
    return Comparison(tuple(map(with_sentences, rows)), method, ABOUT, together)


def battery(name: str, rows: Sequence[ComparisonRow]) -> Battery:
    """Test the items of one battery together, as if they were not correlated."""
    own = [row for row in rows if row.battery == name]
    entries = [
        Entry(row.item, row.label, row.published_id, row.estimate, row.se, row.df, row.n, row.published,
              row.published_se, row.published_n, 0.01, None, 0.03, row.provenance)
        for row in own
    ]  # fmt: skip
    return battery_of(Named(own[0].published_study, "Liu 2022", name), entries, np.eye(len(own)))


MARKUP = (
    "![x](http://evil.example/x.png) [y](http://evil.example/y) <img src='http://evil.example/z.png'> "
    r"$\frac{a}{b}$ :red[c] :smile: :material/home: `d` **e** &lt;"
)
"""What a label could hold that is read as an image, a link, HTML, a formula, a colour, an icon, code."""


def hostile() -> Comparison:
    """Give the sample with markup in every text that is a study's own."""
    sample = comparison()
    known = {
        "turnings",
        "turning_plausible",
        "item",
        "category",
        "statistic",
        "grade",
        "provenance",
        "sample_type",
        "country",
        "published_id",
    }
    known |= {"published_statistic", "field_start", "field_end", "published_start", "published_end"}
    rows = [replace(row, **marked_up(row, known), wording={MARKUP: MARKUP}) for row in sample.rows]
    method = {**sample.method, "weighting": MARKUP, MARKUP: MARKUP}
    batteries = [
        replace(one, citation=MARKUP, battery=MARKUP, notes=(MARKUP,), items=tuple(map(marked_item, one.items)))
        for one in sample.batteries
    ]
    return Comparison(tuple(rows), method, replace(sample.about, **marked_up(sample.about, known)), tuple(batteries))


def marked_item(item: BatteryItem) -> BatteryItem:
    """Give an item of a battery with markup for a label."""
    return replace(item, label=MARKUP)


def marked_up(facts: ComparisonRow | StudyDescription, known: set[str]) -> dict[str, object]:
    """Give every text of a row or description but those that are words of topline's own, replaced by markup."""
    values = {field.name: getattr(facts, field.name) for field in fields(facts) if field.name not in known}
    texts = {name: MARKUP for name, value in values.items() if isinstance(value, str)}
    lists = {name: (MARKUP,) for name, value in values.items() if isinstance(value, tuple)}
    return texts | lists


def write(folder: Path, made: Comparison | None = None) -> Path:
    """Write a bundle into a folder, the sample where none is given, and give the folder."""
    write_results(folder, comparison=made or comparison())
    return folder


if __name__ == "__main__":
    import sys

    write(Path(sys.argv[1]))
