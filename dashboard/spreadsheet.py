"""Spreadsheet: a CSV file to take home that no spreadsheet reads a formula out of.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break, also from a CSV file, and
a formula can fetch an address (https://owasp.org/www-community/attacks/CSV_Injection). Such text gets an apostrophe in
front, the spreadsheets' own sign for text; numbers stay numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


def spreadsheet_csv(frame: pd.DataFrame) -> str:
    r"""Write a frame as CSV for a spreadsheet; lists become their parts with a blank between.

    For data that a program reads back, ``write_study`` keeps every text as it was given.

    Parameters
    ----------
    frame : pandas.DataFrame
        e.g. ``comparison.to_frame()``.

    Examples
    --------
    >>> import pandas as pd
    >>> spreadsheet_csv(pd.DataFrame({"label": ["=1+1", "Trust"], "difference": [-0.086, 0.2]})).splitlines()
    ['label,difference', "'=1+1,-0.086", 'Trust,0.2']
    """
    cells = frame.apply(lambda column: column.map(_cell)).rename(columns=_cell)
    # with both signs in the line's end, a cell that holds only one of them is quoted as well
    return str(cells.to_csv(index=False, lineterminator="\r\n"))


def _cell(value: object) -> object:
    """Give a cell: text that would be run as a formula behind an apostrophe, everything else as it is."""
    if isinstance(value, list):
        return _cell(" ".join(map(str, value)))
    if isinstance(value, str) and FORMULA.match(value) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value
