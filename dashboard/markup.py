"""Markup: a study's own words as Markdown that shows them as they are written, and fetches nothing.

Streamlit reads images, links, HTML, formulas, coloured text and icons out of every text it is given. Most signs lose
their meaning behind a backslash (https://spec.commonmark.org/0.31.2/#backslash-escapes). An icon written ``:name:`` is
looked for once more after the backslashes are gone, so an invisible sign without width stands within it.
"""

from __future__ import annotations

import re
from html import escape

SIGNS = re.compile(r"[\\`*_\[\]<>$:~#!&|{}]")
FIRST = re.compile(r"^(?:[-+=]|\d+[.)](?=\s|$))")
"""What begins a list or a line across at the start of a text."""

ICON = re.compile(r":(?=[\w+/-]+:)")
WORD_JOINER = "\u2060"


def escaped(text: str) -> str:
    r"""Keep Markdown from reading text as markup; line breaks become blanks.

    An address written out stays readable, and a click on it leads where it says.

    Parameters
    ----------
    text : str
        e.g. a label of study.yaml or a note of the registry.

    Examples
    --------
    >>> print(escaped("![x](http://evil.example/x.png) costs $5"))
    \!\[x\](http\://evil.example/x.png) costs \$5
    >>> print(escaped("1. First"))
    1\. First
    """
    line = ICON.sub(f":{WORD_JOINER}", " ".join(text.split()))
    line = SIGNS.sub(r"\\\g<0>", line)
    return FIRST.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", line)


def spoken(text: str, language: str) -> str:
    """Give a text as HTML that says its language, for those who hear it read; nothing in it is markup.

    Examples
    --------
    >>> spoken("68,4 % <hier>", "de")
    '<p lang="de">68,4 % &lt;hier&gt;</p>'
    """
    return f'<p lang="{escape(language)}">{escape(text)}</p>'
