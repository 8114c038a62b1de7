"""Contrasts as people write them, ``"urban - rural"`` or ``"log(a) - log(b)"``, read into what is computed.

A text is read by its own small grammar; nothing in it is ever run as a program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...data.errors import EstimationError, UnknownNameError
from .slopes import FUNCTIONS, OPERATIONS, Value, applied

LONGEST = 500
"""Words and signs that a contrast may have."""

DEEPEST = 50
"""Parentheses that may stand in one another."""

Name = tuple[str, ...]
"""What a row is called: its parts, e.g. ``("trust", "urban")`` of ``trust:urban``."""

Find = Callable[[Name], int]
"""From a name to the row of the estimates that it means."""

_QUOTED = r"`[^`]+`|\"[^\"]+\"|'[^']+'"
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.:]))"
    rf"|(?P<name>(?:{_QUOTED}|[^\W\d][\w.]*)(?::(?:{_QUOTED}|[\w.]+))*)"
    r"|(?P<sign>\*\*|[-+*/^()]))"
)
_PART = re.compile(rf"{_QUOTED}|[\w.]+")


@dataclass(frozen=True)
class Contrast:
    """A contrast that has been read.

    Attributes
    ----------
    text : str
        As it was written.
    rows : tuple of int
        The rows of the estimates it names, in the order of their first mention.
    root : node
        What is computed.
    """

    text: str
    rows: tuple[int, ...]
    root: Node

    def at(self, estimates: Sequence[float]) -> Value:
        """Compute the contrast and its derivatives.

        Raises
        ------
        EstimationError
            When it is not defined for these estimates, e.g. the logarithm of 0.

        Examples
        --------
        >>> read("a / b", {("a",): 0, ("b",): 1}.__getitem__).at([6.0, 3.0])
        Value(number=2.0, slopes={0: 0.3333333333333333, 1: -0.6666666666666666}, degree=2)
        """
        try:
            value = self.root.at(estimates)
            if not math.isfinite(value.number) or not all(map(math.isfinite, value.slopes.values())):
                raise OverflowError("it is beyond the largest number")
        except (ArithmeticError, ValueError) as error:
            raise EstimationError(f"contrast '{self.text}' is not defined for these estimates: {error}.") from error
        return value


@dataclass(frozen=True)
class Constant:
    """A number of the text."""

    number: float

    def at(self, estimates: Sequence[float]) -> Value:
        """Give the number."""
        return Value(self.number, {}, 0)


@dataclass(frozen=True)
class Row:
    """An estimate."""

    row: int

    def at(self, estimates: Sequence[float]) -> Value:
        """Give the estimate; it changes with itself one to one."""
        return Value(float(estimates[self.row]), {self.row: 1.0}, 1)


@dataclass(frozen=True)
class Operation:
    """Two operands and the sign between them."""

    sign: str
    left: Node
    right: Node

    def at(self, estimates: Sequence[float]) -> Value:
        """Compute the operation."""
        return OPERATIONS[self.sign](self.left.at(estimates), self.right.at(estimates))


@dataclass(frozen=True)
class Call:
    """A function of one argument."""

    name: str
    argument: Node

    def at(self, estimates: Sequence[float]) -> Value:
        """Compute the function."""
        return applied(self.name, self.argument.at(estimates))


Node = Constant | Row | Operation | Call


def read(text: str, find: Find) -> Contrast:
    """Read a contrast.

    Parameters
    ----------
    text : str
        E.g. ``"urban - rural"``, ``"(a + b) / 2 - c"``, "log(`18-29`) - log(`65+`)". A name that is not one word stands
        in backticks or quotes; several parts of a name are joined by colons, ``trust:urban``.
    find : callable
        From the parts of a name to the row it means.

    Raises
    ------
    EstimationError
        When the text cannot be read, or names no estimate.
    UnknownNameError
        When it uses an unknown function.

    Examples
    --------
    >>> contrast = read("(a + `b c`) / 2", {("a",): 0, ("b c",): 1}.__getitem__)
    >>> contrast.rows, contrast.at([1.0, 3.0]).number
    ((0, 1), 2.0)
    """
    if not isinstance(text, str) or not text.strip():
        raise EstimationError(f"a contrast is {text!r}; write one such as 'urban - rural'.")
    return _Reader(text, find).contrast()


def parts_of(name: str) -> Name:
    """Split a name as written into its parts, quotes taken off.

    Examples
    --------
    >>> parts_of("trust:`not sure`:urban")
    ('trust', 'not sure', 'urban')
    """
    return tuple(part[1:-1] if part[0] in "`\"'" else part for part in _PART.findall(name))


def quoted(part: str) -> str:
    """Write a part of a name so that it can be read again.

    Examples
    --------
    >>> quoted("urban"), quoted("65+"), quoted("log")
    ('urban', '`65+`', '`log`')
    """
    if re.fullmatch(r"[^\W\d][\w.]*", part) and part not in FUNCTIONS:
        return part
    return next((f"{mark}{part}{mark}" for mark in "`\"'" if mark not in part), f"`{part}`")


class _Reader:
    """Reads one text from left to right; each method takes the words of one level of the grammar."""

    def __init__(self, text: str, find: Find) -> None:
        self.text, self.find = text, find
        self.rows: list[int] = []
        self.depth = 0
        self.words = self._words()
        self.place = 0

    def contrast(self) -> Contrast:
        root = self._sum()
        if self._next() is not None:
            self._refuse(f"'{self._next()}' was not expected there")
        if not self.rows:
            raise EstimationError(
                f"contrast '{self.text}' names no estimate; a label that is a number or no single word stands in "
                "backticks, `18-29`."
            )
        return Contrast(self.text, tuple(dict.fromkeys(self.rows)), root)

    def _words(self) -> list[tuple[str, str]]:
        words, at, text = [], 0, self.text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise EstimationError(
                    f"contrast '{self.text}' cannot be read from '{text[at:].strip()[:20]}' on. A name that is not one "
                    "word stands in backticks, `not sure`; signs are + - * / ^ and parentheses."
                )
            words.append((str(found.lastgroup), found.group().strip()))
            at = found.end()
        if len(words) > LONGEST:
            self._refuse(f"it has {len(words):,} words and signs, and at most {LONGEST} are read; give coefficients")
        return words

    def _next(self) -> str | None:
        return self.words[self.place][1] if self.place < len(self.words) else None

    def _take(self) -> tuple[str, str]:
        if self._next() is None:
            self._refuse("it ends too early")
        self.place += 1
        return self.words[self.place - 1]

    def _refuse(self, problem: str) -> None:
        raise EstimationError(
            f"contrast '{self.text}' cannot be read: {problem}. Write it such as 'urban - rural', 'a / b' or "
            "'log(a) - log(b)'; a name that is not one word stands in backticks."
        )

    def _sum(self) -> Node:
        left = self._product()
        while self._next() in ("+", "-"):
            left = Operation(self._take()[1], left, self._product())
        return left

    def _product(self) -> Node:
        left = self._signed()
        while self._next() in ("*", "/"):
            left = Operation(self._take()[1], left, self._signed())
        return left

    def _signed(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            self._refuse(f"more than {DEEPEST} signs or parentheses stand in one another")
        if self._next() in ("+", "-"):
            sign = self._take()[1]
            node: Node = Operation(sign, Constant(0.0), self._signed())
        else:
            node = self._power()
        self.depth -= 1
        return node

    def _power(self) -> Node:
        base = self._operand()
        if self._next() in ("^", "**"):
            self._take()
            return Operation("^", base, self._signed())
        return base

    def _operand(self) -> Node:
        kind, word = self._take()
        if kind == "number":
            return Constant(float(word))
        if kind == "name" and self._next() == "(":
            return Call(self._function(word), self._in_parentheses())
        if kind == "name":
            self.rows.append(self.find(parts_of(word)))
            return Row(self.rows[-1])
        if word != "(":
            self._refuse(f"'{word}' was not expected there")
        self.place -= 1
        return self._in_parentheses()

    def _function(self, word: str) -> str:
        if word not in FUNCTIONS:
            raise UnknownNameError("function", word, FUNCTIONS, f"contrast '{self.text}'")
        return word

    def _in_parentheses(self) -> Node:
        self._take()
        inner = self._sum()
        if self._next() != ")":
            self._refuse("a closing parenthesis is missing")
        self._take()
        return inner
