"""What was printed with a published figure about its error, and the error that follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...data.registry.figure import HELD
from .published_error import ASSUMED_DEFF, PublishedError, published_error

if TYPE_CHECKING:
    from ...data.registry.figure import Figure

RECALLED_N = 0.1
"""By what part a number of interviews that is not from the study itself may be off."""


@dataclass(frozen=True)
class Printed:
    """What was printed with a published figure about its error.

    Attributes
    ----------
    n, deff, moe, rounding, sd, lower, upper : float or None
        See :func:`topline.analysis.comparing.published_error.published_error`.
    span : float or None
        Range of the scale of a mean, e.g. ``4`` for 1 to 5.
    moe_level : float
        Level of the margin of error.
    moe_rounding : float or None
        Unit it was printed to, e.g. ``0.01`` for "3 points"; None: by its digits.
    n_within : float
        By what part the number of interviews may be off, e.g. ``0.1`` where it is not from the study itself.
    """

    n: float | None = None
    deff: float | None = None
    moe: float | None = None
    rounding: float | None = None
    sd: float | None = None
    span: float | None = None
    lower: float | None = None
    upper: float | None = None
    moe_level: float = 0.95
    moe_rounding: float | None = None
    n_within: float = 0.0

    def error(
        self,
        value: float,
        statistic: str,
        *,
        assumed_deff: float = ASSUMED_DEFF,
        level: float = 0.95,
        other_sd: float | None = None,
    ) -> PublishedError:
        """Work out the error of a value; ``other_sd`` stands in where no standard deviation is printed with a mean."""
        return published_error(
            value,
            statistic=statistic,
            n=self.n,
            deff=self.deff,
            moe=self.moe,
            moe_level=self.moe_level,
            moe_rounding=self.moe_rounding,
            lower=self.lower,
            upper=self.upper,
            rounding=self.rounding,
            sd=self.sd,
            other_sd=other_sd,
            assumed_deff=assumed_deff,
            level=level,
        )


def printed(figure: Figure) -> Printed:
    """Give what was printed with the figure about its error.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> found = printed(published()["liu2022.travel"])
    >>> found.n, found.rounding, round(found.error(0.77, "share").se, 4)
    (1173, 0.01, 0.0153)
    """
    stated = figure.moe_basis in ("pollster_stated", "model_based")
    scale = figure.item.scale
    span = scale.ends[1] - scale.ends[0] if scale is not None else None
    return Printed(
        n=figure.n,
        deff=figure.deff,
        moe=figure.moe if stated or figure.n is None else None,
        rounding=figure.rounding if figure.rounding is not None else assumed_rounding(figure),
        sd=figure.sd,
        span=span,
        lower=figure.lower if figure.upper is not None else None,
        upper=figure.upper if figure.lower is not None else None,
        moe_level=figure.moe_level,
        n_within=RECALLED_N if figure.study.n_provenance in HELD else 0.0,
    )


def assumed_rounding(figure: Figure) -> float | None:
    """Give the unit that a share printed as "about" counts as rounded to; None for any other figure.

    10 points for a multiple of ten, else 5: "about 70%" may stand for 66, "about 45%" for 43.
    """
    if figure.qualifier != "about" or figure.rounding is not None or figure.statistic != "share":
        return None
    return 0.1 if math.isclose(10 * figure.value, round(10 * figure.value)) else 0.05
