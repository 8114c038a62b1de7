"""Expressions: XLSForm's ``relevant`` and ``constraint`` parsed to a frozen tree, with the place of every part.

The grammar is that of XPath 1.0 as XLSForm uses it (https://www.w3.org/TR/1999/REC-xpath-19991116/, chapter 3), with
two refusals: comparisons do not chain (``18 < . < 65`` would mean ``(18 < .) < 65``), and the pattern of ``regex``
is a literal that has no back-references or look-around.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..data.errors import ExpressionError, did_you_mean
from .patterns import Pattern, PatternError

LONGEST = 2000
"""Characters an expression may have."""

DEEPEST = 30
"""Levels an expression may nest."""

Value = str | float | bool
"""What an expression can be worth; an unanswered question is worth ``''``."""


@dataclass(frozen=True)
class Literal:
    """A string, number or truth value written in the expression."""

    value: Value
    start: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Reference:
    """``${name}``: the answer to a question."""

    name: str
    start: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Here:
    """``.``: the answer under examination."""

    start: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Operation:
    """An operator and its operands; ``and`` and ``or`` take any number, unary minus one."""

    operator: str
    operands: tuple[Node, ...]
    start: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple[Node, ...]
    start: int = field(default=0, compare=False)


Node = Literal | Reference | Here | Operation | Call

FUNCTIONS = {
    "true": (0, 0),
    "false": (0, 0),
    "not": (1, 1),
    "selected": (2, 2),
    "count-selected": (1, 1),
    "if": (3, 3),
    "coalesce": (2, 2),
    "regex": (2, 2),
    "string-length": (1, 1),
    "contains": (2, 2),
    "starts-with": (2, 2),
    "number": (1, 1),
    "string": (1, 1),
    "int": (1, 1),
}
"""Functions and the fewest and most arguments each takes."""


@functools.lru_cache(maxsize=4096)
def parse(expression: str) -> Node:
    """Parse an expression.

    Parameters
    ----------
    expression : str
        e.g. ``"${heard} = '1' and ${age} >= 18"``; at most 2,000 characters and 30 levels.

    Returns
    -------
    Node
        A frozen tree of ``Literal``, ``Reference``, ``Here``, ``Operation`` and ``Call``.

    Raises
    ------
    ExpressionError
        What is wrong, with the expression and a caret under the place.

    Examples
    --------
    >>> parse("${age} >= 18")
    Operation(operator='>=', operands=(Reference(name='age', start=0), Literal(value=18.0, start=10)), start=7)
    >>> parse("${age} == 18")
    Traceback (most recent call last):
    topline.data.errors.ExpressionError: '==' is not an operator; write '='.
        ${age} == 18
               ^
    """
    if len(expression) > LONGEST:
        raise ExpressionError(f"the expression has {len(expression):,} characters; at most {LONGEST:,} are read.")
    return _Parser(expression).whole()


def references(node: Node) -> Iterator[Reference]:
    """Go through the questions an expression names, in the order written.

    Examples
    --------
    >>> [reference.name for reference in references(parse("${a} = 1 or selected(${b}, 'x')"))]
    ['a', 'b']
    """
    return (part for part in walk(node) if isinstance(part, Reference))


def walk(node: Node) -> Iterator[Node]:
    """Go through an expression and all its parts, outermost first.

    Examples
    --------
    >>> [type(part).__name__ for part in walk(parse("not(${a})"))]
    ['Call', 'Reference']
    """
    yield node
    for part in _parts(node):
        yield from walk(part)


def _parts(node: Node) -> tuple[Node, ...]:
    """Give the operands or arguments of a node."""
    if isinstance(node, Operation):
        return node.operands
    return node.arguments if isinstance(node, Call) else ()


@dataclass(frozen=True)
class _Token:
    """A piece of the expression."""

    kind: str
    text: str
    start: int


TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<reference>\$\{[^{}]*\})
      | (?P<string>'[^']*'|"[^"]*")
      | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
      | (?P<operator><=|>=|!=|=(?!=)|<(?!>)|>|\+|-|\*|\(|\)|,|\.)
      | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)""",
    re.VERBOSE,
)

FOREIGN = {
    "==": "'==' is not an operator; write '='.",
    "<>": "'<>' is not an operator; write '!='.",
    "&&": "'&&' is not an operator; write 'and'.",
    "||": "'||' is not an operator; write 'or'.",
    "!": "'!' is not an operator; write 'not(...)'.",
    "/": "'/' is not an operator; write 'div'.",
    "%": "'%' is not an operator; write 'mod'.",
    "${": "'${' is not closed; write '${name}'.",
    "$": "a question is named as '${name}'.",
    "'": "the string is not closed; write a second '.",
    '"': 'the string is not closed; write a second ".',
    "‘": "curly quotes are not read; write '.",
    "’": "curly quotes are not read; write '.",
    "“": 'curly quotes are not read; write ".',
    "”": 'curly quotes are not read; write ".',
}
"""What other languages write, and what to write here; longer ones first."""

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
WORDS = ("and", "or", "div", "mod")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class _Parser:
    """Recursive descent over the tokens, loosest operator first: or, and, comparison, sum, product, minus."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = list(self._tokens())
        self.position = 0
        self.depth = 0

    def whole(self) -> Node:
        """Read the whole expression, and nothing after it."""
        node = self._either()
        if self._token.kind != "end":
            raise self._error(f"'{self._token.text}' is not expected here.", self._token.start)
        self._refuse_deep(node)
        return node

    def _refuse_deep(self, node: Node) -> None:
        """Measure the tree without recursion: a long sum is as deep as it has terms."""
        waiting = [(node, 1)]
        while waiting:
            part, level = waiting.pop()
            if level > 2 * DEEPEST:
                raise self._too_deep(part.start)
            waiting.extend((below, level + 1) for below in _parts(part))

    def _tokens(self) -> Iterator[_Token]:
        """Cut the expression into tokens."""
        position = 0
        while position < len(self.expression):
            found = TOKEN.match(self.expression, position)
            if found is None:
                raise self._error(self._foreign(position), position)
            self._refuse_capitals(found)
            if found.lastgroup != "space":
                yield _Token(str(found.lastgroup), found.group(), position)
            position = found.end()
        yield _Token("end", "", len(self.expression))

    def _refuse_capitals(self, found: re.Match[str]) -> None:
        """Refuse AND for and, NOT(...) for not(...): names have small letters."""
        small = found.group().lower()
        if found.lastgroup == "name" and small != found.group() and small in (*WORDS, *FUNCTIONS):
            called = f"{small}(...)" if small in FUNCTIONS else small
            raise self._error(f"'{found.group()}' is written in small letters; write '{called}'.", found.start())

    def _foreign(self, position: int) -> str:
        """Say what to write instead of something unreadable."""
        rest = self.expression[position:]
        for sign, remedy in FOREIGN.items():
            if rest.startswith(sign):
                return remedy
        return f"'{rest[0]}' is not read in an expression."

    def _error(self, problem: str, position: int) -> ExpressionError:
        """Point at the place: the stretch of the expression around it, and a caret below."""
        begin = max(0, position - 60)
        stretch = self.expression[begin : position + 40]
        shown = "".join(" " if character in "\n\r\t" else character for character in stretch)
        return ExpressionError(f"{problem}\n    {shown}\n    {' ' * (position - begin)}^")

    @property
    def _token(self) -> _Token:
        return self.tokens[self.position]

    def _take(self, *texts: str) -> _Token | None:
        """Step over an operator or word when it is one of these."""
        token = self._token
        if token.kind in ("operator", "name") and token.text in texts:
            self.position += 1
            return token
        return None

    def _expect(self, text: str, why: str) -> None:
        if self._take(text) is None:
            raise self._error(f"'{text}' is missing {why}.", self._token.start)

    def _either(self) -> Node:
        return self._joined("or", self._both)

    def _both(self) -> Node:
        return self._joined("and", self._comparison)

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        """Read parts joined by and, or by or; many parts make one node, so a long list is not a deep one."""
        parts, start = [part()], self._token.start
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Operation(word, tuple(parts), start)

    def _comparison(self) -> Node:
        left = self._sum()
        sign = self._take(*COMPARISONS)
        if sign is None:
            return left
        node = Operation(sign.text, (left, self._sum()), sign.start)
        if self._token.text in COMPARISONS and self._token.kind == "operator":
            raise self._error("comparisons do not chain; write 'a < b and b < c'.", self._token.start)
        return node

    def _sum(self) -> Node:
        return self._chained(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chained(("*", "div", "mod"), self._signed)

    def _chained(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        """Read parts joined by operators that group from the left; each makes the tree one level deeper."""
        node = part()
        while sign := self._take(*signs):
            node = Operation(sign.text, (node, part()), sign.start)
        return node

    def _deeper(self, position: int) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._too_deep(position)

    def _too_deep(self, position: int) -> ExpressionError:
        return self._error(f"the expression nests more than {DEEPEST} levels deep; split it.", position)

    def _signed(self) -> Node:
        sign = self._take("-")
        if sign is None:
            return self._primary()
        self._deeper(sign.start)
        node = Operation("-", (self._signed(),), sign.start)
        self.depth -= 1
        return node

    def _primary(self) -> Node:
        """Read a literal, a question, ``.``, a function, or an expression in parentheses."""
        token = self._token
        self.position += 1
        match token.kind:
            case "string":
                return Literal(token.text[1:-1], token.start)
            case "number":
                return Literal(float(token.text), token.start)
            case "reference":
                return self._reference(token)
            case "name" if token.text not in WORDS:
                return self._function(token)
        if token.text == ".":
            return Here(token.start)
        if token.text == "(":
            return self._nested(token)
        if token.kind == "end":
            raise self._error("the expression ends too early.", token.start)
        raise self._error(f"'{token.text}' is not expected here; a question, number or string is.", token.start)

    def _reference(self, token: _Token) -> Reference:
        name = token.text[2:-1].strip()
        if not NAME.fullmatch(name):
            raise self._error(f"'{token.text}' names no question; write '${{name}}'.", token.start)
        return Reference(name, token.start)

    def _nested(self, token: _Token) -> Node:
        self._deeper(token.start)
        node = self._either()
        self._expect(")", f"to close the '(' in column {token.start + 1}")
        self.depth -= 1
        return node

    def _function(self, token: _Token) -> Call:
        if self._token.text != "(" or self._token.kind != "operator":
            raise self._error(
                f"'{token.text}' stands alone; write '${{{token.text}}}' for a question, "
                f"'{token.text}' in quotes for a code.",
                token.start,
            )
        if token.text not in FUNCTIONS:
            raise self._error(f"there is no function '{token.text}'.{did_you_mean(token.text, FUNCTIONS)}", token.start)
        call = Call(token.text, self._arguments(token), token.start)
        self._check_arguments(call)
        return call

    def _arguments(self, token: _Token) -> tuple[Node, ...]:
        self._deeper(token.start)
        self._expect("(", f"after '{token.text}'")
        arguments: list[Node] = []
        if self._take(")") is None:
            arguments.append(self._either())
            while self._take(","):
                arguments.append(self._either())
            self._expect(")", f"to close '{token.text}('")
        self.depth -= 1
        return tuple(arguments)

    def _check_arguments(self, call: Call) -> None:
        """Refuse too few or too many arguments, and a pattern that cannot be read now."""
        fewest, most = FUNCTIONS[call.function]
        if not fewest <= len(call.arguments) <= most:
            raise self._error(
                f"'{call.function}' takes {most} argument{'s' if most != 1 else ''}, not {len(call.arguments)}.",
                call.start,
            )
        if call.function != "regex":
            return
        pattern = call.arguments[1]
        if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
            raise self._error("the pattern of 'regex' is a string in quotes.", pattern.start)
        try:
            Pattern.of(pattern.value)
        except PatternError as error:
            raise self._error(f"the pattern cannot be read: {error}.", pattern.start) from None
