"""What if those who answered differ: the bias that an assumed correlation of answering and answer makes.

Meng (2018), Statistical paradises and paradoxes in big data (I), Annals of Applied Statistics 12(2), 685-726. The
error of a mean is the product of three things: the correlation, in the population, of being in the sample and the
answer; how small the sample is beside the population; and how much answers vary. With weights the correlation is that
of the weight (0 outside the sample) and the answer, and unequal weights add to the second.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, TypeGuard

import numpy as np
import pandas as pd

from ...data.errors import WeightingError
from ...data.printing import number
from ..estimation.estimate import proportion
from ..estimation.method import SIMULATED_NOTE, counted, simulated
from ..estimation.plan import Category
from ..sampling.categories import Floats, categories, code_text, names_of, numbers
from ..sampling.design import Design, check_design
from .balance import is_categories, moments
from .diagnostic import Diagnostic, laid_out
from .row_chart import Marks, row_chart
from .spread import Spread, spread, weights_inside

if TYPE_CHECKING:
    import altair as alt

DEFECTS = (0.0001, 0.0005, 0.001, 0.005)
"""Correlations that are tried; Meng (2018), section 4, found 0.005 for a vote in the United States in 2016."""

Asked = tuple[str, str, float, float, bool, Spread]
"""Item, category, estimate, standard deviation, whether it is a share, and the weights of those who answered."""

WHAT_IF = (
    "A what-if, not an estimate: the correlation is assumed, and no sample can tell its own. Its sign may be either, "
    "and so may that of the bias."
)


def data_defect(
    design: Design,
    population: float,
    outcomes: str | Sequence[str] | Mapping[str, Category] | None = None,
    *,
    rho: float | Sequence[float] = DEFECTS,
) -> Diagnostic:
    """Say what bias would follow if being in the sample were correlated with the answer.

    With f the part of the population that is in the sample, rho the data defect correlation and sigma the standard
    deviation of the answer, the bias of an unweighted mean is ``rho * sqrt((1 - f) / f) * sigma``, and a simple random
    sample of ``f / (1 - f) / rho**2`` would have as large an error. With weights of squared coefficient of variation c
    the middle factor is ``sqrt((1 - f + c) / f)``.

    Parameters
    ----------
    design : Design
        The weighted sample; where it is cut by :func:`subset`, all of this is about that part.
    population : float
        People in the population, or in that part of it, e.g. ``1_100_000_000``; more than respondents.
    outcomes : str, sequence of str, or mapping of str to category, optional
        As for :func:`weight_influence`. Without it a share of one half, of which the standard deviation is largest.
    rho : float or sequence of float
        Correlations to assume, above 0 and below 1, e.g. ``0.005``.

    Returns
    -------
    Diagnostic
        One row for each outcome and correlation: item, category, rho, estimate, sd (of the answer in the population, as
        estimated), n (those with a weight who answered the item), population, bias_unweighted, bias (with the weights),
        effective_n_unweighted, effective_n (with the weights), times_chance (rho over the root of
        1 / (population - 1), its size in simple random samples),
        possible (whether a share less or more the bias is still a share). ``plot()`` draws the biases.

    Raises
    ------
    WeightingError
        When the population is not larger than the sample, or a correlation is no number above 0 and below 1.
    UnknownNameError
        When a column or category does not exist.

    Notes
    -----
    Nothing here is an estimate of bias. The correlation with weights is another number than that without: weighting is
    meant to make it smaller. A correlation that looks small is large beside the one by chance in a large population,
    which is why it cannot be taken over from one population to another of another size.

    References
    ----------
    Meng (2018), Annals of Applied Statistics 12(2), section 2 for the identity, with weights as
    well, and section 3 for effective sample sizes.

    Examples
    --------
    >>> wave = Design(pd.DataFrame({"trust": [0.0, 1.0] * 500}))
    >>> found = data_defect(wave, 1_000_000, rho=0.005).to_frame()
    >>> found[["bias", "effective_n"]].round(3).values.tolist()
    [[0.079, 40.04]]
    """
    check_design(design, "data_defect")
    weights = weights_inside(design)
    rhos = _checked(weights, population, rho)
    frame = pd.DataFrame(
        [_row(population, each, outcome) for outcome in _outcomes(design, outcomes, weights) for each in rhos]
    )
    invented = simulated(design.study)
    shown = frame.assign(
        rho=[f"{each:g}" for each in frame["rho"]], within=["" if each else "impossible" for each in frame["possible"]]
    )
    return Diagnostic(
        name="defect",
        title="What if answering goes with the answer: bias by an assumed data defect correlation",
        about=(
            WHAT_IF,
            f"Population {population:,.0f}, sample {_sample_text(design, frame)}. bias: rho times the root of "
            "(1 - f + c) / f times the standard deviation, f the sampled part, c the squared coefficient of "
            "variation of the weights (Meng 2018).",
        ),
        frame=frame,
        notes=((SIMULATED_NOTE,) if invented else ()) + _impossible(frame),
        table=laid_out(
            shown,
            {
                **dict.fromkeys(("item", "category", "rho")),
                **({"n": lambda count: number(count, 0)} if frame["n"].nunique() > 1 else {}),
                "sd": lambda sd: number(sd, 3),
                **dict.fromkeys(("bias_unweighted", "bias"), lambda bias: f"±{number(bias, 4)}"),
                **dict.fromkeys(("effective_n_unweighted", "effective_n"), lambda count: number(count, 1)),
                "times_chance": lambda times: number(times, 1),
                **({} if frame["possible"].all() else {"within": str}),
            },
        ),
        draw=lambda: _chart(frame, invented=invented),
    )


def _sample_text(design: Design, frame: pd.DataFrame) -> str:
    """Give how many answered, from the item with the fewest answers to that with the most, and who they are."""
    fewest, most = int(frame["n"].min()), int(frame["n"].max())
    count = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,} by item"
    return count if design.subpopulation is None else f"{count}, where {design.subpopulation.text}"


def _checked(weights: Floats, population: float, rho: float | Sequence[float]) -> list[float]:
    n = int((weights != 0).sum())
    if not (_is_number(population) and math.isfinite(population) and population > n):
        raise WeightingError(
            f"population is {population!r}; it is the number of people in the population, more than the {n:,} "
            "respondents."
        )
    given = list(rho) if isinstance(rho, Iterable) and not isinstance(rho, str) else [rho]
    bad = [f"{each:g}" if _is_number(each) else repr(each) for each in given if not (_is_number(each) and 0 < each < 1)]
    if bad or not given:
        raise WeightingError(
            f"rho is {', '.join(bad) or 'empty'}; a correlation to assume is above 0 and below 1, e.g. 0.005; its sign "
            "may be either."
        )
    return [float(each) for each in given]


def _is_number(given: object) -> TypeGuard[float]:
    return isinstance(given, Real) and not isinstance(given, bool)


def _outcomes(
    design: Design, outcomes: str | Sequence[str] | Mapping[str, Category] | None, weights: Floats
) -> list[Asked]:
    """Give what is asked of each outcome, over those who answered it."""
    if outcomes is None:
        return [("a share of one half", "", 0.5, 0.5, True, spread(weights))]
    wanted = dict(outcomes) if isinstance(outcomes, Mapping) else dict.fromkeys(names_of(outcomes))
    for name in wanted:
        if not isinstance(name, str):
            raise WeightingError(f"{name!r} is no outcome; name a column as text, e.g. 'approval'.")
    found: list[Asked] = []
    for name, category in wanted.items():
        if category is None and not is_categories(design.study, name):
            center, variance = moments(design.study, name, weights)
            answered = ~np.isnan(numbers(design.study, name)[0])
            found.append((name, "", center, math.sqrt(variance), False, spread(np.where(answered, weights, 0.0))))
            continue
        shares = proportion(design, name, category=category).to_frame()
        answered = categories(design.study, name).positions >= 0
        over = spread(np.where(answered, weights, 0.0))
        for shown, share in zip(shares["category"], shares["estimate"], strict=True):
            found.append((name, code_text(shown), float(share), math.sqrt(share * (1 - share)), True, over))
    if not found:
        raise WeightingError("name at least one outcome, or leave outcomes out for a share of one half.")
    return found


def _row(population: float, rho: float, outcome: Asked) -> dict[str, object]:
    item, category, estimate, sd, share, over = outcome
    f = over.n / population
    plain, weighted = (1 - f) / f, (1 - f + over.deff - 1) / f
    bias = rho * math.sqrt(weighted) * sd
    # the truth is the estimate less or more the bias; of a share one of them must lie between 0 and 1
    possible = not share or estimate - bias >= 0 or estimate + bias <= 1
    return {
        "item": item,
        "category": category,
        "rho": rho,
        "estimate": estimate,
        "sd": sd,
        "n": over.n,
        "population": population,
        "bias_unweighted": rho * math.sqrt(plain) * sd,
        "bias": bias,
        "effective_n_unweighted": 1 / (plain * rho**2),
        "effective_n": 1 / (weighted * rho**2),
        "times_chance": rho * math.sqrt(population - 1),
        "possible": possible,
    }


def _chart(frame: pd.DataFrame, *, invented: bool) -> alt.LayerChart:
    """Draw the bias over the standard deviation: the same for all items, unless others answered each."""
    reach = 1 / (frame["rho"] * np.sqrt(frame["effective_n"]))
    drawn = frame.assign(name=[f"rho {each:g}" for each in frame["rho"]], over=frame["rho"] * reach)
    alike = bool(np.ptp(reach) <= 1e-9 * reach.max())
    return row_chart(
        drawn.drop_duplicates("rho" if alike else ["item", "rho"]).reset_index(drop=True),
        name="name",
        heading="" if alike else "item",
        marks=[Marks("over", "±", "bar")],
        title="What if: bias by an assumed data defect correlation",
        footing=["An assumption, not an estimate. In standard deviations of the answer; Meng (2018)."],
        axis="bias over the standard deviation of the answer",
        written=lambda value: number(value, 3),
        simulated=invented,
    )


def _impossible(frame: pd.DataFrame) -> tuple[str, ...]:
    count = int((~np.asarray(frame["possible"], dtype=bool)).sum())
    if not count:
        return ()
    return (
        f"{counted(count, 'row is', 'rows are')} impossible: the bias would take the share out of 0 to 100%, so that "
        "the correlation cannot be as large here.",
    )
