"""What stands on the page: values, verdicts, badges, and what is left out."""

import json
import re
import runpy
from dataclasses import replace
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from topline.analysis.results import write_results
from topline.analysis.telling.comparison import Comparison

SAMPLE = runpy.run_path(str(Path(__file__).with_name("sample_bundle.py")))


def words(app) -> str:
    return "\n".join(element.value for element in app.markdown)


def tables(app) -> list[pd.DataFrame]:
    """Read the page's tables back from their HTML."""
    bodies = [element.proto.body for element in app.get("html")]
    return [read_table(body) for body in bodies if "<table" in body]


def read_table(html: str) -> pd.DataFrame:
    columns = [unescape(cell) for cell in re.findall(r"<th role=\"columnheader\"[^>]*>(.*?)</th>", html)]
    rows = re.findall(r"<tr role=\"row\">(<th role=\"rowheader\".*?)</tr>", html)
    cells = [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]
    return pd.DataFrame(cells, columns=columns)


def test_the_page_opens_with_title_warning_reading_help_and_key_facts(dashboard, bundle):
    app = dashboard(bundle)
    assert not app.exception
    assert [title.value for title in app.title] == ["Attitudes to social credit in China, test wave"]
    assert app.warning[0].value == "Simulated respondents; no person was asked."
    text = words(app)
    assert "3 points of other survey error on each side" in text and "rule out a difference of 5 points or more" in text
    for fact in (
        "Would be asked:** adults in mainland China",
        "Interviews:** 1,240",
        "Effective number:** 880",
        "Mode:** web",
        "Imagined fieldwork:** 2026-02-01",
    ):
        assert fact in text
    assert "Weighting:** raked to sex, age4 and education" in text


def test_headings_go_down_one_step_at_a_time(dashboard, bundle):
    app = dashboard(bundle)
    assert [header.value for header in app.header] == [
        "New against published",
        "All numbers",
        "Items taken together",
        "Item by item",
        "Shown, but not compared",
        "How this was made",
    ]
    assert len(app.subheader) == 7 + 2


def test_the_table_has_both_values_with_base_and_source_sorted_by_difference(dashboard, bundle):
    table = tables(dashboard(bundle))[0]
    assert table["New minus published"].tolist()[0] == "−14.0 (−18.6 to −9.4)"
    travel = table[table["Item"] == "Restrict the travel of people with poor records"].iloc[0]
    assert travel["New"] == "68.4% (65.4 to 71.3), n 1,204"
    assert travel["Published"] == "77% (73.9 to 79.9), n 1,173; Liu 2022"
    assert (travel["Sampling error only"], travel["With other survey error"]) == ("different", "inconclusive")
    assert travel["Badge"] == "with reservations; as quoted"


def test_every_chart_table_and_card_says_what_was_asked_and_which_answers_are_counted(dashboard, bundle):
    app = dashboard(bundle)
    stem = "Punishment: “The following options have been included in the SCS"
    counts = r"Each percentage is the share answering support\: Somewhat support or Strongly support."
    over = [text for text in (element.value for element in app.markdown) if counts in text]
    assert len(over) == 2 * len(app.get("vega_lite_chart")), "over each chart and over each group of cards"
    assert sum(text.startswith(stem.replace(":", r"\:")) for text in over) == 2
    html = unescape("".join(element.proto.body for element in app.get("html")))
    assert html.count('<tr class="group"') == 3 and stem in html
    assert set(tables(app)[0]["Answers counted"]) == {"support: Somewhat support or Strongly support"}
    assert words(app).count("Answers counted: support") == len(app.expander) - 2 == 7


def test_what_the_essay_is_stands_beside_badges_that_mention_it_and_nowhere_else(
    dashboard, tmp_path, comparison, bundle
):
    text = words(dashboard(bundle))
    assert text.count("undated web essay that gives no references") == 2
    assert text.count(r"'as quoted'\: known only from a web essay that names no source") == 1
    seen = tuple(row for row in comparison.rows if row.provenance == "verified")
    write_results(tmp_path, comparison=Comparison(seen, comparison.method))
    assert "web essay" not in words(dashboard(tmp_path))


def test_a_study_that_was_carried_out_says_asked_and_fieldwork(dashboard, tmp_path, comparison):
    write_results(tmp_path, comparison=replace(comparison, about=replace(comparison.about, note="")))
    text = words(dashboard(tmp_path))
    assert "**Asked:** adults" in text and "**Fieldwork:** 2026" in text and "**Mode and dates:**" in text
    assert "Would be" not in text and "Imagined" not in text


def test_a_small_base_is_named_and_not_shown(dashboard, bundle):
    app = dashboard(bundle)
    harm = tables(app)[0].set_index("Item").loc["Harm to privacy"]
    assert (harm["New"], harm["New minus published"]) == ("base under 30", "not differenced")
    assert [
        row["series"] for which in range(3) for row in chart(app, which)["data"] if row["item"] == "Harm to privacy"
    ] == ["Published"]


def test_the_minimum_base_is_the_one_the_bundle_was_made_with(dashboard, tmp_path, comparison):
    write_results(tmp_path, comparison=comparison, minimum=50)
    assert "base under 50" in tables(dashboard(tmp_path))[0]["New"].tolist()


def test_pairs_that_are_not_comparable_are_set_apart_and_never_differenced(dashboard, bundle):
    app = dashboard(bundle)
    compared, *_, apart = tables(app)
    assert "70%" not in " ".join(compared["Published"])
    assert apart["Published"].tolist() == ["70%: Somewhat support or Strongly support; n not stated"]
    assert apart["Published question"][0].endswith(
        "Overall approval of the social credit systems (word for word only in part)"
    )
    assert apart["Source"][0].endswith("as quoted in an essay; not seen in the source")
    assert "not comparable: the essay gives no question" in apart["Why it is not compared"][0]
    assert "New minus published" not in apart and "–" not in apart.to_string()
    drawn = [row["row"] for which in range(len(app.get("vega_lite_chart"))) for row in chart(app, which)["data"]]
    assert drawn != [] and [row for row in drawn if "essay" in row] == []


def test_a_figure_that_stands_beside_several_of_our_questions_is_listed_once(dashboard, tmp_path, comparison):
    told = {"grade": "not_comparable", "reasons": ("Another question.",), "repairs": ()}
    apart = [replace(row, published_id="essay.support", **told)
             for row in comparison.rows[:3]]  # fmt: skip
    write_results(tmp_path, comparison=Comparison((*apart[:2], replace(apart[2], estimate=None)), comparison.method))
    (listed,) = tables(dashboard(tmp_path))
    assert listed["Why it is not compared"].tolist() == ["Another question."]
    assert listed["Our nearest question"][0].count("n 1,204") == 2
    assert listed["Our nearest question"][0].endswith("private schools”: no figure worked out")


def test_no_percentage_stands_alone_in_the_sentences(dashboard, bundle):
    for sentence in re.findall(r"^\d+\.\d% here.*$", words(dashboard(bundle)), flags=re.MULTILINE):
        assert "(n 1,204)" in sentence and "published (n" in sentence


def test_every_card_has_sentence_verdicts_badges_wording_and_source(dashboard, bundle):
    text = words(dashboard(bundle))
    assert "Sampling error only: **different** (−12.8 to −4.4 points)" in text
    assert "With other survey error: **inconclusive** (−17.9 to +0.7 points)" in text
    assert ":orange-badge[published value as quoted in an essay; not seen in the source]" in text
    assert (
        ":green-badge[comparable] :orange-badge[published value seen in the publisher's own report; sources disagree]"
        in text
    )
    assert "*English, word for word only in part*" in text
    assert "*Chinese*\n\n“您在多大程度上支持……？”" in text
    assert "**Base:** those who gave an answer; don't know and refused left out" in text
    assert "**Value seen in:** an essay, paragraph on poll results (as quoted)" in text


def chart(app, which: int) -> dict:
    """Give a chart's rows and alt text, as the browser gets them."""
    proto = app.get("vega_lite_chart")[which].proto
    spec = json.loads(proto.spec)
    import io

    import pyarrow.ipc

    frames = [pyarrow.ipc.open_stream(io.BytesIO(dataset.data.data)).read_pandas() for dataset in proto.datasets]
    rows = next(frame for frame in frames if "series" in frame)
    return {"spec": spec, "alt": proto.alt, "data": rows.to_dict("records")}


def test_every_chart_says_in_words_what_it_shows(dashboard, bundle):
    app = dashboard(bundle)
    assert len(app.get("vega_lite_chart")) == 3
    alt = "".join(chart(app, which)["alt"] for which in range(3))
    assert alt.startswith("Dot and whisker chart of new results against published figures.")
    assert (
        "Restrict the travel of people with poor records (support: Somewhat support or Strongly support): "
        "new 68.4% (65.4 to 71.3), published 77%, difference −8.6 (−12.8 to −4.4), inconclusive" in alt
    )
    assert "Harm to privacy (support: Somewhat support or Strongly support): new not shown, published 53%" in alt


def test_the_chart_has_two_marks_an_item_with_both_whiskers(dashboard, bundle):
    rows = chart(dashboard(bundle), 0)["data"]
    travel = {row["series"]: row for row in rows if row["item"].startswith("Restrict the travel")}
    assert travel["New survey"]["value"] == 0.684
    assert travel["Published"]["value"] == 0.77
    for row in travel.values():
        assert row["total_low"] < row["low"] < row["value"] < row["high"] < row["total_high"]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("size of the difference", "Restrict the entry"),
        ("new minus published", "Restrict the entry"),
        ("new result", "Overall approval"),
        ("order asked", "Restrict the travel"),
    ],
)
def test_sorting_follows_the_address(dashboard, bundle, order, first):
    assert tables(dashboard(bundle, sort=order))[0]["Item"][0].startswith(first)


def test_sorting_changes_table_and_chart_together(dashboard, bundle):
    app = dashboard(bundle)
    app.selectbox(key="sort").set_value("new result").run()
    items = list(dict.fromkeys(row["item"] for which in range(3) for row in chart(app, which)["data"]))
    assert items == tables(app)[0]["Item"].tolist()


def test_a_battery_and_an_item_can_be_linked_to(dashboard, bundle):
    only = tables(dashboard(bundle, battery="surveillance"))[0]
    assert only["Item"].tolist() == ["Spreading rumours online", "Protesting or petitioning the government"]
    one = dashboard(bundle, item="restrict_travel")
    assert len(tables(one)[0]) == 1
    assert len(one.expander) == 0 and "word for word only in part" in words(one), "open, with nothing that could shut"
    assert dashboard(bundle).expander[0].proto.expanded is False


def test_an_address_that_names_nothing_known_shows_everything(dashboard, bundle):
    app = dashboard(bundle, item="nothing", sort="backwards")
    assert len(tables(app)[0]) == 7
    assert app.warning[1].value == "No item is called nothing; all are shown. Choose one here."
    assert len(dashboard(bundle, item="all").warning) == 1


def test_choices_that_exclude_each_other_are_said_to(dashboard, bundle):
    assert "None of these pairs fits both choices" in words(dashboard(bundle, battery="surveillance", item="approval"))


def test_downloads_hold_full_precision(dashboard, bundle):
    labels = [button.proto.label for button in dashboard(bundle).get("download_button")]
    assert labels == ["Download CSV", "Download JSON"]


@pytest.mark.parametrize(
    ("made", "state"),
    [(False, "This study folder has no results."), (True, "Estimates are there, but no comparison.")],
)
def test_without_results_the_page_says_which_commands_to_run(dashboard, tmp_path, made, state):
    if made:
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "estimates.json").write_text('{"method": {}, "rows": []}')
    app = dashboard(tmp_path)
    assert [title.value for title in app.title] == ["No results to compare yet"]
    assert state in words(app) and f"topline compare {tmp_path}" in words(app)


def test_damaged_results_are_said_to_be_so(dashboard, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "comparison.json").write_text("{")
    app = dashboard(tmp_path)
    assert not app.exception
    assert [title.value for title in app.title] == ["The results cannot be read"]
    assert "topline compare" in words(app)


def test_a_page_of_nothing_comparable_says_so(dashboard, tmp_path, comparison):
    rows = tuple(row for row in comparison.rows if row.grade == "not_comparable")
    write_results(tmp_path, comparison=Comparison(rows, comparison.method, comparison.about))
    app = dashboard(tmp_path)
    assert not app.exception
    assert "None of these may be compared" in words(app)
    assert len(tables(app)) == 1


def test_a_study_without_a_title_or_note_has_a_plain_heading(dashboard, tmp_path, comparison):
    write_results(tmp_path, comparison=Comparison(comparison.rows, {}))
    app = dashboard(tmp_path)
    assert [title.value for title in app.title] == ["New results against published figures"]
    assert len(app.warning) == 0
    assert "Asked:** population not stated" in words(app)


def test_means_have_a_chart_of_their_own(dashboard, tmp_path, comparison):
    from topline.analysis.comparing.tiers import Declared, Printed, with_tiers

    mean = with_tiers(
        replace(comparison.rows[0], statistic="mean", published_statistic="mean", estimate=3.4, se=0.04, low=3.32,
                high=3.48, published=3.6, item="index", label="Support index", difference=None),
        Printed(n=1173, span=4, sd=1.1),
        Declared(),
    )  # fmt: skip
    write_results(tmp_path, comparison=Comparison((comparison.rows[1], mean), comparison.method, comparison.about))
    app = dashboard(tmp_path)
    assert not app.exception
    assert "Each figure is the mean of the answers." in words(app)
    assert tables(app)[0].set_index("Item").loc["Support index", "New"] == "3.40 (3.32 to 3.48), n 1,204"
    assert "scale points" in words(app)


def test_a_studys_own_words_are_not_read_as_markup(dashboard, tmp_path, comparison):
    odd = replace(comparison.rows[0], published_wording="<b>bold</b> *stars* [link](x) $5", published_preamble="")
    write_results(tmp_path, comparison=Comparison((odd,), comparison.method, comparison.about))
    text = words(dashboard(tmp_path))
    assert r"\<b\>bold\</b\> \*stars\* \[link\](x) \$5" in text


UNESCAPED = re.compile(r"(?<!\\)(\[x\]|\[y\]|<img|\$.frac|:red\[|:smile:|:material/home:|`d`|\*\*e|&lt;)")


def test_no_text_of_a_study_is_read_as_markup_anywhere_on_the_page(dashboard, tmp_path):
    app = dashboard(SAMPLE["write"](tmp_path, SAMPLE["hostile"]()))
    assert not app.exception
    shown = [*app.title, *app.header, *app.subheader, *app.warning, *app.markdown, *app.caption, *app.expander]
    texts = [getattr(element, "value", None) or element.label for element in shown]
    assert sum("evil.example" in text for text in texts) > 30, "titles, notes, wordings, facts and reasons all hold it"
    assert [text for text in texts if UNESCAPED.search(text)] == []
    assert "<img" not in "".join(element.proto.body for element in app.get("html"))


def test_a_folders_name_cannot_leave_the_commands(dashboard, tmp_path):
    odd = tmp_path / "a b\n```\n![x](y)"
    odd.mkdir()
    assert "![x](y)'\n```" in words(dashboard(odd)), "one line, quoted for the shell, within the fence"


def told(app) -> list[str]:
    """Give the sentences of the cards with their markup."""
    return [element.proto.body for element in app.get("html") if element.proto.body.startswith("<p lang=")]


@pytest.mark.parametrize(
    ("language", "words_in_it"), [("en", "against 77% published"), ("de", "gegenüber 77 %"), ("zh", "已发表结果为77%")]
)
def test_the_sentences_are_told_in_the_language_that_the_address_names(dashboard, bundle, language, words_in_it):
    app = dashboard(bundle, language=language, item="restrict_travel")
    (sentence,) = told(app)
    assert sentence.startswith(f'<p lang="{language}">') and words_in_it in sentence
    assert app.selectbox(key="chosen language").value == language


def test_choosing_a_language_puts_it_into_the_address_and_english_takes_it_out(dashboard, bundle):
    app = dashboard(bundle)
    app.selectbox(key="chosen language").set_value("zh").run()
    assert app.query_params["language"] in ("zh", ["zh"]) and 'lang="zh"' in told(app)[0]
    app.selectbox(key="chosen language").set_value("en").run()
    assert "language" not in app.query_params and 'lang="en"' in told(app)[0]


def test_a_language_that_is_not_known_is_said_to_be_so(dashboard, bundle):
    app = dashboard(bundle, language="fr")
    assert app.warning[1].value == "No language is called fr; the sentences are in English."
    assert 'lang="en"' in told(app)[0]


def test_every_reason_says_what_would_repair_it(dashboard, bundle):
    app = dashboard(bundle)
    text = words(app)
    assert "published 'urban adult residents of mainland China'. (repair\\: bridge\\_to=\"urban\")" in text
    assert tables(app)[-1]["Why it is not compared"][0].endswith("(repair: ask the published question)")


def test_a_card_says_how_firm_its_verdicts_are(dashboard, bundle):
    text = words(dashboard(bundle, item="restrict_travel"))
    firm = text.partition("#### How firm this is")[2]
    assert (
        firm.startswith("\n- This ") and "of other survey error (plausible\\: 2 to 4) it would be 'different'" in firm
    )
    assert "4.0% of everyone asked did not know" in firm


def test_the_page_says_what_stable_means_and_marks_what_was_worked_out_again(dashboard, tmp_path, comparison, bundle):
    assert words(dashboard(bundle)).count("Each is moved alone") == 1
    again = "repaired: recomputed over everyone asked, as published."
    rows = tuple(replace(row, reasons=(again, *row.reasons)) for row in comparison.rows[:1])
    write_results(tmp_path, comparison=Comparison(rows, comparison.method))
    app = dashboard(tmp_path)
    assert "% (" not in tables(app)[0]["New"][0] and "%* (" in tables(app)[0]["New"][0]
    assert r"\* recomputed over everyone asked, as published." in words(app)


def test_what_sources_print_stands_beside_a_figure_they_disagree_on(dashboard, bundle):
    app = dashboard(bundle)
    assert words(app).count("Sources disagree on the published value:\n\n- Report, p. 4\\: “80%” (verified)") == 1
    assert tables(app)[0].set_index("Item").loc["Overall approval of the social credit systems", "Badge"] == (
        "comparable; verified; sources disagree"
    )
    drawn = [row for which in range(3) for row in chart(app, which)["data"]]
    assert {row["badge"] for row in drawn if row["series"] == "Published"} == {"as quoted", "sources disagree"}


def test_a_battery_is_shown_with_what_was_found_and_its_items_with_badges(dashboard, bundle):
    _, found, items, *_ = tables(dashboard(bundle))
    assert found.columns.tolist() == ["Asked of all items together", "Sampling error only", "With other survey error"]
    assert found["Sampling error only"][1].startswith("yes: 7.")
    assert found["With other survey error"][1].startswith("not shown (between ")
    travel = items.set_index("Item").loc["Restrict the travel of people with poor records"]
    assert (travel["Published"], travel["Badge"], travel["Difference"]) == ("77%", "as quoted", "−8.6")


def test_a_choice_of_battery_or_item_holds_for_what_is_taken_together(dashboard, bundle):
    one = [each.value for each in dashboard(bundle, battery="surveillance").subheader if "Battery" in each.value]
    assert one == ["Battery 'surveillance' (Liu 2022), 2 items"]
    assert "Items taken together" not in [each.value for each in dashboard(bundle, item="restrict_travel").header]


NEW_FIELDS = ("sentence_de", "sentence_zh", "topics", "repairs", "unanswered", "adjust", "p_bh", "turning_deff",
              "turning_n", "turning_nonsampling", "turning_rounding", "bounds_low", "dont_know")  # fmt: skip


def test_results_of_an_older_version_open_and_are_told_in_every_language(dashboard, bundle):
    path = bundle / "results" / "comparison.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["batteries"]
    document["rows"] = [{name: row[name] for name in row if name not in NEW_FIELDS} for row in document["rows"]]
    path.write_text(json.dumps(document), encoding="utf-8")
    for language in ("en", "de", "zh"):
        app = dashboard(bundle, language=language)
        assert not app.exception
        assert len(told(app)) == 7 and f'lang="{language}"' in told(app)[0]
    assert "Items taken together" not in [header.value for header in app.header]
