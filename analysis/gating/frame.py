"""A frame: the people whom an earlier study stands for, in the terms of the new data."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...data.errors import ComparisonError
from ..sampling.subpopulation import Where
from ..targets.dimensions import Given, On
from ..targets.targets import Missing


@dataclass(frozen=True)
class Frame:
    """The people whom a published study stands for, said in columns of the new data.

    Given to :func:`compare` as ``bridge_to=``, the new sample is restricted to them and, with margins, post-stratified
    to their composition.

    Parameters
    ----------
    name : str
        In words, e.g. ``"urban adults online, 18 to 59"``. Where it is not the published population letter for letter,
        comparisons say that the two are one on your word.
    where : str, mapping, sequence of bool, or None
        Who belongs to it, as everywhere: ``"urban == 1 and age4 <= 3"`` or ``{"urban": "In a city or town"}``. Who did
        not answer does not belong. None for everybody.
    margins : Margins, mapping, str or path, optional
        Composition of the frame, as for :func:`rake`: shares or counts by dimension, the name of shipped margins, or a
        CSV file. They must count this frame, not a wider population. Without them the sample is restricted only.
    on : str, sequence of str, or mapping, optional
        Which dimensions of the margins, e.g. ``["sex", "age4"]``; all when left out. One is post-stratified, several
        are raked.
    missing : {"error", "own_class", "proportional"}
        People of the frame without a value of one of these columns: as for :func:`rake`.
    studies : sequence of str
        The published studies whose population this is, e.g. ``("liu2022",)``; figures of others are then compared with
        the sample as it is. Empty: every figure whose population differs from the new one.

    Raises
    ------
    ComparisonError
        When it has no name.

    Notes
    -----
    Not for another country, nor for people whom the new survey cannot have reached: no weight makes a web survey of
    people who are not online. What a sample was drawn from (a panel, an open link) stays a reservation.

    References
    ----------
    Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, sections 7.6 (post-stratification) and 10.3
    (domains).

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.comparing.compare import compare
    >>> from topline.analysis.estimation.estimate import proportion
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.data.registry.figures import published
    >>> wave = pd.DataFrame({"travel": ["support", "other"] * 500, "urban": [1, 1, 1, 2] * 250})
    >>> towns = Frame("urban adults", where="urban == 1", studies=("liu2022",))
    >>> estimates = proportion(Design(wave), "travel", category="support")
    >>> row = compare(estimates, published()["liu2022.travel"], bridge_to=towns).rows[0]
    >>> row.n, round(row.estimate, 3), [reason[:26] for reason in row.reasons if reason.startswith("repaired")]
    (750, 0.667, ['repaired: restricted to ur'])
    """

    name: str
    where: Where = None
    margins: Given | None = field(default=None, repr=False)
    on: On = None
    missing: Missing = "error"
    studies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a frame without a name, and take studies as they are listed."""
        if not isinstance(self.name, str) or not self.name.strip():
            raise ComparisonError(
                "a Frame needs a name in words, which stands beside every result: Frame('urban 18-59', where=...)."
            )
        studies = (self.studies,) if isinstance(self.studies, str) else tuple(self.studies)
        object.__setattr__(self, "studies", studies)
