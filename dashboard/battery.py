"""What was asked together, tested together: a short section of the page, in plain words and two tables a battery."""

from __future__ import annotations

import streamlit as st

from ..analysis.batteries.battery import Battery
from ..analysis.batteries.battery_text import title
from ..analysis.telling.battery_findings import ITEMS, READING, TIERS, conditions, findings, item_rows
from ..analysis.telling.comparison import Comparison
from ..analysis.telling.facts import minus
from .markup import escaped
from .table import html_table

WIDTH = 760
"""Width of running text in pixels."""


def batteries(comparison: Comparison, chosen: str, item: str) -> None:
    """Show each battery that the reader's choice leaves: what was found of it as a whole, then its items.

    Parameters
    ----------
    comparison : Comparison
        The comparison.
    chosen, item : str
        Name of the battery and of the item chosen, or ``"all"``. One item by itself is no battery.
    """
    shown = [battery for battery in comparison.batteries if chosen in ("all", battery.battery) and item == "all"]
    if not shown:
        return
    st.header("Items taken together", anchor="together")
    st.markdown(escaped(READING), width=WIDTH)
    for place, battery in enumerate(shown):
        one(battery, comparison, place)


def one(battery: Battery, comparison: Comparison, place: int) -> None:
    """Show one battery; the place keeps what a reader opened open."""
    name = title(battery)
    st.subheader(escaped(name), anchor=False)
    lines = [dict(zip(TIERS, line, strict=True)) for line in findings(battery)]
    st.html(html_table(f"{name}: what was found", lines))
    with st.expander("Item by item, and what is assumed", key=f"battery {place}"):
        rows = [dict(zip(ITEMS, map(minus, cells), strict=True)) for cells in item_rows(battery, comparison.rows)]
        st.html(html_table(f"{name}: item by item", rows))
        st.markdown("\n".join(f"- {escaped(line)}" for line in conditions(battery)), width=WIDTH)
