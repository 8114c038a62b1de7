"""What stands over and under banner tables: how they were made, what the letters mean, which bases are low."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..estimation.method import SIMULATED_NOTE, missing_key_note
from ..printing.result_text import sample_text
from .banner_pass import Pass
from .banner_table import BannerColumn, BannerLine, BannerTable
from .column_letters import LOW_BASE, NO_BASE, SUPPRESSED

if TYPE_CHECKING:
    from ..sampling.design import Design
    from .banner import BannerRules

LOW_MARK = "†"
"""What marks a low base."""

DASH = "–"
"""What stands for a figure that is not shown."""

ABOUT_INTERVALS = re.compile(r"^[\d,]+ intervals? |\bdeff\b")
"""Footnotes of estimates on what banner tables do not print."""


def banner_method(
    design: Design, rules: BannerRules, passes: Sequence[Pass], tables: Sequence[BannerTable]
) -> dict[str, object]:
    """Give the method as plain values: that of the first pass, then what is the banner's own."""
    first, about = passes[0].estimates[0].method, _design_notes(passes)
    kept = (
        *("base", "base_text", "simulated", "source", "title", "weight", "weight_source", "strata", "psu", "fpc"),
        *("lone_psu", "variance", "df", "df_rule", "n", "weighted_n", "weighting", "subpopulation"),
    )
    return {
        **{name: first[name] for name in kept if name in first},
        "levels": list(rules.levels),
        "adjust": rules.adjust,
        "low_base": rules.low_base,
        "minimum_base": rules.minimum_base,
        "effective": rules.effective,
        "banners": [" × ".join(one.within.by) for one in passes if one.within.by],
        "footnotes": [
            *letter_notes(rules, design.df, tested=any(one.within.by for one in passes)),
            *base_notes(rules, tables),
            *(note for note in about if note != SIMULATED_NOTE),
        ],
    }


def letter_notes(rules: BannerRules, df: int, *, tested: bool) -> list[str]:
    """Say what the letters mean, and by what test."""
    if not tested:
        return []
    if df < 1:
        return ["The design has no degrees of freedom, so no column is tested and there are no letters."]
    high = f"{100 * rules.levels[0]:g}%"
    at = f"at the {high} level"
    if len(rules.levels) == 2:
        at = f"at the {high} level (capital letter) or the {100 * rules.levels[1]:g}% level (small letter)"
    adjusted = (
        "p-values are adjusted by Holm's method over the pairs of each row within each banner"
        if rules.adjust
        else "no adjustment for the number of tests: of pairs that do not differ, "
        f"{100 * (1 - rules.levels[-1]):.3g}% carry a letter by chance"
    )
    return [
        f"Letters: a figure is higher than that of the column of the same banner whose letter it carries, {at}. "
        f"Two-sided t tests of the difference of the two unrounded estimates, with their covariance under the design, "
        f"df {df}; {adjusted}. The Total is not tested, nor two columns that are both 0% or 100%."
    ]


def base_notes(rules: BannerRules, tables: Sequence[BannerTable]) -> list[str]:
    """Say which bases count, and what becomes of low ones."""
    flags = {str(flag) for table in tables for line in table.lines for flag in line.base.flags}
    measure = "an effective base" if rules.effective else "a base"
    notes = []
    if rules.low_base:
        notes.append(
            f"{LOW_MARK} {measure} below {rules.low_base:g}: shown, not tested."
            if LOW_BASE in flags
            else f"Columns with {measure} below {rules.low_base:g} would be shown and not tested; there is none."
        )
    if SUPPRESSED in flags:
        notes.append(f"{DASH} fewer than {rules.minimum_base} respondents: not shown.")
    if NO_BASE in flags:
        notes.append(f"{DASH} over a base of 0: nobody in the column is in the base of the item.")
    if rules.effective:
        notes.append(
            "Effective base: Kish's, the squared sum of the weights over the sum of squared weights; what strata and "
            "PSUs add is in the standard errors."
        )
    if any(len(table.bases) > 1 for table in tables):
        notes.append("Means are of those who gave a number, and have a base of their own.")
    return notes


def _design_notes(passes: Sequence[Pass]) -> list[str]:
    """Give what the estimates say about themselves, once, and who is in no column."""
    keys = {key: count for one in passes for key, count in one.within.missing.items()}
    own = [missing_key_note(key, count) for key, count in keys.items()]
    told = [note for estimates in passes[0].estimates for note in estimates.method["footnotes"]]
    return list(dict.fromkeys([*(note for note in told if note not in own and not ABOUT_INTERVALS.search(note)), *own]))


def how_lines(method: Mapping[str, Any]) -> list[str]:
    """Say for whom the tables are, and how they were made."""
    title = method["title"] or method["source"]
    parts = [method["weight_source"], *(step["summary"] for step in method["weighting"] or [])]
    parts += [f"{role} {', '.join(method[role])}" for role in ("strata", "psu", "fpc") if method[role]]
    return [
        *([SIMULATED_NOTE] if method["simulated"] else []),
        f"For: {method['base_text']}{f'; {title}' if title else ''}. {sample_text(method)}",
        f"Method: column percentages; {method['variance']}; {'; '.join(parts)}.",
    ]


def line_label(line: BannerLine) -> str:
    """Name a row: nets and means are told apart from answers."""
    return f"Net: {line.category}" if line.kind == "net" else line.category


def letters_shown(cell: str, columns: int) -> str:
    """Write letters as printed: run together where every column of the banner has a single letter.

    Examples
    --------
    >>> letters_shown("B C", 4), letters_shown("B AA", 30)
    ('BC', 'B AA')
    """
    return cell.replace(" ", "") if columns <= 26 else cell


def group_sizes(columns: Sequence[BannerColumn]) -> list[int]:
    """Give for each column how many its banner has."""
    sizes = Counter(column.banner for column in columns)
    return [sizes[column.banner] for column in columns]


def column_blocks(banners: Sequence[str], widths: Sequence[int], room: int) -> list[list[int]]:
    """Fold columns into blocks that fit; a banner that fits a block of its own is not cut.

    Parameters
    ----------
    banners : sequence of str
        The banner of each column.
    widths : sequence of int
        The width of each column.
    room : int
        The width of a block.

    Examples
    --------
    >>> column_blocks(["", "sex", "sex", "age", "age", "age"], [1] * 6, 4)
    [[0, 1, 2], [3, 4, 5]]
    """
    blocks: list[list[int]] = [[]]
    taken = 0
    for _, group in groupby(range(len(banners)), key=banners.__getitem__):
        members = list(group)
        needed = sum(widths[at] for at in members)
        whole = taken + needed > room >= needed
        for at in members:
            if blocks[-1] and (whole or taken + widths[at] > room):
                blocks.append([])
                taken = 0
            whole = False
            blocks[-1].append(at)
            taken += widths[at]
    return blocks
