"""A logistic regression of ten predictors with design-based errors, beside a bare floor, svy and R.

python benchmarks/bench_models.py [rows, default 200000] [--without-r] [--without-svy]

The floor takes Newton steps and the sandwich of the PSUs' scores; ours reads a formula, refuses what cannot be
estimated, and gives a summary too.
"""

from collections.abc import Iterator

import numpy as np
from contest import Contest, machine, rows_asked, run

STRATA, PSUS = 100, 50
NAMES = [f"x{item}" for item in range(10)]


def main() -> None:
    print(machine())
    # peers stop at a relative change of the deviance of 1e-8, which leaves this much in the coefficients
    contest = Contest(
        "Logit on ten predictors, 100 strata x 50 PSUs",
        __file__,
        {"floor": "floor", "ours": "ours", "svy": "svy", "R": "models.R"},
        ["stratum", "psu", "w", "y", *NAMES],
        {"estimate": 1e-7, "se": 1e-7, "covariance": 1e-7},
        fastest={"svy": 1, "R": 4},
        leanest={"columns": 3},
    )
    run(made(rows_asked(200_000)), [contest])


def made(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(22)
    stratum = random.integers(0, STRATA, rows)
    columns = {
        "stratum": stratum,
        "psu": stratum * PSUS + random.integers(0, PSUS, rows),
        "w": random.gamma(4, 0.25, rows),
    }
    columns |= {name: random.normal(size=rows) for name in NAMES[:8]}
    columns |= {name: random.integers(0, 2, rows).astype(float) for name in NAMES[8:]}
    lean = -0.5 + sum(0.1 * (at - 4) * columns[name] for at, name in enumerate(NAMES))
    lean += random.normal(0, 0.3, STRATA * PSUS)[columns["psu"]]
    return columns | {"y": (random.random(rows) < 1 / (1 + np.exp(-lean))).astype(float)}


def floor(columns: dict[str, np.ndarray]) -> Iterator[object]:
    yield

    def work() -> tuple[np.ndarray, np.ndarray]:
        x = np.column_stack([np.ones(len(columns["y"])), *(columns[name] for name in NAMES)])
        w, y, beta = columns["w"], columns["y"], np.zeros(len(NAMES) + 1)
        step = np.ones(1)
        while np.abs(step).max() > 1e-10:
            fitted = 1 / (1 + np.exp(-(x @ beta)))
            information = x.T @ (x * (w * fitted * (1 - fitted))[:, None])
            step = np.linalg.solve(information, x.T @ (w * (y - fitted)))
            beta += step
        residual = w * (y - 1 / (1 + np.exp(-(x @ beta))))
        scores = [np.bincount(columns["psu"], weights=residual * each, minlength=STRATA * PSUS) for each in x.T]
        z = np.stack(scores, axis=1).reshape(STRATA, PSUS, -1)
        z -= z.mean(axis=1, keepdims=True)
        z = np.linalg.solve(information, z.reshape(STRATA * PSUS, -1).T)
        return beta, PSUS / (PSUS - 1) * (z @ z.T)

    yield work, lambda found: numbers(found[0], found[1])


def numbers(estimate: np.ndarray, covariance: np.ndarray) -> dict[str, np.ndarray]:
    covariance = np.asarray(covariance)
    return {"estimate": np.asarray(estimate), "se": np.sqrt(np.diag(covariance)), "covariance": covariance.ravel()}


def ours(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import pandas as pd

    from topline.analysis.models.glm import glm
    from topline.analysis.sampling.design import Design

    frame = pd.DataFrame(columns)
    columns.clear()
    yield
    design = Design(frame, weight="w", strata="stratum", psu="psu")
    formula = "y ~ " + " + ".join(NAMES)
    yield (
        lambda: glm(design, formula, family="binomial"),
        lambda fit: numbers(fit.to_frame()["estimate"].to_numpy(), fit.covariance),
    )


def svy(columns: dict[str, np.ndarray]) -> Iterator[object]:
    import polars
    from svy import Design, Sample

    frame = polars.DataFrame(columns)
    columns.clear()
    yield
    sample = Sample(frame, Design(stratum="stratum", psu="psu", wgt="w"))
    yield (
        lambda: sample.glm.fit(y="y", x=NAMES, family="binomial"),
        lambda fit: numbers([one.est for one in fit.coefs], fit.fitted.cov_matrix),
    )


if __name__ == "__main__":
    main()
