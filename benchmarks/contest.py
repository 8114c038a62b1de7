"""A contest: the bare floor, ours and the peers on the same columns, each in its own process, held to the same numbers.

Every benchmark is a file of contenders (see ``contender.py``) and a ``main`` that describes its contests.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from peers import PEERS, peer_python, rscript

HERE = Path(__file__).parent
REPEATS = 5


@dataclass(frozen=True)
class Measured:
    """What one contender took: median seconds of how many runs, seconds to make its design, bytes above the data."""

    seconds: float
    runs: int
    preparing: float
    peak: int


@dataclass(frozen=True)
class Contest:
    """One case of a benchmark.

    Attributes
    ----------
    title : str
        What is computed.
    bench : str
        File of the contenders.
    contenders : mapping of str to str
        Printed name to generator function (``"floor"`` and ``"ours"`` among them), or to a script of R. Names that
        begin with that of a peer run in its environment.
    used : sequence of str
        The columns that the case uses, for memory.
    tolerance : mapping of str to float
        Largest relative difference from ours allowed for each named array.
    looser : mapping of str to float
        The same for one contender alone, ``"svy.se"``; the reason stands beside it.
    fastest : mapping of str to float
        Targets: a peer's seconds over ours, at least; for ``"floor"`` ours over the floor's, at most.
    leanest : mapping of str to float
        Targets: our peak memory over a peer's, at most; for ``"columns"`` over the columns used.
    within : float or None
        Target: our seconds, at most.
    """

    title: str
    bench: str
    contenders: Mapping[str, str]
    used: Sequence[str]
    tolerance: Mapping[str, float]
    looser: Mapping[str, float] = field(default_factory=dict)
    fastest: Mapping[str, float] = field(default_factory=dict)
    leanest: Mapping[str, float] = field(default_factory=dict)
    within: float | None = None


def run(columns: Mapping[str, np.ndarray], contests: Sequence[Contest]) -> None:
    """Hold the contests on the columns, and leave with an error where contenders disagree."""
    different = [contest.title for contest in contests if not hold(contest, columns)]
    if different:
        raise SystemExit(f"the contenders do not give the same numbers: {'; '.join(different)}")


def machine() -> str:
    """Give the machine in one line, with how busy it is."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    load = os.getloadavg()[0]
    quiet = "quiet" if load < 0.5 else "NOT quiet: timings are too long and unsteady"
    return f"{model or platform.machine()}, {os.cpu_count()} cores; load {load:.1f} at the start ({quiet})"


def rows_asked(default: int) -> int:
    """Give the number of rows on the command line."""
    return int(next((word for word in sys.argv[1:] if word.isdigit()), default))


def write(columns: Mapping[str, np.ndarray], folder: Path) -> None:
    """Leave each column as a file of doubles, which R and numpy read at the speed of the disk."""
    kinds = {name: "int" if np.issubdtype(values.dtype, np.integer) else "float" for name, values in columns.items()}
    (folder / "columns.txt").write_text("".join(f"{name} {kind}\n" for name, kind in kinds.items()))
    for name, values in columns.items():
        values.astype(np.float64).tofile(folder / f"{name}.bin")


def hold(contest: Contest, columns: Mapping[str, np.ndarray]) -> bool:
    """Run every contender on the columns of the case, print the table, and say whether their numbers agree."""
    used = {name: columns[name] for name in contest.used}
    rows, size = len(columns[contest.used[0]]), sum(values.nbytes for values in used.values())
    print(f"\n{contest.title}\n{rows:,} rows; the columns used take {megabytes(size)} MB", flush=True)
    with tempfile.TemporaryDirectory(prefix="topline-bench-") as place:
        folder = Path(place)
        write(used, folder)
        taken = measured(contest, folder)
        print_table(taken, size)
        print_targets(contest, taken, size)
        return agree(contest, taken, folder)


def measured(contest: Contest, folder: Path) -> dict[str, Measured]:
    """Run the contenders one after the other; say which do not run, and why."""
    taken: dict[str, Measured] = {}
    for name, runs in contest.contenders.items():
        asked = f"--without-{name.lower()}" not in sys.argv
        found = measure(name, contest.bench, runs, folder) if asked else "not asked for"
        if isinstance(found, str):
            print(f"  {name}: NOT RUN: {found}", flush=True)
        else:
            taken[name] = found
    return taken


def measure(name: str, bench: str, runs: str, folder: Path) -> Measured | str:
    """Run one contender in its own process; give what it took, or why it did not run."""
    if ".R" in runs:
        script, *options = runs.split()
        program, about = rscript()
        command = [program, HERE / script, folder, str(REPEATS), output(runs), *options]
    else:
        program, about = peer_python(name) if name.startswith(tuple(PEERS)) else (sys.executable, "")
        command = [program, HERE / "contender.py", HERE / bench, runs, folder, str(REPEATS)]
    if program is None:
        return about
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE)
    if done.returncode:
        return f"it failed: {(done.stderr.strip() or f'exit {done.returncode}').splitlines()[-1]}"
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return Measured(statistics.median(told["seconds"]), len(told["seconds"]), told["preparing"], told["peak"])


def print_table(taken: Mapping[str, Measured], size: int) -> None:
    print(
        f"  {'':28s}{'seconds':>9s}{'runs':>6s}{'/ floor':>9s}{'/ ours':>8s}{'MB':>8s}{'/ columns':>11s}{'design':>9s}"
    )
    for name, one in taken.items():
        ratios = [f"{one.seconds / taken[other].seconds:.1f}" if other in taken else "" for other in ("floor", "ours")]
        print(
            f"  {name:8s}{one.seconds:11.3f}{one.runs:11d}{ratios[0]:>11s}{ratios[1]:>11s}{megabytes(one.peak):>11s}"
            f"{one.peak / size:11.1f}{one.preparing:11.2f}"
        )


def print_targets(contest: Contest, taken: Mapping[str, Measured], size: int) -> None:
    """Say of each target whether it is met; they do not change the exit code, for machines differ."""
    if "ours" not in taken:
        return
    ours = taken["ours"]
    if contest.within is not None:
        verdict(f"at most {contest.within:g} seconds", ours.seconds, contest.within, most=True)
    for name, bound in contest.fastest.items():
        if name == "floor" and name in taken:
            verdict(f"at most {bound:g} times the floor", ours.seconds / taken[name].seconds, bound, most=True)
        elif name in taken:
            verdict(f"at least {bound:g} times faster than {name}", taken[name].seconds / ours.seconds, bound)
    for name, bound in contest.leanest.items():
        other = size if name == "columns" else taken[name].peak if name in taken else None
        if other:
            verdict(f"peak memory at most {bound:g} times that of {name}", ours.peak / other, bound, most=True)


def verdict(target: str, found: float, bound: float, *, most: bool = False) -> None:
    met = found <= bound if most else found >= bound
    print(f"  {'met   ' if met else 'MISSED'} {target}: {found:.2f}")


def agree(contest: Contest, taken: Mapping[str, Measured], folder: Path) -> bool:
    """Hold every array of every contender to ours; what a peer does not give is not compared."""
    if "ours" not in taken:
        return False
    fine = True
    for name in (name for name in taken if name != "ours"):
        for what, tolerance in contest.tolerance.items():
            theirs = left(contest.contenders[name], what, folder)
            if theirs is None:
                continue
            gap = difference(what, left(contest.contenders["ours"], what, folder), theirs)
            allowed = contest.looser.get(f"{name}.{what}", tolerance)
            fine &= gap <= allowed
            said = f"same to {gap:.0e}" if gap <= allowed else f"DIFFERENT by {gap:.2g}, more than {allowed:g}"
            print(f"  {what} of {name} and ours: {said}")
    return fine


def difference(what: str, ours: np.ndarray | None, theirs: np.ndarray) -> float:
    """Give the largest relative difference; that of a covariance is relative to its two standard errors."""
    if ours is None or len(ours) != len(theirs):
        return float("inf")
    size = np.abs(ours)
    if what == "covariance":
        se = np.sqrt(np.diag(ours.reshape(int(len(ours) ** 0.5), -1)))
        size = np.outer(se, se).ravel()
    return float(np.max(np.abs(theirs - ours) / size))


def left(runs: str, what: str, folder: Path) -> np.ndarray | None:
    """Read the numbers that a contender left."""
    place = folder / f"{output(runs)}.{what}.out"
    return np.fromfile(place) if place.exists() else None


def output(runs: str) -> str:
    return runs.replace(" ", "-")


def megabytes(size: float) -> str:
    return f"{size / 2**20:,.0f}"
