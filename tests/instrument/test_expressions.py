"""How expressions are read, and what is said about those that are not."""

import pytest

from topline.data.errors import ExpressionError
from topline.instrument.expressions import (
    DEEPEST,
    LONGEST,
    Call,
    Literal,
    Operation,
    Reference,
    parse,
    references,
    walk,
)


def test_and_binds_tighter_than_or():
    node = parse("${a} or ${b} and ${c}")
    assert isinstance(node, Operation) and node.operator == "or"
    assert node.operands[0] == Reference("a")
    assert node.operands[1] == Operation("and", (Reference("b"), Reference("c")))


def test_three_alternatives_are_one_node():
    node = parse("${a} or ${b} or ${c}")
    assert node == Operation("or", (Reference("a"), Reference("b"), Reference("c")))


def test_comparisons_bind_looser_than_sums():
    assert parse("1 + 2 = 3") == Operation("=", (Operation("+", (Literal(1.0), Literal(2.0))), Literal(3.0)))


def test_capitals_in_a_question_or_a_text_are_no_operators():
    assert parse("${AND} = 'NOT'") == Operation("=", (Reference("AND"), Literal("NOT")))


def test_spaces_and_line_breaks_do_not_matter():
    assert parse("selected( ${ q } ,\n 'x' )") == Call("selected", (Reference("q"), Literal("x")))


def test_references_come_in_the_order_written():
    assert [reference.name for reference in references(parse("if(${a} = 1, ${b}, not(${a}))"))] == ["a", "b", "a"]
    assert len(list(walk(parse("-${a}")))) == 2


@pytest.mark.parametrize(
    ("expression", "problem", "column"),
    [
        ("${a} == 1", "write '='", 5),
        ("${a} <> 1", "write '!='", 5),
        ("${a} && ${b}", "write 'and'", 5),
        ("${a} || ${b}", "write 'or'", 5),
        ("!${a}", "write 'not(...)'", 0),
        ("${a} = 1 AND ${b} = 2", "write 'and'", 9),
        ("(${a} Or ${b})", "write 'or'", 6),
        ("NOT(${a})", "write 'not(...)'", 0),
        ("${a} MOD 2", "write 'mod'", 5),
        ("${a} / 2", "write 'div'", 5),
        ("${a} % 2", "write 'mod'", 5),
        ("${a = 1", "'${' is not closed", 0),
        ("$a = 1", "a question is named as '${name}'", 0),
        ("${} = 1", "names no question", 0),
        ("${a b} = 1", "names no question", 0),
        ("${a} = 'x", "the string is not closed", 7),
        ("${a} = ‘x’", "curly quotes", 7),
        ("${a} = “x”", "curly quotes", 7),
        ("${a} = yes", "'yes' in quotes for a code", 7),
        ("a = 1", "'${a}' for a question", 0),
        ("selekted(${a}, 1)", "Did you mean 'selected'", 0),
        ("selected(${a})", "takes 2 arguments, not 1", 0),
        ("not()", "takes 1 argument, not 0", 0),
        ("not(${a}", "')' is missing to close 'not('", 8),
        ("(${a}", "')' is missing to close the '('", 5),
        ("${a} =", "ends too early", 6),
        ("${a} = )", "is not expected here", 7),
        ("${a} 1", "'1' is not expected here", 5),
        ("1 < ${a} < 3", "do not chain", 9),
        ("and", "'and' is not expected here", 0),
        ("", "ends too early", 0),
        ("regex(., ${a})", "is a string in quotes", 9),
        ("regex(., '(a')", "'(' is not closed", 9),
        ("#", "'#' is not read", 0),
    ],
)
def test_a_mistake_is_named_with_a_caret_under_it(expression, problem, column):
    with pytest.raises(ExpressionError) as caught:
        parse(expression)
    first, shown, caret = str(caught.value).split("\n")
    assert problem in first
    assert shown == f"    {expression}"
    assert caret == " " * (column + 4) + "^"


def test_a_mistake_far_inside_is_shown_with_what_stands_around_it():
    with pytest.raises(ExpressionError) as caught:
        parse("${a} = 1 or " * 20 + "${b} == 1")
    _, shown, caret = str(caught.value).split("\n")
    assert shown[len(caret) - 1 :].startswith("== 1")
    assert len(shown) < 120


def test_too_long_an_expression_is_refused():
    with pytest.raises(ExpressionError, match="2,001 characters; at most 2,000"):
        parse("1" * (LONGEST + 1))


@pytest.mark.parametrize("expression", ["(" * 100 + "1" + ")" * 100, "-" * 100 + "1", "not(" * 100 + "1" + ")" * 100])
def test_too_deep_an_expression_is_refused(expression):
    with pytest.raises(ExpressionError, match=f"more than {DEEPEST} levels"):
        parse(expression)


def test_a_long_sum_is_as_deep_as_it_has_terms():
    with pytest.raises(ExpressionError, match="levels deep"):
        parse("1" + "+1" * 900)
    assert parse("1" + "+1" * 50)
