"""A pair that may not be compared has no difference, and a value not seen in print has its badge: wherever told."""

import json
import re
import runpy
from dataclasses import replace
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topline.analysis.comparing.tiers import Declared, Printed, with_tiers
from topline.analysis.results import write_results
from topline.analysis.telling import comparison_html
from topline.analysis.telling.badge import NOT_STATED, SHORT, badge_in_short
from topline.analysis.telling.comparison import Comparison, ComparisonRow
from topline.analysis.telling.comparison_chart import drawable_groups, marks
from topline.analysis.telling.sentences import LANGUAGES, with_sentences
from topline.cli import main
from topline.data.registry.figure import BADGES

SAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "dashboard" / "sample_bundle.py"))

NO_DIFFERENCE = (
    *("difference", "difference_low", "difference_high", "total_low", "total_high", "p", "p_holm", "p_bh", "p_total"),
    *("p_total_holm", "p_total_bh", "verdict_sampling", "verdict_total", "stable", "minimum_detectable"),
    *("minimum_detectable_total", "turning_deff", "turning_n", "turning_nonsampling", "turning_rounding"),
)

DIFFERENCE = re.compile(
    r"\d points (higher|lower|apart)|[+−-]\d+\.\d \(|\d Punkte (höher|niedriger|auseinander)|[高低差]\d+\.\d个百分点"
    r"|(?<!'|&)\b(inconclusive|equivalent)\b"
)
"""A difference, or a verdict, in any of the words that tell one; quoted words of the reading help do not count."""

shares = st.floats(0.02, 0.98)


@st.composite
def pairs(draw, name: str, grade: str) -> ComparisonRow:
    """Draw a pair of any provenance, with or without a number of interviews, counted as shares."""
    provenance = draw(st.sampled_from([*SHORT, ""]))
    value, estimate = draw(shares), draw(shares)
    conflict = draw(st.booleans())
    row = ComparisonRow(
        name,
        label=f"Label of {name}",
        category="support",
        estimate=estimate,
        se=draw(st.floats(0.002, 0.08)),
        low=max(0.0, estimate - 0.03),
        high=min(1.0, estimate + 0.03),
        n=1000,
        df=400,
        published=value,
        published_id=f"poll.{name}",
        published_study="poll",
        published_as_printed=f"{100 * value:.0f}%",
        published_qualifier=draw(st.sampled_from(["", "", "about", "more_than"])),
        published_wording=f"Wording of {name}",
        grade=grade,
        reasons=("Different countries: new DE, published CN.", "Mode differs."),
        repairs=("ask in that country", ""),
        topics=("people", "mode"),
        provenance=provenance,
        badge=(BADGES.get(provenance, "") + "; sources disagree" * conflict).lstrip("; "),
        published_sources=("A report: “40%” (verified)", "A newspaper: “44%” (secondary)") if conflict else (),
    )
    printed = Printed(n=draw(st.sampled_from([None, 900, 3000])), rounding=0.01)
    return with_sentences(with_tiers(row, printed, Declared()))


@st.composite
def comparisons(draw) -> Comparison:
    """Draw pairs of which some may be compared and at least one may not."""
    apart = [draw(pairs(f"apart{at}", "not_comparable")) for at in range(draw(st.integers(1, 3)))]
    beside = [draw(pairs(f"beside{at}", "qualified")) for at in range(draw(st.integers(0, 2)))]
    rows = draw(st.permutations([*apart, *beside]))
    return Comparison(tuple(rows), {"margin": 0.05, "nonsampling": 0.03, "level": 0.95})


QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def no_drawings(monkeypatch):
    """Leave drawings out of pages: what is drawn is tested as data."""
    monkeypatch.setattr(comparison_html, "figure", lambda comparison: "")


@QUICK
@given(comparisons())
def test_a_pair_that_may_not_be_compared_never_has_a_difference(comparison):
    for row, record in zip(comparison.rows, comparison.document()["rows"], strict=True):
        if row.grade == "not_comparable":
            assert [record[name] for name in NO_DIFFERENCE] == [None] * len(NO_DIFFERENCE)
            assert not [word for word in (row.sentence, row.sentence_de, row.sentence_zh) if DIFFERENCE.search(word)]
    frame = comparison.to_frame().query("grade == 'not_comparable'")
    assert frame[list(NO_DIFFERENCE)].isna().all(axis=None)
    again = Comparison.from_document(json.loads(json.dumps(comparison.document())))
    assert again.rows == comparison.rows


@QUICK
@given(comparisons())
def test_it_stands_apart_on_paper_and_on_the_page_without_a_word_of_difference(comparison):
    for language in LANGUAGES:
        for told, heading in (
            (comparison.to_text(language), "\nNot differenced:\n"),
            (comparison.to_markdown(language), "\n**Not differenced:**\n"),
            (comparison.to_html(language=language), "<h2>Shown, but not compared</h2>"),
        ):
            before, found, after = told.partition(heading)
            assert found and "apart" not in " ".join(before.split()).replace("points apart", "")
            assert "apart" in after and not DIFFERENCE.search(after)


@QUICK
@given(comparisons())
def test_it_is_in_no_chart(comparison):
    groups = drawable_groups(comparison.rows)
    drawn = [item for group, _ in groups for item in marks(group.rows)["row"]]
    assert {item.split("|")[0] for item in drawn} == {row.item for row in comparison.rows if row.grade == "qualified"}


@QUICK
@given(comparisons())
def test_every_value_not_seen_in_print_has_its_badge_in_text_markdown_page_and_chart(comparison):
    text, markdown, page = str(comparison).replace("\n", " "), comparison.to_markdown(), unescape(comparison.to_html())
    for row in comparison.rows:
        badge = badge_in_short(row)
        assert badge.startswith(SHORT.get(row.provenance, NOT_STATED))
        assert ("sources disagree" in badge) == ("sources disagree" in row.badge)
        if row.grade == "not_comparable":
            known = f"(poll.{row.item}; {badge})"
            assert known in re.sub(r"\s+", " ", text) and known in markdown
            assert re.search(rf"Wording of {row.item}.*?{row.badge or NOT_STATED}", page)
        else:
            number = [each.item for each in comparison.rows if each.grade == "qualified"].index(row.item) + 1
            assert f"{badge.replace('; ', ', ')} [{number}]" in text
            assert re.search(rf"\| Label of {row.item} .*{badge.replace('; ', ', ')} \\\[{number}", markdown)
            assert f'<th scope="row">Label of {row.item}</th>' in page and f"<td>{badge}</td>" in page
            assert f"published value {row.badge or NOT_STATED}</span>" in page
    for group, _ in drawable_groups(comparison.rows):
        for row, (_, mark) in zip(group.rows, marks(group.rows).query("series == 'Published'").iterrows(), strict=True):
            assert mark["known"] == badge_in_short(row)
            assert bool(mark["badge"]) == (row.provenance != "verified" or "disagree" in row.badge)


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("provenance", list(SHORT))
def test_the_sentence_says_how_a_value_is_known_that_was_not_seen_in_print(provenance, language):
    row = ComparisonRow("q", estimate=0.6, n=900, published=0.7, published_n=1000, provenance=provenance)
    said = with_sentences(row), with_sentences(replace(row, provenance="verified"))
    key = {"en": "sentence", "de": "sentence_de", "zh": "sentence_zh"}[language]
    badge = LANGUAGES[language].badges.get(provenance, "")
    assert (getattr(said[0], key) != getattr(said[1], key)) == (provenance != "verified") == bool(badge)
    assert badge in getattr(said[0], key)


def test_the_command_line_gives_machines_no_difference_either(tmp_path):
    pd.DataFrame({"trust": ["yes"] * 60 + ["no"] * 40}).to_csv(tmp_path / "wave.csv", index=False)
    asked = ("compare", str(tmp_path / "wave.csv"), "--proportion", "trust", "--category", "yes")
    asked = (*asked, "--published", "cpi2012.corruption", "--json")
    result = CliRunner().invoke(main, [*asked])
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["rows"]
    assert row["grade"] == "not_comparable" and row["provenance"] == "recalled"
    assert [row[name] for name in NO_DIFFERENCE] == [None] * len(NO_DIFFERENCE)
    assert not DIFFERENCE.search(" ".join(row[name] for name in ("sentence", "sentence_de", "sentence_zh")))


@pytest.mark.parametrize("provenance", [*SHORT, ""])
def test_on_the_dashboard_it_stands_apart_and_every_value_has_its_badge(tmp_path, monkeypatch, provenance):
    from streamlit.testing.v1 import AppTest

    from topline.dashboard.launch import APP, FOLDER

    sample = SAMPLE["comparison"]()
    badge = BADGES.get(provenance, "")
    rows = tuple(replace(row, provenance=provenance, badge=badge) for row in sample.rows)
    write_results(tmp_path, comparison=replace(sample, rows=rows))
    monkeypatch.setenv(FOLDER, str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    tables = [unescape(element.proto.body) for element in app.get("html") if "<table" in element.proto.body]
    compared, *together, apart = tables
    word = SHORT.get(provenance, NOT_STATED)
    beside = [row for row in rows if row.grade != "not_comparable"]
    assert compared.count(f"; {word}</td>") == len(beside)
    assert sum(table.count(f">{word}</td>") for table in together) == 5
    assert not DIFFERENCE.search(apart) and (badge or NOT_STATED) in apart
    assert "New minus published" in compared and "New minus published" not in apart
    cards = [element.value for element in app.markdown if "-badge[published value" in element.value]
    assert len(cards) == len(beside) and all((badge or NOT_STATED) in card for card in cards)
