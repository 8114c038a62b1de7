"""Results as web pages and charts: labels are text, tables read aloud, charts are described in words."""

import re
import struct

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.printing.result_chart import chart_rows, describe, interval_chart
from topline.analysis.printing.result_html import page, result_page, table_html, text
from topline.analysis.printing.result_text import in_html
from topline.analysis.sampling.design import Design
from topline.analysis.tables.crosstab import crosstab
from topline.analysis.testing.contrasts import contrast
from topline.analysis.testing.ttest import ttest
from topline.data.codebook import Study, Variable, study_of
from topline.data.errors import EstimationError, FileError


def wave():
    random = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "view": random.choice(["<i>for</i>", "against"], 200),
            "sex": random.choice(["f", "m"], 200),
            "region": random.choice(["east", "west"], 200),
            "trust": random.normal(50, 5, 200),
        }
    )
    study = study_of(frame)
    asked = Variable("view", type="string", wording={"en": "For & against?"})
    return Design(Study(study.frame, study.codebook.with_variable(asked), "wave.csv"))


DESIGN = wave()


def test_a_result_is_one_page_that_begins_with_what_was_estimated(tmp_path):
    shares = proportion(DESIGN, "view", by="sex")
    document = shares.to_html(tmp_path / "view.html")
    assert (tmp_path / "view.html").read_text(encoding="utf-8") == document
    assert "<main>\n<h1>Share: view (For &amp; against?)</h1>\n" in document
    assert '<caption><span class="unseen">Share: view (For &amp; against?)</span></caption>' in document
    assert document.index("<h1>") < document.index("For: ") < document.index("Method: ") < document.index("<table>")
    assert "&lt;i&gt;for&lt;/i&gt;" in document and "<i>" not in document
    assert "Method: Taylor linearisation" in document and "n 200" in document
    assert document.count("<tr>") == 5
    assert "95% intervals" in document


def test_several_items_have_a_table_each_and_footnotes_follow():
    document = proportion(DESIGN, ["view", "region"], by="sex").to_html()
    assert document.count("<table>") == 2 and document.count("<caption>") == 2
    with_note = mean(Design(pd.DataFrame({"trust": [1.0, 2.0, None]})), "trust").to_html()
    assert '<ul class="notes" aria-label="Notes"><li>trust: 1 of 3 rows is not in the base (blank 1).</li>' in with_note


def test_items_of_one_row_share_a_table():
    document = mean(Design(pd.DataFrame({"a": [1, 2, 3], "b": [2, 3, 5]})), ["a", "b"]).to_html()
    assert document.count("<table>") == 1 and "<h1>Mean: a, b</h1>" in document


def test_words_are_row_headers_and_figures_are_not():
    table = table_html((["view", "sex", "n"], [["for", "f", "12"]], 2), caption="Views")
    assert re.findall(r'<th scope="row">(.*?)</th>', table) == ["for", "f"]
    assert re.findall(r"<td>(.*?)</td>", table) == ["12"]
    assert re.findall(r'<th scope="col"', table) == ['<th scope="col"'] * 3


def test_a_page_holds_no_address_and_no_script():
    document = result_page([(["Title"], None), ([], (["a"], [["1"]], 0))], [])
    assert "://" not in document and "<script" not in document and "<ul" not in document
    assert page("<title>", "").count("<title>") == 1


def test_a_result_without_a_table_is_a_page_of_words():
    assert "<table" not in in_html(["Title", "More."], [], ["A note."], None)
    assert in_html(["Title"], [(["a"], [["1"]], 0), (["b"], [["2"]], 0)], [], None).count("<table>") == 2


def test_control_characters_are_left_out():
    assert text("a\x00b\x1bc\td") == "abc\td"


def test_a_page_is_not_written_where_it_cannot_be(tmp_path):
    with pytest.raises(FileError, match="no folder"):
        mean(DESIGN, "trust").to_html(tmp_path / "none" / "page.html")


def test_a_chart_shows_every_row_with_wording_base_and_words(tmp_path):
    chart = proportion(DESIGN, "view", by=["sex", "region"]).plot()
    document = chart.to_dict()
    assert document["title"]["text"] == ["Share: view (For & against?)"]
    assert document["title"]["subtitle"][0] == "Dots are estimates, lines their 95% intervals."
    assert "n 200" in " ".join(document["title"]["subtitle"])
    assert "against, f, east: " in document["description"]
    assert document["description"].startswith("Share: view (For & against?). Dots with 95% intervals. ")
    rows = chart_rows(proportion(DESIGN, "view", by=["sex", "region"]).frame, ["category", "sex", "region"], share=True)
    assert len(rows[0]) == 8 and len(rows[1]) == 4
    assert rows[0]["slot"].tolist() == [1, 2, 4, 5, 7, 8, 10, 11]
    chart.save(tmp_path / "chart.png")
    head = (tmp_path / "chart.png").read_bytes()[:24]
    assert head[1:4] == b"PNG" and min(struct.unpack(">II", head[16:24])) > 200


def test_shares_have_an_axis_in_percent_around_the_intervals():
    chart = proportion(DESIGN, "view", by="sex").plot().to_dict()
    axis = next(layer["encoding"]["x"] for layer in chart["layer"] if layer["encoding"]["x"].get("field") == "estimate")
    low, high = axis["scale"]["domain"]
    frame = proportion(DESIGN, "view", by="sex").frame
    assert axis["axis"]["format"] == ".0%"
    assert low <= frame["low"].min() and high >= frame["high"].max() and 0 <= low < high <= 1


def test_means_do_not_force_zero_and_show_decimals_by_their_errors():
    chart = mean(DESIGN, "trust", by="sex").plot().to_dict()
    axis = next(layer["encoding"]["x"] for layer in chart["layer"] if layer["encoding"]["x"].get("field") == "estimate")
    assert axis["scale"]["domain"][0] > 40
    assert re.search(r"f: 5\d\.\d\d? \(4\d|f: 49\.\d", chart["description"])


@pytest.mark.parametrize("rows", [1, 60])
def test_one_row_and_sixty_rows_are_drawn(rows):
    frame = pd.DataFrame({"place": [f"place {at}" for at in range(rows)], "estimate": 0.5, "low": 0.4, "high": 0.6})
    chart = interval_chart(frame, share=True, names=["place"]).to_dict()
    assert chart["height"] == 22 * rows


def test_rows_of_one_heading_stand_together_in_the_order_met():
    frame = pd.DataFrame(
        {
            "view": ["b", "a", "b", "a"],
            "sex": ["f", "f", "m", "m"],
            "estimate": [1.0, 2.0, 3.0, 4.0],
            "low": 0.0,
            "high": 5.0,
        }
    )
    rows, headings = chart_rows(frame, ["view", "sex"], share=False)
    assert headings["label"].tolist() == ["b", "a"]
    assert rows["estimate"].tolist() == [1.0, 3.0, 2.0, 4.0]


def test_rows_without_an_interval_have_a_dot_and_no_bracket():
    frame = pd.DataFrame({"sex": ["f", "m"], "estimate": [0.2, 0.2], "low": [np.nan, 0.2], "high": [np.nan, 0.2]})
    rows, _ = chart_rows(frame, ["sex"], share=True)
    assert rows["words"].tolist() == ["20.0%", "20.0% (20.0% to 20.0%)"]
    assert describe(rows, [], None) == "Dots with intervals. f: 20.0%; m: 20.0% (20.0% to 20.0%)."
    domain = interval_chart(frame, share=True, names=["sex"]).to_dict()["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert domain[0] < 0.2 < domain[1]


def test_a_single_value_without_interval_has_air_around_it():
    frame = pd.DataFrame({"estimate": [0.0], "low": [np.nan], "high": [np.nan]})
    domain = interval_chart(frame, share=False).to_dict()["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert domain == [-1.0, 1.0]


@pytest.mark.parametrize(
    ("estimates", "message"), [([np.nan], "no estimate to draw"), ([0.5] * 201, "201 rows are too many")]
)
def test_nothing_and_too_much_are_refused(estimates, message):
    frame = pd.DataFrame({"estimate": estimates, "low": 0.1, "high": 0.9})
    with pytest.raises(EstimationError, match=message):
        interval_chart(frame, share=True)


def drawn(chart):
    return chart.to_dict()


def axis_of(document):
    return next(
        layer["encoding"]["x"]["axis"]
        for layer in document["layer"]
        if layer.get("encoding", {}).get("x", {}).get("field") == "estimate"
    )


def test_what_all_rows_share_stands_under_the_title_of_a_chart():
    one = proportion(DESIGN, "view", category={"against it": ["against"]}, by="sex").plot()
    assert "category: against it" in drawn(one)["title"]["subtitle"]
    gap = contrast(mean(DESIGN, "trust", by="sex"), "f - m").plot()
    assert "contrast: f - m" in drawn(gap)["title"]["subtitle"]


def test_charts_of_differences_have_a_line_at_zero_and_say_points():
    gap = drawn(contrast(proportion(DESIGN, "view", by="sex"), "pairwise").plot())
    assert axis_of(gap)["title"] == "percentage points"
    assert any(layer.get("encoding", {}).get("x", {}).get("field") == "nothing" for layer in gap["layer"])
    assert "%" not in gap["description"].split("Dots with")[1].replace("95% intervals", "")
    shares = drawn(proportion(DESIGN, "view", by="sex").plot())
    assert axis_of(shares)["title"] == "percent"
    assert not any(layer.get("encoding", {}).get("x", {}).get("field") == "nothing" for layer in shares["layer"])


def test_large_figures_along_the_axis_have_thousands_and_no_powers_of_ten():
    frame = pd.DataFrame({"estimate": [10_000.0], "low": [9_000.0], "high": [11_000.0]})
    assert axis_of(drawn(interval_chart(frame, share=False)))["format"] == ",~r"


def test_a_crosstab_chart_does_not_speak_of_standard_errors():
    document = drawn(crosstab(DESIGN, "view", "sex").plot())
    assert "standard errors" not in str(document["title"])
    assert document["title"]["text"] == ["view by sex, column percentages"]


def test_tests_with_estimates_are_drawn_and_others_say_why_not():
    found = ttest(DESIGN, "trust", by="sex")
    assert "contrast: m - f" in drawn(found.plot())["title"]["subtitle"]
    with pytest.raises(EstimationError, match="no estimate with an interval to draw"):
        crosstab(DESIGN, "view", "sex").test().plot()
    assert axis_of(drawn(crosstab(DESIGN, "view", "sex").odds_ratio().plot()))["title"] == "odds ratio"


def test_labels_are_text_in_markdown():
    text = proportion(DESIGN, "view").to_markdown()
    assert "\\<i\\>for\\</i\\>" in text and "<i>" not in text


def test_long_labels_are_folded_in_the_terminal_and_wide_tables_stand_in_blocks():
    long = "Every word of this answer " * 8
    frame = pd.DataFrame(
        {"view": [long, "no"] * 60, "group": [f"a rather long name of a group {at}" for at in range(12)] * 10}
    )
    text = str(crosstab(Design(frame), "view", "group"))
    assert max(map(len, text.splitlines())) <= 118
    assert " ".join(text.split()).count("view \\ group") >= 2
    assert "(nan)" not in text
