"""Raking of a large sample to five margins, beside a bare floor and R.

python benchmarks/bench_raking.py [rows, default 1000000] [--without-r]
"""

from collections.abc import Iterator

import numpy as np
from contest import Contest, machine, rows_asked, run

SIZES = {"m2": 2, "m6": 6, "m5": 5, "m4": 4, "m30": 30}
"""Categories of each margin."""


def main() -> None:
    print(machine())
    # all stop when no margin is off by more than 1e-6 of the population
    contest = Contest(
        "Raking on margins of 2, 6, 5, 4 and 30 categories",
        __file__,
        {"floor": "floor", "ours": "ours", "R": "raking.R"},
        ["w", *SIZES],
        {"weight": 1e-4},
        leanest={"columns": 3},
    )
    run(made(rows_asked(1_000_000)), [contest])


def made(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(20)
    categories = {name: random.choice(size, rows, p=skewed(size)[::-1]) for name, size in SIZES.items()}
    return {"w": random.gamma(4, 0.25, rows)} | categories


def skewed(size: int) -> np.ndarray:
    shares = np.arange(size, 2 * size, dtype=float)
    return shares / shares.sum()


def floor(columns: dict[str, np.ndarray]) -> Iterator[object]:
    """Give raked weights by sweeps on the cell table."""
    yield

    def work() -> np.ndarray:
        w, shape = columns["w"], tuple(SIZES.values())
        cell = np.ravel_multi_index(tuple(columns[name] for name in SIZES), shape)
        base = np.bincount(cell, weights=w, minlength=int(np.prod(shape))).reshape(shape)
        table, total, worst = base.copy(), w.sum(), 1.0
        while worst > 1e-6:
            worst = 0.0
            for axis, size in enumerate(shape):
                margin = table.sum(axis=tuple(other for other in range(len(shape)) if other != axis))
                worst = max(worst, np.abs(margin / total - skewed(size)).max())
                factor = skewed(size) * total / margin
                table = table * factor.reshape([-1 if each == axis else 1 for each in range(len(shape))])
        return w * (table / np.where(base > 0, base, 1)).ravel()[cell]

    yield work, lambda weights: {"weight": weights}


def ours(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import pandas as pd

    from topline.analysis.sampling.design import Design
    from topline.analysis.weighting.rake import rake

    frame = pd.DataFrame(columns)
    columns.clear()
    yield
    design = Design(frame, weight="w")
    margins = {name: {str(code): share for code, share in enumerate(skewed(size))} for name, size in SIZES.items()}
    yield lambda: rake(design, margins, tolerance=1e-6), lambda raked: {"weight": raked.weights}


if __name__ == "__main__":
    main()
