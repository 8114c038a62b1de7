"""Patterns agree with Python's re on what both can read, and never take long."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topline.instrument.patterns import Pattern, PatternError

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\W", "[a-c1-3]", "(?:ab|c)", "(a|)"])
REPEATED = st.tuples(ATOMS, st.sampled_from(["", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])).map("".join)
ANCHORS = st.sampled_from(["^", "$"])
PATTERNS = st.lists(
    st.lists(st.one_of(REPEATED, REPEATED, ANCHORS), max_size=4).map("".join), min_size=1, max_size=3
).map("|".join)


@settings(max_examples=500, deadline=None)
@given(PATTERNS, st.text(alphabet="abc1 \n", max_size=6))
def test_a_pattern_matches_what_python_matches(pattern, text):
    if re.search(r"\$", pattern) and text.endswith("\n"):
        return  # Python's $ also holds before a last line break.
    assert Pattern.of(pattern).matches(text) == bool(re.fullmatch(pattern, text))


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+", "a.b@c.de", True),
        (r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+", "a.b@", False),
        (r"\+?\d{2,4}[ -]?\d+", "+49 30", True),
        (r"[一-龥]{2,4}", "张三", True),
        (r"a\tb", "a\tb", True),
        (r"[]a]+", "]a", True),
        (r"[a-]+", "a-", True),
        (r"[\]]", "]", True),
        (r"[\d,]+", "1,2", True),
        (r"\D\S\w", "ab_", True),
        (r"", "", True),
        (r"\.", "x", False),
        (r"(?:x){3}", "xxx", True),
    ],
)
def test_a_pattern_fits(pattern, text, fits):
    assert Pattern.of(pattern).matches(text) is fits


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(a", "not closed"),
        ("a)", "closes nothing"),
        ("[a", "not closed"),
        ("*a", "repeats nothing"),
        ("a**", "repeats a repeat"),
        ("a{3,2}", "wrong way round"),
        ("a{x}", "a repeat is written"),
        ("a{2", "a repeat is written"),
        ("[z-a]", "wrong way round"),
        (r"(a)\1", r"'\1' is not read"),
        ("a\\", "is not read"),
        ("(?=a)", "only '(?:...)' is read"),
        ("(?i)a", "only '(?:...)' is read"),
        ("a{999}", "too large"),
        ("((a{30}){30}){30}", "too large"),
        ("ab" * 400, "too large"),
        ("(" * 30 + "a" + ")" * 30, "levels deep"),
    ],
)
def test_what_is_not_read_is_refused(pattern, problem):
    with pytest.raises(PatternError, match=re.escape(problem)):
        Pattern.of(pattern)


@settings(max_examples=300, deadline=20_000)
@given(st.text(alphabet="ab()[]|*+?{},0123\\^$.-", max_size=25), st.text(alphabet="ab0", max_size=10))
def test_any_pattern_is_compiled_or_refused(pattern, text):
    try:
        compiled = Pattern.of(pattern)
    except PatternError:
        return
    assert compiled.matches(text) in (True, False)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+b", "a*a*a*a*a*b", "((a{0,9}){0,9})+b", "(.*)*x"])
def test_no_text_brings_a_pattern_to_a_standstill(pattern):
    began = time.perf_counter()
    Pattern.of(pattern).matches("a" * 2000)
    assert time.perf_counter() - began < 20
