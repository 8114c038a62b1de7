"""A new survey and a published figure that differ in nothing but what a test asks for."""

import numpy as np
import pandas as pd

from topline.analysis.comparing.compare import compare
from topline.analysis.estimation.estimate import proportion
from topline.analysis.sampling.design import Design
from topline.data.codebook import Codebook, MissingKind, Study, Variable
from topline.data.description import StudyDescription
from topline.data.registry.figure import Figure, Item, Option, PublishedStudy, Scale, Source

LABELS = {
    1.0: "Strongly oppose",
    2.0: "Somewhat oppose",
    3.0: "Neutral",
    4.0: "Somewhat support",
    5.0: "Strongly support",
}


SUPPORT5 = Scale(
    "support5",
    (
        *(Option(float(code), label, (code > 3) - (code < 3), "substantive") for code, label in LABELS.items()),
        Option(97.0, "Don't know", None, "dont_know"),
    ),
)


COUNTS = {1.0: 60, 2.0: 140, 3.0: 200, 4.0: 380, 5.0: 220, 97.0: 100}
"""1,100 interviews: 60.0% support among 1,000 answers, 54.5% among all, 75.0% among the 800 who took a side."""


ALIKE = StudyDescription(
    country="CN",
    population="adults",
    frame="panel",
    sample_type="probability",
    modes=("web",),
    field_start="2020-02",
    field_end="2020-04",
)


def study_of(counts: dict[float, int] | None = None, **more: object) -> Study:
    codes = [code for code, times in (counts or COUNTS).items() for _ in range(times)]
    variable = Variable(
        **{
            "name": "travel",
            "label": "Restrict travel",
            "labels": {**LABELS, 97.0: "Don't know"},
            "missing": {97.0: MissingKind.DONT_KNOW},
            "wording": {"en": "To what extent do you support restricting travel?"},
            "scale": "support5",
            "collapse": {"support": (4.0, 5.0), "oppose": (1.0, 2.0)},
            "replicates": ("poll.travel",),
            "order": "random",
            **more,
        }
    )
    frame = pd.DataFrame({"travel": codes, "urban": np.arange(len(codes)) % 2})
    return Study(frame, Codebook((variable, Variable("urban", labels={0.0: "rural", 1.0: "urban"}))))


def design_of(counts: dict[float, int] | None = None, **more: object) -> Design:
    return Design(study_of(counts, **more))


def figure_of(value: float = 0.62, **more: object) -> Figure:
    """A published figure that differs in nothing from ALIKE's survey, apart from what is asked for."""
    item = {
        "item_id": "poll.travel",
        "study_id": "poll",
        "wording_english": "Restrict travel",
        "translation_status": "verbatim",
        "scale": SUPPORT5,
        "battery": "punishment",
        "base_rule": "",
        "order": "random",
    }
    study = {
        "study_id": "poll",
        "title": "A poll",
        "population": "adults",
        "country": "CN",
        "sample_type": "probability",
        "frame": "panel",
        "modes": ("web",),
        "field_start": "2020-01",
        "field_end": "2020-03",
        "dates_provenance": "verified",
        "n_provenance": "verified",
    }
    figure = {
        "figure_id": "poll.travel",
        "subgroup": "all",
        "statistic": "share",
        "category": "support",
        "category_set": (4.0, 5.0),
        "collapse_status": "stated",
        "value": value,
        "as_printed": f"{100 * value:g}%",
        "rounding": 0.01,
        "base": "excluding_dont_know",
        "sources": (Source("poll.travel.1", "primary", "A poll.", "p. 3", "", value, f"{100 * value:g}%", "verified"),),
        "provenance": "verified",
        "n": 1000,
        "deff": 1.2,
    }
    for part in (item, study, figure):
        part.update({name: more.pop(name) for name in list(more) if name in part and name != "item"})
    assert not more or set(more) <= {"moe", "moe_basis", "qualifier", "sd", "languages"}, more
    if "languages" in more:
        study["languages"] = more.pop("languages")
    return Figure(item=Item(**item), study=PublishedStudy(**study), **figure, **more)


def one_row(figure: Figure, design: Design | None = None, about: StudyDescription = ALIKE, **options: object):
    estimates = proportion(design or design_of(), "travel", category="support")
    (row,) = compare(estimates, figure, about=about, **options).rows
    return row
