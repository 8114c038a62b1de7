"""What must not change an estimate, and what lone PSUs, sparse tables and groups do to it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.analysis.estimation.estimate import mean, proportion, total
from topline.analysis.raking.rake import rake
from topline.analysis.sampling import sums
from topline.analysis.sampling.design import Design
from topline.analysis.variance import scatter
from topline.data.errors import EstimationError

NUMBERS = ["estimate", "se", "low", "high", "n", "weighted_n", "deff", "df", "effective_n", "cv"]


def made(seed: int, rows: int = 240) -> pd.DataFrame:
    """Make a stratified cluster sample with missing values."""
    random = np.random.default_rng(seed)
    stratum = random.integers(0, 4, rows)
    frame = pd.DataFrame(
        {
            "stratum": stratum,
            "psu": random.integers(0, 5, rows),
            "weight": random.gamma(4, 1, rows),
            "y": np.where(random.random(rows) < 0.1, np.nan, random.normal(10 + stratum, 3)),
            "view": random.choice(["for", "against", "neither"], rows),
            "group": random.choice(["a", "b", "c"], rows),
            "sex": random.choice(["f", "m"], rows),
        }
    )
    frame.loc[random.random(rows) < 0.05, "view"] = None
    return frame


def clustered(frame: pd.DataFrame, **options) -> Design:
    return Design(frame, weight="weight", strata="stratum", psu="psu", lone_psu="centre", **options)


def test_several_items_keep_their_order_and_their_own_missing_values():
    frame = made(1)
    result = mean(clustered(frame), ["y", "weight"], by="group").to_frame()
    assert result["item"].tolist() == ["y"] * 3 + ["weight"] * 3
    assert result["n"].iloc[3:].sum() == len(frame)
    assert result["n"].iloc[:3].sum() == frame["y"].notna().sum()


def test_text_has_no_mean_and_proportion_is_suggested():
    with pytest.raises(EstimationError, match=r"view holds text, and a mean needs numbers\. .* use proportion"):
        mean(clustered(made(1)), "view")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 1000))
def test_scaling_the_weights_changes_no_mean_and_scales_totals(seed, factor):
    frame = made(seed)
    scaled = frame.assign(weight=frame["weight"] * factor)
    one, two = (mean(clustered(data), "y", by="group", deff="replace").to_frame() for data in (frame, scaled))
    assert two[["estimate", "se", "deff"]].to_numpy() == pytest.approx(one[["estimate", "se", "deff"]].to_numpy())
    one, two = (total(clustered(data), "y").to_frame() for data in (frame, scaled))
    assert two["estimate"][0] == pytest.approx(factor * one["estimate"][0])
    assert two["se"][0] == pytest.approx(factor * one["se"][0])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing(seed):
    frame = made(seed)
    shuffled = frame.sample(frac=1, random_state=seed)
    for function, item in ((mean, "y"), (total, "y"), (proportion, "view")):
        one, two = (function(clustered(data), item, by=["group", "sex"]).to_frame() for data in (frame, shuffled))
        assert one.drop(columns=NUMBERS).equals(two.drop(columns=NUMBERS))
        assert two[NUMBERS].to_numpy() == pytest.approx(one[NUMBERS].to_numpy(), rel=1e-9, abs=1e-12, nan_ok=True)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_new_names_for_strata_and_psus_change_nothing(seed):
    frame = made(seed)
    renamed = frame.assign(
        stratum="s" + (9 - frame["stratum"]).astype(str), psu=frame["psu"] * 1000 + frame["stratum"] * 7 + 0.5
    )
    one, two = (mean(clustered(data), "y", by="group").to_frame()["se"] for data in (frame, renamed))
    assert two.to_numpy() == pytest.approx(one.to_numpy(), rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_groups_add_up_with_their_covariances(seed):
    frame = made(seed)
    whole, parts = total(clustered(frame), "y"), total(clustered(frame), "y", by=["group", "sex"])
    assert parts.to_frame()["estimate"].sum() == pytest.approx(whole.to_frame()["estimate"][0])
    assert parts.covariance.sum() == pytest.approx(whole.covariance[0, 0])
    shares = proportion(clustered(frame), "view")
    assert shares.to_frame()["estimate"].sum() == pytest.approx(1)
    assert shares.covariance.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-14)


def test_the_covariance_spans_items_and_groups_in_the_order_of_the_frame():
    result = mean(clustered(made(3)), ["y", "weight"], by="group")
    covariance = result.covariance
    assert covariance.shape == (6, 6)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(result.to_frame()["se"].to_numpy(), rel=1e-12)
    assert covariance == pytest.approx(covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > -1e-12


@pytest.mark.parametrize("raked", [False, True])
@pytest.mark.parametrize("psu", [None, "psu"])
def test_sums_by_psu_equal_influence_values_by_row(raked, psu):
    """The residual influence value of every row, regressed and added up by the book."""
    frame = made(5).drop_duplicates(["stratum", "psu", "sex"] if psu is None else None)
    design = Design(frame, weight="weight", strata="stratum", psu=psu, lone_psu="centre")
    if raked:
        design = rake(design, {"sex": {"f": 0.5, "m": 0.5}, "group": {"a": 0.3, "b": 0.3, "c": 0.4}})
    w, known = design.weights, (frame["y"].notna() & (frame["group"] == "a")).to_numpy()
    y = frame["y"].fillna(0).to_numpy()
    influence = w * known * (y - (w * y * known).sum() / w[known].sum()) / w[known].sum()
    if raked:
        x = pd.get_dummies(frame[["sex", "group"]]).to_numpy(dtype=float)
        root = np.sqrt(w)[:, None]
        influence -= w * (x @ np.linalg.lstsq(root * x, influence / np.sqrt(w), rcond=1e-12)[0])
    ids = frame["stratum"] * 100 + (frame["psu"] if psu else np.arange(len(frame)))
    book = 0.0
    for _, rows in pd.DataFrame({"h": frame["stratum"], "u": ids, "z": influence}).groupby("h"):
        totals = rows.groupby("u")["z"].sum()
        k = len(totals)
        book += (totals**2).sum() if k == 1 else k / (k - 1) * ((totals - totals.mean()) ** 2).sum()
    se = mean(design, "y", by="group").to_frame()["se"][0]
    assert se == pytest.approx(np.sqrt(book), rel=1e-12)


@pytest.mark.parametrize("raked", [False, True])
@pytest.mark.parametrize("lone_psu", ["centre", "average"])
def test_sparse_tables_give_what_dense_ones_give(monkeypatch, raked, lone_psu):
    frame = made(7)
    frame.loc[0, "stratum"] = 99
    frame["unit"] = range(len(frame))
    frame["blocks"], frame["people"] = 40, 4000

    def results() -> list[np.ndarray]:
        design = Design(
            frame,
            weight="weight",
            strata="stratum",
            psu=["psu", "unit"],
            fpc=["blocks", "people"] if lone_psu == "centre" else ["blocks"],
            lone_psu=lone_psu,
        )
        if raked:
            design = rake(design, {"sex": {"f": 0.5, "m": 0.5}})
        parts = [mean(design, ["y", "weight"], by="group"), proportion(design, "view", by="sex"), total(design, "y")]
        return [array for part in parts for array in (part.to_frame()[NUMBERS].to_numpy(), part.covariance)]

    dense = results()
    monkeypatch.setattr(sums, "DENSE", 0)
    monkeypatch.setattr(sums, "FILLED", 0)
    monkeypatch.setattr(scatter, "CHUNK", 50)
    for one, two in zip(dense, results(), strict=True):
        assert two == pytest.approx(one, rel=1e-10, abs=1e-13, nan_ok=True)


def test_printing_does_not_round_the_frame():
    result = mean(clustered(made(2)), "y")
    str(result)
    assert result.to_frame()["estimate"][0] != round(result.to_frame()["estimate"][0], 6)
