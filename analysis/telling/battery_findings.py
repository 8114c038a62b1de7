"""What was found of a battery as a whole, as a table: one question a line, one column for each tier of error."""

from __future__ import annotations

from collections.abc import Sequence

from ..batteries.battery import Battery, BatteryItem
from ..batteries.battery_text import assumed, between, distance, left_out, p_in_words, signed, spread, value
from ..batteries.rank_agreement import RankAgreement
from ..batteries.surprise import bits, bits_in_words
from ..batteries.tier import Tier
from .badge import NOT_STATED, badge_in_short
from .comparison import ComparisonRow
from .sentences import published_in_words

TIERS = ("Asked of all items together", "Sampling error only", "With other survey error")
ITEMS = (
    "Item",
    "New",
    "Published",
    "Badge",
    "Difference",
    "Expected",
    "Bits",
    "Expected, with other error",
    "Bits, with",
)

READING = (
    "The common shift is how far all items lie from the published ones together; the spacing is what is left of the "
    "differences without it. Bits of surprise count how often a coin would have to fall heads in a row: up to about 4 "
    "is ordinary chance. The answers need not agree, since each question is another: whether the items differ is "
    "one test spread over all of them, and can miss what the spacing, without the common shift, still shows."
)


def findings(battery: Battery) -> list[tuple[str, str, str]]:
    """Give the lines of the table.

    Examples
    --------
    >>> from topline.analysis.batteries.battery import BatteryItem
    >>> from topline.analysis.batteries.shift import Shift
    >>> ranks = RankAgreement(1, 1, 1, 1, 0, 0.95)
    >>> shift = Shift(-0.1, 0.02, 100.0, -0.14, -0.06, 0.0001, -0.1, "equal")
    >>> tier = Tier(None, None, shift, None, ranks)
    >>> items = (BatteryItem("a", "A", "x.a", 0.5, 0.6, -0.1, 0.0, 0.55, 0.65, 0.01, 6.6),)
    >>> for line in findings(Battery("x", "", "b", "share", 0.95, None, items, tier, None, "")):
    ...     print(line)
    ('Have they all moved together?', 'yes: 10.0 points lower (between 6.0 and 14.0 lower)', '-')
    ('Do both surveys put them in the same order?', 'its one pair told apart by both: 1 the same way', '-')
    """
    tiers = (battery.sampling, battery.total)
    asked = {
        "Do they differ from the published ones?": [together(tier, battery) for tier in tiers],
        "Have they all moved together?": [moved(tier, battery) for tier in tiers],
        "Has their spacing changed besides?": [spacing(tier, battery) for tier in tiers],
        "Do both surveys put them in the same order?": ["-" if tier is None else order(tier.ranks) for tier in tiers],
        "How surprising are the new results?": [surprising(tier) for tier in tiers],
    }
    return [(question, one, other) for question, (one, other) in asked.items() if {one, other} != {"-"}]


def together(tier: Tier | None, battery: Battery) -> str:
    """Answer whether the items, taken together, differ."""
    return "-" if tier is None or tier.p is None else answer(tier.p, battery)


def answer(p: float, battery: Battery) -> str:
    """Answer yes, or that it is not shown."""
    return f"{'yes' if p < 1 - battery.level else 'not shown'} ({p_in_words(p)})"


def moved(tier: Tier | None, battery: Battery) -> str:
    """Answer whether there is a common shift, and give its interval."""
    if tier is None:
        return "-"
    shift = tier.shift
    how = spread(shift.low, shift.high, battery)
    return f"yes: {distance(shift.estimate, battery)} ({how})" if shift.p < 1 - battery.level else f"not shown ({how})"


def spacing(tier: Tier | None, battery: Battery) -> str:
    """Answer whether the profile changed."""
    return "-" if tier is None or tier.profile is None else answer(tier.profile.p, battery)


def order(ranks: RankAgreement) -> str:
    """Count the pairs that both surveys tell apart, and how they stand."""
    if not ranks.resolved:
        return f"{'its one pair not' if ranks.pairs == 1 else f'none of {ranks.pairs} pairs'} told apart by both"
    other = f", {ranks.contradict} the other way" if ranks.contradict else ""
    pairs = f"{ranks.resolved} of {ranks.pairs} pairs" if ranks.pairs != 1 else "its one pair"
    return f"{pairs} told apart by both: {ranks.agree} the same way{other}"


def surprising(tier: Tier | None) -> str:
    """Give the surprise in bits."""
    if tier is None or tier.p is None:
        return "-"
    return f"{bits(tier.p):.1f} bits, {bits_in_words(bits(tier.p))}"


def conditions(battery: Battery) -> list[str]:
    """Say what is assumed, what was left out, and what a reader must know."""
    return [said for said in (assumed(battery), left_out(battery), *battery.notes) if said]


def item_rows(battery: Battery, rows: Sequence[ComparisonRow]) -> list[tuple[str, ...]]:
    """Give a line for each item, the published value as printed and with the badge that it has in the comparison."""
    known = {(row.item, row.published_id): row for row in rows}
    return [item_cells(item, battery, known.get((item.item, item.published_id))) for item in battery.items]


def item_cells(item: BatteryItem, battery: Battery, row: ComparisonRow | None) -> tuple[str, ...]:
    """Give the cells of an item."""
    return (
        item.label or item.item,
        value(item.new, battery),
        value(item.published, battery) if row is None else published_in_words(row),
        NOT_STATED if row is None else badge_in_short(row),
        signed(item.difference, battery),
        between(item.expected_low, item.expected_high, battery),
        f"{item.bits:.1f}",
        between(item.expected_total_low, item.expected_total_high, battery),
        "-" if item.bits_total is None else f"{item.bits_total:.1f}",
    )
