"""Each reason says what would repair it; an unknown base is repaired on the user's word."""

from dataclasses import replace

import pytest

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import mean, proportion
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.analysis.telling.comparison import Comparison
from topline.data.codebook import MissingKind
from topline.data.description import StudyDescription
from topline.data.errors import ComparisonError
from topline.data.registry.figure import Figure, Option, Scale
from topline.data.registry.figures import published

from ..comparing.two_surveys import ALIKE, LABELS, SUPPORT5, design_of, figure_of, one_row

UNKNOWN = "Whether don't know was counted in the base is unknown."


def repair_of(row, start):
    """Give what would repair the one reason that begins so."""
    (found,) = (repair for reason, repair in zip(row.reasons, row.repairs, strict=True) if reason.startswith(start))
    return found


def test_every_reason_has_a_place_for_its_repair_in_rows_json_and_print():
    comparison = compare(proportion(design_of(), "travel", category="support"), figure_of(base="unknown"), about=ALIKE)
    (row,) = comparison.rows
    assert len(row.repairs) == len(row.reasons)
    assert repair_of(row, UNKNOWN) == 'base="excluding_dont_know" or base="all"'
    assert comparison.document()["rows"][0]["repairs"] == list(row.repairs)
    assert Comparison.from_document(comparison.document()).rows[0].repairs == row.repairs
    printed = " ".join(str(comparison).split())
    assert f'{UNKNOWN} (repair: base="excluding_dont_know" or base="all")' in printed
    assert "(repair: " in comparison.to_markdown()


REPAIRS = {
    "population": ({"population": "urban men aged 18 to 59"}, {}, "Population differs",
                   "'men' cannot be told from the data; ages 18-59 need age in years, or such bands"),
    "urban": ({"population": "urban residents"}, {}, "Population differs", 'bridge_to="urban"'),
    "online": ({"population": "internet users aged 14 to 65"}, {}, "Population differs",
               'bridge_to=Frame("...", where="..."); ages 14-65 need age in years, or such bands'),
    "people": ({"population": "students"}, {}, "Population differs", 'bridge_to=Frame("...", where="...")'),
    "subgroup": ({"subgroup": "women"}, {}, "The published figure describes only a part", "bridge_to=Frame(...)"),
    "not stated": ({}, {"frame": ""}, "Frame not stated", 'about=StudyDescription(frame="...")'),
    "sample": ({}, {"sample_type": ""}, "How the new sample", "sample_type"),
    "dates": ({}, {"field_start": "", "field_end": ""}, "Field dates not stated", "field_end"),
    "kind": ({"statistic": "mean", "value": 3.6}, {}, "The new result is a share", "estimate the new one as a mean"),
    "paraphrase": ({"translation_status": "paraphrase"}, {}, "The published question is known only", "item.csv"),
    "memory": ({"provenance": "recalled"}, {}, "The published value is from memory", "source.csv"),
    "order": ({"order": ""}, {}, "In which order the published", "item.order"),
    "fixed": ({"order": "fixed"}, {}, "Order differs", "none for this wave: show them in the published order"),
    "mode": ({"modes": ("telephone",)}, {}, "Mode differs", "none: no weighting repairs a mode"),
    "years": ({"field_start": "2015", "field_end": "2015"}, {}, "Fieldwork lies", "none: dates cannot be changed"),
    "country": ({"country": "DE"}, {}, "Different countries", "none: look for a figure of CN"),
    "drawn": ({"sample_type": "nonprobability"}, {}, "The published sample was not", "none: look for a published sur"),
    "doubt": ({"dates_provenance": "recalled"}, {}, "The field dates are", "see the source"),
    "about": ({"qualifier": "about", "rounding": None}, {}, "'62%' is taken as rounded", "exact value"),
    "error": ({"n": None}, {}, "The published figure has no number", "enter n or moe"),
    "index": ({"sample_type": "expert_index"}, {}, "The published value is an expert", "none: nobody was asked"),
}  # fmt: skip


@pytest.mark.parametrize("case", REPAIRS)
def test_a_reason_names_the_argument_or_action_that_repairs_it(case):
    figure, about, start, repair = REPAIRS[case]
    found = repair_of(one_row(figure_of(**figure), about=replace(ALIKE, **about)), start)
    assert repair in found


@pytest.mark.parametrize(
    ("base", "share", "words"),
    [
        ("excluding_dont_know", 0.6, "those who gave an answer"),
        ("all", 600 / 1100, "everyone asked, don't know included"),
        ("excluding_neutral", 0.75, "those who took a side, the middle answer left out"),
    ],
)
def test_an_unknown_base_is_taken_on_the_users_word(base, share, words):
    row = one_row(figure_of(base="unknown"), base=base)
    assert row.estimate == pytest.approx(share)
    assert f"repaired: the published base is taken to be {words}, on your word." in row.reasons
    assert not any(reason == UNKNOWN or "instead of" in reason for reason in row.reasons)
    assert (row.other_base_estimate, row.base_decides) == (None, ())
    assert row.published_base == "unknown"
    comparison = compare(proportion(design_of(), "travel"), figure_of(base="unknown"), base=base)
    assert f"Published base: {words}, on your word" in " ".join(str(comparison).split())


def test_a_base_that_the_registry_knows_otherwise_is_refused():
    with pytest.raises(ComparisonError, match=r"the registry knows another base of poll\.travel: 'all'"):
        one_row(figure_of(base="all"), base="excluding_dont_know")
    with pytest.raises(ComparisonError, match=r"base is 'no dk'; it can be 'all', 'excluding_dont_know'"):
        one_row(figure_of(base="unknown"), base="no dk")
    row = one_row(figure_of(base="all"), base="all")
    assert row.reasons[0].startswith("repaired: recomputed over everyone asked")


def test_a_declared_base_leaves_figures_alone_whose_base_is_known():
    known, unknown = figure_of(base="all"), figure_of(figure_id="poll.other", base="unknown")
    rows = compare(
        proportion(design_of(), "travel", category="support"), [known, unknown], about=ALIKE, base="excluding_dont_know"
    ).rows
    assert [round(row.estimate, 4) for row in rows] == [0.5455, 0.6]
    assert [any("on your word" in reason for reason in row.reasons) for row in rows] == [False, True]


def test_a_mean_has_no_base_with_dont_know_in_it():
    figure = figure_of(3.6, statistic="mean", category="mean", category_set=(), base="unknown")
    estimates = mean(design_of(), "travel")
    (row,) = compare(estimates, figure, about=ALIKE, base="all").rows
    assert UNKNOWN in row.reasons
    (row,) = compare(estimates, figure, about=ALIKE, base="excluding_dont_know").rows
    assert UNKNOWN not in row.reasons
    assert any("those who gave an answer, on your word" in reason for reason in row.reasons)


def scale_of(*codes, dont_know="seen", scale_id="support5"):
    """Give a scale with these answers, and with don't know as far as it is known."""
    options = [option for option in SUPPORT5.options if option.code in codes]
    note = "whether the published question offered it is not known" if dont_know == "unknown" else ""
    options += [Option(97.0, "Don't know", None, "dont_know", note)] if dont_know else []
    return Scale(scale_id, tuple(options))


FOUR = {code: label for code, label in LABELS.items() if code != 3.0}
OFFERED = {
    "alike": ({}, {}, None),
    "no don't know published": ({"scale": scale_of(1, 2, 3, 4, 5, dont_know="")}, {}, "new question offered don't"),
    "don't know unknown": (
        {"scale": scale_of(1, 2, 3, 4, 5, dont_know="unknown")}, {},
        "Whether the published question offered don't know is not known; the new one did.",
    ),
    "no don't know asked": (
        {}, {"labels": LABELS, "missing": {}}, "The published question offered don't know, the new one did not",
    ),
    "no middle published": (
        {"scale": scale_of(1, 2, 4, 5)}, {"labels": {**LABELS, 97.0: "Don't know"}}, None,
    ),
    "no middle asked": (
        {}, {"labels": {**FOUR, 97.0: "Don't know"}}, "published question offered a middle answer, the new one did not",
    ),
    "middle asked alone": (
        {"scale": scale_of(1, 2, 4, 5)}, {"scale": ""}, "Whether the new question offered a middle answer is not rec",
    ),
    "nothing known": ({"scale": None}, {}, "Whether the published question offered a middle answer is not known"),
    "nothing recorded": (
        {}, {"labels": {}, "missing": {}, "scale": ""}, "Whether the new question offered don't know is not recorded",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OFFERED)
def test_an_answer_offered_on_one_side_only_is_a_reservation_whatever_the_base(case):
    figure, variable, words = OFFERED[case]
    more = {"missing": {97.0: MissingKind.DONT_KNOW}, **variable}
    row = one_row(figure_of(**figure), design_of({4.0: 60, 2.0: 40}, **more))
    told = [reason for reason in row.reasons if "offered" in reason]
    assert any(words in reason for reason in told) if words else not any("middle" in reason for reason in told)


def test_a_list_of_which_several_may_be_named_has_no_middle():
    row = one_row(replace(figure_of(scale=None), item=replace(figure_of().item, answers="several", scale=None)))
    assert not any("offered" in reason for reason in row.reasons)


@pytest.mark.parametrize(
    ("new", "published", "words"),
    [
        ("random", "random", ""),
        ("fixed", "random", "Order differs: new statements and answers were shown in one fixed order, published"),
        ("random", "split", "Order differs"),
        ("", "fixed", "In which order the new statements and answers were shown is not recorded"),
        ("fixed", "", "is not known; the new ones in one fixed order."),
        ("", "", "is not known, nor for the new ones."),
    ],
)
def test_the_order_of_statements_is_a_topic_of_its_own(new, published, words):
    row = one_row(figure_of(order=published), design_of(order=new))
    told = [reason for reason in row.reasons if "rder" in reason]
    assert len(told) == bool(words)
    assert all(words in reason for reason in told)
    if (new, published) == ("fixed", "random"):
        assert "randomize: true" in repair_of(row, "Order differs")


def pooled(country="", region="25 countries", **more):
    figure = figure_of(**more)
    return replace(figure, country=country, study=replace(figure.study, country="", region=region))


def test_a_figure_of_several_countries_is_never_held_against_one():
    row = one_row(pooled())
    assert (row.grade, row.difference) == ("not_comparable", None)
    assert row.reasons[0] == (
        "The published figure pools several countries (25 countries), and is never compared with one (CN)."
    )
    assert row.repairs[0] == "the figure of CN alone, where there is one"
    assert one_row(pooled(), about=replace(ALIKE, country="")).grade == "not_comparable"
    assert one_row(pooled(), about=replace(ALIKE, country="", region="25 Countries")).difference is not None
    row = one_row(pooled("CN"))
    assert (row.difference is not None, row.published_country) == (True, "CN")
    assert one_row(pooled("DE")).reasons[0].startswith("Different countries: new CN, published DE.")
    several = one_row(figure_of(), about=replace(ALIKE, country="", region="EU28"))
    assert several.reasons[0] == "The new survey covers several countries (EU28), the published figure CN."


def test_a_part_of_a_country_is_a_reservation_that_a_frame_repairs():
    row = one_row(figure_of(country="GB-ENG"), about=replace(ALIKE, country="GB"))
    assert repair_of(row, "Region differs: new GB, published GB-ENG.").startswith("bridge_to=Frame")
    row = one_row(figure_of(country="GB"), about=replace(ALIKE, country="GB-ENG"))
    assert repair_of(row, "Region differs") == "none: ask people in the rest of GB too, in the next wave"


def test_a_published_subgroup_meets_the_same_part_of_the_new_sample():
    design = subset(design_of(), "urban == 1")
    row = one_row(figure_of(subgroup="urban respondents"), design)
    assert (row.grade, row.n) == ("qualified", 500)
    assert (
        "The new result describes only those where urban == 1; make sure that the published one describes the same "
        "people (urban respondents)." in row.reasons
    )


def test_a_national_figure_of_a_study_in_several_countries_is_the_partner():
    figures = {
        name: replace(pooled(country), figure_id=name)
        for name, country in (("poll.all", ""), ("poll.de", "DE"), ("poll.cn", "CN"))
    }
    estimates = proportion(design_of(), "travel", category="support")
    for country, wanted in (("CN", "poll.cn"), ("DE", "poll.de"), ("FR", "poll.all"), ("CN-BJ", "poll.cn")):
        (row,) = compare(estimates, figures, about=replace(ALIKE, country=country)).rows
        assert row.published_id == wanted
    (row,) = compare(estimates, figures, about=StudyDescription()).rows
    assert (row.published_id, row.grade) == ("poll.all", "not_comparable")


def test_a_share_finds_the_share_though_a_mean_stands_first():
    average = figure_of(3.6, figure_id="poll.mean", statistic="mean", category="mean", category_set=())
    figures = {"poll.mean": average, "poll.travel": figure_of()}
    (row,) = compare(proportion(design_of(), "travel"), figures, about=ALIKE).rows
    assert (row.published_id, row.difference is not None) == ("poll.travel", True)


def test_figures_on_every_shipped_scale_are_graded_beside_a_question_that_says_it_repeats_them():
    of_scale: dict[str, dict[str, Figure]] = {}
    for figure in published().values():
        of_scale.setdefault(figure.item.scale.scale_id if figure.item.scale else "", {})[figure.figure_id] = figure
    for scale, figures in of_scale.items():
        items = tuple(dict.fromkeys(figure.item.item_id for figure in figures.values()))[:3]
        design = design_of({4.0: 30, 2.0: 20}, replicates=items, scale=scale)
        rows = compare(proportion(design, "travel", category="support"), figures, about=ALIKE).rows
        assert len(rows) <= len(items)
        for row in rows:
            assert (row.difference is None) == (row.grade == "not_comparable")
            assert row.reasons


def test_a_figure_that_counts_answers_the_question_does_not_offer_is_not_compared():
    eleven = Scale("support5", (*SUPPORT5.options, Option(6.0, "Beyond", 1, "substantive")))
    row = one_row(figure_of(scale=eleven, category_set=(5.0, 6.0)))
    assert (row.grade, row.difference) == ("not_comparable", None)
    assert row.reasons[0] == "The published 'support' counts answers that 'travel' does not hold: 6."


def test_dont_know_is_an_answer_over_everyone_asked_alone():
    unsure = {"category": "no opinion", "category_set": (97.0,)}
    row = one_row(figure_of(0.1, base="all", **unsure))
    assert row.estimate == pytest.approx(100 / 1100)
    for base in ("unknown", "excluding_dont_know"):
        row = one_row(figure_of(0.1, base=base, **unsure))
        assert (row.grade, row.difference) == ("not_comparable", None)
        assert row.reasons[0] == "The published 'no opinion' counts Don't know, which is not in the base."
        assert row.repairs[0].startswith('base="all"' if base == "unknown" else "see the source, and correct base")
    assert one_row(figure_of(0.1, base="unknown", **unsure), base="all").difference is not None
    middle = one_row(figure_of(0.2, base="excluding_neutral", category="neutral", category_set=(3.0,)))
    assert (middle.grade, middle.difference) == ("not_comparable", None)


def test_an_index_has_one_reason_and_no_other():
    row = one_row(figure_of(sample_type="expert_index"))
    assert [reason for reason in row.reasons if "offered" in reason or "order" in reason] == []
    assert isinstance(design_of(), Design)
