"""Grouped means of a large sample with standard errors and full covariance, beside a bare floor, svy and R.

python benchmarks/bench_estimates.py [rows, default 1000000] [--without-r] [--without-svy]

The floor does only the sums and products that the result needs, on arrays that are ready. Ours starts from a made
design; it checks, orders and labels, and gives intervals and design effects too. Both give the covariance of all
300 estimates; the peers give standard errors alone (svy has no covariance across items, and R's takes the influence
of every row on every estimate: 2.4 GB here).
"""

import itertools
from collections.abc import Iterator

import numpy as np
from contest import Contest, machine, rows_asked, run

STRATA, PSUS, DOMAINS, ITEMS = 100, 50, 30, 10
NAMES = [f"y{item}" for item in range(ITEMS)]


def main() -> None:
    print(machine())
    columns = made(rows_asked(1_000_000))
    exact = {"estimate": 1e-9, "se": 1e-9, "covariance": 1e-9}
    faster = {"floor": 3, "svy": 20, "R": 20}
    clustered = ["stratum", "psu", "domain", "w", *NAMES]
    peers = {"svy": "svy", "R": "estimates.R psu"}
    alone = {"svy": "svy_rows", "R": "estimates.R rows"}
    run(
        columns,
        [
            Contest(
                "Means of ten items in 30 domains, 100 strata x 50 PSUs; full covariance",
                __file__,
                {"floor": "floor", "ours": "ours", **peers},
                clustered,
                exact,
                fastest=faster,
                leanest={"columns": 3},
            ),
            Contest(
                "The same as proportions, with logit intervals",
                __file__,
                {"floor": "floor", "ours": "ours_proportions"},
                clustered,
                exact,
                fastest=faster,
                leanest={"columns": 3},
            ),
            Contest(
                "The same means, every row a PSU",
                __file__,
                {"floor": "floor_rows", "ours": "ours_rows", **alone},
                ["stratum", "domain", "w", *NAMES],
                exact,
                fastest=faster,
                leanest={"columns": 3},
            ),
        ],
    )


def made(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(20)
    stratum = random.integers(0, STRATA, rows)
    columns = {
        "stratum": stratum,
        "psu": stratum * PSUS + random.integers(0, PSUS, rows),
        "domain": random.integers(0, DOMAINS, rows),
        "w": random.gamma(4, 0.25, rows),
    }
    return columns | {name: (random.random(rows) < 0.3 + 0.04 * at).astype(float) for at, name in enumerate(NAMES)}


def floor(columns: dict[str, np.ndarray]) -> Iterator[object]:
    yield

    def work() -> tuple[np.ndarray, np.ndarray]:
        w = columns["w"]
        cell, cells = columns["psu"] * DOMAINS + columns["domain"], STRATA * PSUS * DOMAINS
        weights = np.bincount(cell, weights=w, minlength=cells).reshape(-1, DOMAINS)
        total = weights.sum(axis=0)
        means, influence = np.empty((ITEMS, DOMAINS)), np.empty((STRATA, PSUS, ITEMS, DOMAINS))
        for at, name in enumerate(NAMES):
            sums = np.bincount(cell, weights=w * columns[name], minlength=cells).reshape(-1, DOMAINS)
            means[at] = sums.sum(axis=0) / total
            influence[:, :, at] = ((sums - weights * means[at]) / total).reshape(STRATA, PSUS, DOMAINS)
        influence -= influence.mean(axis=1, keepdims=True)
        scatter = influence.reshape(-1, ITEMS * DOMAINS)
        return means, PSUS / (PSUS - 1) * (scatter.T @ scatter)

    yield work, numbers_of_floor


def floor_rows(columns: dict[str, np.ndarray]) -> Iterator[object]:
    yield

    def work() -> tuple[np.ndarray, np.ndarray]:
        w, domain, stratum = columns["w"], columns["domain"], columns["stratum"]
        cell, cells = stratum * DOMAINS + domain, STRATA * DOMAINS
        weights = np.bincount(cell, weights=w, minlength=cells).reshape(-1, DOMAINS)
        total, drawn = weights.sum(axis=0), np.bincount(stratum, minlength=STRATA)
        multiplier = drawn / (drawn - 1)
        root = np.sqrt(multiplier)[stratum] * (w / total[domain])
        means, sums = np.empty((ITEMS, DOMAINS)), np.empty((STRATA, ITEMS, DOMAINS))
        influence = np.empty((ITEMS, len(w)))
        for at, name in enumerate(NAMES):
            valued = np.bincount(cell, weights=w * columns[name], minlength=cells).reshape(-1, DOMAINS)
            means[at] = valued.sum(axis=0) / total
            sums[:, at] = (valued - weights * means[at]) / total
            influence[at] = root * (columns[name] - means[at][domain])
        covariance = np.zeros((ITEMS, DOMAINS, ITEMS, DOMAINS))
        for one, two in itertools.combinations_with_replacement(range(ITEMS), 2):
            products = np.bincount(domain, weights=influence[one] * influence[two], minlength=DOMAINS)
            for pair in {(one, two), (two, one)}:
                covariance[pair[0], np.arange(DOMAINS), pair[1], np.arange(DOMAINS)] = products
        between = sums.reshape(STRATA, -1)
        width = ITEMS * DOMAINS
        return means, covariance.reshape(width, width) - between.T @ (between * (multiplier / drawn)[:, None])

    yield work, numbers_of_floor


def numbers_of_floor(result: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
    means, covariance = result
    return {"estimate": means.ravel(), "se": np.sqrt(np.diag(covariance)), "covariance": covariance.ravel()}


def ours(columns: dict[str, np.ndarray]) -> Iterator[object]:
    from topline.analysis.estimation.estimate import mean
    from topline.analysis.sampling.design import Design

    frame = framed(columns)
    yield
    design = Design(frame, weight="w", strata="stratum", psu="psu")
    yield lambda: with_covariance(mean(design, NAMES, by="domain")), numbers_of_ours


def ours_proportions(columns: dict[str, np.ndarray]) -> Iterator[object]:
    from topline.analysis.estimation.estimate import proportion
    from topline.analysis.sampling.design import Design

    frame = framed(columns)
    yield
    design = Design(frame, weight="w", strata="stratum", psu="psu")
    yield lambda: with_covariance(proportion(design, NAMES, category=1, by="domain")), numbers_of_ours


def ours_rows(columns: dict[str, np.ndarray]) -> Iterator[object]:
    from topline.analysis.estimation.estimate import mean
    from topline.analysis.sampling.design import Design

    frame = framed(columns)
    yield
    design = Design(frame, weight="w", strata="stratum")
    yield lambda: with_covariance(mean(design, NAMES, by="domain")), numbers_of_ours


def framed(columns: dict[str, np.ndarray]) -> object:
    import pandas as pd

    frame = pd.DataFrame(columns)
    columns.clear()
    return frame


def with_covariance(estimates: object) -> tuple[object, np.ndarray]:
    return estimates, estimates.covariance


def numbers_of_ours(result: tuple[object, np.ndarray]) -> dict[str, np.ndarray]:
    frame = result[0].to_frame()
    return {"estimate": frame["estimate"], "se": frame["se"], "covariance": result[1].ravel()}


def svy(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import polars
    from svy import Design, Sample

    frame = polars.DataFrame(columns)
    columns.clear()
    yield
    sample = Sample(frame, Design(stratum="stratum", psu="psu", wgt="w"))
    yield lambda: sample.estimation.mean(NAMES, by="domain"), numbers_of_svy


def svy_rows(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import polars
    from svy import Design, Sample

    frame = polars.DataFrame(columns)
    columns.clear()
    yield
    sample = Sample(frame, Design(stratum="stratum", wgt="w"))
    yield lambda: sample.estimation.mean(NAMES, by="domain"), numbers_of_svy


def numbers_of_svy(results: list[object]) -> dict[str, np.ndarray]:
    frames = [one.to_polars(tidy=True) for one in results]
    return {name: np.concatenate([frame[short].to_numpy() for frame in frames]) for name, short in SVY.items()}


SVY = {"estimate": "est", "se": "se"}


if __name__ == "__main__":
    main()
