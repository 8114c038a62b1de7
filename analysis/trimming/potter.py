"""Potter's choice of a cap: that with the least estimated mean squared error of chosen means.

Cox and McGrath (1981), An examination of the effect of sample weight truncation on the mean square error of survey
estimates, Biometric Society ENAR meeting; Potter (1988), Survey of procedures to control extreme sampling weights,
and Potter (1990), A study of procedures to identify and trim extreme sampling weights, ASA Proceedings of the Survey
Research Methods Section.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...data.errors import WeightingError
from ..estimation.estimate import mean
from ..sampling.categories import Floats, names_of
from ..sampling.design import Design
from .caps import FixedCap, above_zero

Tried = Callable[[float], Design]
"""From a cap to the design trimmed at it; a WeightingError where that cannot be."""


def potter_cap(
    design: Design, outcomes: str | Sequence[str], candidates: int | Sequence[float], trimmed: Tried
) -> tuple[FixedCap, list[dict[str, float]]]:
    """Choose the cap with the least estimated mean squared error, averaged over outcomes.

    With t the mean on weights trimmed at a candidate and u the one on weights as they are, which counts as unbiased,
    the squared bias is ``max(0, (t - u)**2 - (se(t) - se(u))**2)``: the second square is the variance of the
    difference when t and u are perfectly correlated. The mean squared error adds ``se(t)**2``; where nothing is held
    at 0 that is Potter's ``(t - u)**2 - se(u)**2 + 2 se(t) se(u)``. Errors are those of the design. The average is
    over outcomes, each relative to ``se(u)**2`` so that units do not matter. Of equal candidates the largest cap wins.

    Parameters
    ----------
    design : Design
        The sample before trimming.
    outcomes : str or sequence of str
        Numeric columns whose means matter, e.g. ``["trust_central", "trust_local"]``.
    candidates : int or sequence of float
        How many caps to try, in equal ratios above the mean weight up to the largest, e.g. ``25``, or the caps.
    trimmed : callable
        Trims the design at a cap.

    Returns
    -------
    FixedCap, list of dict
        The cap; each candidate with ``cap`` and ``mse``, the average relative mean squared error (1 without trimming).

    Raises
    ------
    WeightingError
        When there is no outcome or candidate, a mean has no error, or no candidate can be carried out.
    """
    names = names_of(outcomes)
    if not names:
        raise WeightingError("potter names no outcome; name the columns whose means matter, e.g. potter=['trust'].")
    untrimmed = mean(design, names).to_frame()
    for name, se in zip(names, untrimmed["se"], strict=True):
        if not se > 0:
            raise WeightingError(
                f"potter: the mean of {name} has a standard error of {se:g}, so no cap can make it better; name "
                "outcomes that vary."
            )
    before = np.array(untrimmed["estimate"]), np.array(untrimmed["se"])
    tried: list[dict[str, float]] = []
    refused: WeightingError | None = None
    for cap in _candidates(design.weights, candidates):
        try:
            after = mean(trimmed(cap), names).to_frame()
        except WeightingError as error:
            refused = error
            continue
        mse = relative_mse(*before, np.array(after["estimate"]), np.array(after["se"]))
        tried.append({"cap": cap, "mse": float(mse.mean())})
    if not tried:
        raise WeightingError(f"none of the candidates for the cap can be carried out: {refused}")
    best = min(tried, key=lambda each: (each["mse"], -each["cap"]))
    words = f"least mean squared error of {', '.join(names)}, by Potter's procedure"
    return FixedCap(best["cap"], words, "potter", list(names)), tried


def relative_mse(estimate: Floats, se: Floats, trimmed: Floats, trimmed_se: Floats) -> Floats:
    """Give the estimated mean squared errors of trimmed means over the variances of the untrimmed ones.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> relative_mse(3 * one, 1 * one, 3.1 * one, 0.8 * one).round(4).tolist()  # bias within its error
    [0.64]
    >>> relative_mse(3 * one, 1 * one, 4 * one, 0.8 * one).round(4).tolist()
    [1.6]
    """
    squared_bias = np.maximum((trimmed - estimate) ** 2 - (trimmed_se - se) ** 2, 0.0)
    return np.asarray((trimmed_se**2 + squared_bias) / se**2)


def _candidates(weights: Floats, wanted: int | Sequence[float]) -> list[float]:
    """Give the caps to try, the largest first."""
    counted = weights[weights > 0]
    if isinstance(wanted, bool) or (isinstance(wanted, int) and wanted < 2):
        raise WeightingError(f"candidates is {wanted!r}; it is how many caps to try, e.g. 25, or a list of caps.")
    if isinstance(wanted, int):
        found = np.geomspace(counted.mean(), counted.max(), wanted + 1)[1:].tolist()
        return [float(counted.max()), *reversed(found[:-1])]
    caps = {above_zero("a candidate", each, "a cap to try") for each in wanted}
    if not caps:
        raise WeightingError("candidates is empty; give caps to try, or how many, e.g. 25.")
    return sorted(caps, reverse=True)
