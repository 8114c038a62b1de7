"""A battery on paper: what was found in plain words, and the table of its items."""

from __future__ import annotations

import math

from ...data.printing import aligned, decimals_seen, folded, shortened
from ...data.registry.figure import SHORT_BADGES
from .battery import Assumption, Battery
from .hotelling import JointTest
from .rao_scott import RaoScott
from .surprise import bits, bits_in_words
from .tier import Tier

HEADINGS = ("Item", "Known", "New", "Published", "Difference", "Expected", "Bits", "Expected, total", "Bits")
LONGEST = 32
KNOWN = {str(grade): words for grade, words in SHORT_BADGES.items()}
OTHER = "with other survey error"


def as_text(battery: Battery) -> str:
    """Print a battery for the terminal."""
    rows = [
        [
            shortened(item.label, LONGEST) if item.label else item.item,
            KNOWN.get(item.provenance, "not stated"),
            value(item.new, battery),
            value(item.published, battery),
            signed(item.difference, battery),
            between(item.expected_low, item.expected_high, battery),
            f"{item.bits:.1f}",
            between(item.expected_total_low, item.expected_total_high, battery),
            "-" if item.bits_total is None else f"{item.bits_total:.1f}",
        ]
        for item in battery.items
    ]
    said = "\n".join(map(folded, sentences(battery)))
    return f"{title(battery)}\n\n{aligned(HEADINGS, rows, 2)}\n\n{said}"


def title(battery: Battery) -> str:
    """Name a battery with its study and its size.

    A battery without a name holds the questions of a study that are in none.
    """
    name = f"Battery '{battery.battery}'" if battery.battery else "Questions in no battery"
    return f"{name} ({battery.citation or battery.study}), {battery.k} items"


def sentences(battery: Battery) -> tuple[str, ...]:
    """Say what was found: all items together, the shift, the profile, the order, the surprise, what was assumed."""
    said = (
        together(battery),
        shift(battery),
        profile(battery),
        order(battery),
        surprise(battery),
        assumed(battery),
        left_out(battery),
        *battery.notes,
    )
    return tuple(one for one in said if one)


def together(battery: Battery) -> str:
    """Say whether the battery as a whole differs."""
    tests = [tier.wald or tier.rao_scott if tier else None for tier in (battery.sampling, battery.total)]
    if tests[0] is None:
        return ""
    if tests[0].p < 1 - battery.level:
        said = f"Together the {battery.k} items differ from the published ones by more than sampling error explains"
    else:
        said = f"Together the {battery.k} items differ from the published ones by no more than sampling error can do"
    said = f"{said} ({in_words(tests[0])})"
    if tests[1] is None:
        return f"{said}."
    stands = "they still differ" if tests[1].p < 1 - battery.level else "no difference is shown"
    return f"{said}; {allowing(battery)}, {stands} ({p_in_words(tests[1].p)})."


def shift(battery: Battery) -> str:
    """Say whether all items moved together, and how far."""
    found, _, profile = battery.sampling.shift, *battery.sampling.verdicts(battery.level)[1:]
    far, how = distance(found.estimate, battery), spread(found.low, found.high, battery)
    if not found.p < 1 - battery.level:
        said = f"No shift of all items is shown: {far} ({how})"
    elif profile:
        said = f"On the whole the items lie {far} than published ({how}), though not all alike"
    else:
        said = f"All items lie about {far} than published ({how})"
    if found.weighting == "equal":
        said += ", as a plain mean"
    if battery.total is None:
        return f"{said}."
    total = battery.total.shift
    stands = "the shift stands" if total.p < 1 - battery.level else "none is shown"
    allowed = f"{OTHER}, which can move a whole battery, {stands}"
    return f"{said}; {allowed} ({spread(total.low, total.high, battery)})."


def profile(battery: Battery) -> str:
    """Say whether order and spacing of the items changed."""
    found, total = battery.sampling.profile, battery.total.profile if battery.total else None
    if found is None:
        return ""
    changed = "The spacing of the items changed" if found.p < 1 - battery.level else "No change of spacing is shown"
    said = f"{changed}, apart from any common shift ({in_words(found)})"
    if total is None:
        return f"{said}."
    stands = "it still did" if total.p < 1 - battery.level else "no change is shown"
    return f"{said}; {OTHER} {stands} ({p_in_words(total.p)})."


def order(battery: Battery) -> str:
    """Say how many pairs of items both surveys can tell apart, and how many of them stand in the same order."""
    ranks = battery.sampling.ranks
    if not ranks.resolved:
        return f"Of {ranks.pairs} pairs of items none is told apart by both surveys, so their order is not compared."
    said = (
        f"Of {ranks.pairs} pairs of items, {ranks.resolved} are told apart by both surveys: "
        f"{ranks.agree} in the same order, {ranks.contradict} in the opposite one"
    )
    if battery.total is None:
        return f"{said}."
    total = battery.total.ranks
    return f"{said}; {OTHER} {total.resolved} are: {total.agree} and {total.contradict}."


def surprise(battery: Battery) -> str:
    """Say how surprising the new results are, given the published ones."""
    found, total = battery.sampling.p, battery.total.p if battery.total else None
    if found is None:
        return ""
    most = max(battery.items, key=lambda item: item.bits)
    heads = bits_in_words(bits(found))
    said = f"Given the published results, the new ones are a surprise of {bits(found):.1f} bits, {heads}"
    said += f" ({OTHER} {bits(total):.1f})" if total is not None else ""
    return f"{said}; of single items most so {most.item} ({most.bits:.1f})."


def assumed(battery: Battery) -> str:
    """Say what is assumed of the published errors, and whether a conclusion hangs on it."""
    said = (
        "The published items come from the same people, and how their errors go together is not published: "
        f"{battery.correlation} {'are' if battery.correlation.endswith('s') else 'is'} assumed"
    )
    same = [one.name for one in battery.assumptions if not one.changes]
    other = [in_one(one) for one in battery.assumptions if one.changes]
    if same:
        said += f"; with {listed(same)} the conclusions are the same"
    return f"{said}{''.join(f'; {one}' for one in other)}."


def in_one(assumption: Assumption) -> str:
    """Say what one other assumption would change."""
    return f"with {assumption.name}, {listed(list(assumption.changes))}"


def left_out(battery: Battery) -> str:
    """Name what could not be part of the battery."""
    named = [f"{one.item} beside {one.published_id} ({one.reason})" for one in battery.left_out]
    return f"Left out: {'; '.join(named)}." if named else ""


def conclusions_changed(was: Tier, now: Tier, level: float, tier: str) -> list[str]:
    """Name the conclusions of one tier that another assumption would change, in words.

    Parameters
    ----------
    was, now : Tier
        Under the assumption that counts, and under the other.
    level : float
        Of the tests.
    tier : str
        e.g. ``"sampling error"``.
    """
    names = ("the items together", "the common shift", "the change of spacing")
    verdicts = zip(names, was.verdicts(level), now.verdicts(level), strict=True)
    words = {True: "would be shown", False: "would not be shown", None: "would not be tested"}
    shown = {"the items together": "a difference of the items together"}
    return [f"{shown.get(name, name)} {words[after]} ({tier})" for name, before, after in verdicts if before != after]


def allowing(battery: Battery) -> str:
    """Say what the second tier allows for."""
    error = points(battery.nonsampling or 0.0, battery).removesuffix(".0")
    return f"allowing also for {error} {'point' if error == '1' else 'points'} of other survey error on each side"


def in_words(test: JointTest | RaoScott) -> str:
    """Print a test in brackets' words."""
    name = "Rao-Scott F" if isinstance(test, RaoScott) else "F"
    return f"{name} {test.statistic:.2f} on {freedom(test.ndf)} and {freedom(test.ddf)}, {p_in_words(test.p)}"


def freedom(df: float) -> str:
    """Print degrees of freedom.

    Examples
    --------
    >>> freedom(5.0), freedom(992.37), freedom(3.412), freedom(math.inf)
    ('5', '992', '3.4', 'infinite')
    """
    if math.isinf(df):
        return "infinite"
    return f"{df:,.0f}" if df >= 100 or math.isclose(df, round(df)) else f"{df:.1f}"


def p_in_words(p: float) -> str:
    """Print a p-value.

    Examples
    --------
    >>> p_in_words(0.0000004), p_in_words(0.0312), p_in_words(0.2)
    ('p < 0.001', 'p = 0.031', 'p = 0.200')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def value(number: float, battery: Battery) -> str:
    """Print a result of one item."""
    return f"{100 * number:.1f}%" if battery.statistic == "share" else f"{number:.2f}"


def points(number: float, battery: Battery) -> str:
    """Print a distance in points of percent, or of the scale."""
    size, usual = (100 * number, 1) if battery.statistic == "share" else (number, 2)
    return f"{abs(size):.{decimals_seen(size, usual)}f}"


def signed(number: float, battery: Battery) -> str:
    """Print a difference with its sign."""
    return f"{'-' if number < 0 else '+' if number > 0 else ''}{points(number, battery)}"


def between(low: float | None, high: float | None, battery: Battery) -> str:
    """Print an interval of results."""
    if low is None or high is None:
        return "-"
    return " to ".join(value(end, battery).removesuffix("%") for end in (low, high))


def distance(number: float, battery: Battery) -> str:
    """Say a difference in words."""
    return f"{points(number, battery)} points {'higher' if number > 0 else 'lower'}"


def spread(low: float, high: float, battery: Battery) -> str:
    """Say an interval of a difference in words."""
    if low < 0 < high:
        return f"between {points(low, battery)} lower and {points(high, battery)} higher"
    near, far = sorted((abs(low), abs(high)))
    return f"between {points(near, battery)} and {points(far, battery)} {'higher' if high > 0 else 'lower'}"


def listed(names: list[str]) -> str:
    """List names in words.

    Examples
    --------
    >>> listed(["one"]), listed(["one", "two", "three"])
    ('one', 'one, two and three')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
