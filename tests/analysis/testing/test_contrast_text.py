"""How a contrast is read, and that its derivatives are exact."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topline.analysis.testing.contrast_text import LONGEST, parts_of, quoted, read
from topline.analysis.testing.slopes import FUNCTIONS, Value, applied
from topline.data.errors import EstimationError, UnknownNameError

ROWS = {"a": 0, "b": 1, "c": 2, "not sure": 3, "65+": 4}
ESTIMATES = [2.0, 3.0, 0.25, 5.0, 7.0]


def find(name):
    return ROWS[name[-1]]


def value_of(text, estimates=ESTIMATES):
    return read(text, find).at(estimates)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a - b", -1),
        ("-a^2", -4),
        ("(-a)^2", 4),
        ("2^-1 * a", 1),
        ("a ** b ** 2", 512),
        ("a - b - a", -3),
        ("a / b / a", 1 / 3),
        ("(a + b) / 2 - c", 2.25),
        ("+a", 2),
        ("1.5e1 * a + .5", 30.5),
        ("item:a - item:'not sure'", -3),
        ('`65+` - "not sure"', 2),
        ("log(exp(a))", 2),
        ("log2(a^3) + log10(a / 20)", 2),
        ("expit(logit(c))", 0.25),
        ("sqrt(a * a)", 2),
        ("expit(-a) + expit(a)", 1),
        ("c^a", 0.0625),
    ],
)
def test_a_text_is_computed_by_the_rules_of_arithmetic(text, number):
    assert value_of(text).number == pytest.approx(number, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("a - b", 1),
        ("2 * (a + 1) / 3", 1),
        ("a * b", 2),
        ("1 / a", 2),
        ("log(a)", 2),
        ("a^2", 2),
        ("log(2) * a", 1),
        ("2^3 - a", 1),
    ],
)
def test_what_is_linear_is_known(text, degree):
    assert value_of(text).degree == degree


@pytest.mark.parametrize(
    "text",
    [
        "a * b - b / c",
        "log(a / b) * exp(c)",
        "sqrt(a + b) ^ c",
        "logit(c) - expit(a - b)",
        "log10(a) + log2(b)",
        "a ^ -b",
        "(a - 10)^3 / b^2",
        "2 ^ (a - b)",
    ],
)
def test_derivatives_agree_with_central_differences(text):
    contrast = read(text, find)
    exact = contrast.at(ESTIMATES).slopes
    for row in contrast.rows:
        step = 1e-6
        up, down = list(ESTIMATES), list(ESTIMATES)
        up[row] += step
        down[row] -= step
        difference = (contrast.at(up).number - contrast.at(down).number) / (2 * step)
        assert exact[row] == pytest.approx(difference, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(number=st.floats(0.01, 0.99))
def test_slopes_of_functions_agree_with_central_differences(name, number):
    step = 1e-7
    up, down = (applied(name, Value(number + way * step, {}, 1)).number for way in (1, -1))
    slope = applied(name, Value(number, {0: 1.0}, 1)).slopes[0]
    assert slope == pytest.approx((up - down) / (2 * step), rel=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a contrast is ''"),
        ("a b", "'b' was not expected"),
        ("a -", "ends too early"),
        ("(a - b", "closing parenthesis is missing"),
        ("a - b)", "'\\)' was not expected"),
        ("a * / b", "'/' was not expected"),
        ("a ~ b", "cannot be read from '~ b' on"),
        ("18 - 29", "names no estimate"),
        ("18-29 - a b", "'b' was not expected"),
        ("(" * 60 + "a" + ")" * 60, "more than 50 signs or parentheses"),
        (" + ".join("a" for _ in range(LONGEST)), "give coefficients"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, message):
    with pytest.raises(EstimationError, match=message):
        read(text, find)


def test_an_unknown_function_is_refused_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"there is no function 'logg'\. Did you mean 'log'"):
        read("logg(a)", find)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a / (b - b)", "divides by 0"),
        ("log(a - a)", "log is taken of 0"),
        ("log10(-a)", "log10 is taken of -2"),
        ("log2(-a)", "log2 is taken of -2"),
        ("sqrt(-a)", "sqrt is taken of -2"),
        ("logit(a)", "logit is taken of 2"),
        ("(-a)^0.5", "-2 has no power 0.5"),
        ("(a - a)^-1", "0 has no power -1"),
        ("(-a)^b", "raised to a power that is estimated"),
        ("exp(a * 1000)", "not defined"),
        ("1e308 * a * a", "beyond the largest number"),
    ],
)
def test_what_is_not_defined_is_refused_by_name(text, message):
    with pytest.raises(EstimationError, match=message):
        value_of(text)


def test_nothing_but_arithmetic_can_be_written():
    for text in ("__import__('os')", "a.__class__", "a if b else c", "[a]", "lambda: a", "a; b", "a == b"):
        with pytest.raises((EstimationError, UnknownNameError, KeyError)):
            value_of(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="`"), min_size=1).map(str.strip))
def test_a_quoted_part_is_read_back_as_it_was(part):
    if part:
        assert parts_of(quoted(part)) == (part,)


def test_expit_is_exact_far_out():
    assert applied("expit", Value(-800.0, {}, 1)).number == 0.0
    assert applied("expit", Value(800.0, {}, 1)).number == 1.0
    assert math.isclose(applied("expit", Value(-30.0, {}, 1)).number, math.exp(-30), rel_tol=1e-12)
