"""A comparison as one web page that needs nothing else: chart, table, every pair in words, and what stands apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ...data.errors import EstimationError, ToplineError
from ..batteries.battery import Battery
from ..batteries.battery_text import title
from ..printing.result_html import footnotes, page, paragraphs, table_html, text
from .apart import apart_rows
from .badge import NOT_STATED, badge_in_short, disagreement
from .battery_findings import ITEMS, READING, TIERS, conditions, findings, item_rows
from .comparison import Comparison, ComparisonRow
from .comparison_chart import report_chart
from .comparison_text import answers_counted, compared, heading, method_lines, reading, warning
from .facts import LANGUAGES, WORDING_STATUS, firmness, interval_of, minus, new_facts, published_facts, short_label
from .groups import Group, counted_by_both, grouped
from .legend import again_note
from .reasons import with_repair
from .sentences import grade_in_words, in_language, published_in_words, study_in_words
from .value_text import differenced, new_value, published_bracket

if TYPE_CHECKING:
    import altair as alt

STYLE = """
h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; padding-top: .9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 .3rem; }
h4 { font-size: .9rem; margin: .8rem 0 .2rem; }
p { max-width: 60rem; }
th, td { text-align: left; }
td { white-space: normal; min-width: 6rem; }
details { margin: 0 0 1.6rem; }
.pair { margin: 1.2rem 0; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 6px; max-width: 62rem; }
.pair ul, .pair p { margin: .3rem 0; overflow-wrap: anywhere; }
.pair ul { padding-left: 1.1rem; }
.badge { display: inline-block; padding: .05rem .5rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--band); font-size: .85rem; margin: 0 .4rem .3rem 0; }
.told { font-size: 1.02rem; }
summary { cursor: pointer; color: var(--soft); }
blockquote { margin: .2rem 0; padding-left: .7rem; border-left: 3px solid var(--line); }
figure { margin: .8rem 0 1.2rem; }
.chart { overflow-x: auto; background: #ffffff; border: 1px solid var(--line); border-radius: 6px; padding: .25rem; }
.chart:focus-visible { outline: 2px solid #2c7fd4; }
.chart svg { display: block; width: 100%; height: auto; }
.middle, .narrow { display: none; }
@media screen and (max-width: 72rem) {
  .wide, .narrow { display: none; }
  .middle { display: block; }
}
@media screen and (max-width: 36rem) {
  body { padding: 1rem; }
  .wide, .middle { display: none; }
  .narrow { display: block; }
}
@media print { .pair { break-inside: avoid; } details::details-content { content-visibility: visible; } }
"""

HEADINGS = (
    "Item",
    "New",
    "Published",
    "Badge",
    "New minus published",
    "Sampling error only",
    "With other error",
    "Grade",
)

WIDTHS = {"wide": 1150, "middle": 640, "narrow": 290}
"""Widths of the plot by that of the screen, in pixels."""

APART = (
    "These published figures differ from ours in more than opinion: another question, other answers or other people. "
    "They stand here so that nobody compares them unawares."
)


def as_html(comparison: Comparison, language: str = "en") -> str:
    """Lay out a comparison as one document, with the sentences in a language."""
    first, rows = warning(comparison), compared(comparison)
    name = comparison.about.title or "New results against published figures"
    apart = [row for row in comparison.rows if row.grade == "not_comparable"]
    body = [
        *(f'<p class="lead">{text(note)}</p>' for note in first),
        f"<h1>{text(name)}</h1>",
        paragraphs([heading(comparison), *answers_counted(comparison)]),
        figure(comparison),
        table_html((HEADINGS, [cells(row) for row in rows], 1), caption="New results against published figures")
        if rows
        else "",
        paragraphs([note] if (note := again_note(rows)) else []),
        paragraphs(reading(comparison, language)),
        *([batteries(comparison)] if comparison.batteries else []),
        "<h2>Pair by pair</h2>" if rows else "",
        *(of_group(group, comparison, language) for group in grouped(rows)),
        set_apart(apart, comparison) if apart else "",
        f"<h2>How this was made</h2>{footnotes(method_lines(comparison))}",
    ]
    return page(name, "\n".join(part for part in body if part), STYLE)


def figure(comparison: Comparison) -> str:
    """Draw the chart for wide, middle and narrow screens; nothing where no pair may be drawn."""
    try:
        charts = {size: report_chart(comparison, width) for size, width in WIDTHS.items()}
    except EstimationError:
        return ""
    boxes = [
        f'<div class="chart {size}" role="region" tabindex="0" aria-label="Chart">{svg(chart)}</div>'
        for size, chart in charts.items()
    ]
    return f"<figure>{''.join(boxes)}</figure>"


def svg(chart: alt.VConcatChart) -> str:
    """Draw a chart; what a reader hears is its description, not every mark."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(chart.to_dict())
    if not drawn.startswith("<svg"):
        raise ToplineError(
            "vl-convert gave no drawing; install it again: pip install --force-reinstall vl-convert-python"
        )
    bare = re.sub(r' (?:aria-\w+|role)="[^"]*"', "", drawn)
    return bare.replace("<svg", f'<svg role="img" aria-label="{text(str(chart.description))}"', 1)


def cells(row: ComparisonRow) -> tuple[str, ...]:
    """Give the cells of a pair in the table."""
    size = f", n {row.published_n:,.0f}" if row.published_n is not None else ", n not stated"
    return (
        short_label(row),
        "base too small" if row.suppressed else minus(new_value(row)),
        f"{minus(published_in_words(row) + published_bracket(row))}{size}; {study_in_words(row)}",
        badge_in_short(row),
        minus(differenced(row)),
        row.verdict_sampling or "not tested",
        row.verdict_total or "not tested",
        grade_in_words(row),
    )


def batteries(comparison: Comparison) -> str:
    """Give what was found of each battery, and its items with the badges of their published values."""
    parts = [battery_html(battery, comparison) for battery in comparison.batteries]
    return f"<h2>Items taken together</h2>{paragraphs([READING])}{''.join(parts)}"


def battery_html(battery: Battery, comparison: Comparison) -> str:
    """Give one battery."""
    found = table_html((TIERS, findings(battery), len(TIERS)), caption=title(battery))
    items = table_html((ITEMS, item_rows(battery, comparison.rows), 1), caption=f"{title(battery)}: item by item")
    return f"{found}{paragraphs(conditions(battery))}<details><summary>Item by item</summary>{items}</details>"


def of_group(group: Group, comparison: Comparison, language: str) -> str:
    """Give the pairs that were asked under one stem."""
    return paragraphs(group.heading) + "".join(pair(row, comparison, language) for row in group.rows)


def pair(row: ComparisonRow, comparison: Comparison, language: str) -> str:
    """Give one pair: sentence, verdicts, how firm they are, reasons, and on demand what stands with each figure."""
    badges = (grade_in_words(row), f"published value {row.badge or NOT_STATED}")
    parts = [
        f"<h3>{text(short_label(row))}</h3>",
        "<p>" + "".join(f'<span class="badge">{text(badge)}</span>' for badge in badges) + "</p>",
        f'<p class="told" lang="{escape(language)}">{text(in_language(row, language))}</p>',
        listed("Verdicts", verdicts(row)),
        listed("Sources disagree on the published value", row.published_sources if disagreement(row) else ()),
        listed("How firm that is", firmness(row)),
        f"<h4>Published question ({text(status(row))})</h4>{question(row)}",
        listed("What differs, and what would repair it", with_repair(row)),
        f"<details><summary>What stands with each figure</summary>{facts(row, comparison)}</details>",
    ]
    return f'<section class="pair">{"".join(parts)}</section>'


def verdicts(row: ComparisonRow) -> list[str]:
    """Give both verdicts with their intervals."""
    if row.verdict_sampling is None:
        return []
    said = [
        f"Sampling error only: {row.verdict_sampling} ({interval_of(row.difference_low, row.difference_high, row)})"
    ]
    if row.verdict_total is not None:
        interval = interval_of(row.total_low, row.total_high, row)
        said.append(f"With other survey error: {row.verdict_total} ({interval})")
    return said


def listed(name: str, lines: Sequence[str]) -> str:
    """Give lines as a list under a heading; nothing where there are none."""
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<h4>{text(name)}</h4><ul>{items}</ul>" if lines else ""


def status(row: ComparisonRow) -> str:
    """Say how well the published wording is known."""
    return WORDING_STATUS.get(row.published_wording_status, row.published_wording_status)


def question(row: ComparisonRow) -> str:
    """Give the published question in English, and as it was asked."""
    asked = " ".join(part for part in (row.published_preamble, row.published_wording) if part) or "not known"
    original = row.published_wording_original
    also = original if original and original != row.published_wording else ""
    code = row.published_language if row.published_language in LANGUAGES else ""
    spoken = f' lang="{escape(code)}"' if code else ""
    return f"<blockquote>{text(asked)}</blockquote>" + (
        f"<blockquote{spoken}>{text(also)}</blockquote>" if also else ""
    )


def facts(row: ComparisonRow, comparison: Comparison) -> str:
    """Give what stands with the new and with the published figure."""
    minimum = comparison.method.get("minimum_base")
    new = new_facts(row, comparison.about, minimum if isinstance(minimum, int) else 0)
    own = [f"Question: {asked}" for asked in row.wording.values() if asked][:1]
    own += [f"Answers counted by both: {counted_by_both(row)}", *(f"{name}: {words}" for name, words in new)]
    return listed("New survey", own) + listed("Published", [f"{name}: {said}" for name, said in published_facts(row)])


def set_apart(rows: Sequence[ComparisonRow], comparison: Comparison) -> str:
    """List the published figures that no new result may be compared with."""
    minimum = comparison.method.get("minimum_base")
    lines = apart_rows(rows, minimum if isinstance(minimum, int) else 0)
    table = table_html((list(lines[0]), [list(line.values()) for line in lines], 5), caption="Not compared")
    return f"<h2>Shown, but not compared</h2>{paragraphs([APART])}{table}"
