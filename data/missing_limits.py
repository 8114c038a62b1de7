"""Fitting missing codes into SPSS's limit: three single values, or one range and one value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .codebook import Variable

Stretch = tuple[float, float]
"""Lowest and highest of a run of missing codes; both the same for a single code."""


class TooManyMissing(ValueError):
    """The missing codes fit no SPSS declaration; the message completes the sentence 'variable x ...'."""


def spss_missing(variable: Variable, observed: Iterable[float]) -> list[Stretch]:
    """Give the declaration SPSS can hold for a numeric variable's missing codes.

    Codes inside a declared range need no mention of their own. More than three, or more than one beside a range,
    are put into one range where no answer, observed or labelled, lies between them; at most one code stays outside.
    The sidecar keeps which codes were declared.

    Parameters
    ----------
    variable : Variable
        e.g. with ``missing={97.0: ..., 98.0: ..., 99.0: ..., -9.0: ...}``.
    observed : iterable of float
        Values in the data.

    Raises
    ------
    TooManyMissing
        When answers lie between the codes.

    Examples
    --------
    >>> from .codebook import MissingKind
    >>> codes = {code: MissingKind.OTHER for code in (-9.0, 97.0, 98.0, 99.0)}
    >>> spss_missing(Variable("q1", missing=codes), [1.0, 2.0])
    [(97.0, 99.0), (-9.0, -9.0)]
    """
    ranges = [(float(each.low), float(each.high)) for each in variable.missing_ranges]
    single = [float(code) for code in variable.missing if not isinstance(code, str)]
    outside = [code for code in single if not any(low <= code <= high for low, high in ranges)]
    stretches = [*ranges, *((code, code) for code in outside)]
    if _fits(stretches):
        return stretches
    answers = _answers(variable, observed)
    for chosen in _with_one_range(sorted(stretches)):
        low, high = chosen[0]
        if not any(low <= answer <= high for answer in answers):
            return chosen
    codes = ", ".join(f"{low:g}" if low == high else f"{low:g} to {high:g}" for low, high in sorted(stretches))
    raise TooManyMissing(
        f"declares {codes} missing; SPSS holds three values, or one range and one value, and answers lie between "
        "these; recode some, or write .dta, .csv or .parquet, which hold them all."
    )


def _fits(stretches: Sequence[Stretch]) -> bool:
    """Say whether SPSS holds the stretches as they are."""
    ranges = sum(low != high for low, high in stretches)
    return len(stretches) <= 3 if ranges == 0 else ranges == 1 and len(stretches) <= 2


def _answers(variable: Variable, observed: Iterable[float]) -> list[float]:
    """Give the codes that are answers: in the data, labelled, or in a named group."""
    grouped = [code for codes in variable.collapse.values() for code in codes]
    known = [*observed, *variable.labels, *grouped]
    return [float(code) for code in known if not isinstance(code, str) and variable.missing_kind(code) is None]


def _with_one_range(stretches: list[Stretch]) -> list[list[Stretch]]:
    """Give the declarations of one range and at most one value that cover all stretches, narrowest first."""
    whole = [[(stretches[0][0], max(high for _, high in stretches))]]
    first, last = stretches[0], stretches[-1]
    if first[0] == first[1]:
        whole.append([(stretches[1][0], max(high for _, high in stretches)), first])
    if last[0] == last[1]:
        whole.append([(first[0], max(high for _, high in stretches[:-1])), last])
    return sorted(whole, key=lambda declaration: declaration[0][1] - declaration[0][0])
