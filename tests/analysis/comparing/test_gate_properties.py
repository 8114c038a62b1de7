"""Whatever is set against whatever: a pair that is not comparable has no difference and no verdict anywhere."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import proportion
from topline.analysis.gating.frame import Frame
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.subpopulation import subset
from topline.data.codebook import MissingKind

from .two_surveys import ALIKE, LABELS, SUPPORT5, figure_of, study_of

COUNTS = {1.0: 6, 2.0: 14, 3.0: 20, 4.0: 38, 5.0: 22, 97.0: 10}
NONE = (
    "difference", "difference_low", "difference_high", "total_low", "total_high", "p", "p_holm", "p_bh", "p_total",
    "p_total_holm", "p_total_bh", "verdict_sampling", "verdict_total", "minimum_detectable",
    "minimum_detectable_total", "stable", "turning_deff", "turning_n", "turning_nonsampling", "turning_rounding",
)  # fmt: skip

FIGURES = st.fixed_dictionaries(
    {
        "base": st.sampled_from(["unknown", "all", "excluding_dont_know", "excluding_neutral"]),
        "scale": st.sampled_from([SUPPORT5, None, replace(SUPPORT5, scale_id="approve5")]),
        "category_set": st.sampled_from([(4.0, 5.0), (5.0,), (), (97.0,), (6.0,)]),
        "statistic": st.sampled_from(["share", "share", "mean", "relative_change", "index"]),
        "sample_type": st.sampled_from(["probability", "nonprobability", "expert_index", "administrative", "unknown"]),
        "subgroup": st.sampled_from(["all", "all", "women"]),
        "n": st.sampled_from([1000, None]),
        "translation_status": st.sampled_from(["verbatim", "label_only"]),
        "order": st.sampled_from(["", "fixed", "random", "split"]),
        "population": st.sampled_from(["adults", "students", ""]),
        "modes": st.sampled_from([("web",), ("telephone",), ("unknown",)]),
        "provenance": st.sampled_from(["verified", "as_quoted"]),
    }
)
PLACES = st.sampled_from([("CN", ""), ("DE", ""), ("", "EU28"), ("CN-BJ", ""), ("", "")])
VARIABLES = st.fixed_dictionaries(
    {
        "scale": st.sampled_from(["support5", "", "other"]),
        "replicates": st.sampled_from([("poll.travel",), (), ("other.item",)]),
        "bank": st.sampled_from(["", "mine.travel"]),
        "labels": st.sampled_from([{**LABELS, 97.0: "Don't know"}, {}]),
        "missing": st.sampled_from([{97.0: MissingKind.DONT_KNOW}, {}]),
        "order": st.sampled_from(["", "random"]),
    }
)
OPTIONS = st.fixed_dictionaries(
    {
        "base": st.sampled_from([None, "all", "excluding_dont_know", "excluding_neutral"]),
        "bridge_to": st.sampled_from([None, Frame("urban", "urban == 1", {"urban": {"1": 1.0}})]),
    }
)


@settings(max_examples=40, deadline=None)
@given(FIGURES, PLACES, VARIABLES, PLACES, OPTIONS, st.booleans(), st.booleans())
def test_what_is_not_comparable_is_never_differenced(figure, place, variable, new_place, options, by, cut):
    published = figure_of(**figure)
    published = replace(published, country=place[0], study=replace(published.study, country=place[0], region=place[1]))
    if published.base != "unknown":
        options = {**options, "base": None}
    about = replace(ALIKE, country=new_place[0], region=new_place[1])
    design = Design(study_of(COUNTS, **variable))
    design = subset(design, "urban == 1") if cut else design
    estimates = proportion(design, "travel", category={"support": [4, 5]}, by="urban" if by else None)
    comparison = compare(estimates, published, about=about, **options)
    records, frame = comparison.document()["rows"], comparison.to_frame()
    for at, row in enumerate(comparison.rows):
        assert len(row.reasons) == len(row.repairs)
        assert row.grade == "not_comparable" or row.difference is not None
        if row.grade == "not_comparable":
            assert [name for name in NONE if getattr(row, name) is not None] == []
            assert [name for name in NONE if records[at][name] is not None] == []
            assert frame.loc[at, list(NONE)].isna().all()
            assert "are not compared" in row.sentence or row.suppressed
    if all(row.grade == "not_comparable" for row in comparison.rows):
        assert comparison.batteries == ()
