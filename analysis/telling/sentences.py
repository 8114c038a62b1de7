"""One honest sentence for each comparison, in plain words, with the numbers it rests on."""

from __future__ import annotations

import re

from ...data.registry.figure import BOUNDS
from .comparison import ComparisonRow

GRADES = {"comparable": "comparable", "qualified": "with reservations", "not_comparable": "not comparable"}


QUALIFIERS = {
    "about": "about ",
    "more_than": "more than ",
    "less_than": "less than ",
    "at_most": "at most ",
    "at_least": "at least ",
}
"""How a printed value was hedged."""


def sentence(row: ComparisonRow) -> str:
    """Say in one sentence what a comparison found, and what it could not have seen.

    Examples
    --------
    >>> sentence(ComparisonRow("travel", estimate=0.684, n=1024, published=0.77, published_n=1173,
    ...     reasons=("Different countries: new DE, published CN.",)))
    '68.4% here (n 1,024) and 77% published (n 1,173) are not compared: different countries: new DE, published CN.'
    """
    if row.suppressed:
        return f"The new result rests on too few answers to be shown; {published_in_words(row)} was published."
    if row.grade == "not_comparable" and row.estimate is None:
        return f"{published_in_words(row)} published{size(row.published_n)} is not compared: {why(row)}"
    if row.grade == "not_comparable":
        both = f"{new_in_words(row)} and {published_in_words(row)} published{size(row.published_n)}"
        return f"{both} are not compared: {why(row)}"
    if row.difference is None or row.verdict_sampling is None:
        return (
            f"{new_in_words(row)} against {published_in_words(row)} published{size(row.published_n)}; "
            f"nothing is said of the difference, because {untested(row)}."
        )
    return f"{values(row)}: {apart(row)}; {'; '.join(clauses(row))}."


def values(row: ComparisonRow) -> str:
    """Give both values with what they rest on."""
    return f"{new_in_words(row)} against {published_in_words(row)} published{size(row.published_n)}"


def new_in_words(row: ComparisonRow) -> str:
    """Give the new value and its base."""
    return f"{value_in_words(row.estimate, row)} here{size(row.n)}"


def published_in_words(row: ComparisonRow) -> str:
    """Give the published value as precisely as it was printed."""
    if row.published is None:
        return "no figure"
    if row.published_statistic == "share":
        return f"{QUALIFIERS.get(row.published_qualifier, '')}{100 * row.published:.4g}%"
    if row.published_statistic == "mean":
        return f"{row.published:.4g}"
    return row.published_as_printed or f"{row.published:.4g}"


def study_in_words(row: ComparisonRow) -> str:
    """Name the published study as a reader cites it; by its id when the citation names no author and year.

    Examples
    --------
    >>> study_in_words(ComparisonRow("t", published_citation="Liu, C. (2022). Who Supports Expanding Surveillance?"))
    'Liu 2022'
    >>> study_in_words(ComparisonRow("t", published_citation="Su, Z., Xu, X. and Cao, X. (2021). What Explains ..."))
    'Su et al. 2021'
    >>> study_in_words(ComparisonRow("t", published_citation="YouGov and SINUS-Institut (2019). Social Scoring."))
    'YouGov and SINUS-Institut 2019'
    >>> study_in_words(ComparisonRow("t", published_citation="Undated web essay.", published_study="essay"))
    'essay'
    """
    cited = re.match(r"(.+?) \((\d{4})\)", row.published_citation)
    if cited is None:
        return row.published_study
    first, *others = cited[1].split(",")
    several = " et al." if len(others) > 1 else ""
    return f"{first}{several} {cited[2]}"


def value_in_words(value: float | None, row: ComparisonRow) -> str:
    """Give a share in percent with one decimal, a mean with two."""
    if value is None:
        return "no figure"
    return f"{100 * value:.1f}%" if row.statistic == "share" else f"{value:.2f}"


def size(n: float | None) -> str:
    """Give the number of answers in brackets, or nothing when it is not known."""
    return f" (n {n:,.0f})" if n is not None else ""


def why(row: ComparisonRow) -> str:
    """Give the first reason, which is the one that forbids."""
    reason = row.reasons[0] if row.reasons else "No reason recorded."
    return reason[0].lower() + reason[1:]


def untested(row: ComparisonRow) -> str:
    """Say why there was no test."""
    if row.published_low is None:
        return row.published_error_basis or "no standard error is known for the published figure"
    return "the new estimate has no standard error"


def points(value: float, row: ComparisonRow) -> str:
    """Give an absolute difference in points of percent, or of the scale."""
    return f"{abs(100 * value):.1f}" if row.statistic == "share" else f"{abs(value):.2f}"


def apart(row: ComparisonRow) -> str:
    """Say how far apart the two values are, with the interval."""
    found = row.difference or 0.0
    way = "higher" if found > 0 else "lower" if found < 0 else "apart"
    bound = " than that bound" if row.published_qualifier in BOUNDS and found else ""
    return f"{points(found, row)} points {way}{bound} ({spread(row.difference_low, row.difference_high, row)})"


def spread(low: float | None, high: float | None, row: ComparisonRow) -> str:
    """Say an interval of a difference in words.

    Examples
    --------
    >>> spread(-0.12, 0.004, ComparisonRow("travel"))
    'between 12.0 lower and 0.4 higher'
    >>> spread(-0.12, -0.05, ComparisonRow("travel"))
    'between 5.0 and 12.0 lower'
    """
    if low is None or high is None:
        return "no interval"
    if low < 0 < high:
        return f"between {points(low, row)} lower and {points(high, row)} higher"
    near, far = sorted((abs(low), abs(high)))
    return f"between {points(near, row)} and {points(far, row)} {'higher' if high > 0 else 'lower'}"


def clauses(row: ComparisonRow) -> list[str]:
    """Say what each tier of error makes of the difference."""
    if row.published_qualifier in BOUNDS and row.p is None:
        return ["a bound says nothing of values on its own side, so whether the two differ is not known"]
    said = [by_sampling(row), by_total(row), after_adjustment(row), by_what_it_rests_on(row)]
    return [clause for clause in said if clause]


def by_sampling(row: ComparisonRow) -> str:
    """Say the verdict of the sampling tier."""
    margin = points(row.margin or 0.0, row).removesuffix(".0")
    return {
        "different": "more than sampling error explains",
        "different but within margin": f"more than sampling error explains, though less than {margin} points",
        "equivalent": f"the same to within {margin} points, going by sampling error alone",
        "inconclusive": f"sampling error alone could do that, and a true difference of less than about "
        f"{points(row.minimum_detectable or 0.0, row)} points would often be missed",
    }[row.verdict_sampling or "inconclusive"]


def by_total(row: ComparisonRow) -> str:
    """Say the verdict of the total tier."""
    if row.verdict_total is None:
        return ""
    margin, error = (points(part or 0.0, row).removesuffix(".0") for part in (row.margin, row.nonsampling))
    allowing = f"allowing also for {error} points of other survey error on each side"
    interval = spread(row.total_low, row.total_high, row)
    return {
        "different": f"{allowing} the difference stands ({interval})",
        "different but within margin": f"{allowing} a difference stands, though less than {margin} points ({interval})",
        "equivalent": f"{allowing} they are still the same to within {margin} points ({interval})",
        "inconclusive": f"{allowing} it is inconclusive ({interval})",
    }[row.verdict_total]


def after_adjustment(row: ComparisonRow) -> str:
    """Warn when a difference would not stand once its whole battery is allowed for."""
    alpha = 1 - row.level
    adjusted, whose = {"holm": (row.p_holm, "Holm"), "bh": (row.p_bh, "Benjamini and Hochberg")}.get(
        row.adjust, (None, "")
    )
    if row.p is None or adjusted is None or not row.p < alpha <= adjusted:
        return ""
    return f"read as one of its battery, it would not stand ({whose})"


def by_what_it_rests_on(row: ComparisonRow) -> str:
    """Warn when a verdict hangs on what is assumed or not known for certain."""
    return "" if row.stable in (None, True) else f"this {row.stability}"
