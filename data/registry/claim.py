"""A statement that stood among poll figures though nobody was asked, and what tracing it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Provenance = Literal["verified", "secondary", "recalled", "as_quoted"]
"""How far a number was traced: seen at the publisher's, seen in a third party's report, remembered, or quoted in an
essay and seen nowhere else. Best first."""


@dataclass(frozen=True)
class Claim:
    """A statement about the system itself that is no attitude but stood among poll figures, and what tracing found.

    Attributes
    ----------
    claim_id, study_id : str
        e.g. ``"essay.businesses_targeted"``, and where it is claimed.
    statement, as_printed, unit : str
        What is claimed, in our words; the number, letter for letter; what it is claimed to count.
    value : float or None
        The number, as printed.
    verdict : str
        ``"confirmed"``, ``"not_this_value"``, ``"documents_read_as_people"``, ``"index_called_poll"``,
        ``"series_had_ended"``, ``"inverted_scale"``, ``"mixed_batteries"``, ``"not_located"`` or ``"not_traced"``.
    finding : str
        The same in a sentence.
    figures : tuple of str
        Figures of the registry that it should have been.
    provenance : str
        How far the finding goes.
    note : str
        What a reader must know.
    """

    claim_id: str
    study_id: str
    statement: str
    as_printed: str
    value: float | None
    unit: str
    verdict: str
    finding: str
    figures: tuple[str, ...]
    provenance: Provenance
    note: str = ""

    def __repr__(self) -> str:
        """Give the number and the verdict, in one line."""
        return f"<Claim {self.claim_id}: {self.as_printed} ({self.verdict.replace('_', ' ')})>"

    def __str__(self) -> str:
        """Give the sheet of the command line, without what the registry knows besides."""
        from .registry import Registry
        from .sheet import ClaimSheet

        return str(ClaimSheet(self, Registry({}, {}, {}, {}, ())))
