"""The page that shows each new result beside the published figure, and says what may be made of the difference."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from ..analysis.results import MINIMUM_BASE, Results, read_results
from ..analysis.telling.comparison import Comparison, ComparisonRow
from ..analysis.telling.comparison_text import SHORT, between, differenced, published_bracket
from ..analysis.telling.sentences import GRADES, published_in_words, sentence, study_in_words
from ..data.errors import FileError
from . import wording
from .apart import NO_FIGURE, apart_rows
from .battery import Group, counted_by_both, grouped
from .charts import ORDERS, dot_and_whisker, ends_of, sorted_rows
from .launch import FOLDER
from .markup import escaped
from .spreadsheet import spreadsheet_csv
from .table import html_table, html_table_in_groups

READING = 760
"""Width of running text in pixels; longer lines are hard to read."""

ALL = "all"

NO_PAIR = "None of these pairs fits both choices; choose another battery or item."

STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding-top: 2rem; }
.stMarkdownBadge { white-space: normal !important; overflow: visible !important; }
</style>
"""
"""Less room above the title; a badge wraps on a phone and is not cut."""


def page() -> None:
    """Draw the page from the study folder named in the environment."""
    folder = os.environ.get(FOLDER, ".")
    st.set_page_config(page_title="New results against published figures", page_icon=None, layout="wide")
    st.html(STYLE)
    try:
        results = read_results(folder)
    except FileError as error:
        nothing_yet("The results cannot be read", escaped(str(error)))
        return
    if results.comparison is None or not results.comparison.rows:
        nothing_yet("No results to compare yet", missing(folder, results))
        return
    show(results.comparison, results.written)


def nothing_yet(title: str, words: str) -> None:
    """Say that there is nothing to show, and which command to run, in Markdown."""
    st.title(title, anchor=False)
    st.markdown(words, width=READING)


def missing(folder: str, results: Results) -> str:
    """Say which command makes the results."""
    state = "Estimates are there, but no comparison." if results.estimates else "This study folder has no results."
    named = " ".join(shlex.quote(folder).splitlines())
    commands = f"```\ntopline estimate {named}\ntopline compare {named}\n```"
    return f"{state} Make them with these commands, then reload this page:\n\n{commands}"


def show(comparison: Comparison, written: str) -> None:
    """Draw the whole page."""
    opening(comparison)
    minimum = minimum_of(comparison)
    battery, order, item = controls(comparison)
    chosen = [row for row in comparison.rows if battery in (ALL, battery_of(row)) and item in (ALL, row.item)]
    rows = sorted_rows([row for row in chosen if row.grade != "not_comparable"], order)
    groups = grouped(rows)
    st.header("New against published", anchor="chart")
    charts(groups, "None of these may be compared; the reasons stand below." if chosen else NO_PAIR)
    if rows:
        st.markdown(wording.verdicts_in_words(comparison), width=READING)
    st.header("All numbers", anchor="numbers")
    others = [row for row in chosen if row.grade == "not_comparable"]
    if rows:
        table(groups, minimum)
    downloads(comparison)
    if rows:
        items(groups, comparison, opened=item != ALL)
    if others:
        set_apart(others, minimum)
    closing(comparison, written)


def minimum_of(comparison: Comparison) -> int:
    """Give the smallest base that was let into the bundle."""
    return round(wording.float_of(comparison.method, "minimum_base", MINIMUM_BASE))


def opening(comparison: Comparison) -> None:
    """Say what this is, for whom, and how to read it."""
    about = comparison.about
    st.title(escaped(about.title or "New results against published figures"), anchor=False)
    if about.note:
        words = f"{about.note[0].upper()}{about.note[1:]}.".replace("..", ".")
        st.warning(escaped(words), icon=":material/info:", width=READING)
    st.markdown(wording.LEAD)
    facts = wording.key_facts(comparison)
    st.markdown(" · ".join(f"**{escaped(name)}:** {escaped(words)}" for name, words in facts))


def definitions(facts: Sequence[tuple[str, str]]) -> str:
    """Print facts as a Markdown list, each under its name."""
    return "\n".join(f"- **{escaped(name)}:** {escaped(words)}" for name, words in facts)


def battery_of(row: ComparisonRow) -> str:
    """Name the battery of a row."""
    return row.battery or "single items"


def controls(comparison: Comparison) -> tuple[str, str, str]:
    """Let the reader choose what is shown; every choice stands in the address."""
    batteries = [ALL, *dict.fromkeys(battery_of(row) for row in comparison.rows)]
    labels = {row.item: row.label or row.item for row in comparison.rows}
    left, middle, right = st.columns(3)
    with left:
        battery = st.selectbox("Battery", batteries, key="battery", bind="query-params")
    with middle:
        item = linked_item(labels)
    with right:
        order = st.selectbox("Sort by", list(ORDERS), key="sort", bind="query-params")
    return battery, order, item


def linked_item(labels: Mapping[str, str]) -> str:
    """Let the reader choose an item by its label; the address holds its name, which outlives a change of wording."""
    linked = st.query_params.get("item", ALL)
    known = linked == ALL or linked in labels
    st.session_state.setdefault("chosen", linked if known else ALL)
    item = st.selectbox("Item", [ALL, *labels], format_func=lambda name: labels.get(name, name), key="chosen")
    if item != ALL:
        st.query_params["item"] = item
    elif not known:
        st.warning(f"No item is called {escaped(linked)}; all are shown. Choose one here.", icon=":material/info:")
    elif "item" in st.query_params:
        del st.query_params["item"]
    return item


def charts(groups: Sequence[Group], nothing: str) -> None:
    """Draw the rows that may be compared, those of one stem together; all charts of shares have the same axis."""
    if not groups:
        st.markdown(nothing, width=READING)
        return
    st.markdown(
        "**●** new survey, **◇** published. Thick line: the chance of sampling. Thin line: with other survey error as "
        "well. A mark without lines stands for a figure published without what they need.",
    )
    for statistic in ("share", "mean"):
        drawn = [each for group in groups if (each := drawable(group, statistic)).rows]
        ends = ends_of([row for group in drawn for row in group.rows]) if drawn else None
        for group in drawn:
            caption(group)
            chart = dot_and_whisker(group.rows, st.context.theme.type, ends)
            st.altair_chart(chart, width="stretch", alt=wording.alt_text(group.rows))


def drawable(group: Group, statistic: str) -> Group:
    """Keep the rows of a group that are of one statistic, the published figure as well."""
    return replace(
        group, rows=tuple(row for row in group.rows if row.statistic == row.published_statistic == statistic)
    )


def caption(group: Group) -> None:
    """Say above a group what was asked, and what its figures count."""
    st.markdown("  \n".join(escaped(line) for line in heading(group)))


def heading(group: Group) -> list[str]:
    """Give the lines above a group: its battery and stem, and the answers counted."""
    asked = f"{group.battery}: " if group.battery else ""
    counts = "Each figure is the" if group.statistic == "mean" else "Each percentage is the share answering"
    lines = [f"{counts} {group.counted}."]
    return [f"{asked[:1].upper()}{asked[1:]}“{group.stem}”", *lines] if group.stem else lines


def items(groups: Sequence[Group], comparison: Comparison, *, opened: bool) -> None:
    """Show the items one by one, under what they were asked with."""
    st.header("Item by item", anchor="items")
    if wording.quoted([row for group in groups for row in group.rows]):
        st.markdown(wording.ESSAY, width=READING)
    for group in groups:
        caption(group)
        for row in group.rows:
            card(row, comparison, opened=opened)


def set_apart(rows: Sequence[ComparisonRow], minimum: int) -> None:
    """List the published figures that no new result may be compared with, never on a common axis."""
    st.header("Shown, but not compared", anchor="not-compared")
    st.markdown(
        f":gray-badge[{GRADES['not_comparable']}] These published figures differ from ours in more than opinion: "
        "another question, other answers or other people. They stand here so that nobody compares them unawares. "
        f"“{NO_FIGURE}” means that our question has no answers that say the same, so nothing was counted.",
        width=READING,
    )
    if wording.quoted(rows):
        st.markdown(wording.ESSAY, width=READING)
    st.html(html_table("Published figures that are not compared", apart_rows(rows, minimum)))


def table(groups: Sequence[Group], minimum: int) -> None:
    """Print what the chart shows, and the badge."""
    written = [(" ".join(heading(group)), [cells(row, minimum) for row in group.rows]) for group in groups]
    st.html(html_table_in_groups("New results against published figures", written))
    if wording.quoted([row for group in groups for row in group.rows]):
        st.markdown(f"“As quoted” in a badge: quoted in an essay. {wording.ESSAY}", width=READING)


def cells(row: ComparisonRow, minimum: int) -> dict[str, str]:
    """Give the cells of a pair that is compared."""
    return {
        "Item": wording.short_label(row),
        "Answers counted": counted_by_both(row),
        "New": new_cell(row, minimum),
        "Published": published_cell(row),
        "New minus published": wording.minus(differenced(row)),
        "Sampling error only": row.verdict_sampling or "not tested",
        "With other survey error": row.verdict_total or "not tested",
        "Badge": f"{GRADES[row.grade]}; {SHORT.get(row.provenance, 'not stated')}",
    }


def new_cell(row: ComparisonRow, minimum: int) -> str:
    """Print the new figure with its base."""
    if row.suppressed:
        return f"base under {minimum}"
    size = f", n {row.n:,.0f}" if row.n is not None else ""
    return wording.minus(between(row.estimate, row.low, row.high, row)) + size


def published_cell(row: ComparisonRow) -> str:
    """Print the published figure with its base and study."""
    size = f", n {row.published_n:,.0f}" if row.published_n is not None else ", n not stated"
    value = wording.minus(published_in_words(row) + published_bracket(row))
    return f"{value}{size}; {study_in_words(row)}"


def downloads(comparison: Comparison) -> None:
    """Offer the numbers at full precision."""
    left, right, _ = st.columns([1, 1, 3])
    rows = spreadsheet_csv(comparison.to_frame())
    left.download_button("Download CSV", rows, "comparison.csv", "text/csv", width="stretch")
    text = json.dumps(comparison.document(), ensure_ascii=False, indent=1)
    right.download_button("Download JSON", text, "comparison.json", "application/json", width="stretch")


def card(row: ComparisonRow, comparison: Comparison, *, opened: bool) -> None:
    """Show one item: sentence, verdicts, badges, and everything a figure must stand with.

    That lies behind a click among many items and is open where one was chosen; the key keeps it as the reader left it
    when the page is drawn anew.
    """
    with st.container(border=True):
        st.subheader(escaped(wording.short_label(row)), anchor=False)
        st.markdown(wording.badges(row))
        st.markdown(f"Answers counted: {escaped(counted_by_both(row))}", width=READING)
        st.markdown(escaped(row.sentence or sentence(row)), width=READING)
        for tier, words in wording.verdicts(row):
            st.markdown(f"{tier}: {words}", width=READING)
        if opened:
            details(row, comparison)
            return
        with st.expander("Wording, base and source", key=f"wording {row.item} {row.part} {row.published_id}"):
            details(row, comparison)


def details(row: ComparisonRow, comparison: Comparison) -> None:
    """Show both questions with what stands behind each figure, then every reason for the grade."""
    left, right = st.columns(2)
    with left:
        st.markdown("#### New survey")
        for language, text in wording.new_wording(row):
            st.markdown(f"*{escaped(language)}*\n\n“{escaped(text)}”")
        st.markdown(definitions(wording.new_facts(row, comparison.about, minimum_of(comparison))))
    with right:
        st.markdown("#### Published")
        st.markdown(published_question(row))
        st.markdown(definitions(wording.published_facts(row)))
    if row.reasons:
        st.markdown("#### What differs, and what was done about it")
        st.markdown("\n".join(f"- {escaped(reason)}" for reason in row.reasons))


def published_question(row: ComparisonRow) -> str:
    """Give the published wording with how well it is known."""
    status = wording.WORDING_STATUS.get(row.published_wording_status, row.published_wording_status)
    asked = " ".join(text for text in (row.published_preamble, row.published_wording) if text) or "not known"
    original = row.published_wording_original
    language = wording.LANGUAGES.get(row.published_language, row.published_language)
    also = (
        f"\n\n*{escaped(language)}*\n\n“{escaped(original)}”" if original and original != row.published_wording else ""
    )
    return f"*English, {escaped(status)}*\n\n“{escaped(asked)}”{also}"


def closing(comparison: Comparison, written: str) -> None:
    """Say how it was made."""
    st.header("How this was made", anchor="method")
    statements = [(name, words) for name, words in comparison.method.items() if isinstance(words, str)]
    st.markdown(definitions([(name[0].upper() + name[1:], words) for name, words in statements]), width=READING)
    st.caption(f"Results written {escaped(written)}. Bases under {minimum_of(comparison)} are not shown.")
