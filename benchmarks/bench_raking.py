"""Raking of a large sample to five margins, from a pandas frame with categories and with text, beside peers and R.

python benchmarks/bench_raking.py [rows, default 1000000] [--without-r] [--without-balance] ...

Timed from the frame to the weights. Everybody stops when no margin is off by more than 1e-6 of the population; who does
not get there has failed. rimpy and weightipy know no base weights and start from 1, so their weights are not compared.
The floor is numpy on the codes that pandas keeps: cells, sweeps over the cell table, one gather.
"""

from collections.abc import Callable, Iterator

import numpy as np
from contest import Contest, machine, rows_asked, run

SIZES = {"m2": 2, "m6": 6, "m5": 5, "m4": 4, "m30": 30}
"""Categories of each margin."""

WORST = 1e-6
"""How far a share may be from its target."""

Columns = dict[str, np.ndarray]


def main() -> None:
    print(machine())
    peers = {"rimpy": "rimpy", "ipfn": "ipfn", "weightipy": "weightipy", "svy": "svy", "balance": "balance"}
    contests = [
        Contest(
            f"Raking on margins of 2, 6, 5, 4 and 30 categories, from a frame with {what}",
            __file__,
            {"floor": "floor", "ours": f"ours_{of}"} | {name: f"{call}_{of}" for name, call in peers.items()} | r,
            ["w", *SIZES],
            {"weight": 1e-4},
            fastest=({"floor": 6} if of == "categories" else {}) | {"rimpy": 2, "ipfn": 2, "weightipy": 2},
            leanest={"columns": 3},
        )
        for what, of, r in (("categories", "categories", {"R": "raking.R"}), ("text", "text", {}))
    ]
    run(made(rows_asked(1_000_000)), contests)


def made(rows: int) -> Columns:
    random = np.random.default_rng(20)
    categories = {name: random.choice(size, rows, p=skewed(size)[::-1]) for name, size in SIZES.items()}
    return {"w": random.gamma(4, 0.25, rows)} | categories


def skewed(size: int) -> np.ndarray:
    shares = np.arange(size, 2 * size, dtype=float)
    return shares / shares.sum()


def words(name: str) -> list[str]:
    """Name the categories of a margin."""
    return [f"{name} {chr(97 + code % 26)}{code:02d}" for code in range(SIZES[name])]


def targets(scale: float = 1.0) -> dict[str, dict[str, float]]:
    return {name: dict(zip(words(name), (scale * skewed(size)).tolist(), strict=True)) for name, size in SIZES.items()}


def frame_of(columns: Columns, *, text: bool) -> object:
    """Give a pandas frame with categories or text, and let go of the numbers."""
    import pandas as pd

    made = {"w": columns["w"]}
    for name in SIZES:
        category = pd.Categorical.from_codes(columns[name], words(name))
        made[name] = pd.Series(category).astype("str") if text else category
    frame = pd.DataFrame(made)
    columns.clear()
    return frame


def checked(frame: object, weights: np.ndarray) -> np.ndarray:
    """Refuse weights whose margins are off."""
    total = weights.sum()
    for name, wanted in targets().items():
        found = frame[[name]].assign(w=np.asarray(weights)).groupby(name, observed=True)["w"].sum() / total
        worst = max(abs(found[word] - share) for word, share in wanted.items())
        if not worst <= WORST:
            raise SystemExit(f"its margin {name} is off by {worst:.1e}, more than {WORST:g}")
    return weights


def floor(columns: Columns) -> Iterator[object]:
    """Give raked weights from the codes of categories, which pandas keeps in bytes."""
    codes = {name: columns[name].astype(np.int8) for name in SIZES}
    yield

    def work() -> np.ndarray:
        w, shape = columns["w"], tuple(SIZES.values())
        cell = np.ravel_multi_index(tuple(codes[name] for name in SIZES), shape)
        base = np.bincount(cell, weights=w, minlength=int(np.prod(shape))).reshape(shape)
        table, total, worst = base.copy(), w.sum(), 1.0
        while worst > WORST:
            worst = 0.0
            for axis, size in enumerate(shape):
                margin = table.sum(axis=tuple(other for other in range(len(shape)) if other != axis))
                worst = max(worst, np.abs(margin / total - skewed(size)).max())
                factor = skewed(size) * total / margin
                table = table * factor.reshape([-1 if each == axis else 1 for each in range(len(shape))])
        return w * (table / np.where(base > 0, base, 1)).ravel()[cell]

    yield work, lambda weights: {"weight": weights}


def ours(columns: Columns, *, text: bool) -> Iterator[object]:
    import topline as tl

    frame = frame_of(columns, text=text)
    yield
    yield (
        lambda: tl.rake(tl.Design(frame, weight="w"), targets(), tolerance=WORST),
        lambda raked: {"weight": checked(frame, raked.weights)},
    )


def rimpy(columns: Columns, *, text: bool) -> Iterator[object]:
    import rimpy as peer

    frame = frame_of(columns, text=text)
    yield
    yield (
        lambda: peer.rake(frame, targets(), convergence_threshold=WORST),
        lambda raked: {"unweighted": checked(frame, raked["weight"].to_numpy())},
    )


def ipfn(columns: Columns, *, text: bool) -> Iterator[object]:
    """Count the cells and carry factors back to rows with pandas: the glue that ipfn leaves to its users.

    Glue in numpy on the codes of categories would be the floor, with ipfn's sweeps in place of its own.
    """
    import pandas as pd
    from ipfn import ipfn as peer

    frame = frame_of(columns, text=text)
    yield

    def work() -> np.ndarray:
        groups = frame.groupby(list(SIZES), observed=True)
        cells = groups["w"].sum()
        everything = pd.MultiIndex.from_product([words(name) for name in SIZES], names=list(SIZES))
        shape = tuple(SIZES.values())
        base = cells.reindex(everything, fill_value=0.0).to_numpy().reshape(shape)
        wanted = [skewed(size) * cells.sum() for size in shape]
        axes = [[axis] for axis in range(len(shape))]
        table = peer.ipfn(base.copy(), wanted, axes, convergence_rate=WORST, rate_tolerance=0).iteration()
        factors = pd.Series((table / np.where(base > 0, base, 1)).ravel(), everything).reindex(cells.index).to_numpy()
        return frame["w"].to_numpy() * factors[groups.ngroup().to_numpy()]

    yield work, lambda weights: {"weight": checked(frame, weights)}


def weightipy(columns: Columns, *, text: bool) -> Iterator[object]:
    import weightipy as peer

    frame = frame_of(columns, text=text)
    yield
    yield (
        lambda: peer.weight_dataframe(frame, peer.scheme_from_dict(targets(100)), "weight"),
        lambda raked: {"unweighted": checked(frame, raked["weight"].to_numpy())},
    )


def svy(columns: Columns, *, text: bool) -> Iterator[object]:
    import polars as pl
    import svy as peer

    frame = frame_of(columns, text=text)
    yield

    def work() -> object:
        sample = peer.Sample(pl.from_pandas(frame), peer.Design(wgt="w"))
        return sample.weighting.rake(shares=targets(), wgt_name="weight", tol=WORST)

    yield work, lambda raked: {"weight": checked(frame, raked.data["weight"].to_numpy())}


def balance(columns: Columns, *, text: bool) -> Iterator[object]:
    """Rake to a population frame of one row for each cell: balance takes margins from data."""
    import logging

    import pandas as pd
    from balance.weighting_methods.rake import rake as peer

    logging.getLogger("balance").setLevel(logging.ERROR)
    frame = frame_of(columns, text=text)
    cells = pd.MultiIndex.from_product([words(name) for name in SIZES], names=list(SIZES)).to_frame(index=False)
    share = np.prod([cells[name].map(wanted).to_numpy() for name, wanted in targets().items()], axis=0)
    yield

    def work() -> np.ndarray:
        found = peer(
            frame[list(SIZES)],
            frame["w"],
            cells,
            pd.Series(share * frame["w"].sum()),
            transformations=None,
            convergence_rate=WORST,
            rate_tolerance=0.0,
        )
        return found["weight"].to_numpy()

    yield work, lambda weights: {"weight": checked(frame, weights)}


def _of(contender: Callable[..., Iterator[object]], *, text: bool) -> Callable[[Columns], Iterator[object]]:
    return lambda columns: contender(columns, text=text)


for each in (ours, rimpy, ipfn, weightipy, svy, balance):
    globals()[f"{each.__name__}_categories"] = _of(each, text=False)
    globals()[f"{each.__name__}_text"] = _of(each, text=True)


if __name__ == "__main__":
    main()
