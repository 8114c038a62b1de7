"""Patterns for ``regex()``: a regular expression matched whole, in time proportional to the text.

Python's ``re`` goes back and tries again, which a respondent can drive to a standstill with the right text
(``(a+)+$`` on thirty a's). This one keeps the set of places it could be at, after Thompson, "Regular Expression
Search Algorithm", Communications of the ACM 11 (1968), 419-422; back-references and look-around have no such form.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

LARGEST = 600
"""Instructions a pattern may compile to; ``(ab){1,50}`` takes 149."""

Test = Callable[[str], bool]


class PatternError(ValueError):
    """A pattern that is not read; the condition it stands in says where."""


@dataclass(frozen=True)
class _Step:
    """One instruction: ``take`` a character that passes ``test``, go ``to`` places, or hold at ``begin`` or ``end``."""

    kind: str
    to: tuple[int, ...] = ()
    test: Test | None = None


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern.

    Examples
    --------
    >>> Pattern.of("[0-9]{5}").matches("10115"), Pattern.of("[0-9]{5}").matches("1011")
    (True, False)
    >>> Pattern.of("(a+)+b").matches("a" * 2000)
    False
    """

    steps: tuple[_Step, ...]

    @staticmethod
    @functools.lru_cache(maxsize=256)
    def of(source: str) -> Pattern:
        r"""Compile a pattern, or raise PatternError.

        Parameters
        ----------
        source : str
            e.g. ``"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+"``: letters, ``.``, ``[...]``, ``\d \w \s`` and their
            capitals, ``( )``, ``|``, ``* + ? {2} {2,} {2,5}``, ``^`` and ``$``.
        """
        reader = _Reader(source)
        steps = [*reader.whole(), _Step("match")]
        if len(steps) > LARGEST:
            raise PatternError("it is too large; use fewer or smaller repeats")
        return Pattern(tuple(steps))

    def matches(self, text: str) -> bool:
        """Say whether the whole text fits the pattern."""
        places = self._reach({0}, 0, len(text))
        for position, character in enumerate(text, start=1):
            onward = {place + 1 for place in places if _passes(self.steps[place], character)}
            if not onward:
                return False
            places = self._reach(onward, position, len(text))
        return any(self.steps[place].kind == "match" for place in places)

    def _reach(self, places: set[int], position: int, length: int) -> set[int]:
        """Follow every step that takes no character."""
        reached: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place in reached:
                continue
            reached.add(place)
            step = self.steps[place]
            if step.kind == "go":
                waiting.extend(place + offset for offset in step.to)
            elif (step.kind == "begin" and position == 0) or (step.kind == "end" and position == length):
                waiting.append(place + 1)
        return reached


def _passes(step: _Step, character: str) -> bool:
    return step.test is not None and step.test(character)


CLASSES: dict[str, Test] = {
    "d": str.isdecimal,
    "w": lambda character: character.isalnum() or character == "_",
    "s": str.isspace,
}
CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
NESTED = 20
"""Levels of parentheses a pattern may have."""


class _Reader:
    """Recursive descent: alternatives of sequences of repeated atoms. Steps are relative, so a copy works anywhere."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.depth = 0

    def whole(self) -> list[_Step]:
        steps = self._alternatives()
        if self.position < len(self.source):
            raise PatternError("')' closes nothing")
        return steps

    @property
    def _next(self) -> str:
        return self.source[self.position : self.position + 1]

    def _take(self, sign: str) -> bool:
        if self.source.startswith(sign, self.position):
            self.position += len(sign)
            return True
        return False

    def _alternatives(self) -> list[_Step]:
        steps = self._sequence()
        while self._take("|"):
            other = self._sequence()
            steps = [_Step("go", (1, len(steps) + 2)), *steps, _Step("go", (len(other) + 1,)), *other]
        return steps

    def _sequence(self) -> list[_Step]:
        steps: list[_Step] = []
        while self._next and self._next not in "|)":
            steps.extend(self._repeated(self._atom()))
            if len(steps) > LARGEST:
                raise PatternError("it is too large; use fewer or smaller repeats")
        return steps

    def _repeated(self, atom: list[_Step]) -> list[_Step]:
        fewest, most = self._times()
        self._take("?")
        if len(atom) * max(fewest, most or 1) > LARGEST:
            raise PatternError("it is too large; use fewer or smaller repeats")
        if most is not None and most < fewest:
            raise PatternError(f"the repeat {{{fewest},{most}}} is the wrong way round")
        if self._next and self._next in "*+":
            raise PatternError(f"'{self._next}' repeats a repeat")
        steps = atom * fewest
        if most is None:
            return [*steps, _Step("go", (1, len(atom) + 2)), *atom, _Step("go", (-len(atom) - 1,))]
        for _ in range(most - fewest):
            steps = [*steps, _Step("go", (1, len(atom) + 1)), *atom]
        return steps

    def _times(self) -> tuple[int, int | None]:
        """Read ``* + ? {m} {m,} {m,n}``: the fewest and most times, None for no end."""
        for sign, times in {"*": (0, None), "+": (1, None), "?": (0, 1)}.items():
            if self._take(sign):
                return times
        if not self._take("{"):
            return 1, 1
        inside, closed, rest = self.source[self.position :].partition("}")
        low, comma, high = inside.partition(",")
        if not closed or not _small(low) or (high and not _small(high)):
            raise PatternError("a repeat is written {2}, {2,} or {2,5}, at most 999; a brace itself \\{")
        self.position = len(self.source) - len(rest)
        return int(low), int(high) if high else None if comma else int(low)

    def _atom(self) -> list[_Step]:
        sign = self._next
        self.position += 1
        match sign:
            case "(":
                return self._group()
            case "[":
                return [_Step("take", test=self._class())]
            case "^":
                return [_Step("begin")]
            case "$":
                return [_Step("end")]
            case ".":
                return [_Step("take", test=lambda character: character != "\n")]
            case "\\":
                return [_Step("take", test=self._escape())]
            case "*" | "+" | "?" | "{":
                raise PatternError(f"'{sign}' repeats nothing")
        return [_Step("take", test=sign.__eq__)]

    def _group(self) -> list[_Step]:
        if self._next == "?" and not self._take("?:"):
            raise PatternError("of the groups '(?...' only '(?:...)' is read")
        self.depth += 1
        if self.depth > NESTED:
            raise PatternError(f"it nests more than {NESTED} levels deep")
        steps = self._alternatives()
        if not self._take(")"):
            raise PatternError("'(' is not closed")
        self.depth -= 1
        return steps

    def _escape(self) -> Test:
        """Read what stands after a backslash."""
        sign = self._next
        self.position += 1
        if sign.lower() in CLASSES and sign:
            test = CLASSES[sign.lower()]
            return test if sign.islower() else lambda character: not test(character)
        if sign in CONTROLS and sign:
            return CONTROLS[sign].__eq__
        if not sign or (sign.isascii() and sign.isalnum()):
            raise PatternError(f"'\\{sign}' is not read")
        return sign.__eq__

    def _class(self) -> Test:
        """Read ``[...]``; a ``]`` in first place stands for itself."""
        refused = self._take("^")
        tests: list[Test] = []
        while not tests or self._next != "]":
            if not self._next:
                raise PatternError("'[' is not closed")
            tests.append(self._member())
        self.position += 1
        return lambda character: any(test(character) for test in tests) is not refused

    def _member(self) -> Test:
        r"""Read one character, one ``\d``, or one range of a class."""
        low = self._next
        self.position += 1
        if low == "\\":
            return self._escape()
        if self._next != "-" or self.source[self.position + 1 : self.position + 2] in ("]", ""):
            return low.__eq__
        high = self.source[self.position + 1]
        self.position += 2
        if high == "\\" or high < low:
            raise PatternError(f"the range {low}-{high} is the wrong way round")
        return lambda character: low <= character <= high


def _small(digits: str) -> bool:
    """Say whether these are one to three digits."""
    return digits.isascii() and digits.isdigit() and len(digits) <= 3
