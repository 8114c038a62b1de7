"""What the label of a column of weights tells of the steps that made it, said under every estimate that uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..sampling.design import WEIGHT_LABEL

if TYPE_CHECKING:
    from ...data.codebook import Study
    from ..sampling.design import Design

RAKED = "raked on"
"""How a raking begins in words; a column of weights that was raked carries them in its label."""


EACH = "; each of them weighted anew"
"""What is said of replicates that went through the steps of a weighting, in results and in labels of their columns."""


def weighted_before_note(design: Design) -> str:
    """Say that errors do not know how a column of weights was made.

    Empty where nothing of it is on record, and beside replicate weights that went through the same steps.
    """
    if design.weight is None:
        return ""
    steps = _steps_of(design.study.codebook[design.weight].label)
    raked = [text[text.index(RAKED) :] for text in _notes_on(design.study, design.weight) if RAKED in text]
    steps = steps or [text.partition(";")[0].rstrip(". ") for text in raked[:1]]
    if not steps or (design.replication is not None and EACH in design.replication.text):
        return ""
    return (
        f"The weights in column {design.weight} are {'; '.join(steps)}, and errors treat them as fixed. "
        "From the study folder, or weighted here, errors carry every step."
    )


def _steps_of(label: str) -> list[str]:
    """Give the steps that the label of a column of weights tells of, e.g. ``"Weight: raked on sex; equal weights"``."""
    if not label.startswith(WEIGHT_LABEL):
        return [label[label.index(RAKED) :].partition(";")[0].rstrip(". ")] if RAKED in label else []
    parts = label.removeprefix(WEIGHT_LABEL).split("; ")
    return [part for part in parts if not part.startswith(("weights from", "equal weights"))]


def _notes_on(study: Study, name: str) -> list[str]:
    return [note for note in study.codebook.notes if name in note.split()]
