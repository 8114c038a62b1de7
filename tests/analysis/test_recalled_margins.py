"""Margins that were put down from memory are told of under every kind of result, in print and as a document."""

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean
from topline.analysis.models.glm import glm
from topline.analysis.raking.rake import rake
from topline.analysis.reliability.alpha import alpha
from topline.analysis.sampling.design import Design
from topline.analysis.tables.banner import banner
from topline.analysis.tables.crosstab import crosstab
from topline.analysis.testing.ranks import rank_test
from topline.data.margins import margins

RESULTS = {
    "mean": lambda design: mean(design, "y"),
    "glm": lambda design: glm(design, "y ~ trust"),
    "crosstab": lambda design: crosstab(design, "view", "region"),
    "banner": lambda design: banner(design, ["view"], ["region"]),
    "rank test": lambda design: rank_test(design, "y", "region"),
    "alpha": lambda design: alpha(design, ["y", "trust"]),
}


@pytest.mark.parametrize("kind", RESULTS)
def test_margins_from_memory_are_told_of(kind):
    random = np.random.default_rng(1)
    wave = pd.DataFrame(
        {"age4": np.arange(200) % 4 + 1, "y": random.normal(size=200), "trust": random.normal(size=200)}
    )
    wave["view"], wave["region"] = random.choice(["for", "against"], 200), random.choice(["north", "south"], 200)
    raked = rake(Design(wave), margins("cn-adults-2020"), on=["age4"])
    said = "from memory; put the official table beside it before release"
    result = RESULTS[kind](raked)
    assert said in " ".join(str(result).split())
    assert said in str(result.document())
    assert "from memory" not in str(RESULTS[kind](Design(wave)))
