"""Grouped estimates and raking on large samples: ours beside a bare numpy floor and R's survey, in one run.

python benchmarks/bench_estimates.py [rows, default 1000000] [--without-r]

The floor does only the sums and products that the result needs, on arrays that are ready; ours starts from a
design, checks, orders, labels, and gives intervals and design effects. All must give the same numbers.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from topline.analysis.design import Design
from topline.analysis.estimate import mean
from topline.analysis.rake import rake

STRATA, PSUS, DOMAINS, ITEMS = 100, 50, 30, 10
SIZES = {"m2": 2, "m6": 6, "m5": 5, "m4": 4, "m30": 30}


def main() -> None:
    rows = int(next((word for word in sys.argv[1:] if word.isdigit()), 1_000_000))
    frame = made(rows)
    targets = {name: skewed(size) for name, size in SIZES.items()}
    design = Design(frame, weight="w", strata="stratum", psu="psu")
    items = [f"y{item}" for item in range(ITEMS)]

    seconds, floor = timed(lambda: floor_means(frame, items))
    ours_seconds, ours = timed(lambda: mean(design, items, by="domain"))
    agree("standard errors", floor[1].ravel(), ours.to_frame()["se"].to_numpy())
    covariance_seconds, _ = timed(lambda: mean(design, items, by="domain").covariance)
    rake_floor_seconds, raked_floor = timed(lambda: floor_rake(frame, targets))
    margins = {name: {str(code): share for code, share in enumerate(shares)} for name, shares in targets.items()}
    rake_seconds, raked = timed(lambda: rake(design, margins, tolerance=1e-6))
    agree("raked weights", raked_floor, raked.weights, 1e-4)
    r_means, r_rake = run_r(frame, targets, ours.to_frame()) if "--without-r" not in sys.argv else (None, None)

    print(f"{rows:,} rows, {STRATA} strata x {PSUS} PSUs; medians of five (R once), seconds")
    line("ten items x 30 domains, mean and SE", seconds, ours_seconds, r_means)
    line("  the same with full covariance", seconds, covariance_seconds, None)
    line("raking on 2, 6, 5, 4, 30 categories", rake_floor_seconds, rake_seconds, r_rake)


def made(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(20)
    columns = {
        "stratum": random.integers(0, STRATA, rows),
        "psu": random.integers(0, PSUS, rows),
        "domain": random.integers(0, DOMAINS, rows),
        "w": random.gamma(4, 0.25, rows),
    }
    columns |= {f"y{item}": (random.random(rows) < 0.3 + 0.04 * item).astype(float) for item in range(ITEMS)}
    columns |= {name: random.choice(size, rows, p=skewed(size)[::-1]) for name, size in SIZES.items()}
    return pd.DataFrame(columns)


def skewed(size: int) -> np.ndarray:
    shares = np.arange(size, 2 * size, dtype=float)
    return shares / shares.sum()


def floor_means(frame: pd.DataFrame, items: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Give means and standard errors by the fewest numpy calls."""
    w, domain = frame["w"].to_numpy(), frame["domain"].to_numpy()
    psu = (frame["stratum"] * PSUS + frame["psu"]).to_numpy()
    cell, cells = psu * DOMAINS + domain, STRATA * PSUS * DOMAINS
    weights = np.bincount(cell, weights=w, minlength=cells).reshape(-1, DOMAINS)
    total = weights.sum(axis=0)
    means, errors = np.empty((len(items), DOMAINS)), np.empty((len(items), DOMAINS))
    for at, item in enumerate(items):
        sums = np.bincount(cell, weights=w * frame[item].to_numpy(), minlength=cells).reshape(-1, DOMAINS)
        means[at] = sums.sum(axis=0) / total
        z = ((sums - weights * means[at]) / total).reshape(STRATA, PSUS, DOMAINS)
        z -= z.mean(axis=1, keepdims=True)
        errors[at] = np.sqrt(PSUS / (PSUS - 1) * (z**2).sum(axis=(0, 1)))
    return means, errors


def floor_rake(frame: pd.DataFrame, targets: dict[str, np.ndarray]) -> np.ndarray:
    """Give raked weights by sweeps on the cell table."""
    w = frame["w"].to_numpy()
    shape = tuple(len(shares) for shares in targets.values())
    cell = np.ravel_multi_index(tuple(frame[name].to_numpy() for name in targets), shape)
    table = np.bincount(cell, weights=w, minlength=int(np.prod(shape))).reshape(shape)
    base, total = table.copy(), w.sum()
    for _ in range(100):
        worst = 0.0
        for axis, shares in enumerate(targets.values()):
            others = tuple(other for other in range(len(shape)) if other != axis)
            margin = table.sum(axis=others)
            worst = max(worst, np.abs(margin / total - shares).max())
            factor = shares * total / margin
            table = table * factor.reshape([-1 if each == axis else 1 for each in range(len(shape))])
        if worst < 1e-6:
            break
    return w * (table / np.where(base > 0, base, 1)).ravel()[cell]


def timed(work: Callable[[], object]) -> tuple[float, object]:
    seconds, result = [], None
    for _ in range(5):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def agree(what: str, one: np.ndarray, two: np.ndarray, rel: float = 1e-9) -> None:
    gap = float(np.abs(two / one - 1).max())
    if gap > rel:
        raise SystemExit(f"{what} differ by {gap:.2g} (relative); more than {rel:g}")


def run_r(frame: pd.DataFrame, targets: dict[str, np.ndarray], ours: pd.DataFrame) -> tuple[float | None, float | None]:
    """Time R's survey on the same rows, and hold its standard errors to ours."""
    if shutil.which("Rscript") is None:
        return None, None
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        np.column_stack([frame[name].to_numpy(dtype=float) for name in frame]).ravel("F").tofile(place / "data.bin")
        (place / "names.txt").write_text("\n".join(frame.columns))
        for name, shares in targets.items():
            (place / f"{name}.txt").write_text("\n".join(map(repr, shares.tolist())))
        (place / "bench.R").write_text(R_SCRIPT)
        run = subprocess.run(["Rscript", "bench.R"], cwd=place, capture_output=True, text=True, check=False)
        if run.returncode:
            print("R did not run:", run.stderr.strip().splitlines()[-1])
            return None, None
        errors = np.fromfile(place / "se.bin")
        agree("standard errors of R", errors, ours["se"].to_numpy())
        means, raking = map(float, run.stdout.split())
        return means, raking


R_SCRIPT = """
suppressMessages(library(survey))
names <- readLines("names.txt")
rows <- file.size("data.bin") / 8 / length(names)
data <- as.data.frame(matrix(readBin("data.bin", "double", rows * length(names)), ncol = length(names)))
names(data) <- names
design <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = data)
start <- proc.time()[[3]]
fit <- svyby(reformulate(paste0("y", 0:9)), ~domain, design, svymean)
means <- proc.time()[[3]] - start
writeBin(as.vector(as.matrix(SE(fit))), "se.bin")
margins <- c("m2", "m6", "m5", "m4", "m30")
total <- sum(data$w)
population <- lapply(margins, function(name) {
  shares <- as.numeric(readLines(paste0(name, ".txt")))
  setNames(data.frame(seq_along(shares) - 1, shares * total), c(name, "Freq"))
})
start <- proc.time()[[3]]
raked <- rake(design, lapply(margins, reformulate), population, control = list(maxit = 100, epsilon = 1e-6))
cat(means, proc.time()[[3]] - start)
"""


def line(what: str, floor: float, ours: float, r: float | None) -> None:
    beside = f"  R {r:7.2f} ({r / ours:5.1f} times ours)" if r else ""
    print(f"{what:38s} floor {floor:6.3f}  ours {ours:6.3f} ({ours / floor:4.1f} times the floor){beside}")


if __name__ == "__main__":
    main()
