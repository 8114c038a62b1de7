"""Replicates that are drawn one by one: the same again, with the rank of their table, and nothing kept of many."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from topline.analysis.estimation.estimate import mean, total
from topline.analysis.raking.rake import rake
from topline.analysis.replication.draws import Draws
from topline.analysis.replication.replicate_factors import degrees_of_freedom
from topline.analysis.replication.replicates import replicates
from topline.analysis.sampling import replication
from topline.analysis.sampling.design import Design

METHODS = ["bootstrap", "subbootstrap", "rao_wu_yue", "mrb"]


def sample(seed: int = 3) -> pd.DataFrame:
    """Six strata of 2 to 7 towns; the third was drawn whole, and of the towns of the fourth all people."""
    rng = np.random.default_rng(seed)
    towns = [2, 3, 3, 4, 5, 7]
    region = np.repeat(np.arange(6), np.array(towns) * 4)
    frame = pd.DataFrame({"region": region, "town": np.concatenate([np.repeat(np.arange(n), 4) for n in towns])})
    return frame.assign(
        person=np.tile(np.arange(4), 24),
        towns=np.where(region == 2, 3, 10 + region),
        people=np.where(region == 3, 4, 30),
        trust=rng.normal(5, 2, 96),
        w=rng.uniform(1, 3, 96),
        sex=rng.choice(["f", "m"], 96),
        part=np.where(region == 1, "one stratum", np.where(np.arange(96) % 5 == 0, "some of all", "most of all")),
    )


def design_of(frame: pd.DataFrame, method: str) -> Design:
    two = method == "mrb"
    psu, fpc = (["town", "person"], ["towns", "people"]) if two else ("town", "towns")
    return Design(frame, weight="w", strata="region", psu=psu, fpc=fpc)


@pytest.fixture
def small_table(monkeypatch):
    """Keep no table of more than a hundred factors."""

    def keep_little() -> None:
        monkeypatch.setattr("topline.analysis.replication.draws.TABLE", 100)

    return keep_little


@pytest.mark.parametrize("method", METHODS)
def test_replicates_drawn_on_demand_are_those_of_the_table(method, small_table):
    design = design_of(sample(), method)
    table = replicates(design, method, replicates=300, seed=8)
    small_table()
    drawn = replicates(design, method, replicates=300, seed=8)
    assert isinstance(table.replication.factors, np.ndarray)
    assert isinstance(drawn.replication.factors, Draws)
    assert all((table.replication.weights(at) == drawn.replication.weights(at)).all() for at in (0, 7, 299))
    assert len(drawn.replication) == 300 and drawn.df == table.df
    one, other = (mean(each, "trust", by="part", df="domain").to_frame() for each in (table, drawn))
    assert one["se"].tolist() == pytest.approx(other["se"].tolist(), rel=1e-12)
    assert one["df"].tolist() == other["df"].tolist()


@pytest.mark.parametrize("method", ["bootstrap", "mrb"])
def test_steps_of_a_weighting_are_done_again_on_replicates_drawn_on_demand(method, small_table):
    design, sexes = design_of(sample(), method), {"sex": {"f": 0.5, "m": 0.5}}
    before = replicates(rake(design, sexes), method, replicates=40, seed=8)
    small_table()
    after = replicates(rake(design, sexes), method, replicates=40, seed=8)
    again = rake(replicates(design, method, replicates=40, seed=8), sexes)
    twice = [rake(each, {"part": {"one stratum": 0.2, "some of all": 0.2, "most of all": 0.6}}) for each in
             (before, after)]  # fmt: skip
    se = [total(each, "trust").to_frame()["se"][0] for each in (before, after, again, *twice)]
    assert se[1] == pytest.approx(se[0], rel=1e-12) and se[2] == pytest.approx(se[0], rel=1e-12)
    assert se[4] == pytest.approx(se[3], rel=1e-12)
    assert before.df == after.df == again.df


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("replicates_made", [12, 400])
def test_the_rank_known_beforehand_is_that_of_the_table(method, replicates_made):
    frame = sample()
    for unweighted in ([], list(range(8)), list(range(20, 32)), [0, 1, 50, 51, 52, 53]):
        frame["w"] = np.where(frame.index.isin(unweighted), 0.0, 2.0)
        design = design_of(frame, method)
        own = replicates(design, method, replicates=replicates_made, seed=2).replication
        draws = made(design, method, replicates_made)
        assert own.df == degrees_of_freedom(own.unit, own.base, own.factors)
        assert degrees_of_freedom(own.unit, own.base, draws) == own.df


def made(design: Design, method: str, number: int) -> Draws:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("topline.analysis.replication.draws.TABLE", 0)
        return replicates(design, method, replicates=number, seed=2).replication.factors


@pytest.mark.parametrize("method", METHODS)
def test_nobody_with_a_weight_leaves_no_degree_of_freedom(method):
    draws = made(design_of(sample(), method), method, 30)
    assert degrees_of_freedom(np.arange(draws.shape[0]), np.zeros(draws.shape[0]), draws) == 0


@pytest.mark.parametrize("method", METHODS)
def test_more_replicates_of_one_seed_begin_with_the_fewer(method):
    few, many = (replicates(design_of(sample(), method), method, replicates=n, seed=4) for n in (20, 50))
    assert (few.replication.factors == many.replication.factors[:, :20]).all()
    assert (many.replication.factors[:, :20] != many.replication.factors[:, 20:40]).any()


@pytest.mark.parametrize("towns", [8, 9, 12, 17, 40, np.inf])
def test_towns_are_drawn_from_copies_of_the_sample_without_putting_back(towns):
    """Of 8 towns standing for N none can come more often than it has copies; counts vary as without replacement."""
    frame = pd.DataFrame({"town": range(8), "towns": float(towns), "other": 0, "w": 1.0})
    beside = pd.DataFrame({"town": range(2), "towns": np.inf, "other": 1, "w": 1.0})
    design = Design(pd.concat([frame, beside]), weight="w", strata="other", psu="town", fpc="towns")
    factors = replicates(design, "bootstrap", replicates=4000, seed=1).replication.factors
    assert set(np.unique(factors[:8])) <= set(range(1 + int(min(np.ceil(towns / 8), 8))))
    assert (factors[:8].sum(axis=0) == 8).all() and (factors[8:].sum(axis=0) == 2).all()
    if towns == 8:
        assert (factors[:8] == 1).all()
    elif np.isinf(towns) or towns % 8 == 0:
        share = 7 / 8 * (1 if np.isinf(towns) else (towns - 8) / (towns - 1))
        assert factors[:8].var(axis=1) == pytest.approx(np.full(8, share), rel=0.12)
        assert factors[:8].mean(axis=1) == pytest.approx(np.ones(8), abs=0.06)
        assert np.corrcoef(factors[:8])[0, 1:] == pytest.approx(np.full(7, -1 / 7), abs=0.06)


def test_many_rows_by_many_replicates_take_no_table():
    rows, number = 20_000, 200
    frame = pd.DataFrame({"trust": np.random.default_rng(1).normal(size=rows), "sex": np.arange(rows) % 2})
    design = rake(Design(frame), {"sex": {"0": 0.4, "1": 0.6}})
    tracemalloc.start()
    repeated = replicates(design, "subbootstrap", replicates=number, seed=1)
    found = mean(repeated, "trust").to_frame()["se"][0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < rows * number * 8 / 3
    assert rows * number > replication.TABLE and repeated.df == number - 1
    assert found == pytest.approx(mean(design, "trust").to_frame()["se"][0], rel=0.2)


def test_two_million_rows_are_no_reason_to_refuse_a_bootstrap():
    many = Design(pd.DataFrame({"trust": np.zeros(2_000_000)}))
    repeated = replicates(many, "subbootstrap", replicates=200, seed=1)
    weights = repeated.replication.weights(199)
    assert weights.sum() == pytest.approx(2_000_000) and weights.max() > 4
