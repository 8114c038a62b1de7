"""Numbers that carry their derivatives along, so that the delta method needs no differences.

Forward-mode differentiation: Griewank and Walther (2008), Evaluating Derivatives, chapter 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """A number that depends on estimates.

    Attributes
    ----------
    number : float
        The value.
    slopes : mapping of int to float
        Its derivatives, by row of the estimates.
    degree : int
        0 for a constant, 1 for a linear combination of estimates, 2 for what is not linear.
    """

    number: float
    slopes: dict[int, float]
    degree: int


def applied(name: str, argument: Value) -> Value:
    """Apply a function of one argument; its slope is the chain rule's.

    Examples
    --------
    >>> applied("sqrt", Value(4.0, {0: 1.0}, 1))
    Value(number=2.0, slopes={0: 0.25}, degree=2)
    """
    number, slope = FUNCTIONS[name](argument.number)
    return _chained(number, [(argument, slope)])


def _chained(number: float, parts: Sequence[tuple[Value, float]], degree: int | None = None) -> Value:
    """Put slopes together by the chain rule; without a degree, what depends on estimates is not linear."""
    slopes: dict[int, float] = {}
    for value, slope in parts:
        for row, own in value.slopes.items():
            slopes[row] = slopes.get(row, 0.0) + slope * own
    highest = max(value.degree for value, _ in parts)
    return Value(number, slopes, min(highest, 1) * 2 if degree is None else degree)


def _plus(left: Value, right: Value) -> Value:
    return _chained(left.number + right.number, [(left, 1.0), (right, 1.0)], max(left.degree, right.degree))


def _minus(left: Value, right: Value) -> Value:
    return _chained(left.number - right.number, [(left, 1.0), (right, -1.0)], max(left.degree, right.degree))


def _times(left: Value, right: Value) -> Value:
    degree = max(left.degree, right.degree) if 0 in (left.degree, right.degree) else 2
    return _chained(left.number * right.number, [(left, right.number), (right, left.number)], degree)


def _over(left: Value, right: Value) -> Value:
    if right.number == 0:
        raise ZeroDivisionError("it divides by 0")
    number = left.number / right.number
    slopes = [(left, 1 / right.number), (right, -number / right.number)]
    return _chained(number, slopes, left.degree if right.degree == 0 else 2)


def _to_the(base: Value, exponent: Value) -> Value:
    if base.number < 0 and not exponent.number.is_integer():
        raise ValueError(f"{base.number:g} has no power {exponent.number:g}")
    if base.number == 0 and (exponent.number <= 0 or exponent.degree):
        raise ZeroDivisionError(f"0 has no power {exponent.number:g} that could be differentiated")
    if exponent.degree and base.number < 0:
        raise ValueError(f"{base.number:g} is raised to a power that is estimated")
    number = base.number**exponent.number
    by_base = exponent.number * base.number ** (exponent.number - 1) if base.degree else 0.0
    by_exponent = number * math.log(base.number) if exponent.degree else 0.0
    return _chained(number, [(base, by_base), (exponent, by_exponent)])


OPERATIONS: dict[str, Callable[[Value, Value], Value]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _over,
    "^": _to_the,
}
"""Signs between two operands."""


def _positive(name: str, number: float) -> float:
    if number <= 0:
        raise ValueError(f"{name} is taken of {number:g}, and needs a number above 0")
    return number


def _log(number: float) -> tuple[float, float]:
    return math.log(_positive("log", number)), 1 / number


def _log10(number: float) -> tuple[float, float]:
    return math.log10(_positive("log10", number)), 1 / (number * math.log(10))


def _log2(number: float) -> tuple[float, float]:
    return math.log2(_positive("log2", number)), 1 / (number * math.log(2))


def _exp(number: float) -> tuple[float, float]:
    return math.exp(number), math.exp(number)


def _sqrt(number: float) -> tuple[float, float]:
    root = math.sqrt(_positive("sqrt", number))
    return root, 0.5 / root


def _logit(number: float) -> tuple[float, float]:
    if not 0 < number < 1:
        raise ValueError(f"logit is taken of {number:g}, and needs a share between 0 and 1")
    return math.log(number / (1 - number)), 1 / (number * (1 - number))


def _expit(number: float) -> tuple[float, float]:
    share = 1 / (1 + math.exp(-number)) if number >= 0 else math.exp(number) / (1 + math.exp(number))
    return share, share * (1 - share)


FUNCTIONS: dict[str, Callable[[float], tuple[float, float]]] = {
    "exp": _exp,
    "expit": _expit,
    "log": _log,
    "log10": _log10,
    "log2": _log2,
    "logit": _logit,
    "sqrt": _sqrt,
}
"""Functions a contrast may use: from a number to the value and its slope."""
