"""Conditions: what a parsed ``relevant`` or ``constraint`` is worth for the answers of one interview.

Conversions are those of XPath 1.0 as XLSForm uses it (https://www.w3.org/TR/1999/REC-xpath-19991116/, sections 3.4,
3.5 and 4), with one departure against a mistake that fielded questionnaires contain: a don't-know or refusal code is
no number (``${age} > 60`` is false for a respondent who refused and was coded 99). Nothing is executed, and nothing
a respondent writes can make it slow: a ``regex`` runs in linear time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from .expressions import Call, Here, Literal, Node, Operation, Reference, Value, parse
from .interview import Answer
from .patterns import Pattern


class MissingCode(str):
    """A don't-know or refusal code: equal to its code, but not a number that is less or more than another."""

    __slots__ = ()


def holds(expression: str, answers: Mapping[str, Answer], here: Answer | None = None) -> bool:
    """Say whether an expression is true for these answers; an empty one always is.

    Examples
    --------
    >>> holds("${age} >= 18", {"age": 17}), holds("${age} >= 18", {}), holds("", {})
    (False, False, True)
    """
    return not expression.strip() or _truth(evaluate(parse(expression), answers, here))


def evaluate(node: Node, answers: Mapping[str, Answer], here: Answer | None = None) -> Value:
    """Work out what an expression is worth. Never fails: what is no number counts as NaN, as in XPath.

    Parameters
    ----------
    node : Node
        From ``parse``.
    answers : mapping of str to Answer
        Answers by variable name; absent means unanswered, which is worth ``''``.
    here : Answer or None
        The answer ``.`` stands for.

    Examples
    --------
    >>> evaluate(parse("${age} + 1"), {"age": 41})
    42.0
    >>> evaluate(parse("${age} = ''"), {})
    True
    >>> evaluate(parse("selected(${sources}, 'tv')"), {"sources": ("tv", "radio")})
    True
    """
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Reference):
        return _worth(answers.get(node.name))
    if isinstance(node, Here):
        return _worth(here)
    if isinstance(node, Operation):
        return _operate(node, answers, here)
    return _call(node, answers, here)


def _worth(answer: Answer | None) -> Value:
    """Turn an answer into a value: a multiple choice is its codes with spaces between, as in XLSForm."""
    if answer is None:
        return ""
    if isinstance(answer, str):
        return answer
    return " ".join(answer) if isinstance(answer, tuple) else _float(answer)


def _float(number: float) -> float:
    """Turn any number into a float, one too large for it into infinity."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _operate(node: Operation, answers: Mapping[str, Answer], here: Answer | None) -> Value:
    """Work out an operation; ``and`` and ``or`` stop as soon as they are decided."""
    if node.operator == "and":
        return all(_truth(evaluate(operand, answers, here)) for operand in node.operands)
    if node.operator == "or":
        return any(_truth(evaluate(operand, answers, here)) for operand in node.operands)
    values = [evaluate(operand, answers, here) for operand in node.operands]
    if node.operator in ("=", "!="):
        return _equal(*values, wanted=node.operator == "=")
    numbers = [_magnitude(value) for value in values]
    return -numbers[0] if len(numbers) == 1 else _reckon(node.operator, *numbers)


def _equal(left: Value, right: Value, *, wanted: bool) -> bool:
    """Compare as XPath 1.0 section 3.4: as truth values if one is, else as numbers if one is, else as strings."""
    if isinstance(left, bool) or isinstance(right, bool):
        return (_truth(left) == _truth(right)) is wanted
    if isinstance(left, float) or isinstance(right, float):
        return (_number(left) == _number(right)) is wanted
    return (left == right) is wanted


def _reckon(operator: str, left: float, right: float) -> Value:
    """Order or reckon with two numbers; NaN is neither less nor more than anything."""
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "div":
            return _divide(left, right)
    return math.nan if right == 0 or math.isinf(left) or math.isnan(right) else math.fmod(left, right)


def _divide(left: float, right: float) -> float:
    """Divide as IEEE 754 does, where Python would stop at a zero."""
    if right:
        return left / right
    return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


def _call(node: Call, answers: Mapping[str, Answer], here: Answer | None) -> Value:
    """Work out a function."""
    if node.function == "if":
        wanted = 1 if _truth(evaluate(node.arguments[0], answers, here)) else 2
        return evaluate(node.arguments[wanted], answers, here)
    if node.function == "regex":
        text = _string(evaluate(node.arguments[0], answers, here))
        return _pattern(node.arguments[1]).matches(text)
    values = [evaluate(argument, answers, here) for argument in node.arguments]
    match node.function:
        case "true" | "false":
            return node.function == "true"
        case "not":
            return not _truth(values[0])
        case "number":
            return _number(values[0])
        case "int":
            number = _number(values[0])
            return float(math.trunc(number)) if math.isfinite(number) else number
    strings = [_string(value) for value in values]
    match node.function:
        case "selected":
            return strings[1] in strings[0].split()
        case "count-selected":
            return float(len(strings[0].split()))
        case "coalesce":
            return strings[0] or strings[1]
        case "string-length":
            return float(len(strings[0]))
        case "contains":
            return strings[1] in strings[0]
        case "starts-with":
            return strings[0].startswith(strings[1])
    return strings[0]


def _pattern(node: Node) -> Pattern:
    """Give the pattern of a ``regex``; the parser let only a string literal pass, and compiled it once."""
    return Pattern.of(str(node.value)) if isinstance(node, Literal) else Pattern.of("")


def _truth(value: Value) -> bool:
    """Turn a value into a truth value, XPath 1.0 section 4.3."""
    return value != 0 and not math.isnan(value) if isinstance(value, float) else bool(value)


def _string(value: Value) -> str:
    """Turn a value into a string, XPath 1.0 section 4.2: whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) else repr(value)


NUMERAL = re.compile(r"\s*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*")


def _number(value: Value) -> float:
    """Turn a value into a number, XPath 1.0 section 4.4: a string that is no numeral is NaN."""
    if isinstance(value, str):
        return float(value) if NUMERAL.fullmatch(value) else math.nan
    return float(value)


def _magnitude(value: Value) -> float:
    """Turn a value into a number to order or reckon with; a don't-know code has no magnitude."""
    return math.nan if isinstance(value, MissingCode) else _number(value)
