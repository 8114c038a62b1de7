"""A recipe of three steps done again on 200 bootstrap replicates of 20,000 rows, beside the same loops in bare numpy.

python benchmarks/bench_weighting.py [rows, default 20000]

All cases are weighted for nonresponse, raked to three margins and trimmed; every row is its own PSU, in 20 strata. The
floor draws its own replicates, so errors agree as far as 200 draws do, and weights exactly. A table of rows by
replicates, which neither needs, is the bound of the memory.
"""

from collections.abc import Callable, Iterator

import numpy as np
from contest import Contest, machine, rows_asked, run

REPLICATES, STRATA, MULTIPLE = 200, 20, 2.5
SIZES = {"sex": 2, "education": 4, "region": 12}
"""Margins, and how many categories each has."""

CLASSES = {"age": 6, "urban": 2}
"""What response depends on; their crossing makes the classes, and they are the predictors of its propensity."""

USED = ["w", "stratum", "responded", "trust", *SIZES, *CLASSES]
TABLE = REPLICATES / len(USED)
"""Rows x replicates x 8 bytes, as a multiple of the columns."""

WORST = 1e-10

Columns = dict[str, np.ndarray]
Step = Callable[[np.ndarray, np.ndarray], np.ndarray]


def main() -> None:
    print(machine())
    titles = {"classes": "by classes", "propensity": "by inverse propensity"}
    contests = [
        Contest(
            f"Nonresponse {words}, raking, trimming: weights, and the error of a mean by {REPLICATES} replicates",
            __file__,
            {"floor": f"floor_{kind}", "ours": f"ours_{kind}", "margins kept": f"kept_{kind}"},
            USED,
            {"weight": 1e-8, "estimate": 1e-8, "se": 0.25},
            leanest={"columns": TABLE},
            within=10,
        )
        for kind, words in titles.items()
    ]
    run(made(rows_asked(20_000)), contests)


def made(rows: int) -> Columns:
    random = np.random.default_rng(31)
    columns: Columns = {name: random.integers(0, size, rows) for name, size in (SIZES | CLASSES).items()}
    lean = 0.3 * (columns["age"] - 2.5) - 0.4 * columns["urban"]
    columns["responded"] = (random.random(rows) < 1 / (1 + np.exp(-lean - 0.2))).astype(np.int64)
    columns["trust"] = lean + 0.4 * columns["education"] + random.normal(size=rows)
    return columns | {"w": random.gamma(4, 0.25, rows), "stratum": np.arange(rows) % STRATA}


def shares(name: str) -> np.ndarray:
    wanted = np.arange(SIZES[name], 2 * SIZES[name], dtype=float)
    return wanted / wanted.sum()


def floor(columns: Columns, answer: Callable[[Columns], Step]) -> Iterator[object]:
    """Draw n - 1 of the n rows of each stratum, and do the three steps with frequencies beside weights."""
    yield
    steps = [answer(columns), raking(columns), trimming]

    def weighted(frequency: np.ndarray) -> np.ndarray:
        weights = columns["w"]
        for step in steps:
            weights = step(weights, frequency)
        return weights

    def work() -> Columns:
        random, y = np.random.default_rng(1), columns["trust"]
        stratum = columns["stratum"]
        size = np.bincount(stratum)
        members = np.argsort(stratum, kind="stable")
        start, of = (np.cumsum(size) - size), np.repeat(np.arange(STRATA), size - 1)
        means = []
        for _ in range(REPLICATES):
            drawn = members[start[of] + (random.random(len(of)) * size[of]).astype(np.int64)]
            frequency = np.bincount(drawn, minlength=len(y)) * (size / (size - 1))[stratum]
            counted = frequency * weighted(frequency)
            means.append(counted @ y / counted.sum())
        weights = weighted(np.ones(len(y)))
        return {"weight": weights[weights > 0], "estimate": [weights @ y / weights.sum()], "se": [np.std(means)]}

    yield work, lambda found: found


def by_classes(columns: Columns) -> Step:
    cell = columns["age"] * CLASSES["urban"] + columns["urban"]
    responded, size = columns["responded"].astype(float), CLASSES["age"] * CLASSES["urban"]

    def step(weights: np.ndarray, frequency: np.ndarray) -> np.ndarray:
        counted = weights * frequency
        whole = np.bincount(cell, weights=counted, minlength=size)
        return weights * responded * (whole / np.bincount(cell, weights=counted * responded, minlength=size))[cell]

    return step


def by_propensity(columns: Columns) -> Step:
    """Fit a logit by Newton on the cells of the predictors."""
    cell = columns["age"] * CLASSES["urban"] + columns["urban"]
    responded, size = columns["responded"].astype(float), CLASSES["age"] * CLASSES["urban"]
    age, urban = np.divmod(np.arange(size), CLASSES["urban"])
    matrix = np.column_stack([np.ones(size), age[:, None] == np.arange(1, CLASSES["age"]), urban]).astype(float)

    def step(weights: np.ndarray, frequency: np.ndarray) -> np.ndarray:
        counted = weights * frequency
        whole = np.bincount(cell, weights=counted, minlength=size)
        answered = np.bincount(cell, weights=counted * responded, minlength=size)
        beta, score = np.zeros(matrix.shape[1]), np.ones(matrix.shape[1])
        while np.abs(score).max() > 1e-10 * whole.sum():
            chance = 1 / (1 + np.exp(-matrix @ beta))
            score = matrix.T @ (answered - whole * chance)
            beta = beta + np.linalg.solve(matrix.T @ (matrix * (whole * chance * (1 - chance))[:, None]), score)
        return weights * responded * (1 + np.exp(-matrix @ beta))[cell]

    return step


def raking(columns: Columns) -> Step:
    shape = tuple(SIZES.values())
    cell = np.ravel_multi_index(tuple(columns[name] for name in SIZES), shape)

    def step(weights: np.ndarray, frequency: np.ndarray) -> np.ndarray:
        base = np.bincount(cell, weights=weights * frequency, minlength=int(np.prod(shape))).reshape(shape)
        table, total, worst = base.copy(), base.sum(), 1.0
        while worst > WORST:
            worst = 0.0
            for axis, name in enumerate(SIZES):
                margin = table.sum(axis=tuple(other for other in range(len(shape)) if other != axis))
                worst = max(worst, np.abs(margin / total - shares(name)).max())
                table = table * (shares(name) * total / margin).reshape(np.where(np.arange(3) == axis, -1, 1))
        return weights * (table / np.where(base > 0, base, 1)).ravel()[cell]

    return step


def trimming(weights: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Hold weights under a multiple of their median; one factor for the others keeps the sum."""
    cap, total = MULTIPLE * np.median(weights[(weights > 0) & (frequency > 0)]), weights @ frequency
    trimmed, over = np.minimum(weights, cap), -1
    while over != (over := int((trimmed >= cap).sum())):
        held = trimmed >= cap
        factor = (total - cap * frequency[held].sum()) / (weights[~held] @ frequency[~held])
        trimmed = np.where(held, cap, np.minimum(weights * factor, cap))
    return trimmed


def floor_classes(columns: Columns) -> Iterator[object]:
    return floor(columns, by_classes)


def floor_propensity(columns: Columns) -> Iterator[object]:
    return floor(columns, by_propensity)


def ours(columns: Columns, *, recalibrate: bool, **answer: object) -> Iterator[object]:
    """Weight the sample, then replicate it; with ``recalibrate`` the margins hold after trimming too."""
    import pandas as pd

    import topline as tl

    frame = pd.DataFrame(columns)
    columns.clear()
    margins = {name: {str(code): share for code, share in enumerate(shares(name))} for name in SIZES}
    yield
    design = tl.Design(frame, weight="w", strata="stratum")

    def work() -> dict[str, object]:
        weighted = tl.rake(tl.nonresponse(design, "responded", **answer), margins)
        weighted = tl.trim(weighted, multiple=MULTIPLE, recalibrate=recalibrate)
        replicated = tl.replicates(weighted, "subbootstrap", replicates=REPLICATES, seed=1)
        final = weighted.weights
        return {"weight": final[final > 0], **tl.mean(replicated, "trust").to_frame()[["estimate", "se"]]}

    yield work, lambda found: {} if recalibrate else found


def ours_classes(columns: Columns) -> Iterator[object]:
    return ours(columns, recalibrate=False, within=["age", "urban"])


def ours_propensity(columns: Columns) -> Iterator[object]:
    return ours(columns, recalibrate=False, propensity="C(age) + urban")


def kept_classes(columns: Columns) -> Iterator[object]:
    return ours(columns, recalibrate=True, within=["age", "urban"])


def kept_propensity(columns: Columns) -> Iterator[object]:
    return ours(columns, recalibrate=True, propensity="C(age) + urban")


if __name__ == "__main__":
    main()
