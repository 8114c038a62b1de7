"""The report on weights: one accessible web page that needs nothing else, with a table under every chart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...data.errors import ToplineError
from ..printing.result_html import footnotes, page, paragraphs, table_html, text
from ..printing.result_text import parted
from .row_chart import narrow_charts

if TYPE_CHECKING:
    import altair as alt

    from .diagnostic import Diagnostic
    from .diagnostics import WeightDiagnostics

STYLE = """
main { max-width: 62rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .4rem; padding-top: .9rem; border-top: 1px solid var(--line); }
nav ul { columns: 2 18rem; padding-left: 1.2rem; margin: .2rem 0 0; }
nav a { color: inherit; }
.recipe { padding-left: 1.6rem; margin: .4rem 0 1rem; }
.recipe li { margin: .25rem 0; overflow-wrap: anywhere; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.numbers div { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .7rem; background: var(--band); }
.numbers dt { color: var(--soft); font-size: .82rem; }
.numbers dd { margin: .1rem 0 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.warned { padding-left: 0; list-style: none; margin: .6rem 0 1rem; }
.warned li { border-left: 4px solid #b45309; background: var(--band); padding: .45rem .8rem; margin: .5rem 0; }
.warned .source { display: block; color: var(--soft); font-size: .85rem; }
thead th { white-space: normal; min-width: 3.2rem; }
tbody th:first-child { min-width: 2rem; }
figure { margin: .8rem 0 1.2rem; }
.chart { overflow-x: auto; background: #ffffff; border: 1px solid var(--line); border-radius: 6px; padding: .25rem; }
.chart:focus-visible { outline: 2px solid #2c7fd4; }
.chart svg { display: block; max-width: 100%; min-width: 36rem; height: auto; }
.narrow { display: none; }
.long tbody th:last-of-type { min-width: 16rem; }
@media screen and (max-width: 44rem) {
  body { padding: 1rem; }
  .wide { display: none; }
  .narrow { display: block; }
  .narrow svg { min-width: 0; width: 100%; max-width: 28rem; }
  th, td { padding: .28rem .45rem; }
  .scroll { border-right: 3px solid var(--line); }
  tbody th { min-width: 4.5rem; max-width: 9rem; }
  .long tbody th:last-of-type { min-width: 11rem; max-width: 12rem; }
}
@media print { .chart { overflow: visible; } .chart svg { min-width: 0; } figure { break-inside: avoid; } }
"""

LONG = 28
"""Letters of a label from which on its column is kept wide."""

WIDE = 24
"""Rows of a table from which on it is folded away under its chart."""


def report(found: WeightDiagnostics) -> str:
    """Lay out all diagnostics as one document: the numbers, the recipe, what is worth a look, then each part.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.diagnosing.diagnostics import weight_diagnostics
    >>> wave = pd.DataFrame({"w": [1.0, 1.0, 2.0]})
    >>> "<svg" in report(weight_diagnostics(Design(wave, weight="w")))
    True
    """
    title = f"Weights: {found.title}" if found.title else "Weights"
    first, under = parted(found.notes)
    sections = [_recipe(found), *(_section(part, found.notes) for part in found.parts)]
    body = [
        *(f'<p class="lead">{text(note)}</p>' for note in first),
        f"<h1>{text(title)}</h1>",
        paragraphs(["For the team: categories of few respondents are counted here. Not for publication."]),
        _numbers(found),
        _contents(found),
        *sections,
        '<section id="notes"><h2>Notes</h2>' + footnotes(under) + "</section>" if under else "",
    ]
    return page(title, "\n".join(part for part in body if part), STYLE)


def _numbers(found: WeightDiagnostics) -> str:
    """Give the numbers one looks at first."""
    summary = found.summary
    told = {
        "Respondents with a weight": f"{summary.n:,}",
        "Sum of weights": f"{summary.sum:,.0f}" if summary.sum >= 100 else f"{summary.sum:,.2f}",
        "Effective sample size (Kish)": f"{summary.effective_n:,.0f}",
        "Design effect of weighting": f"{summary.deff:.2f}",
        "Largest over smallest weight": "-" if summary.ratio != summary.ratio else f"{summary.ratio:,.1f}",
    }
    if summary.worst_after is not None:
        told["Points from a target, at most"] = f"{100 * summary.worst_after:.2f}"
    listed = "".join(f"<div><dt>{text(what)}</dt><dd>{text(value)}</dd></div>" for what, value in told.items())
    return f'<dl class="numbers">{listed}</dl>'


def _contents(found: WeightDiagnostics) -> str:
    named = [("recipe", "Recipe"), *((part.name, part.title) for part in found.parts)]
    named += [("notes", "Notes")] if parted(found.notes)[1] else []
    items = "".join(f'<li><a href="#{name}">{text(title)}</a></li>' for name, title in named)
    return f'<nav aria-label="Contents"><ul>{items}</ul></nav>'


def _recipe(found: WeightDiagnostics) -> str:
    """List where weights come from and what was done to them, in order."""
    start, *steps = found.recipe
    listed = "".join(f"<li>{text(_capital(step))}.</li>" for step in steps)
    done = f'<ol class="recipe">{listed}</ol>' if steps else "<p>Nothing was done to them.</p>"
    replicates = (
        f"<p>With replicate weights: {text(found.replicates)}. topline weight writes them as repw1, repw2 and so on; "
        "name them with --replicates repw.</p>"
        if found.replicates
        else ""
    )
    return f'<section id="recipe"><h2>Recipe</h2><p>Start: {text(start)}.</p>{done}{replicates}</section>'


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _section(part: Diagnostic, told: Sequence[str]) -> str:
    """Give a part: how to read it, its chart, its table, its own notes."""
    header = f'<section id="{part.name}"><h2>{text(part.title)}</h2>{paragraphs(part.about)}'
    if part.name == "warnings":
        return f"{header}{_warned(part)}</section>"
    figure = "" if part.draw is None else _figure(part)
    own = [note for note in part.notes if note not in told]
    return f"{header}{figure}{_table(part)}{footnotes(own)}</section>"


def _warned(part: Diagnostic) -> str:
    """List what is beyond a limit, each with the source of the limit."""
    rows = part.table[1]
    if not rows:
        return "<p>Nothing is beyond a limit.</p>"
    listed = (f'<li>{text(words)} <span class="source">Limit: {text(source)}.</span></li>' for words, source in rows)
    return f'<ul class="warned">{"".join(listed)}</ul>'


def _table(part: Diagnostic) -> str:
    if not part.table[1]:
        return ""
    table = table_html(part.table, caption=part.title, seen=False)
    if _long(part):
        table = f'<div class="long">{table}</div>'
    if part.draw is None or len(part.table[1]) <= WIDE:
        return table
    return f"<details><summary>Table, {len(part.table[1])} rows</summary>{table}</details>"


def _long(part: Diagnostic) -> bool:
    """Say whether the last column of words holds sentences, as that of steps, which a narrow column would break up."""
    _, rows, words = part.table
    return words > 0 and max(len(row[words - 1]) for row in rows) > LONG


def _figure(part: Diagnostic) -> str:
    """Give a chart as drawings in the page, one for wide screens and one for narrow, with their text alternative."""
    drawn = {"wide": part.plot()}
    with narrow_charts():
        drawn["narrow"] = part.plot()
    boxes = [
        f'<div class="chart {size}" role="region" tabindex="0" aria-label="Chart: {text(part.title)}">'
        f"{_svg(chart, chart.description if isinstance(chart.description, str) else part.title)}</div>"
        for size, chart in drawn.items()
    ]
    return f"<figure>{''.join(boxes)}</figure>"


def _svg(chart: alt.LayerChart, told: str) -> str:
    """Draw a chart; what a reader hears is its description, not every mark."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(chart.to_dict())
    if not drawn.startswith("<svg"):
        raise ToplineError(
            "vl-convert gave no drawing; install it again: pip install --force-reinstall vl-convert-python"
        )
    bare = re.sub(r' (?:aria-\w+|role)="[^"]*"', "", drawn)
    return bare.replace("<svg", f'<svg role="img" aria-label="{text(told)}"', 1)
