"""One honest sentence for each comparison, in English, German and Chinese."""

import re
import string
from dataclasses import fields, replace
from itertools import product

import pytest

from topline.analysis.comparing.printed import Printed
from topline.analysis.comparing.tiers import Declared, with_tiers
from topline.analysis.telling.comparison import ComparisonRow
from topline.analysis.telling.phrases import Phrases
from topline.analysis.telling.sentences import LANGUAGES, sentence, with_sentences
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
        "error it would be 'different' (total error)."
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
            if isinstance(ours, str) and one.name not in ("rests",):
                assert places(ours) - {"unit"} == places(theirs), (phrases.language, one.name)
            elif one.name in ("hedges", "sampling", "total"):
                assert ours.keys() == theirs.keys()
                for name in ours:
                    assert places(ours[name]) - {"unit"} == places(theirs[name]), (phrases.language, one.name, name)


def places(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_verdict_that_hangs_on_something_says_on_what_in_each_language():
    one = replace(row(estimate=0.60), stable=False, stability="depends: at more", turning_deff=1.8, turning_n=800.0)
    one = replace(one, turning_nonsampling=None, turning_rounding=None, turning_plausible=("deff", "n"))
    assert sentence(one).endswith("this depends: at more.")
    assert "Designeffekt von 1,80 oder 800 Befragten" in sentence(one, "de")
    assert "设计效应为1.80，或已发表调查的访问人数为800" in sentence(one, "zh")
    likely = replace(one, turning_plausible=("deff",))
    assert "Designeffekt von 1,80." in sentence(likely, "de")
    assert "800" not in sentence(likely, "de") + sentence(likely, "zh")
    older = replace(one, turning_plausible=None)
    assert sentence(older, "de") == sentence(one, "de")
    nothing = replace(one, turning_deff=None, turning_n=None, turning_nonsampling=None, turning_rounding=None)
    assert sentence(nothing, "de").endswith("das hängt von Annahmen ab.")


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
