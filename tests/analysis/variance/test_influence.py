import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from topline.analysis.estimation.estimate import mean, ratio, total
from topline.analysis.raking.rake import rake
from topline.analysis.sampling.design import Design
from topline.analysis.sampling.replication import Replication
from topline.analysis.variance.influence import group_totals, progress, scatter_of
from topline.analysis.variance.scatters import FixedScatter, QuadraticScatter, ReplicateScatter, joined
from topline.data.errors import EstimationError


def wave(rows: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "stratum": np.repeat(range(3), rows // 3),
            "town": np.repeat(range(12), rows // 12),
            "y": random.normal(5, 2, rows),
            "x": random.uniform(1, 3, rows),
            "w": random.uniform(1, 3, rows),
            "sex": random.choice(["f", "m"], rows),
        }
    )


def clustered(**options) -> Design:
    return Design(wave(), weight="w", strata="stratum", psu="town", **options)


def influence_of_mean(design: Design) -> np.ndarray:
    y, w = design.study.frame["y"].to_numpy(), design.weights
    centre = w @ y / w.sum()
    return np.column_stack([(y - centre) / w.sum()])


@pytest.mark.parametrize("made", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("raked", [False, True])
@pytest.mark.parametrize("lone_psu", ["fail", "average"])
def test_influence_by_row_gives_what_sums_by_unit_give(made, raked, lone_psu):
    design = clustered(lone_psu=lone_psu)
    if raked:
        design = rake(design, {"sex": {"f": 0.5, "m": 0.5}})
    by_row = scatter_of(design, np.zeros(1), lambda: made(influence_of_mean(design)), lambda w: w)
    assert by_row.variances == pytest.approx(mean(design, "y").scatter.variances, rel=1e-12)


def replicated(design: Design, replicates: int = 8) -> Design:
    random = np.random.default_rng(1)
    last = design.stages[0]
    factors = random.choice([0.0, 2.0], (len(last.stratum), replicates))
    made = Replication(
        "BRR", last.unit, design.weights, factors, 1 / replicates, np.ones(replicates), False, 9, "half-samples"
    )
    return design.with_replication(made)


@pytest.mark.parametrize("verb", [mean, total])
def test_sums_by_replicate_equal_estimates_with_its_weights(verb):
    design = replicated(clustered())
    result = verb(design, ["y", "x"], by="sex")
    frame = design.study.frame
    for replicate in range(8):
        alone = Design(frame.assign(w=design.replication.weights(replicate)), weight="w")
        assert result.scatter.replicates[replicate] == pytest.approx(
            verb(alone, ["y", "x"], by="sex").to_frame()["estimate"]
        )
    whole = verb(clustered(), ["y", "x"], by="sex").to_frame()["estimate"]
    assert result.to_frame()["estimate"].tolist() == pytest.approx(whole.tolist(), rel=1e-14)
    assert result.method["variance"] == "half-samples"
    assert result.to_frame()["df"].tolist() == [9] * 4


def test_refitting_gives_what_sums_by_replicate_give():
    design = replicated(clustered())
    frame = design.study.frame
    again = scatter_of(
        design,
        ratio(design, "y", "x").to_frame()["estimate"].to_numpy(),
        lambda: np.zeros((60, 1)),
        lambda w: np.array([(w @ frame["y"]) / (w @ frame["x"])]),
    )
    assert again.variances == pytest.approx(ratio(design, "y", "x").scatter.variances, rel=1e-12)


def test_a_replicate_without_anybody_of_a_group_is_left_out_and_told():
    design = replicated(clustered())
    frame = design.study.frame.assign(few=[1, 1] + [2] * 58)
    factors = design.replication.factors.copy()
    factors[0] = [0, 2, 2, 0, 2, 2, 2, 2]
    few = Replication("BRR", design.replication.unit, design.weights, factors, 0.125, np.ones(8), False, 9, "halves")
    result = mean(Design(frame, weight="w").with_replication(few), "y", by="few")
    assert result.scatter.undefined.tolist() == [2, 0]
    assert np.isfinite(result.to_frame()["se"]).all()
    assert "1 estimate is not defined in some replicates (up to 2 of them)" in " ".join(result.method["footnotes"])
    factors[0] = 0
    with pytest.raises(EstimationError, match="not defined in any replicate"):
        mean(Design(frame, weight="w").with_replication(few), "y", by="few")


def test_an_estimate_that_no_refit_defines_is_refused():
    design = replicated(clustered())
    with pytest.raises(EstimationError, match="not defined in any of the 8 replicates"):
        scatter_of(design, np.zeros(1), lambda: np.zeros((60, 1)), lambda w: np.array([np.nan]), what="median of y")


def test_deviations_are_from_the_mean_of_replicates_or_from_the_estimate():
    replicates, estimate = np.array([[1.0], [4.0]]), np.array([2.0])
    assert ReplicateScatter(replicates, estimate, 0.5, np.ones(2), False).variances == pytest.approx([2.25])
    assert ReplicateScatter(replicates, estimate, 0.5, np.ones(2), True).variances == pytest.approx([2.5])


def test_estimates_of_one_design_join_with_their_covariance():
    design = clustered(lone_psu="average")
    both = joined([mean(design, "y").scatter, mean(design, "x").scatter])
    together = mean(design, ["y", "x"]).scatter
    assert both.covariance == pytest.approx(together.covariance, rel=1e-12)
    assert both.picked(np.array([1])).covariance == pytest.approx(together.covariance[1:, 1:], rel=1e-12)


@pytest.mark.parametrize("raked", [False, True])
def test_joined_scatters_know_calibration_and_joint_probabilities(raked):
    n = 60
    both = n * (n - 1) / (200 * 199)
    pair = np.full((n, n), both) + np.eye(n) * (n / 200 - both)
    design = Design(wave(), pps=pair)
    design = rake(design, {"sex": {"f": 0.5, "m": 0.5}}) if raked else design
    parts = joined([mean(design, "y").scatter, mean(design, "x").scatter])
    whole = mean(design, ["y", "x"]).scatter
    assert isinstance(whole, QuadraticScatter)
    assert parts.covariance == pytest.approx(whole.covariance, rel=1e-10)
    assert whole.picked(np.array([1, 0])).variances == pytest.approx(whole.variances[::-1], rel=1e-12)
    clusters = clustered()
    clusters = rake(clusters, {"sex": {"f": 0.5, "m": 0.5}}) if raked else clusters
    parts = joined([mean(clusters, "y").scatter, mean(clusters, "x").scatter])
    assert parts.covariance == pytest.approx(mean(clusters, ["y", "x"]).covariance, rel=1e-12)


def test_replicates_join_and_are_picked():
    design = replicated(clustered())
    parts = joined([mean(design, "y").scatter, mean(design, "x").scatter])
    assert parts.covariance == pytest.approx(mean(design, ["y", "x"]).covariance, rel=1e-12)
    assert parts.picked(np.array([1])).variances == pytest.approx(mean(design, "x").scatter.variances, rel=1e-12)


def test_scatters_that_know_nothing_of_each_other_do_not_join():
    fixed = FixedScatter(np.diag([4.0, 9.0]))
    assert fixed.variances.tolist() == [4, 9]
    assert fixed.picked(np.array([1])).covariance.tolist() == [[9]]
    assert joined([fixed]) is fixed
    with pytest.raises(EstimationError, match="no known covariance"):
        joined([fixed, mean(clustered(), "y").scatter])
    with pytest.raises(EstimationError, match="no known covariance"):
        joined([mean(clustered(), "y").scatter, fixed])


def test_group_totals_of_dense_and_sparse_influence_agree():
    values, group = np.array([[1.0, 0.0], [2.0, 5.0], [4.0, 1.0]]), np.array([1, 0, 1])
    dense = group_totals(values, group, 2, np.array([1.0, 2.0, 3.0]))
    assert dense.tolist() == [[4, 10], [13, 3]]
    assert group_totals(sparse.csr_array(values), group, 2, np.array([1.0, 2.0, 3.0])).tolist() == dense.tolist()


def test_progress_shows_a_bar_on_a_terminal_only(monkeypatch, capsys):
    assert list(progress(range(3), "work")) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(progress(range(3), "work")) == [0, 1, 2]
