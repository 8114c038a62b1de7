"""In which order statements and answers were shown: it moves shares of what comes first and last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data.codebook import Variable
from .reason import Reason

if TYPE_CHECKING:
    from ...data.registry.figure import Figure

SHOWN = {
    "fixed": "in one fixed order",
    "random": "in random order",
    "split": "in another order to each part of the sample",
}

NEXT_WAVE = {
    "fixed": "none for this wave: show them in the published order in the next one",
    "random": "none for this wave: randomize: true in the questionnaire of the next one",
    "split": "none for this wave: split the next one as the published one was",
}
"""What repairs another order, by the published one."""


def order(variable: Variable, figure: Figure) -> list[Reason]:
    """Say when the two questions' statements and answers were shown in other orders, or it is not known.

    Parameters
    ----------
    variable : Variable
        The new question; an export of topline knows whether its grid or its answers were shuffled.
    figure : Figure
        The published figure.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> order(Variable("travel", order="random"), published()["liu2022.travel"])[0].text
    'In which order the published statements and answers were shown is not known; the new ones in random order.'
    """
    new, published = variable.order, figure.item.order
    if new and new == published:
        return []
    if new and published:
        words = f"Order differs: new statements and answers were shown {SHOWN[new]}, published ones {SHOWN[published]}."
        return [Reason("order", "qualifies", words, NEXT_WAVE[published])]
    if published:
        words = f"not recorded; the published ones {SHOWN[published]}."
        words = f"In which order the new statements and answers were shown is {words}"
        return [Reason("order", "qualifies", words, "export with topline, which records the order")]
    told = f"; the new ones {SHOWN[new]}" if new else ", nor for the new ones"
    words = f"In which order the published statements and answers were shown is not known{told}."
    return [Reason("order", "qualifies", words, "see the published questionnaire, and enter item.order in item.csv")]
