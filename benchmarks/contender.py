"""One contender in a process of its own: times its work, and measures the memory it takes.

    python contender.py BENCH.py CONTENDER FOLDER REPEATS

A contender is a generator function of a benchmark: given the columns as arrays it makes them into what it works on
and yields None (from here on memory counts), then makes its design and yields its work and a function that turns the
work's result into named arrays. Those are left in the folder; seconds and bytes go to standard output. Runs in the
environment of the peers as well, so it imports nothing but numpy.
"""

import contextlib
import ctypes
import gc
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ENOUGH = 5.0
"""Work that takes more seconds than this is not repeated."""

WARM = 5_000
"""Rows that a contender warms up on."""


def main() -> None:
    bench, name, folder, repeats = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    contender, data = getattr(module(bench), name), columns(folder)
    warm_up(contender, data)
    steps = contender(data)
    next(steps)
    settle()
    before = resident("VmRSS")
    forget_peak()
    start = time.perf_counter()
    work, numbers = next(steps)
    preparing = time.perf_counter() - start
    seconds: list[float] = []
    while not seconds or (len(seconds) < repeats and seconds[-1] < ENOUGH):
        result = None  # the result before is not kept beside the next
        gc.collect()
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    peak = resident("VmHWM") - before
    for what, values in numbers(result).items():
        np.asarray(values, dtype=np.float64).tofile(folder / f"{name}.{what}.out")
    print(json.dumps({"seconds": seconds, "preparing": preparing, "peak": peak}))


def warm_up(contender: Callable[[dict[str, np.ndarray]], Iterator[object]], data: dict[str, np.ndarray]) -> None:
    """Run on a few rows, so that what is imported on the way counts neither as time nor as memory."""
    steps = contender({name: values[:WARM].copy() for name, values in data.items()})
    next(steps)
    work, numbers = next(steps)
    numbers(work())


def columns(folder: Path) -> dict[str, np.ndarray]:
    """Read the columns that the benchmark wrote; those of whole numbers as such."""
    kinds = dict(line.split() for line in (folder / "columns.txt").read_text().splitlines())
    read = {name: np.fromfile(folder / f"{name}.bin") for name in kinds}
    return {name: values.astype(np.int64) if kinds[name] == "int" else values for name, values in read.items()}


def module(path: Path) -> object:
    """Import a benchmark without running it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def settle() -> None:
    """Give memory that is free back to the system, so that it is not hidden in the baseline."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def resident(field: str) -> int:
    """Give a size in bytes out of the kernel's account of this process."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))


def forget_peak() -> None:
    """Set the peak of resident memory to what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
