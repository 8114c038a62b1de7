"""From influence values of rows, or from re-estimation, to the variance that the design gives.

The influence value of a row is what an estimate changes by for one unit more of that row's weight: summed over a
PSU with the weights, it carries the whole design-based variance. Deville (1999), Variance estimation for complex
statistics and estimators, Survey Methodology 25(2). A design with replicates has no use for it: there the estimate is
made again with each replicate's weights. Wolter (2007), Introduction to Variance Estimation, chapters 3 to 5.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from scipy import sparse

from ...data.errors import EstimationError
from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..sampling.replication import Replication
from ..sampling.sums import Table, dense, sums
from .chain import Totals, adjustments
from .scatter import Scatter
from .scatters import AnyScatter, QuadraticScatter, ReplicateScatter


def scatter_of(
    design: Design,
    estimate: Floats,
    influence: Callable[[], Table],
    refit: Callable[[Floats], Floats],
    *,
    what: str = "estimates",
) -> AnyScatter:
    """Give the scatter of estimates that are not made from sums: quantiles, models.

    Parameters
    ----------
    design : Design
        The sample.
    estimate : numpy.ndarray
        The k estimates.
    influence : callable
        Gives rows x k influence values, dense or sparse, not multiplied by weights, 0 for rows outside the base.
        Called only when the design has no replicates.
    refit : callable
        From weights for each row to the k estimates; missing where one is not defined. Called only for replicates.
    what : str
        The work, for the progress bar.

    Examples
    --------
    >>> import pandas as pd
    >>> y = np.array([1.0, 3.0, 5.0])
    >>> design = Design(pd.DataFrame({"y": y}))
    >>> mean = np.array([y.mean()])
    >>> scatter = scatter_of(design, mean, lambda: ((y - mean) / 3)[:, None], lambda w: np.array([w @ y / w.sum()]))
    >>> round(float(scatter.variances[0]), 6)
    1.333333
    """
    if design.replication is not None:
        return refitted(design.replication, estimate, refit, what=what)
    values = influence()

    def totals(group: Ints, groups: int, weights: Floats) -> Table:
        return group_totals(values, group, groups, weights)

    last = design.stages[-1]
    by_unit = totals(last.unit, len(last.stratum), design.weights)
    return taylor_scatter(design, by_unit, totals, _present(design, values) if design.lone_psu == "average" else None)


def taylor_scatter(design: Design, by_unit: Table, totals: Totals, present: Floats | None) -> AnyScatter:
    """Give the scatter of a design without replicates from influence totals by unit of its last stage."""
    steps = adjustments(design, totals)
    if design.joint is not None:
        return QuadraticScatter(by_unit, design.joint, steps)
    return Scatter(by_unit, design.stages, design.lone_psu, steps, present)


def refitted(
    replication: Replication, estimate: Floats, refit: Callable[[Floats], Floats], *, what: str
) -> ReplicateScatter:
    """Estimate again with the weights of every replicate."""
    found = np.empty((len(replication), len(estimate)))
    for replicate in progress(range(len(replication)), what):
        found[replicate] = refit(replication.weights(replicate))
    if not np.isfinite(found).any(axis=0).all():
        raise EstimationError(f"{what}: an estimate is not defined in any of the {len(replication)} replicates.")
    return ReplicateScatter(found, estimate, replication.scale, replication.rscales, replication.mse)


def group_totals(values: Table, group: Ints, groups: int, weights: Floats) -> Table:
    """Add up weighted influence values by group.

    Examples
    --------
    >>> group_totals(np.array([[1.0], [2.0], [4.0]]), np.array([0, 0, 1]), 2, np.array([1.0, 1.0, 2.0])).tolist()
    [[3.0], [8.0]]
    """
    if sparse.issparse(values):
        entries = sparse.coo_array(values)
        row, column = entries.coords
        weighted = entries.data * weights[row]
        return sums(group[row], groups, column.astype(np.int64), values.shape[1], weighted)
    rows = np.arange(len(group))
    adding = sparse.csr_array((weights, (group, rows)), shape=(groups, len(group)))
    return np.asarray(adding @ values)


def progress(steps: Iterable[int], what: str) -> Iterator[int]:
    """Go through steps, with a progress bar where somebody is watching a terminal."""
    if not sys.stderr.isatty():
        yield from steps
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(steps, description=f"{what}, replicates", console=Console(stderr=True), transient=True)


def _present(design: Design, values: Table) -> Floats:
    """Say for each first-stage stratum and estimate whether any row of the stratum counts."""
    first = design.stages[0]
    stratum = first.stratum[first.unit]
    if sparse.issparse(values):  # an entry counts, also where it is 0
        counted = sparse.csr_array(values, copy=True)
        counted.data = np.ones(len(counted.data))
    else:
        counted = np.abs(values)
    weight = (design.weights > 0).astype(np.float64)
    table = group_totals(counted, stratum, len(first.sampled), weight)
    return (dense(table) > 0).astype(np.float64)
