"""What SPSS and Stata allow: names, and the number of missing codes."""

import numpy as np
import pytest

from topline.data.codebook import MissingKind, MissingRange, Variable
from topline.data.errors import CodebookError
from topline.data.missing_limits import TooManyMissing, spss_missing
from topline.data.names import refuse_names_of

OTHER = MissingKind.OTHER


@pytest.mark.parametrize("name", ["q1", "Größe", "省份", "q.1", "a@b", "a$", "x" * 64, "字" * 21, "हिन्दी"])
def test_names_spss_allows(name):
    assert refuse_names_of("SPSS", [name, "other"], "wave.sav") is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("1st", "begins with '1', not with a letter (e.g. 'v1st')"),
        ("_x", "begins with '_', not with a letter (e.g. 'x')"),
        ("@x", "begins with '@'"),
        ("q 1", "contains ' ' (e.g. 'q_1')"),
        ("q-1!", "contains '!', '-' (e.g. 'q_1')"),
        ("q.", "ends with a full stop (e.g. 'q')"),
        ("and", "is a reserved word (e.g. 'and_')"),
        ("x" * 65, "is 65 bytes long, at most 64 fit"),
        ("!", "(e.g. 'v')"),
    ],
)
def test_names_spss_refuses(name, told):
    with pytest.raises(CodebookError) as refused:
        refuse_names_of("SPSS", [name, "fine"], "wave.sav")
    assert told in str(refused.value)
    assert str(refused.value).startswith("wave.sav: SPSS does not allow")
    assert "fine" not in str(refused.value)


@pytest.mark.parametrize("name", ["q1", "_x", "Größe", "省份", "x" * 32, "字" * 32, "Q", "str"])
def test_names_stata_allows(name):
    assert refuse_names_of("Stata", [name, "other"], "wave.dta") is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("1st", "begins with '1'"),
        ("q.1", "contains '.' (e.g. 'q_1')"),
        ("str12", "is a reserved word (e.g. 'str12_')"),
        ("if", "is a reserved word"),
        ("x" * 33, "is 33 characters long, at most 32 fit"),
    ],
)
def test_names_stata_refuses(name, told):
    with pytest.raises(CodebookError, match=r"wave\.dta: Stata does not allow") as refused:
        refuse_names_of("Stata", [name], "wave.dta")
    assert told in str(refused.value)


def declared(*codes: float, ranges: tuple[tuple[float, float], ...] = (), **described: object) -> Variable:
    stretches = tuple(MissingRange(low, high) for low, high in ranges)
    return Variable("q", missing=dict.fromkeys(codes, OTHER), missing_ranges=stretches, **described)


@pytest.mark.parametrize(
    ("variable", "observed", "stretches"),
    [
        (declared(), [1.0], []),
        (declared(98, 99, -9), [1.0], [(98, 98), (99, 99), (-9, -9)]),
        (declared(9, ranges=((-np.inf, -1),)), [1.0], [(-np.inf, -1), (9, 9)]),
        (declared(-5, -7, 9, ranges=((-np.inf, -1),)), [1.0], [(-np.inf, -1), (9, 9)]),
        (declared(97, 98, 99, -9), [1.0], [(97, 99), (-9, -9)]),
        (declared(96, 97, 98, 99), [1.0], [(97, 99), (96, 96)]),
        (declared(-3, -2, -1, 99), [1.0], [(-3, -1), (99, 99)]),
        (declared(97, 98, 99, -9, -8), [200.0], [(-8, 99), (-9, -9)]),
        (declared(ranges=((-9, -1), (90, 99))), [200.0], [(-9, 99)]),
        (declared(5, ranges=((-9, -1), (90, 99))), [200.0], [(-9, 99)]),
        (declared(1000, ranges=((-9, -1), (90, 99))), [200.0], [(-9, 99), (1000, 1000)]),
    ],
)
def test_declarations_that_fit_spss(variable, observed, stretches):
    assert spss_missing(variable, observed) == stretches


@pytest.mark.parametrize(
    ("variable", "observed"),
    [
        (declared(7, 9, 97, 99), [8.0, 98.0]),
        (declared(-9, -8, 98, 99), [1.0]),
        (declared(-9, -8, 98, 99, labels={1.0: "yes"}), []),
        (declared(-9, -8, 98, 99, collapse={"support": (4.0, 5.0)}), []),
        (declared(ranges=((-9, -1), (90, 99))), [1.0]),
        (declared(1, 3, ranges=((-9, -1),)), [0.5, 2.0]),
    ],
)
def test_declarations_with_answers_between_are_refused(variable, observed):
    with pytest.raises(TooManyMissing, match="SPSS holds three values, or one range and one value"):
        spss_missing(variable, observed)
