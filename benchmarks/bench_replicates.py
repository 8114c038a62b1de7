"""Ten proportions with the errors of 200 bootstrap replicates, beside a bare floor, svy and R.

python benchmarks/bench_replicates.py [rows, default 100000] [--without-r] [--without-svy]

Once the replicate weights are 200 columns of the data, the same for all; once each contender draws its own from the
design (rescaled bootstrap of the PSUs), where errors agree as far as 200 draws of chance do.
"""

from collections.abc import Iterator

import numpy as np
from contest import Contest, machine, rows_asked, run

STRATA, PSUS, ITEMS, REPLICATES = 100, 50, 10, 200
NAMES = [f"y{item}" for item in range(ITEMS)]
GIVEN = [f"r{replicate}" for replicate in range(1, REPLICATES + 1)]


def main() -> None:
    print(machine())
    given = Contest(
        "Ten proportions, 200 bootstrap replicates given as columns",
        __file__,
        {"floor": "floor_given", "ours": "ours_given", "svy": "svy_given", "R": "replicates.R given"},
        ["w", *NAMES, *GIVEN],
        {"estimate": 1e-9, "se": 1e-9},
        fastest={"svy": 3},
        leanest={"columns": 3},
    )
    drawn = Contest(
        "Ten proportions, 200 bootstrap replicates drawn from the design; time to draw them under 'design'",
        __file__,
        {"floor": "floor_drawn", "ours": "ours_drawn", "svy": "svy_drawn", "R": "replicates.R drawn"},
        ["stratum", "psu", "w", *NAMES],
        {"estimate": 1e-9, "se": 0.3},
        fastest={"svy": 3},
        leanest={"svy": 0.25},
    )
    run(made(rows_asked(100_000)), [given, drawn])


def made(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(23)
    stratum = random.integers(0, STRATA, rows)
    columns = {
        "stratum": stratum,
        "psu": stratum * PSUS + random.integers(0, PSUS, rows),
        "w": random.gamma(4, 0.25, rows),
    }
    columns |= {name: (random.random(rows) < 0.3 + 0.04 * at).astype(float) for at, name in enumerate(NAMES)}
    factors = bootstrap(random)
    return columns | {name: columns["w"] * factor[columns["psu"]] for name, factor in zip(GIVEN, factors, strict=True)}


def bootstrap(random: np.random.Generator) -> np.ndarray:
    """Draw n - 1 of the n PSUs of each stratum with replacement; the factor is n / (n - 1) times the draws."""
    draws = random.multinomial(PSUS - 1, np.full(PSUS, 1 / PSUS), size=(REPLICATES, STRATA))
    return (PSUS / (PSUS - 1) * draws).reshape(REPLICATES, -1)


def finished(estimate: np.ndarray, replicates: np.ndarray) -> dict[str, np.ndarray]:
    return {"estimate": estimate, "se": np.sqrt(((replicates - replicates.mean(axis=0)) ** 2).mean(axis=0))}


def floor_given(columns: dict[str, np.ndarray]) -> Iterator[object]:
    yield

    def work() -> dict[str, np.ndarray]:
        items = np.stack([columns[name] for name in NAMES], axis=1)
        sums = np.stack([columns[name] @ items for name in GIVEN])
        totals = np.array([columns[name].sum() for name in GIVEN])
        return finished(columns["w"] @ items / columns["w"].sum(), sums / totals[:, None])

    yield work, lambda found: found


def floor_drawn(columns: dict[str, np.ndarray]) -> Iterator[object]:
    yield
    factors = bootstrap(np.random.default_rng(1))

    def work() -> dict[str, np.ndarray]:
        w, psu = columns["w"], columns["psu"]
        sums = [np.bincount(psu, weights=w * columns[name], minlength=STRATA * PSUS) for name in NAMES]
        table = np.stack([*sums, np.bincount(psu, weights=w, minlength=STRATA * PSUS)], axis=1)
        whole, replicates = table.sum(axis=0), factors @ table
        return finished(whole[:-1] / whole[-1], replicates[:, :-1] / replicates[:, -1:])

    yield work, lambda found: found


def ours_given(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import pandas as pd

    from topline.analysis.estimation.estimate import proportion
    from topline.analysis.replication.replicate_weights import replicate_design

    frame = pd.DataFrame(columns)
    columns.clear()
    yield
    design = replicate_design(frame, weight="w", replicates=GIVEN, method="bootstrap", scale=1 / REPLICATES)
    yield lambda: proportion(design, NAMES, category=1), numbers_of_ours


def ours_drawn(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import pandas as pd

    from topline.analysis.estimation.estimate import proportion
    from topline.analysis.replication.replicates import replicates
    from topline.analysis.sampling.design import Design

    frame = pd.DataFrame(columns)
    columns.clear()
    yield
    design = Design(frame, weight="w", strata="stratum", psu="psu")
    design = replicates(design, "subbootstrap", replicates=REPLICATES, seed=1)
    yield lambda: proportion(design, NAMES, category=1), numbers_of_ours


def numbers_of_ours(estimates: object) -> dict[str, np.ndarray]:
    frame = estimates.to_frame()
    return {"estimate": frame["estimate"], "se": frame["se"]}


def svy_given(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import polars
    from svy import Design, RepWeights, Sample

    frame = polars.DataFrame(columns)
    columns.clear()
    yield
    given = RepWeights("bootstrap", prefix="r", n_reps=REPLICATES, scale=1 / REPLICATES)
    sample = Sample(frame, Design(wgt="w", rep_wgts=given))
    yield lambda: sample.estimation.mean(NAMES, method="replication"), numbers_of_svy


def svy_drawn(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import polars
    from svy import Design, Sample

    frame = polars.DataFrame(columns)
    columns.clear()
    yield
    sample = Sample(frame, Design(stratum="stratum", psu="psu", wgt="w"))
    sample = sample.weighting.create_bs_wgts(REPLICATES, rep_prefix="r", rstate=1)
    yield lambda: sample.estimation.mean(NAMES, method="replication"), numbers_of_svy


def numbers_of_svy(results: list[object]) -> dict[str, np.ndarray]:
    frames = [one.to_polars(tidy=True) for one in results]
    return {name: np.concatenate([frame[short].to_numpy() for frame in frames]) for name, short in SVY.items()}


SVY = {"estimate": "est", "se": "se"}


if __name__ == "__main__":
    main()
