"""Medians of five variables in 30 domains with Woodruff intervals, beside a bare floor, svy and R.

python benchmarks/bench_quantiles.py [rows, default 1000000] [--without-r] [--without-svy]

The quantile is the smallest value at which the weights reach the share (R's rule "math"); its interval turns the t
interval of the share at or below it back into values (R's ``interval.type = "mean"``). Degrees of freedom are those
of each domain, as the peers have them.
"""

from collections.abc import Iterator

import numpy as np
from contest import Contest, machine, rows_asked, run

STRATA, PSUS, DOMAINS = 100, 50, 30
NAMES = [f"x{item}" for item in range(5)]


def main() -> None:
    print(machine())
    contest = Contest(
        "Medians of five variables in 30 domains, 100 strata x 50 PSUs",
        __file__,
        {"floor": "floor", "ours": "ours", "svy": "svy", "R": "quantiles.R"},
        ["stratum", "psu", "domain", "w", *NAMES],
        {"estimate": 1e-9, "se": 1e-9, "low": 1e-9, "high": 1e-9},
        fastest={"R": 5},
        leanest={"columns": 3},
    )
    run(made(rows_asked(1_000_000)), [contest])


def made(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(21)
    stratum = random.integers(0, STRATA, rows)
    columns = {
        "stratum": stratum,
        "psu": stratum * PSUS + random.integers(0, PSUS, rows),
        "domain": random.integers(0, DOMAINS, rows),
        "w": random.gamma(4, 0.25, rows),
    }
    return columns | {name: random.lognormal(3 + 0.1 * at, 0.8, rows) for at, name in enumerate(NAMES)}


def floor(columns: dict[str, np.ndarray]) -> Iterator[object]:
    from scipy import special

    yield

    def work() -> np.ndarray:
        domain, psu = columns["domain"], columns["psu"]
        by_domain = np.argsort(domain.astype(np.int16), kind="stable")
        ends = np.cumsum(np.bincount(domain, minlength=DOMAINS))
        found = np.empty((len(NAMES), DOMAINS, 4))
        for group, rows in enumerate(np.split(by_domain, ends[:-1])):
            w, unit = columns["w"][rows], psu[rows]
            by_unit, total = np.bincount(unit, weights=w, minlength=STRATA * PSUS), w.sum()
            reach = special.stdtrit(np.count_nonzero(by_unit) - STRATA, 0.975)
            for at, name in enumerate(NAMES):
                x = columns[name][rows]
                order = np.argsort(x)
                share = np.cumsum(w[order]) / total
                median = x[order[np.searchsorted(share, 0.5)]]
                below = np.bincount(unit, weights=w * (x <= median), minlength=STRATA * PSUS)
                centre = below.sum() / total
                z = ((below - centre * by_unit) / total).reshape(STRATA, PSUS)
                z -= z.mean(axis=1, keepdims=True)
                error = reach * np.sqrt(PSUS / (PSUS - 1) * (z**2).sum())
                ends_of = x[order[np.searchsorted(share, [centre - error, centre + error])]]
                found[at, group] = median, (ends_of[1] - ends_of[0]) / (2 * reach), *ends_of
        return found

    yield work, lambda found: dict(zip(("estimate", "se", "low", "high"), found.reshape(-1, 4).T, strict=True))


def ours(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import pandas as pd

    from topline.analysis.estimation.quantile import quantile
    from topline.analysis.sampling.design import Design

    frame = pd.DataFrame(columns)
    columns.clear()
    yield
    design = Design(frame, weight="w", strata="stratum", psu="psu")

    def numbers(estimates: object) -> dict[str, np.ndarray]:
        frame = estimates.to_frame()
        return {name: frame[name] for name in ("estimate", "se", "low", "high")}

    yield lambda: quantile(design, NAMES, 0.5, by="domain", df="domain"), numbers


def svy(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import polars
    from svy import Design, Sample

    frame = polars.DataFrame(columns)
    columns.clear()
    yield
    sample = Sample(frame, Design(stratum="stratum", psu="psu", wgt="w"))

    def numbers(results: list[object]) -> dict[str, np.ndarray]:
        frames = [one.to_polars(tidy=True) for one in results]
        named = {"estimate": "est", "se": "se", "low": "lci", "high": "uci"}
        return {name: np.concatenate([frame[short].to_numpy() for frame in frames]) for name, short in named.items()}

    yield lambda: sample.estimation.quantile(NAMES, p=0.5, by="domain"), numbers


if __name__ == "__main__":
    main()
