"""Calibration within bounds on 40 auxiliaries, linear and logit, beside a bare floor and R.

python benchmarks/bench_calibration.py [rows, default 200000] [--without-r]

The floor takes full Newton steps from columns in one matrix until every total is met to 1e-8 of the weights' sum; ours
checks the columns, keeps what variances and replicates need, and gives a report too.
"""

from collections.abc import Callable, Iterator

import numpy as np
from contest import Contest, machine, rows_asked, run

NAMES = [f"x{item}" for item in range(40)]
LOW, HIGH = 0.5, 2.0


def main() -> None:
    print(machine())
    columns = made(rows_asked(200_000))
    run(columns, [contest("linear", "Linear distance cut off at bounds", 8), contest("logit", "Logit distance", 4)])


def contest(distance: str, title: str, faster: float) -> Contest:
    return Contest(
        f"{title}: 40 auxiliaries, factors from {LOW:g} to {HIGH:g}",
        __file__,
        {"floor": f"floor_{distance}", "ours": f"ours_{distance}", "R": f"calibration.R {distance}"},
        ["w", "tilt", *NAMES],
        # the floor and R stop at 1e-8; ours goes on to 1e-10
        {"weights": 1e-6, "reached": 1e-6},
        fastest={"floor": 2, "R": faster},
        leanest={"columns": 3},
    )


def made(rows: int) -> dict[str, np.ndarray]:
    """Make columns, and a tilt of the weights that says what the population has; about a tenth comes to a bound."""
    random = np.random.default_rng(31)
    columns = {"w": random.gamma(4, 0.25, rows)}
    columns |= {name: random.normal(50, 10, rows) for name in NAMES[:20]}
    columns |= {name: random.gamma(2, 1000, rows) for name in NAMES[20:30]}
    columns |= {name: (random.random(rows) < 0.1 + 0.02 * at).astype(float) for at, name in enumerate(NAMES[30:])}
    signs = np.where(np.arange(len(NAMES)) % 3 == 0, -1.0, 1.0)
    pairs = zip(signs, NAMES, strict=True)
    lean = sum(sign * (columns[name] - columns[name].mean()) / columns[name].std() for sign, name in pairs)
    tilt = np.clip(1 + 0.45 * lean / lean.std(), 1.05 * LOW, 0.95 * HIGH)
    return columns | {"tilt": tilt * columns["w"].sum() / (columns["w"] @ tilt)}


def wanted(columns: dict[str, np.ndarray]) -> dict[str, float]:
    tilted = columns["w"] * columns["tilt"]
    return {name: float(tilted @ columns[name]) for name in NAMES}


def floor_linear(columns: dict[str, np.ndarray]) -> Iterator[object]:
    def factor(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = np.clip(1 + u, LOW, HIGH)
        return found, ((found > LOW) & (found < HIGH)).astype(float)

    return floor(columns, factor)


def floor_logit(columns: dict[str, np.ndarray]) -> Iterator[object]:
    steep = (HIGH - LOW) / ((HIGH - 1) * (1 - LOW))

    def factor(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        grown = np.exp(steep * u)
        found = (LOW * (HIGH - 1) + HIGH * (1 - LOW) * grown) / (HIGH - 1 + (1 - LOW) * grown)
        return found, steep * (found - LOW) * (HIGH - found) / (HIGH - LOW)

    return floor(columns, factor)


def floor(
    columns: dict[str, np.ndarray], factor: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
) -> Iterator[object]:
    target = np.array([columns["w"].sum(), *wanted(columns).values()])
    yield

    def work() -> np.ndarray:
        w = columns["w"]
        x = np.column_stack([np.ones(len(w)), *(columns[name] for name in NAMES)])
        multipliers = np.zeros(len(target))
        found, slope = factor(x @ multipliers)
        missing = target - x.T @ (w * found)
        while np.abs(missing / target).max() > 1e-8:
            multipliers += np.linalg.solve(x.T @ (x * (w * slope)[:, None]), missing)
            found, slope = factor(x @ multipliers)
            missing = target - x.T @ (w * found)
        return w * found

    yield work, lambda weights: numbers(weights, columns)


def numbers(weights: np.ndarray, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {"weights": weights, "reached": np.array([weights @ columns[name] for name in NAMES])}


def ours_linear(columns: dict[str, np.ndarray]) -> Iterator[object]:
    return ours(columns, "linear")


def ours_logit(columns: dict[str, np.ndarray]) -> Iterator[object]:
    return ours(columns, "logit")


def ours(columns: dict[str, np.ndarray], distance: str) -> Iterator[object]:
    import pandas as pd

    from topline.analysis.calibration.calibrate import calibrate
    from topline.analysis.sampling.design import Design

    targets = wanted(columns)
    frame = pd.DataFrame(columns)
    columns.clear()
    yield
    design = Design(frame, weight="w")
    yield (
        lambda: calibrate(design, totals=targets, distance=distance, bounds=(LOW, HIGH)),
        lambda found: numbers(found.weights, {name: frame[name].to_numpy() for name in NAMES}),
    )


if __name__ == "__main__":
    main()
