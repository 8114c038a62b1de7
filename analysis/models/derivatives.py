"""Derivatives by central differences, extrapolated: twelve digits of a smooth function.

Press, Teukolsky, Vetterling and Flannery (2007), Numerical Recipes, section 5.7.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..sampling.categories import Floats

REACH = 3e-3
"""Step in units of the argument's own scale: what extrapolation leaves is below what rounding adds."""


def derivatives(function: Callable[[Floats], Floats], at: Floats, scales: Floats) -> Floats:
    """Give the derivatives of a function by each of its arguments, as the first axis.

    Parameters
    ----------
    function : callable
        From arguments to an array of any shape.
    at : numpy.ndarray
        The arguments.
    scales : numpy.ndarray
        For each argument a change of it that changes the function by much.

    Examples
    --------
    >>> derivatives(lambda b: np.array([b[0] ** 3, b[0] * b[1]]), np.array([2.0, 5.0]), np.ones(2)).round(9).tolist()
    [[12.0, 5.0], [0.0, 2.0]]
    """
    found = []
    for place, scale in enumerate(scales):
        step = np.zeros(len(at))
        step[place] = REACH * scale
        far = (function(at + step) - function(at - step)) / (2 * step[place])
        near = (function(at + step / 2) - function(at - step / 2)) / step[place]
        found.append((4 * near - far) / 3)
    return np.array(found)
