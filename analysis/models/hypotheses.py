"""Linear hypotheses about coefficients, as people write them: ``"age + 2 * urban = 1, income = 0"``."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...data.errors import EstimationError, UnknownNameError
from ..sampling.categories import Floats


@dataclass(frozen=True, eq=False)
class Hypotheses:
    """Linear hypotheses: slopes times coefficients equal values.

    Attributes
    ----------
    texts : tuple of str
        As given.
    slopes : numpy.ndarray
        Hypotheses x coefficients.
    values : numpy.ndarray
        What each is said to be.
    """

    texts: tuple[str, ...]
    slopes: Floats
    values: Floats


def read_hypotheses(listed: Sequence[str], labels: Sequence[str]) -> Hypotheses:
    """Read hypotheses about coefficients of these names.

    Raises
    ------
    EstimationError
        When one is not linear, has no equals sign, or says nothing about a coefficient.
    UnknownNameError
        When it names what is no coefficient.

    Examples
    --------
    >>> found = read_hypotheses(["age + 2*urban = 1, sex[T.f] = urban"], ("age", "urban", "sex[T.f]"))
    >>> found.slopes.tolist(), found.values.tolist()
    ([[1.0, 2.0, 0.0], [0.0, -1.0, 1.0]], [1.0, 0.0])
    """
    texts, rows = [], []
    mark = _mark([*listed, *labels])
    for text in listed:
        for part in _masked(text, labels, mark).split(","):
            shown = _unmasked(part, labels, mark).strip()
            sides = part.split("=")
            if len(sides) != 2:
                raise EstimationError(f"hypothesis '{shown}' needs one equals sign, as in 'age = 0'.")
            left, right = (_linear(side.strip(), labels, shown, mark) for side in sides)
            difference = left - right
            if not difference[:-1].any():
                raise EstimationError(f"hypothesis '{shown}' says nothing about a coefficient.")
            texts.append(shown)
            rows.append(difference)
    table = np.array(rows)
    return Hypotheses(tuple(texts), table[:, :-1], 0.0 - table[:, -1])


def _mark(texts: Sequence[str]) -> str:
    """Give a word that nobody has written."""
    longest = max((len(run) for text in texts for run in re.findall(r"_+", text)), default=0)
    return "_" * (longest + 1)


def _masked(text: str, labels: Sequence[str], mark: str) -> str:
    """Write each name as mark and number, so that brackets, commas and blanks in names do no harm."""
    for at in sorted(range(len(labels)), key=lambda at: -len(labels[at])):
        name = re.escape(labels[at])
        text = re.sub(rf"`{name}`|(?<![\w\].]){name}(?![\w\[(:])", f"{mark}{at}{mark}", text)
    return text


def _unmasked(text: str, labels: Sequence[str], mark: str) -> str:
    return re.sub(rf"{mark}(\d+){mark}", lambda found: labels[int(found[1])], text)


def _linear(text: str, labels: Sequence[str], whole: str, mark: str) -> Floats:
    """Give the slopes of one side, its constant last."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        tree = None
    found = None if tree is None else _value(tree, labels, whole, mark)
    if found is None:
        raise EstimationError(
            f"hypothesis '{whole}' cannot be read; write sums of coefficients times numbers, as in "
            "'age + 2 * urban = 1'."
        )
    if not np.isfinite(found).all():
        raise EstimationError(f"hypothesis '{whole}' holds a number that is not finite.")
    return found


def _value(node: ast.expr, labels: Sequence[str], whole: str, mark: str) -> Floats | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return _unit(labels, -1, float(node.value))
    if isinstance(node, ast.Name | ast.Subscript | ast.Call):
        return _coefficient(node, labels, whole, mark)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _value(node.operand, labels, whole, mark)
        return None if inner is None else (-inner if isinstance(node.op, ast.USub) else inner)
    if not isinstance(node, ast.BinOp):
        return None
    left, right = (_value(each, labels, whole, mark) for each in (node.left, node.right))
    return None if left is None or right is None else _combined(node.op, left, right)


def _coefficient(node: ast.expr, labels: Sequence[str], whole: str, mark: str) -> Floats:
    name = ast.unparse(node)
    masked = re.fullmatch(rf"{mark}(\d+){mark}", name)
    if masked is None:
        raise UnknownNameError("coefficient", _unmasked(name, labels, mark), labels, f"hypothesis '{whole}'")
    return _unit(labels, int(masked[1]), 1.0)


def _unit(labels: Sequence[str], at: int, value: float) -> Floats:
    """Give the slopes of one coefficient, or of the constant, which is last."""
    found = np.zeros(len(labels) + 1)
    found[at] = value
    return found


def _combined(sign: ast.operator, left: Floats, right: Floats) -> Floats | None:
    if isinstance(sign, ast.Add):
        return left + right
    if isinstance(sign, ast.Sub):
        return left - right
    if isinstance(sign, ast.Mult) and not (left[:-1].any() and right[:-1].any()):
        return left * float(right[-1]) if not right[:-1].any() else right * float(left[-1])
    if isinstance(sign, ast.Div) and not right[:-1].any() and right[-1]:
        return left / float(right[-1])
    return None
