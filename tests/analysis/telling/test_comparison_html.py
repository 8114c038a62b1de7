"""A comparison as a web page and as a chart of its own."""

import itertools
import json
import re
import runpy
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from topline.analysis.telling import comparison_html
from topline.analysis.telling.comparison import Comparison, ComparisonRow
from topline.analysis.telling.comparison_html import as_html, figure, svg
from topline.data.errors import EstimationError, FileError, ToplineError, UnknownNameError

SAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "dashboard" / "sample_bundle.py"))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return SAMPLE["comparison"]()


@pytest.fixture(scope="module")
def html(comparison) -> str:
    return as_html(comparison)


@pytest.fixture
def no_drawings(monkeypatch) -> None:
    """Leave drawings, which take a second, out of a page."""
    monkeypatch.setattr(comparison_html, "figure", lambda comparison: "")


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html.split("</head>")[-1])))


def test_that_nobody_was_asked_stands_before_everything(html):
    assert words(html).strip().startswith("Simulated respondents; no person was asked. Attitudes to social credit")
    assert "would be asked: adults in mainland China" in words(html)


def test_sections_follow_one_another(html):
    assert re.findall(r"<h2>(.*?)</h2>", html) == [
        "Items taken together", "Pair by pair", "Shown, but not compared", "How this was made",
    ]  # fmt: skip
    levels = [int(level) for level in re.findall(r"<h(\d)>", html)]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_a_pair_has_its_sentence_verdicts_question_reasons_and_repairs(html):
    pair = words(next(part for part in html.split('<section class="pair">')[1:] if "Restrict the travel" in part))
    for said in (
        "published value as quoted in an essay; not seen in the source",
        "68.4% here (n 1,204) against 77% published (n 1,173; as quoted in an essay): 8.6 points lower",
        "Sampling error only: different (−12.8 to −4.4 points)",
        "Published question (word for word only in part)",
        "published 'urban adult residents of mainland China'. (repair: bridge_to=\"urban\")",
        "4.0% of everyone asked did not know.",
        "Value seen in: an essay, paragraph on poll results (as quoted)",
        "Question: The following options have been included",
    ):
        assert said in pair


def test_what_sources_print_stands_beside_a_value_they_disagree_on(html):
    assert "Sources disagree on the published value Report, p. 4: “80%” (verified)" in words(html)


def test_batteries_have_their_findings_their_items_and_what_is_assumed(html):
    text = words(html.split("</head>")[1].partition("<h2>Items taken together</h2>")[2].partition("Pair by pair")[0])
    assert "Battery 'punishment' (Liu 2022), 3 items" in text
    assert "Have they all moved together? yes: 7." in text
    assert "Restrict the travel of people with poor records 68.4% 77% as quoted −8.6".replace("−", "-") in text
    assert "how their errors go together is not published" in text


def test_the_sentences_and_nothing_else_are_in_the_language_asked_for(comparison, no_drawings):
    german = as_html(comparison, "de")
    assert german.count('class="told" lang="de"') == 7 and '<html lang="en">' in german
    assert "The sentences are in German; everything else is in English." in words(german)
    with pytest.raises(UnknownNameError, match="fr"):
        as_html(comparison, "fr")


def test_a_small_base_is_not_shown(comparison, no_drawings):
    rows = (replace(comparison.rows[0], suppressed=True, estimate=None, low=None, high=None, sentence=""),)
    text = words(as_html(Comparison(rows, comparison.method, comparison.about)))
    assert "base too small" in text and "68.4" not in text


def test_labels_are_text_and_the_page_asks_nobody(no_drawings):
    page = as_html(SAMPLE["hostile"]())
    assert "<img" not in page.replace("<img src=&#x27;", "") and "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="http', page)


def test_the_original_wording_says_its_language(comparison, no_drawings):
    row = replace(comparison.rows[0], published_wording_original="您支持吗？", published_language="zh")
    assert '<blockquote lang="zh">您支持吗？</blockquote>' in as_html(Comparison((row,), comparison.method))


def test_the_page_is_written_whole_or_not_at_all(comparison, tmp_path, no_drawings):
    assert comparison.to_html(tmp_path / "page.html") == (tmp_path / "page.html").read_text(encoding="utf-8")
    with pytest.raises(FileError):
        comparison.to_html(tmp_path / "missing" / "page.html")


def test_the_drawings_have_a_text_alternative_and_are_for_wide_and_narrow_screens(html):
    assert html.count('<svg role="img" aria-label="Simulated respondents; no person was asked. Dot and whisker') == 3
    assert ["wide", "middle", "narrow"] == re.findall(r'<div class="chart (\w+)"', html)


def test_nothing_to_draw_is_a_page_without_a_chart_and_refused_as_a_chart(comparison):
    rows = tuple(row for row in comparison.rows if row.grade == "not_comparable")
    alone = Comparison(rows, comparison.method, comparison.about)
    assert figure(alone) == "" and "<svg" not in as_html(alone) and "Pair by pair" not in as_html(alone)
    with pytest.raises(EstimationError, match="no pair to draw"):
        alone.plot()


def test_the_chart_has_a_part_for_each_stem_with_its_badges_and_a_text_alternative(comparison):
    chart = comparison.plot().to_dict()
    assert len(chart["vconcat"]) == 3
    assert chart["title"]["subtitle"][0] == "Simulated respondents; no person was asked."
    assert chart["description"].startswith("Simulated respondents; no person was asked. Dot and whisker chart")
    drawn = json.dumps(chart, ensure_ascii=False)
    assert "as quoted" in drawn and "sources disagree" in drawn and "essay.approval" not in drawn
    heights = [part["height"] for part in chart["vconcat"]]
    assert heights == [(88 + 17) * 3, 88 * 2, 88 * 2], "the first part has a label of two lines"
    assert chart["resolve"]["scale"] == {"yOffset": "independent"}


def test_shares_and_means_never_share_an_axis(comparison):
    mean = ComparisonRow("index", statistic="mean", published_statistic="mean", estimate=3.4, published=3.6,
                         published_id="poll.index", grade="qualified")  # fmt: skip
    mixed = replace(mean, item="mixed", statistic="share", estimate=0.6, published_id="poll.mixed")
    chart = Comparison((mean, comparison.rows[0], mixed), comparison.method).plot().to_dict()
    domains = [part["layer"][0]["encoding"]["x"]["scale"]["domain"] for part in chart["vconcat"]]
    assert domains == [[0.6, 0.9], [3.0, 4.0]]
    assert "poll.mixed" not in json.dumps(chart)


def test_a_drawing_that_fails_says_what_to_install(comparison, monkeypatch):
    import vl_convert

    monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda spec: "")
    with pytest.raises(ToplineError, match="pip install"):
        svg(comparison.plot())
    assert list(comparison_html.WIDTHS.values()) == sorted(comparison_html.WIDTHS.values(), reverse=True)
