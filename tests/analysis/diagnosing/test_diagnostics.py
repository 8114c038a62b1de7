"""All diagnostics at once, and the report."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from topline.analysis.diagnosing import weight_report
from topline.analysis.diagnosing.diagnostics import weight_diagnostics
from topline.analysis.diagnosing.row_chart import Marks, narrow_charts, row_chart
from topline.analysis.diagnosing.weight_histogram import weight_histogram
from topline.analysis.diagnosing.weight_log import weight_log
from topline.analysis.estimation.estimate import mean
from topline.analysis.raking.rake import rake
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling.design import Design
from topline.data.codebook import study_of
from topline.data.description import SIMULATED
from topline.data.errors import EstimationError, ToplineError


def weighted(simulated: bool = False) -> Design:
    random = np.random.default_rng(6)
    frame = pd.DataFrame(
        {
            "sex": random.choice(["f", "m"], 300, p=[0.7, 0.3]),
            "area": random.choice([f"area <{at}>" for at in range(30)], 300),
            "view": random.choice(["for", "against"], 300),
            "trust": random.normal(5, 2, 300),
        }
    )
    study = study_of(frame)
    notes = (SIMULATED,) if simulated else ()
    return rake(Design(replace(study, codebook=replace(study.codebook, notes=notes))), {"sex": {"f": 0.5, "m": 0.5}})


@pytest.fixture(scope="module")
def found():
    return weight_diagnostics(
        weighted(simulated=True), ["view", "trust", lambda d: mean(d, "trust", by="sex")], by="area", population=10_000
    )


def test_every_part_has_a_frame_and_all_but_the_warnings_a_chart(found):
    assert [part.name for part in found.parts] == [
        *("warnings", "log", "margins", "balance", "deff_parts", "histogram", "subgroups", "influence", "defect"),
    ]
    for part in found.parts:
        assert len(part.to_frame()) == len(part) > 0
        assert (part.draw is None) == (part.name == "warnings")
        if part.draw is not None:
            chart = part.plot().to_dict()
            assert chart["description"] and "Simulated respondents" in str(chart["title"])


def test_parts_without_what_they_need_are_left_out():
    plain = Design(pd.DataFrame({"sex": ["f", "m"] * 20}))
    few = weight_diagnostics(plain)
    assert (few.margins, few.balance, few.subgroups, few.influence, few.defect) == (None,) * 5
    better = Design(pd.DataFrame({"sex": ["f", "f", "m"]}))
    assert weight_diagnostics(plain, reference=better, on="sex").balance is not None
    assert weight_diagnostics(weighted()).subgroups.to_frame()["variable"].unique().tolist() == ["", "sex"]
    chosen = weight_diagnostics(weighted(), {"view": "for"}, population=1000, defect=0.01)
    assert chosen.defect.to_frame()["category"].tolist() == ["for"]
    function = weight_diagnostics(weighted(), lambda d: mean(d, "trust"), population=1000)
    assert function.defect.to_frame()["item"].unique().tolist() == ["a share of one half"]
    alone = weight_diagnostics(weighted(), "trust", population=1000)
    assert alone.defect.to_frame()["item"].unique().tolist() == ["trust"]


def test_progress_is_told_part_by_part():
    told = []
    weight_diagnostics(weighted(), progress=lambda done, of: told.append((done, of)))
    assert told == [(at, 7) for at in range(1, 8)]


def test_print_and_document_hold_summary_log_and_warnings(found):
    text = str(found)
    assert "raked on sex" in text and "Weights step by step" in text and "What is worth a look" in text
    document = json.loads(json.dumps(found.document(), allow_nan=False))
    assert document["rows"][0]["variable"] == "sex"
    assert document["method"]["simulated"] and document["recipe"][1].startswith("raked on")
    assert document["log"]["rows"][1]["kind"] == "rake"
    assert document["defect"]["rows"][0]["rho"] == 0.0001


class Outline(HTMLParser):
    """Headings, ids, links, drawings and tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_report_is_one_accessible_page_that_asks_nobody(found, tmp_path):
    path = tmp_path / "weights.html"
    page = found.to_html(path)
    assert path.read_text(encoding="utf-8") == page
    outline = Outline()
    outline.feed(page)
    tags = [tag for tag, _ in outline.found]
    assert tags.count("h1") == 1 and dict(outline.found)["html"]["lang"] == "en"
    drawings = [attrs for tag, attrs in outline.found if tag == "svg"]
    # each for a wide and for a narrow screen
    assert len(drawings) == 16 and page.count('class="chart narrow"') == 8
    assert all(attrs["role"] == "img" and len(attrs["aria-label"]) > 20 for attrs in drawings)
    ids = {attrs["id"] for _, attrs in outline.found if "id" in attrs}
    links = [attrs["href"] for tag, attrs in outline.found if tag == "a"]
    assert len(links) == len(found.parts) + 2 - (len(found.notes) == 1)
    assert all(link.removeprefix("#") in ids for link in links)
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert page.index("Simulated respondents") < page.index("<h1>")
    assert "area &lt;1&gt;" in page and "area <1>" not in page
    assert "<details><summary>Table, 31 rows</summary>" in page
    assert "<li>Raked on sex to given margins.</li>" in page
    assert "Not for publication" in page


def test_a_report_on_weights_as_they_came_says_so():
    page = weight_diagnostics(Design(pd.DataFrame({"w": [1.0, -1.0, 2.0]}).abs(), weight="w")).to_html()
    assert "Nothing was done to them" in page and "<h1>Weights</h1>" in page
    assert "Limit: rule of thumb; no source" in page


def test_a_drawing_that_is_none_is_refused(monkeypatch, found):
    import vl_convert

    monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda _: "nothing")
    with pytest.raises(ToplineError, match="vl-convert gave no drawing"):
        weight_report.report(found)


def test_charts_show_the_first_rows_of_many_and_say_how_many_are_left():
    frame = pd.DataFrame({"name": [f"row {at}" for at in range(70)], "value": np.linspace(0.5, 0.51, 70)})
    chart = row_chart(
        frame,
        name="name",
        marks=[Marks("value", "", "tick")],
        title="Many",
        footing=[],
        axis="share",
        written=str,
        form=".0%",
        zero=False,
    )
    assert "10 more rows are in the table alone" in str(chart.to_dict()["title"])
    assert "row 59" in chart.description and "row 60" not in chart.description
    assert ".1%" in json.dumps(chart.to_dict())


def test_what_is_no_design_is_refused():
    with pytest.raises(EstimationError, match="weight_diagnostics needs a Design"):
        weight_diagnostics("wave.csv")


def test_a_histogram_is_as_tall_as_its_bars_and_its_table_has_no_gaps():
    found = weight_histogram(weighted())
    text = json.dumps(found.plot().to_dict())
    most = int(found.frame["after"].max())
    assert f"[0, {1.05 * most}]" in text and "Before them all were equal: not drawn" in text
    ends = [row[0].split(" to ") for row in found.table[1]]
    assert [low for low, _ in ends[1:]] == [high for _, high in ends[:-1]]
    assert sum(int(row[2]) for row in found.table[1]) == 300


def test_long_names_are_folded_not_cut_on_wide_and_narrow_charts():
    words = "raked on sex, age4, urban, education, region, income to margins of a long name, bounds 0.2 to 5.0"
    frame = pd.DataFrame({"name": [words, "trimmed"], "value": [1.0, 2.0]})

    def drawn():
        chart = row_chart(
            frame, name="name", marks=[Marks("value", "v")], title="Steps", footing=[], axis="x", written=str
        )
        return chart.to_dict()

    wide = drawn()
    with narrow_charts():
        narrow = drawn()
    for chart in (wide, narrow):
        assert "…" not in json.dumps(chart, ensure_ascii=False) and words in chart["description"]
    assert narrow["width"] < 330 < wide["width"]


def test_the_log_gives_points_without_a_sign_of_percent():
    assert weight_log(weighted()).table[1][-1][-1] == "0.00"


def test_a_report_says_which_replicates_there_are():
    page = weight_diagnostics(replicates(weighted(), "bootstrap", replicates=4, seed=1)).to_html()
    assert "With replicate weights: " in page and "4 replicates" in page and "--replicates repw" in page
