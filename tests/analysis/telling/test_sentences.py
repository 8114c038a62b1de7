"""One honest sentence for each comparison, in English, German and Chinese."""

import json
import re
import string
from dataclasses import fields, replace
from itertools import product

import pytest

from topline.analysis.comparing.printed import Printed
from topline.analysis.comparing.tiers import Declared, with_tiers
from topline.analysis.telling.comparison import ComparisonRow
from topline.analysis.telling.facts import interval_of
from topline.analysis.telling.phrases import Phrases
from topline.analysis.telling.sentences import LANGUAGES, sentence, with_sentences
from topline.analysis.telling.turning import TurningPoint, stability_in_words
from topline.data.errors import UnknownNameError

BOLD = re.compile(r"signifi|bewies|beweis|证明|显著", re.IGNORECASE)
"""Words that no sentence of ours uses, whatever the verdict: a test proves nothing, and 'significant' is misread."""

APART = re.compile(
    r"the difference stands|a difference stands|more than sampling error explains|bleibt der Unterschied|"
    r"bleibt ein Unterschied|mehr, als der Stichprobenfehler|差异仍然成立|超出了抽样误差"
)
SAME = re.compile(r"the same to within|bis auf .* (dasselbe|weiterhin gleich)|相差(仍)?不超过")


def row(estimate=0.684, se=0.017, published=0.77, grade="qualified", printed=Printed(n=1173, rounding=0.01), **given):  # noqa: B008
    one = ComparisonRow(
        "travel",
        estimate=estimate,
        se=se,
        n=1024,
        df=300,
        published=published,
        grade=grade,
        published_n=printed.n,
        **given,
    )
    return with_tiers(one, printed, Declared())


ROWS = {
    "different": row(estimate=0.60),
    "inconclusive in the end": row(estimate=0.684),
    "inconclusive": row(estimate=0.74, se=0.03),
    "equivalent": row(estimate=0.77, se=0.004, printed=Printed(n=20_000, deff=1.0)),
    "within margin": row(estimate=0.74, se=0.004, printed=Printed(n=40_000, deff=1.0)),
    "untested": row(printed=Printed()),
    "apart": row(grade="not_comparable", reasons=("Different countries: new DE, published CN.",), topics=("people",)),
    "suppressed": ComparisonRow("travel", published=0.77, published_n=1173, suppressed=True),
    "bound": row(estimate=0.80, published_qualifier="more_than"),
    "mean": with_tiers(
        ComparisonRow(
            "trust",
            statistic="mean",
            published_statistic="mean",
            estimate=3.4,
            se=0.05,
            n=900,
            df=200,
            published=3.6,
            grade="qualified",
        ),
        Printed(n=1173, sd=1.1, span=4.0),
        Declared(mean_nonsampling=0.1),
    ),
}


@pytest.mark.parametrize(("name", "language"), list(product(ROWS, LANGUAGES)))
def test_no_sentence_says_more_than_its_verdicts(name, language):
    one = ROWS[name]
    told = sentence(one, language)
    assert not BOLD.search(told)
    verdicts = {one.verdict_sampling, one.verdict_total}
    assert bool(APART.search(told)) == bool(verdicts & {"different", "different but within margin"})
    assert bool(SAME.search(told)) == ("equivalent" in verdicts)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_sentence_carries_the_numbers_it_rests_on(language):
    told = sentence(ROWS["inconclusive in the end"], language)
    numbers = {"en": ("68.4%", "1,024", "77%", "1,173", "8.6"), "de": ("68,4 %", "1.024", "77 %", "1.173", "8,6")}
    for number in numbers.get(language, ("68.4%", "1,024", "77%", "1,173", "8.6")):
        assert number in told


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_pair_that_may_not_be_compared_has_no_difference_in_words(language):
    told = sentence(ROWS["apart"], language)
    assert "8.6" not in told and "8,6" not in told
    assert not APART.search(told) and not SAME.search(told)


def test_sentences_in_full():
    one = ROWS["inconclusive in the end"]
    assert sentence(one) == (
        "68.4% here (n 1,024) against 77% published (n 1,173): 8.6 points lower (between 4.1 and 13.1 lower); more "
        "than sampling error explains; allowing also for 3 points of other survey error on each side it is "
        "inconclusive (between 18.0 lower and 0.8 higher); this depends: with less than 2.6 points of other survey "
        "error (plausible: 2 to 4) it would be 'different' (total error)."
    )
    german, chinese = sentence(one, "de"), sentence(one, "zh")
    assert german.startswith("68,4 % hier (n = 1.024) gegenüber 77 % veröffentlicht (n = 1.173): 8,6 Punkte niedriger")
    assert "ist nicht entschieden, ob sie sich unterscheiden" in german
    assert chinese.startswith("本次调查为68.4%（n = 1,024），已发表结果为77%（n = 1,173）：低8.6个百分点")
    assert "尚无定论" in chinese


def test_every_language_has_the_same_places_in_its_templates():
    english = LANGUAGES["en"]
    for phrases in LANGUAGES.values():
        for one in fields(Phrases):
            ours, theirs = getattr(phrases, one.name), getattr(english, one.name)
            if isinstance(ours, str):
                assert places(ours) - {"unit"} == places(theirs) - {"unit"}, (phrases.language, one.name)
            elif one.name in ("hedges", "sampling", "total", "turning"):
                assert ours.keys() == theirs.keys()
                for name in ours:
                    assert places(ours[name]) - {"unit"} == places(theirs[name]) - {"unit"}, (
                        phrases.language,
                        one.name,
                        name,
                    )


def places(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


HANGING = (
    TurningPoint("sampling error", "deff", 1.02, False, "different", True, 1.0, 2.0),
    TurningPoint("total error", "n", 1240.0, True, "equivalent", True, 1056.0, 1290.0, base="all"),
    TurningPoint("total error", "nonsampling", 0.0265, False, "different but within margin", True, 0.02, 0.04),
    TurningPoint("total error", "rounding", 0.012, True, "inconclusive", True, 0.005, 0.02),
)


def test_a_verdict_that_hangs_on_something_says_on_what_in_each_language():
    one = replace(ROWS["different"], stable=False, turnings=HANGING)
    assert sentence(one).partition("this depends: ")[2].split("; ") == [
        "at a published design effect below 1.02 (plausible: 1 to 2) it would be 'different' (sampling error)",
        "with more than 1,240 published interviews (plausible: 1,056 to 1,290) it would be 'equivalent' (total error, "
        "over everyone asked)",
        "with less than 2.6 points of other survey error (plausible: 2 to 4) it would be 'different but within margin' "
        "(total error)",
        "with published values rounded to more than 1.2 points (plausible: 0.5 to 2) it would be 'inconclusive' (total "
        "error).",
    ]
    assert (
        "das hängt von Annahmen ab: bei einem veröffentlichten Designeffekt unter 1,02 (plausibel: 1 bis 2) wäre es "
        "„verschieden“ (Stichprobenfehler allein); bei mehr als 1.240 Befragten"
    ) in sentence(one, "de")
    assert "若已发表调查的设计效应低于1.02（合理范围：1至2），结论将为“有差异”（仅计抽样误差）" in sentence(one, "zh")


@pytest.mark.parametrize("turnings", [HANGING, *((one,) for one in HANGING)])
def test_the_same_turning_points_stand_in_all_three_languages(turnings):
    rows = [replace(ROWS["different"], stable=False, turnings=each) for each in (turnings, ())]
    told = {}
    for code in LANGUAGES:
        with_points, without = (sentence(one, code).replace("1.240", "1240").replace("1.056", "1056") for one in rows)
        plain = [re.sub(r"(?<=\d),(?=\d)", "." if code == "de" else "", said) for said in (with_points, without)]
        plain[0] = plain[0].replace("1.290", "1290") if code == "de" else plain[0]
        numbers = [re.findall(r"\d+(?:\.\d+)?", said) for said in plain]
        told[code] = numbers[0][len(numbers[1]) :]
    assert told["en"] == told["de"] == told["zh"] and len(told["en"]) == 3 * len(turnings)


def test_words_of_an_older_file_are_kept_where_there_is_no_turning_point():
    one = replace(ROWS["different"], stable=False, stability="depends: at more", turnings=None)
    assert sentence(one).endswith("this depends: at more.")
    assert sentence(one, "de").endswith("das hängt von Annahmen ab.")
    assert sentence(one, "zh").endswith("这一判断取决于假设。")


def test_a_stated_design_effect_stands_as_what_was_published_and_a_mean_in_points_of_its_scale():
    stated = replace(HANGING[0], low=1.3, high=1.3, plausible=False)
    assert stability_in_words([stated], LANGUAGES["en"], "share").startswith(
        "stable: only at a published design effect below 1.02 (published: 1.3)"
    )
    of_scale = TurningPoint("total error", "nonsampling", 0.12, True, "inconclusive", True, 0.1, 0.15)
    assert "0,12 Skalenpunkten anderer Fehler je Umfrage (plausibel: 0,1 bis 0,15)" in stability_in_words(
        [of_scale], LANGUAGES["de"], "mean"
    )
    assert stability_in_words([], LANGUAGES["de"], "share").startswith("steht fest")


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_difference_without_an_interval_is_told_and_not_denied(language):
    told = sentence(ROWS["untested"], language)
    said = {"en": "8.6 points lower (no interval); no test", "de": "8,6 Punkte niedriger (kein Intervall); kein Test"}
    assert said.get(language, "低8.6个百分点（没有区间）；不作检验") in told
    bare = sentence(replace(ROWS["untested"], difference=None), language)
    assert "8.6" not in bare and "8,6" not in bare


def test_one_point_is_one_point_and_nothing_small_is_called_nought():
    one = replace(ROWS["inconclusive in the end"], nonsampling=0.01, difference_low=-0.0004, difference_high=0.053)
    assert "for 1 point of other" in sentence(one) and "between 0.04 lower and 5.3 higher" in sentence(one)
    assert "jeder Seite 1 Punkt anderer" in sentence(one, "de")
    assert interval_of(-0.0004, 0.053, one) == "−0.04 to +5.3 points"


def test_rows_keep_their_turning_points_in_json():
    one = ROWS["inconclusive in the end"]
    assert one.turnings[0].ground == "nonsampling"
    assert (one.turnings[0].low, one.turnings[0].high) == pytest.approx((0.02, 0.04))
    assert ComparisonRow.from_record(json.loads(json.dumps(one.record()))) == one


def test_a_difference_that_would_not_stand_in_its_battery_is_warned_of_by_the_method_chosen():
    one = replace(row(estimate=0.70), p=0.03, p_holm=0.2, p_bh=0.06)
    assert "would not stand (Holm)" in sentence(one)
    assert "(Benjamini-Hochberg)" in sentence(replace(one, adjust="bh"), "de")
    assert "Holm" not in sentence(replace(one, adjust="none"), "zh")


def test_an_unknown_language_is_refused_with_those_there_are():
    with pytest.raises(UnknownNameError, match="fr"):
        sentence(ROWS["different"], "fr")


def test_rows_carry_their_sentence_in_all_three():
    one = with_sentences(ROWS["equivalent"])
    assert (one.sentence, one.sentence_de, one.sentence_zh) == tuple(sentence(one, code) for code in ("en", "de", "zh"))
