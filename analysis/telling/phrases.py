"""What a language needs to tell a comparison: templates with places for numbers, and how it writes numbers.

No template says "significant": a verdict is said by what it means, and what was not shown is said to be not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """The templates of one language.

    Attributes
    ----------
    language : str
        ISO 639 code.
    decimal, thousands, percent : str
        Decimal sign, thousands sign, and what stands behind a number of percent.
    here, published, size, people, between_brackets : str
        A new value, a published one, the brackets behind either, the number of answers in them, and what stands
        between two things in them.
    badges : mapping of str to str
        How a published value is known that was not seen in print, by provenance.
    hedges : mapping of str to str
        How a printed value was hedged, before the value.
    suppressed, alone, apart, untested, unsaid, told : str
        Whole sentences: too few answers; a published value without a new one; two that are not compared; two with a
        difference but no test; two without either; two with a verdict.
    topics : mapping of str to str
        Why two are not compared, by the topic of the reason that forbids it; empty where the reason itself is told.
    no_reason : str
        When none is recorded.
    no_error, no_spread, no_new_error : str
        Why there is no test: nothing published to work an error out from; no standard deviation of a published mean;
        no standard error of the new estimate.
    higher, lower, level : str
        The difference: new minus published above, below and at zero.
    than_bound : str
        Behind a difference from a bound.
    between, beyond_higher, beyond_lower, no_interval : str
        An interval of a difference: about zero, above it, below it, none.
    bound : str
        A value on the bound's own side.
    sampling, total : mapping of str to str
        What a verdict means, by tier.
    allowing : str
        Before the verdict of the second tier.
    adjusted : str
        A difference that would not stand among its battery.
    rests : str
        That a verdict hangs on what is not known for certain.
    turning : mapping of str to str
        On what: whether it does, each ground on either side of a turning point, what is plausible there, the tiers,
        and the verdicts by name.
    one : tuple of str
        What stands where exactly one point is counted, as a pattern, and how it is put right.
    base, base_decides : str
        That it is not known whether the published share counts don't know, with the new share on the other base; and
        behind it that the verdict would be another.
    bases : mapping of str to str
        Over whom, by base.
    undecided : str
        The verdict of sampling error alone where the base decides.
    on_word : str
        That nothing but the user's word says that both ask the same.
    join, stop : str
        Between clauses, and at the end.
    """

    language: str
    decimal: str
    thousands: str
    percent: str
    here: str
    published: str
    size: str
    people: str
    between_brackets: str
    badges: Mapping[str, str]
    hedges: Mapping[str, str]
    suppressed: str
    alone: str
    apart: str
    untested: str
    unsaid: str
    told: str
    topics: Mapping[str, str]
    no_reason: str
    no_error: str
    no_spread: str
    no_new_error: str
    higher: str
    lower: str
    level: str
    than_bound: str
    between: str
    beyond_higher: str
    beyond_lower: str
    no_interval: str
    bound: str
    sampling: Mapping[str, str]
    total: Mapping[str, str]
    allowing: str
    adjusted: str
    rests: str
    turning: Mapping[str, str]
    one: tuple[str, str]
    base: str
    base_decides: str
    bases: Mapping[str, str]
    undecided: str
    on_word: str
    join: str
    stop: str

    def number(self, value: float, decimals: int) -> str:
        """Write a number as the language does.

        Examples
        --------
        >>> from topline.analysis.telling.german import GERMAN
        >>> GERMAN.number(1173.25, 1)
        '1.173,2'
        """
        written = f"{value:,.{decimals}f}"
        return written.translate(str.maketrans(",.", self.thousands + self.decimal))

    def shortest(self, value: float) -> str:
        """Write a number with no more digits than it has, at most four."""
        return f"{value:.4g}".replace(".", self.decimal)
