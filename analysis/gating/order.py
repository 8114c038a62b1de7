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
        repair = "randomize: true in the questionnaire, in the next wave" if published == "random" else ""
        return [Reason("order", "qualifies", words, repair)]
    if published:
        words = f"not recorded; the published ones {SHOWN[published]}."
        return [Reason("order", "qualifies", f"In which order the new statements and answers were shown is {words}")]
    told = f"; the new ones {SHOWN[new]}" if new else ", nor for the new ones"
    words = f"In which order the published statements and answers were shown is not known{told}."
    return [Reason("order", "qualifies", words)]
