"""A comparison as it is printed, said and kept."""

import json
import re
from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest

from topline.analysis.comparing.printed import Printed
from topline.analysis.comparing.tiers import Declared, with_adjusted, with_tiers
from topline.analysis.telling.comparison import Comparison, ComparisonRow
from topline.analysis.telling.sentences import published_in_words, sentence
from topline.cli.showing import also
from topline.data.description import StudyDescription


def row(
    estimate: float = 0.684, published: float = 0.77, printed: Printed | None = None, **more: object
) -> ComparisonRow:
    given = {
        "item": "travel",
        "category": "support",
        "label": "Restrict travel",
        "estimate": estimate,
        "se": 0.017,
        "low": estimate - 0.03,
        "high": estimate + 0.03,
        "n": 1024,
        "df": 300,
        "published": published,
        "published_id": "liu2022.travel",
        "published_study": "liu2022",
        "published_wording": "Restrict the travel of people with poor records",
        "published_wording_status": "partly_verbatim",
        "provenance": "as_quoted",
        "grade": "qualified",
        "reasons": ("Mode differs.", "Frame differs."),
        **more,
    }
    return with_tiers(ComparisonRow(**given), printed or Printed(n=1173, rounding=0.01), Declared())


APART = row(grade="not_comparable", reasons=("Different countries: new DE, published CN.",), item="approval")
ALONE = row(printed=Printed())
ABOUT = StudyDescription(title="Wave 1", population="adults", modes=("web",), field_start="2026-02", note="simulated")
COMPARISON = Comparison(
    (APART, *with_adjusted([row()]), ALONE), {"level": 0.95, "difference": "new minus published"}, ABOUT
)


def test_the_sentence_carries_both_values_their_bases_and_both_tiers():
    assert sentence(row()) == (
        "68.4% here (n 1,024) against 77% published (n 1,173; as quoted in an essay): 8.6 points lower (between 4.1 "
        "and 13.1 lower); more than sampling error explains; allowing also for 3 points of other survey error on each "
        "side it is inconclusive (between 18.0 lower and 0.8 higher); this depends: with less than 2.6 points of other "
        "survey error (plausible: 2 to 4) it would be 'different' (total error)."
    )


def test_an_inconclusive_sentence_says_what_could_not_have_been_seen():
    said = sentence(row(0.75))
    assert "sampling error alone could do that" in said
    assert "a true difference of less than about 6.4 points would often be missed" in said


def test_a_pair_that_is_not_comparable_is_said_to_be_so_with_the_reason():
    assert sentence(APART).endswith("are not compared: different countries: new DE, published CN.")
    assert "no reason" in sentence(replace(APART, reasons=())).lower()
    assert sentence(replace(APART, estimate=None)).startswith(
        "77% published (n 1,173; as quoted in an essay) is not compared: different"
    )


def test_a_suppressed_result_is_not_in_its_sentence():
    said = sentence(row(suppressed=True))
    assert "too few answers" in said and "68.4" not in said


VALUES = [0.30, 0.60, 0.64, 0.66, 0.684, 0.70, 0.90]


@pytest.mark.parametrize(("estimate", "se", "nonsampling"), list(product(VALUES, [0.003, 0.017, 0.06], [0.0, 0.03])))
def test_no_sentence_says_significant_and_none_calls_the_inconclusive_different(estimate, se, nonsampling):
    tested = with_tiers(
        ComparisonRow("t", estimate=estimate, se=se, n=900, published=0.66, grade="qualified"),
        Printed(n=1173),
        Declared(nonsampling=nonsampling),
    )
    said = sentence(tested)
    assert "signific" not in said.lower()
    assert f"{100 * estimate:.1f}%" in said and "66%" in said and "n 900" in said
    if {tested.verdict_sampling, tested.verdict_total} == {"inconclusive"}:
        assert "stands" not in said and "more than sampling error explains" not in said
    assert "None" not in said and "nan" not in said


def test_every_pair_of_verdicts_has_its_own_words():
    verdicts = ("different", "different but within margin", "equivalent", "inconclusive")
    said = {
        sentence(replace(row(), verdict_sampling=one, verdict_total=two))
        for one in verdicts
        for two in (*verdicts, None)
    }
    assert len(said) == 20


@pytest.mark.parametrize(
    ("value", "statistic", "qualifier", "printed", "words"),
    [
        (0.77, "share", "", "77%", "77%"),
        (0.822, "share", "", "82.2 percent", "82.2%"),
        (0.53, "share", "more_than", "more than 53 percent", "more than 53%"),
        (3.6, "mean", "", "3.60", "3.6"),
        (-0.12, "relative_change", "", "-12%", "-12%"),
        (None, "share", "", "", "no figure"),
    ],
)
def test_published_values_are_said_as_they_were_printed(value, statistic, qualifier, printed, words):
    figure = ComparisonRow(
        "t", published=value, published_statistic=statistic, published_qualifier=qualifier, published_as_printed=printed
    )
    assert published_in_words(figure) == words


def test_the_printed_table_has_every_shared_reason_once_and_sets_apart_what_is_not_compared():
    text = str(COMPARISON)
    assert text.startswith(
        "Simulated.\nWave 1: 3 pairs of new and published results, 1 differenced, 1 more without a test "
        "(adults; web; 2026-02)\n"
    )
    assert text.count("Mode differs.") == 1
    assert (
        "[2] Restrict travel: 68.4% here (n 1,024) against 77% published (as quoted in an essay): 8.6 points lower"
        in text
    )
    before, _, after = text.partition("Not differenced:\n")
    assert "approval" not in before
    assert after.startswith("- approval beside 77% (liu2022.travel; as quoted): Different countries: new DE")
    assert "    Published question (word for word only in part): Restrict the travel of people with poor" in text
    assert "Reservations: a, b below." in text and "\na. Mode differs.\nb. Frame differs.\n" in text
    assert max(len(line) for line in text.splitlines()) <= 118


def test_no_name_is_cut_where_there_is_room_and_what_was_worked_out_again_is_marked():
    label = "Restrict their children's entry into private schools"
    again = "repaired: recomputed over everyone asked, as published."
    text = Comparison((row(label=label), row(item="loans", reasons=(again,))), {}).summary()
    assert " ".join(re.findall(r"^(?:Restrict their|children.s|private|entry).*?(?=  |$)", text, re.M)) == label
    assert "68.4%*" in text and text.count("%*") == 1
    assert text.endswith("\n\n* recomputed over everyone asked, as published.")
    assert "with reservations" in text and "qualified" not in text


def test_the_demo_ends_with_how_many_verdicts_are_stable():
    assert also(COMPARISON) == ["Stable: 0 of 1 pair; the others hang on what is not known for certain."]
    assert also(Comparison((ALONE,), {})) == []
    named = [SimpleNamespace(battery=name) for name in ("punishment", "")]
    both = SimpleNamespace(rows=(), batteries=named)
    assert also(both) == ["2 batteries: 'punishment', questions in no battery; topline compare shows them."]


def test_the_legend_says_only_what_occurs():
    verified = Comparison((row(provenance="verified"),), {"nonsampling": 0.01})
    assert "Badges:" not in str(verified) and "for 1 point of other" in str(verified)
    told = " ".join(str(Comparison((row(provenance="recalled"),), {})).split())
    assert "Badges: 'from memory': not seen in print." in told and told.count("Each is moved alone") == 1
    assert "moved alone" not in str(Comparison((ALONE,), {}))


def test_markdown_has_the_same_rows():
    lines = COMPARISON.to_markdown().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert "| 68.4% (65.4 to 71.4) | liu2022 77% (73.9 to 79.9) | -8.6 (-13.1 to -4.1) |" in table[2]
    assert len(table) == 2 + 2
    assert {line.count("|") for line in table} == {8}
    assert "- a. Mode differs." in lines
    assert any(line.startswith("- approval beside 77%") for line in lines)


def test_the_document_is_plain_json_and_reads_back_the_same():
    document = json.loads(json.dumps(COMPARISON.document(), allow_nan=False))
    again = Comparison.from_document(document)
    assert again.rows == COMPARISON.rows
    assert again.about == ABOUT
    assert document["rows"][1]["reasons"] == ["Mode differs.", "Frame differs."]


def test_the_frame_keeps_full_precision():
    frame = COMPARISON.to_frame()
    assert frame.loc[1, "difference"] == 0.684 - 0.77
    assert len(COMPARISON) == len(frame) == 3
    assert frame.loc[0, "difference"] != frame.loc[0, "difference"]


def test_groups_are_named_without_needless_decimals():
    part = row(groups={"urban": 1.0, "region": "north"})
    assert part.part == "urban = 1, region = north"
    assert "| Restrict travel (travel; urban = 1, region = north) |" in Comparison((part,), {}).to_markdown()
