"""A battery of items held against the published one: the record of what was found, item by item and together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .tier import Tier

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class BatteryItem:
    """One item of a battery. Shares are 0-1; what does not exist is None.

    Attributes
    ----------
    item, label, published_id : str
        The new variable, its label, and the published figure.
    new, published, difference : float
        Both results, and new minus published.
    beyond_shift : float
        The difference less the common shift.
    expected_low, expected_high, expected_total_low, expected_total_high : float or None
        Where the new result was to be expected, given the published one, in both tiers.
    p, p_total : float or None
        Predictive probability of a new result at least as far away.
    bits, bits_total : float or None
        Its surprise, ``-log2 p``.
    provenance : str
        How the published value is known: ``"verified"``, ``"secondary"``, ``"recalled"`` or ``"as_quoted"``.
    """

    item: str
    label: str
    published_id: str
    new: float
    published: float
    difference: float
    beyond_shift: float
    expected_low: float
    expected_high: float
    p: float
    bits: float
    expected_total_low: float | None = None
    expected_total_high: float | None = None
    p_total: float | None = None
    bits_total: float | None = None
    provenance: str = ""


@dataclass(frozen=True)
class Assumption:
    """What another assumption about the published errors would have given.

    Attributes
    ----------
    name : str
        e.g. ``"no correlation"`` or ``"a published design effect of 2"``.
    p, p_total : float or None
        Of no difference in any item, in both tiers.
    changes : tuple of str
        The conclusions that would be others, in words; empty when none.
    """

    name: str
    p: float | None
    p_total: float | None
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A pair that could not be part of its battery.

    Attributes
    ----------
    item, published_id, reason : str
        The new variable, the published figure, and why.
    """

    item: str
    published_id: str
    reason: str


@dataclass(frozen=True)
class Battery:
    """A battery in both surveys.

    Attributes
    ----------
    study, citation, battery : str
        The published study, as it is cited in short, and the name of its battery; an empty name stands for those of
        its questions that are in none.
    statistic : str
        ``"share"`` or ``"mean"``.
    level : float
        Of all intervals and tests.
    nonsampling : float or None
        Standard error of everything but sampling, for each item in each survey; None: no second tier.
    items : tuple of BatteryItem
        At least two.
    sampling : Tier
        What sampling error alone makes of it.
    total : Tier or None
        What total survey error makes of it.
    correlation : str
        What is assumed of the correlation of the published items.
    assumptions : tuple of Assumption
        What others would have given.
    left_out : tuple of LeftOut
        What could not be part of it.
    notes : tuple of str
        What a reader must know.

    Notes
    -----
    A battery that is not shown to differ is not shown to be the same: see the verdicts of its items for that.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from topline.analysis.comparing.compare import compare
    >>> from topline.analysis.estimation.estimate import proportion
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.data.codebook import Codebook, Study, Variable
    >>> from topline.data.registry.figures import published
    >>> asked = [Variable(name, replicates=(f"liu2022.{name}",)) for name in ("travel", "promotion")]
    >>> wave = pd.DataFrame({"travel": ["support"] * 620 + ["other"] * 380, "promotion": ["support", "other"] * 500})
    >>> design = Design(Study(wave, Codebook(tuple(asked))))
    >>> figures = published().chosen(["liu2022.travel", "liu2022.promotion"])
    >>> battery = compare(proportion(design, ["travel", "promotion"], category="support"), figures).batteries[0]
    >>> battery.citation, battery.k, [item.item for item in battery.items]
    ('Liu 2022', 2, ['travel', 'promotion'])
    """

    study: str
    citation: str
    battery: str
    statistic: str
    level: float
    nonsampling: float | None
    items: tuple[BatteryItem, ...]
    sampling: Tier
    total: Tier | None
    correlation: str
    assumptions: tuple[Assumption, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Count the items."""
        return len(self.items)

    @property
    def k(self) -> int:
        """The number of items."""
        return len(self.items)

    @property
    def depends(self) -> bool:
        """Whether any conclusion hangs on what is assumed of the published errors."""
        return any(one.changes for one in self.assumptions)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, in plain words."""
        from .battery_text import sentences

        return sentences(self)

    def to_frame(self) -> pd.DataFrame:
        """Give one row for each item, at full precision, with the columns of :class:`BatteryItem`."""
        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(item) for item in self.items])

    def document(self) -> dict[str, Any]:
        """Give the battery as plain values for JSON, its sentences and what follows from its counts besides."""
        from .battery_document import written

        return written(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Battery:
        """Read a battery back from ``document()``."""
        from .battery_document import read

        return read(document)

    def __str__(self) -> str:
        """Print what was held against what, the items, and the sentences."""
        from .battery_text import as_text

        return as_text(self)
