"""What must not change an estimate, and which routes must give one number, over small random designs.

Designs have one to three strata of PSUs of different sizes, one or two stages with or without fpc, whole weights (so
that scaling and shuffling add up exactly), missing values, and keys. Ties, constant items, groups of one and empty
cells are drawn often, because the samples are small.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

import topline as tl
from topline.analysis.variance.influence import scatter_of
from topline.data.errors import DesignError, ToplineError

designs_profile = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))

Estimator = Callable[[tl.Design], Any]


@dataclass(frozen=True)
class Sample:
    """A frame and how it was drawn."""

    frame: pd.DataFrame
    options: Mapping[str, Any]

    @property
    def design(self) -> tl.Design:
        return tl.Design(self.frame, **self.options)

    def with_frame(self, frame: pd.DataFrame) -> tl.Design:
        return tl.Design(frame, **self.options)


@st.composite
def samples(draw: st.DrawFn, *, stages: tuple[int, ...] = (1, 2)) -> Sample:
    """Draw a small sample."""
    depth, finite = draw(st.sampled_from(stages)), draw(st.booleans())
    rows: list[dict[str, Any]] = []
    for stratum in range(draw(st.integers(1, 3))):
        psus = draw(st.integers(2, 4))
        spare = draw(st.integers(0, 5))
        for psu in range(psus):
            units = draw(st.integers(2, 3)) if depth == 2 else draw(st.integers(1, 3))
            left = draw(st.integers(0, 4))
            rows += [
                {"stratum": stratum, "psu": psu, "person": person, "psus": psus + spare, "people": units + left}
                for person in range(units)
            ]
    size = len(rows)
    frame = pd.DataFrame(rows)
    whole = st.integers(-4, 4).map(float)
    frame["weight"] = draw(st.lists(st.integers(1, 8).map(float), min_size=size, max_size=size))
    frame["y"] = draw(st.lists(st.one_of(st.none(), whole, whole), min_size=size, max_size=size))
    frame["y"] = frame["y"].astype(float)
    frame["z"] = draw(st.lists(whole, min_size=size, max_size=size))
    frame["size"] = draw(st.lists(st.integers(1, 6).map(float), min_size=size, max_size=size))
    answer = st.sampled_from(["agree", "neither", "disagree", None])
    frame["view"] = pd.Series(draw(st.lists(answer, min_size=size, max_size=size)), dtype="str")
    frame["again"] = pd.Series(draw(st.lists(answer, min_size=size, max_size=size)), dtype="str")
    frame["key"] = pd.Series(draw(st.lists(st.sampled_from(["a", "b"]), min_size=size, max_size=size)), dtype="str")
    frame.loc[0, ["y", "view"]] = [1.0, "agree"]
    options: dict[str, Any] = {"weight": "weight", "strata": "stratum", "psu": ["psu", "person"][:depth]}
    if finite:
        options["fpc"] = ["psus", "people"][:depth]
    return Sample(frame, options)


ESTIMATORS: dict[str, Estimator] = {
    "mean": lambda design: tl.mean(design, ["y", "z"], by="key"),
    "total": lambda design: tl.total(design, ["y", "z"], by="key"),
    "proportion": lambda design: tl.proportion(design, "view", by="key"),
    "ratio": lambda design: tl.ratio(design, "y", "size", by="key"),
    "quantile": lambda design: tl.quantile(design, "y", [0.25, 0.5], by="key"),
    "variance": lambda design: tl.variance(design, ["y", "z"]),
    "alpha": lambda design: tl.alpha(design, ["y", "z", "size"], by="key"),
    "kappa": lambda design: tl.kappa(design, "view", "again", by="key"),
}
ESTIMATORS = {name: estimator for name, estimator in ESTIMATORS.items() if name in tl.PUBLIC}


def numbers_of(estimator: Estimator, design: tl.Design) -> dict[tuple[str, ...], tuple[float, ...]] | str:
    """Give estimate, error and interval by what names the row; or the kind of refusal."""
    try:
        frame = estimator(design).to_frame()
    except ToplineError as error:
        return type(error).__name__
    naming = [str(name) for name in frame.columns[: list(frame.columns).index("estimate")]]
    return {
        tuple(map(str, row[naming])): tuple(row[["estimate", "se", "low", "high"]].astype(float))
        for _, row in frame.iterrows()
    }


def assert_same(left: object, right: object, scale: float = 1.0) -> None:
    """Assert that both are refused, or that both have the rows and, up to rounding, the numbers."""
    if isinstance(left, str) or isinstance(right, str):
        assert left == right
        return
    assert isinstance(left, dict) and isinstance(right, dict)
    assert left.keys() == right.keys()
    for name, values in left.items():
        expected = np.array(values) * scale
        assert right[name] == pytest.approx(expected, rel=1e-8, abs=1e-9 * max(1.0, abs(scale)), nan_ok=True), name


@pytest.mark.parametrize("name", ESTIMATORS)
@settings(designs_profile)
@given(sample=samples(), factor=st.sampled_from([2.0, 3.0, 0.25]))
def test_scaling_the_weights_scales_totals_and_nothing_else(name, sample, factor):
    estimator = ESTIMATORS[name]
    scaled = sample.with_frame(sample.frame.assign(weight=sample.frame["weight"] * factor))
    before, after = numbers_of(estimator, sample.design), numbers_of(estimator, scaled)
    assert_same(before, after, factor if name == "total" else 1.0)


@pytest.mark.parametrize("name", ESTIMATORS)
@settings(designs_profile)
@given(sample=samples(), seed=st.integers(0, 99))
def test_shuffling_the_rows_changes_nothing(name, sample, seed):
    estimator = ESTIMATORS[name]
    order = np.random.default_rng(seed).permutation(len(sample.frame))
    shuffled = sample.with_frame(sample.frame.iloc[order])
    assert_same(numbers_of(estimator, sample.design), numbers_of(estimator, shuffled))


@pytest.mark.parametrize("name", ESTIMATORS)
@settings(designs_profile)
@given(sample=samples(), offset=st.integers(0, 50))
def test_renaming_strata_and_psus_changes_nothing(name, sample, offset):
    estimator, frame = ESTIMATORS[name], sample.frame
    apart = frame["stratum"] * 100 + frame["psu"] * 7 + offset
    renamed = frame.assign(
        stratum="region " + (9 - frame["stratum"]).astype(str),
        psu=-apart,
        person=[f"p{100 - person}" for person in frame["person"]],
    )
    assert_same(numbers_of(estimator, sample.design), numbers_of(estimator, sample.with_frame(renamed)))


@settings(designs_profile)
@given(sample=samples())
def test_renaming_categories_renames_rows_and_nothing_else(sample):
    names = {"agree": "zz for", "neither": "mm", "disagree": "aa against"}
    groups = {"a": "second", "b": "first"}
    frame = sample.frame
    renamed = frame.assign(view=frame["view"].map(names), key=frame["key"].map(groups))
    before = numbers_of(ESTIMATORS["proportion"], sample.design)
    after = numbers_of(ESTIMATORS["proportion"], sample.with_frame(renamed))
    assert isinstance(before, dict)
    assert_same({(item, names[view], groups[key]): row for (item, view, key), row in before.items()}, after)


@settings(designs_profile)
@given(sample=samples())
def test_dtypes_change_nothing(sample):
    frame = sample.frame
    for other in (frame.convert_dtypes(), frame.convert_dtypes(dtype_backend="pyarrow")):
        for estimator in (ESTIMATORS["mean"], ESTIMATORS["proportion"]):
            assert_same(numbers_of(estimator, sample.design), numbers_of(estimator, sample.with_frame(other)))


@settings(designs_profile)
@given(sample=samples())
def test_totals_of_groups_add_up_to_the_total(sample):
    whole, groups = tl.total(sample.design, "z"), tl.total(sample.design, "z", by="key")
    frame = groups.to_frame()
    assert frame["estimate"].sum() == pytest.approx(whole.to_frame()["estimate"][0], rel=1e-12, abs=1e-12)
    together = float(np.sqrt(max(0.0, groups.covariance.sum())))
    assert together == pytest.approx(whole.to_frame()["se"][0], rel=1e-9, abs=1e-7)
    assert frame["n"].sum() == whole.to_frame()["n"][0]


@settings(designs_profile)
@given(sample=samples())
def test_shares_add_up_to_one_and_have_no_error_together(sample):
    shares = tl.proportion(sample.design, "view", by="key")
    frame = shares.to_frame()
    for key, rows in frame.groupby("key"):
        assert rows["estimate"].sum() == pytest.approx(1.0, rel=1e-12), key
        own = shares.covariance[np.ix_(rows.index, rows.index)]
        assert own.sum() == pytest.approx(0.0, abs=1e-12), key


@settings(designs_profile)
@given(sample=samples())
def test_a_group_by_key_is_the_subpopulation_by_condition(sample):
    for estimate in (
        lambda design, **options: tl.mean(design, "z", **options),
        lambda design, **options: tl.total(design, "z", **options),
        lambda design, **options: tl.ratio(design, "z", "size", **options),
    ):
        grouped = numbers_of(lambda design, made=estimate: made(design, by="key"), sample.design)
        assert isinstance(grouped, dict)
        for (item, key), row in grouped.items():
            alone = numbers_of(
                lambda design, made=estimate, key=key: made(design, where=f"key == '{key}'"), sample.design
            )
            assert_same({(item,): row}, alone)


@settings(designs_profile)
@given(sample=samples())
def test_a_mean_is_the_ratio_to_a_column_of_ones_and_a_share_the_mean_of_its_indicator(sample):
    frame = sample.frame.assign(one=1.0, agrees=(sample.frame["view"] == "agree").where(sample.frame["view"].notna()))
    frame["agrees"] = frame["agrees"].astype(float)
    design = sample.with_frame(frame)
    pairs = [
        (tl.mean(design, "y"), tl.ratio(design, "y", "one")),
        (tl.proportion(design, "view", category="agree"), tl.mean(design, "agrees")),
    ]
    for one, other in pairs:
        left, right = one.to_frame(), other.to_frame()
        assert left[["estimate", "se"]].to_numpy() == pytest.approx(
            right[["estimate", "se"]].to_numpy(), rel=1e-9, abs=1e-9
        )


@settings(designs_profile)
@given(sample=samples(stages=(1,)))
def test_jackknife_and_taylor_errors_agree_for_totals(sample):
    taylor = tl.total(sample.design, ["z", "size"], by="key")
    try:
        replicated = tl.replicates(sample.design, "JKn")
    except DesignError:
        assert (taylor.to_frame()["se"] == 0).all()  # a census has no replicates
        return
    jackknife = tl.total(replicated, ["z", "size"], by="key")
    scale = np.abs(taylor.covariance).max()
    assert jackknife.covariance == pytest.approx(taylor.covariance, rel=1e-9, abs=1e-9 * max(1.0, scale))
    assert jackknife.to_frame()["estimate"].tolist() == pytest.approx(taylor.to_frame()["estimate"].tolist())


def influence_of(kind: str, frame: pd.DataFrame, counted: np.ndarray, estimate: np.ndarray) -> sparse.csr_array:
    """Write out influence values by hand: z, (z - estimate) / N, or (z - estimate size) / total of size, by key.

    Every row in a base has an entry, also where its influence is 0.
    """
    weight, value = frame["weight"].to_numpy(), frame["y"].fillna(0.0).to_numpy()
    keys = sorted(frame.loc[counted, "key"].unique())
    data, rows, columns = [], [], []
    for place, key in enumerate(keys):
        inside = np.flatnonzero(counted & (frame["key"] == key).to_numpy())
        found = value[inside]
        if kind != "total":
            divisor = np.ones(len(inside)) if kind == "mean" else frame["size"].to_numpy()[inside]
            found = (found - estimate[place] * divisor) / (weight[inside] * divisor).sum()
        data, rows, columns = [*data, *found], [*rows, *inside], [*columns, *([place] * len(inside))]
    return sparse.csr_array((data, (rows, columns)), shape=(len(frame), len(keys)))


@pytest.mark.parametrize("kind", ["total", "mean", "ratio"])
@pytest.mark.parametrize("table", ["sparse", "dense"])
@settings(designs_profile)
@given(sample=samples())
def test_sums_by_psu_and_influence_by_row_give_one_covariance(kind, table, sample):
    design, frame = sample.design, sample.frame
    made = {
        "total": lambda: tl.total(design, "y", by="key"),
        "mean": lambda: tl.mean(design, "y", by="key"),
        "ratio": lambda: tl.ratio(design, "y", "size", by="key"),
    }[kind]()
    estimate = made.to_frame()["estimate"].to_numpy()
    by_row = influence_of(kind, frame, frame["y"].notna().to_numpy(), estimate)
    values = by_row if table == "sparse" else by_row.toarray()
    other = scatter_of(design, estimate, lambda: values, lambda weights: estimate)
    scale = max(1e-3, np.abs(made.covariance).max())
    assert np.abs(other.covariance - made.covariance).max() <= 1e-12 * scale
    assert np.abs(other.variances - made.scatter.variances).max() <= 1e-12 * scale


@pytest.mark.parametrize("lone_psu", ["centre", "certainty", "average"])
@settings(designs_profile)
@given(sample=samples(stages=(1,)))
def test_both_routes_treat_lone_psus_alike(lone_psu, sample):
    frame = pd.concat([sample.frame, sample.frame.iloc[:1].assign(stratum=9)], ignore_index=True)
    design = tl.Design(frame, **sample.options, lone_psu=lone_psu)
    made = numbers_of(lambda each: tl.mean(each, "y", by="key"), design)
    if isinstance(made, str):
        assert (made, lone_psu) == ("DesignError", "average")
        return
    means = tl.mean(design, "y", by="key")
    values = influence_of("mean", frame, frame["y"].notna().to_numpy(), means.to_frame()["estimate"].to_numpy())
    other = scatter_of(design, means.to_frame()["estimate"].to_numpy(), lambda: values, lambda weights: weights)
    scale = max(1e-3, np.abs(means.covariance).max())
    assert np.abs(other.variances - means.scatter.variances).max() <= 1e-12 * scale


def test_both_routes_agree_on_raked_weights():
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "stratum": np.repeat([0, 1, 2], 40),
            "psu": np.tile(np.repeat(range(10), 4), 3),
            "weight": rng.integers(1, 9, 120).astype(float),
            "y": rng.normal(size=120),
            "size": rng.integers(1, 6, 120).astype(float),
            "key": rng.choice(["a", "b"], 120),
            "sex": rng.choice(["f", "m"], 120),
        }
    )
    design = tl.Design(frame, weight="weight", strata="stratum", psu="psu")
    raked = tl.rake(design, {"sex": {"f": 0.52, "m": 0.48}, "key": {"a": 0.4, "b": 0.6}})
    weighted = frame.assign(weight=raked.weights)
    for kind, made in (
        ("mean", tl.mean(raked, "y", by="key")),
        ("ratio", tl.ratio(raked, "y", "size", by="key")),
        ("total", tl.total(raked, "y", by="key")),
    ):
        estimate = made.to_frame()["estimate"].to_numpy()
        values = influence_of(kind, weighted, np.ones(120, dtype=bool), estimate)
        other = scatter_of(raked, estimate, lambda values=values: values, lambda weights: weights)
        assert other.covariance == pytest.approx(made.covariance, rel=1e-12)
