"""The page that shows each new result beside the published figure, and says what may be made of the difference."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence

import streamlit as st

from ..analysis.results import MINIMUM_BASE, Results, read_results
from ..analysis.telling import facts as words_of
from ..analysis.telling import legend
from ..analysis.telling.apart import NO_FIGURE, apart_rows
from ..analysis.telling.badge import badge_in_short, disagreement
from ..analysis.telling.comparison import Comparison, ComparisonRow
from ..analysis.telling.comparison_chart import dot_and_whisker, drawable_groups
from ..analysis.telling.groups import Group, counted_by_both, grouped
from ..analysis.telling.reasons import with_repair
from ..analysis.telling.sentences import GRADES, grade_in_words, in_language, published_in_words, study_in_words
from ..analysis.telling.value_text import differenced, new_value, published_bracket
from ..data.errors import FileError
from . import wording
from .battery import batteries
from .launch import FOLDER
from .markup import escaped, spoken
from .sorting import ORDERS, sorted_rows
from .spreadsheet import spreadsheet_csv
from .table import html_table, html_table_in_groups
from .theme import words_colour

READING = 760
"""Width of running text in pixels; longer lines are hard to read."""

LETTERS = 44
"""Letters of a label over a chart in one line, which a phone has room for."""

ALL = "all"

LANGUAGES = {"en": "English", "de": "Deutsch", "zh": "中文"}
"""Languages of the sentences, each by its own name."""

UNKNOWN = {"item": "all are shown. Choose one here.", "language": "the sentences are in English."}
"""What is done about a name in the address that is not known."""

NO_PAIR = "None of these pairs fits both choices; choose another battery or item."

STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding-top: 2rem; }
[data-testid="stHtml"] p[lang] { margin: 0; }
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
    battery, order, item, language = controls(comparison)
    chosen = [row for row in comparison.rows if battery in (ALL, battery_of(row)) and item in (ALL, row.item)]
    rows = sorted_rows([row for row in chosen if row.grade != "not_comparable"], order)
    groups = grouped(rows)
    st.header("New against published", anchor="chart")
    charts(groups, "None of these may be compared; the reasons stand below." if chosen else NO_PAIR)
    if rows:
        st.markdown(words_of.verdicts_in_words(comparison), width=READING)
    st.header("All numbers", anchor="numbers")
    others = [row for row in chosen if row.grade == "not_comparable"]
    if rows:
        table(groups, minimum)
    downloads(comparison)
    batteries(comparison, battery, item)
    if rows:
        items(groups, comparison, language, opened=item != ALL)
    if others:
        set_apart(others, minimum)
    closing(comparison, written)


def minimum_of(comparison: Comparison) -> int:
    """Give the smallest base that was let into the bundle."""
    return round(words_of.float_of(comparison.method, "minimum_base", MINIMUM_BASE))


def opening(comparison: Comparison) -> None:
    """Say what this is, for whom, and how to read it."""
    about = comparison.about
    st.title(escaped(about.title or "New results against published figures"), anchor=False)
    if about.note:
        words = f"{about.note[0].upper()}{about.note[1:]}.".replace("..", ".")
        st.warning(escaped(words), icon=":material/info:", width=READING)
    st.markdown(words_of.LEAD)
    facts = words_of.key_facts(comparison)
    st.markdown(" · ".join(f"**{escaped(name)}:** {escaped(words)}" for name, words in facts))


def definitions(facts: Sequence[tuple[str, str]]) -> str:
    """Print facts as a Markdown list, each under its name."""
    return "\n".join(f"- **{escaped(name)}:** {escaped(words)}" for name, words in facts)


def battery_of(row: ComparisonRow) -> str:
    """Name the battery of a row."""
    return row.battery or "single items"


def controls(comparison: Comparison) -> tuple[str, str, str, str]:
    """Let the reader choose what is shown and in which language it is told; every choice stands in the address."""
    batteries = [ALL, *dict.fromkeys(battery_of(row) for row in comparison.rows)]
    labels = {row.item: row.label or row.item for row in comparison.rows}
    first, second, third, fourth = st.columns(4)
    with first:
        battery = st.selectbox("Battery", batteries, key="battery", bind="query-params")
    with second:
        item = linked("item", "Item", {ALL: ALL, **labels})
    with third:
        order = st.selectbox("Sort by", list(ORDERS), key="sort", bind="query-params")
    with fourth:
        language = linked("language", "Language of the sentences", LANGUAGES)
    return battery, order, item, language


def linked(name: str, label: str, options: Mapping[str, str]) -> str:
    """Let the reader choose by a label; the address holds the name under it, which outlives a change of wording.

    Parameters
    ----------
    name : str
        In the address, e.g. ``"item"``.
    label : str
        Over the choice.
    options : mapping of str to str
        Name to label; the first stands where the address names none.
    """
    usual = next(iter(options))
    asked = st.query_params.get(name, usual)
    st.session_state.setdefault(f"chosen {name}", asked if asked in options else usual)
    chosen = st.selectbox(label, list(options), format_func=options.__getitem__, key=f"chosen {name}")
    if chosen != usual:
        st.query_params[name] = chosen
    elif asked not in options:
        st.warning(f"No {name} is called {escaped(asked)}; {UNKNOWN[name]}", icon=":material/info:")
    elif name in st.query_params:
        del st.query_params[name]
    return chosen


def charts(groups: Sequence[Group], nothing: str) -> None:
    """Draw the rows that may be compared, those of one stem together; all charts of shares have the same axis."""
    if not groups:
        st.markdown(nothing, width=READING)
        return
    st.markdown(
        "**●** new survey, **◇** published. Thick line: the chance of sampling. Thin line: with other survey error as "
        "well. A mark without lines stands for a figure published without what they need. *Words over a mark* say how "
        "a published value is known that was not seen in print, or that sources disagree on it.",
    )
    for drawn, ends in drawable_groups([row for group in groups for row in group.rows]):
        caption(drawn)
        chart = dot_and_whisker(drawn.rows, words_colour(st.context.theme.type), ends, LETTERS)
        st.altair_chart(chart, width="stretch", alt=words_of.alt_text(drawn.rows))


def caption(group: Group) -> None:
    """Say above a group what was asked, and what its figures count."""
    st.markdown("  \n".join(escaped(line) for line in group.heading))


def items(groups: Sequence[Group], comparison: Comparison, language: str, *, opened: bool) -> None:
    """Show the items one by one, under what they were asked with."""
    st.header("Item by item", anchor="items")
    rows = [row for group in groups for row in group.rows]
    if words_of.quoted(rows):
        st.markdown(words_of.ESSAY, width=READING)
    if held := legend.stability(rows):
        st.markdown(escaped(held), width=READING)
    for group in groups:
        caption(group)
        for row in group.rows:
            card(row, comparison, language, opened=opened)


def set_apart(rows: Sequence[ComparisonRow], minimum: int) -> None:
    """List the published figures that no new result may be compared with, never on a common axis."""
    st.header("Shown, but not compared", anchor="not-compared")
    st.markdown(
        f":gray-badge[{GRADES['not_comparable']}] These published figures differ from ours in more than opinion: "
        "another question, other answers or other people. They stand here so that nobody compares them unawares. "
        f"“{NO_FIGURE}” means that our question has no answers that say the same, so nothing was counted.",
        width=READING,
    )
    if words_of.quoted(rows):
        st.markdown(words_of.ESSAY, width=READING)
    st.html(html_table("Published figures that are not compared", apart_rows(rows, minimum)))


def table(groups: Sequence[Group], minimum: int) -> None:
    """Print what the chart shows, and the badge."""
    written = [(" ".join(group.heading), [cells(row, minimum) for row in group.rows]) for group in groups]
    st.html(html_table_in_groups("New results against published figures", written))
    rows = [row for group in groups for row in group.rows]
    for words in (legend.again_note(rows), legend.badges(rows)):
        if words:
            st.markdown(escaped(words), width=READING)


def cells(row: ComparisonRow, minimum: int) -> dict[str, str]:
    """Give the cells of a pair that is compared."""
    return {
        "Item": words_of.short_label(row),
        "Answers counted": counted_by_both(row),
        "New": new_cell(row, minimum),
        "Published": published_cell(row),
        "New minus published": words_of.minus(differenced(row)),
        "Sampling error only": row.verdict_sampling or "not tested",
        "With other survey error": row.verdict_total or "not tested",
        "Badge": f"{grade_in_words(row)}; {badge_in_short(row)}",
    }


def new_cell(row: ComparisonRow, minimum: int) -> str:
    """Print the new figure with its base."""
    if row.suppressed:
        return f"base under {minimum}"
    size = f", n {row.n:,.0f}" if row.n is not None else ""
    return words_of.minus(new_value(row)) + size


def published_cell(row: ComparisonRow) -> str:
    """Print the published figure with its base and study."""
    size = f", n {row.published_n:,.0f}" if row.published_n is not None else ", n not stated"
    value = words_of.minus(published_in_words(row) + published_bracket(row))
    return f"{value}{size}; {study_in_words(row)}"


def downloads(comparison: Comparison) -> None:
    """Offer the numbers at full precision."""
    left, right, _ = st.columns([1, 1, 3])
    rows = spreadsheet_csv(comparison.to_frame())
    left.download_button("Download CSV", rows, "comparison.csv", "text/csv", width="stretch")
    text = json.dumps(comparison.document(), ensure_ascii=False, indent=1)
    right.download_button("Download JSON", text, "comparison.json", "application/json", width="stretch")


def card(row: ComparisonRow, comparison: Comparison, language: str, *, opened: bool) -> None:
    """Show one item: sentence, verdicts, badges, and everything a figure must stand with.

    That lies behind a click among many items and is open where one was chosen; the key keeps it as the reader left it
    when the page is drawn anew.
    """
    with st.container(border=True):
        st.subheader(escaped(words_of.short_label(row)), anchor=False)
        st.markdown(wording.badges(row))
        st.markdown(f"Answers counted: {escaped(counted_by_both(row))}", width=READING)
        st.html(spoken(in_language(row, language), language), width=READING)
        for tier, words in wording.verdicts(row):
            st.markdown(f"{tier}: {words}", width=READING)
        if disagreement(row):
            printed = "\n".join(f"- {escaped(source)}" for source in row.published_sources)
            st.markdown(f"Sources disagree on the published value:\n\n{printed}", width=READING)
        if opened:
            details(row, comparison)
            return
        with st.expander("Wording, base and source", key=f"wording {row.item} {row.part} {row.published_id}"):
            details(row, comparison)


def details(row: ComparisonRow, comparison: Comparison) -> None:
    """Show both questions with what stands behind each figure, how firm the verdicts are, then every reason."""
    left, right = st.columns(2)
    with left:
        st.markdown("#### New survey")
        for language, text in words_of.new_wording(row):
            st.markdown(f"*{escaped(language)}*\n\n“{escaped(text)}”")
        st.markdown(definitions(words_of.new_facts(row, comparison.about, minimum_of(comparison))))
    with right:
        st.markdown("#### Published")
        st.markdown(published_question(row))
        st.markdown(definitions(words_of.published_facts(row)))
    bullets("How firm this is", words_of.firmness(row))
    bullets("What differs, and what would repair it", with_repair(row))


def bullets(title: str, lines: Sequence[str]) -> None:
    """Show lines as a list under a heading; nothing where there are none."""
    if lines:
        st.markdown(f"#### {title}")
        st.markdown("\n".join(f"- {escaped(line)}" for line in lines), width=READING)


def published_question(row: ComparisonRow) -> str:
    """Give the published wording with how well it is known."""
    status = words_of.WORDING_STATUS.get(row.published_wording_status, row.published_wording_status)
    asked = " ".join(text for text in (row.published_preamble, row.published_wording) if text) or "not known"
    original = row.published_wording_original
    language = words_of.LANGUAGES.get(row.published_language, row.published_language)
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
