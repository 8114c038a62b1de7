"""A new sample brought to the people of a published figure: restricted to their frame, then weighted to its margins.

Rows outside the frame are out of the population: they stay in the sample with weight zero, so that errors know that
they might have been inside (a domain), and calibration happens among the others. Särndal, Swensson and Wretman (1992),
Model Assisted Survey Sampling, sections 7.6 and 10.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ...data.errors import ComparisonError, ToplineError
from ...data.margins import Margins
from ..estimation.degrees import degrees
from ..estimation.estimate import mean, proportion
from ..gating.frame import Frame
from ..gating.frame_words import understood
from ..gating.people import bridgeable, part_of
from ..gating.reason import Reason
from ..raking.poststratify import poststratify
from ..raking.rake import rake
from ..replication.carry_out import carried_out
from ..sampling.categories import Bools, Codes, Floats
from ..sampling.design import Design
from ..sampling.step import CellFactors, Replicate, WeightingStep
from ..sampling.subpopulation import condition_met
from ..targets.dimensions import read_if_named
from .terms import base_of, chosen_answers, own_rows, statistic_of

if TYPE_CHECKING:
    from ...data.description import StudyDescription
    from ...data.registry.figure import Figure
    from ..estimation.estimates import Estimates


@dataclass(frozen=True, eq=False)
class Restriction:
    """Being outside the frame, done again on replicates: who is outside is outside in each.

    Attributes
    ----------
    classes : numpy.ndarray of int
        For each row 1 inside the frame, else 0.
    """

    classes: Codes

    def replayed(self, weights: Floats, frequency: Floats, replicate: Replicate) -> CellFactors:
        """Give the same factors, 0 and 1, for every replicate."""
        return CellFactors(self.classes, np.array([0.0, 1.0]))


@dataclass(frozen=True)
class Bridged:
    """A design brought to a frame.

    Attributes
    ----------
    design : Design
        Restricted and weighted.
    words : str
        What was done, with how many respondents are left.
    weighted : bool
        Whether the frame had margins.
    """

    design: Design
    words: str
    weighted: bool


@dataclass(frozen=True)
class Bridge:
    """Where new samples are to be brought; what has been brought there is kept.

    Attributes
    ----------
    frame : Frame
        The frame.
    about : StudyDescription
        The new survey.
    """

    frame: Frame | str
    about: StudyDescription
    brought: dict[int, tuple[Design, Bridged, Frame]] = field(default_factory=dict, repr=False)
    made: dict[tuple[int, str], tuple[Estimates, Estimates]] = field(default_factory=dict, repr=False)

    def over(self, estimates: Estimates, item: str, figure: Figure) -> tuple[Estimates, Reason | None]:
        """Give the estimates of one item for the frame, and what was done; as they are where nothing is to repair."""
        bridged, frame = self.of(estimates.design)
        if not bridgeable(figure, self.about) or (frame.studies and figure.study.study_id not in frame.studies):
            return estimates, None
        key = (id(estimates), item)
        if key not in self.made:
            self.made[key] = estimates, estimated_again(estimates, item, bridged.design)
        return self.made[key][1], repaired(figure, frame, bridged)

    def in_words(self) -> str:
        """Say where the new sample was brought, or that no pair needed it."""
        if not self.made:
            name = self.frame if isinstance(self.frame, str) else self.frame.name
            return f"to {name}: no pair needed it"
        done = dict.fromkeys(bridged.words for _, bridged, _ in self.brought.values())
        return f"where populations differ, {'; '.join(done)}"

    def of(self, design: Design) -> tuple[Bridged, Frame]:
        """Bring a design to the frame, once."""
        if id(design) not in self.brought:
            frame = self.frame
            if isinstance(frame, str):
                frame = understood(frame, design.study.codebook, self.about)
            # the design is kept with what became of it, so that its id stays its own
            self.brought[id(design)] = design, bridged(design, frame), frame
        return self.brought[id(design)][1:]


def bridged(design: Design, frame: Frame) -> Bridged:
    """Restrict a sample to a frame, and weight it to the frame's margins where it has some.

    Estimates of a part of the sample stay estimates of that part, now of the frame's; a part that holds the whole
    frame is the frame.

    Raises
    ------
    ComparisonError
        When nobody belongs to the frame.
    WeightingError
        When the frame's margins cannot be met, with the frame's name.
    """
    cut = design.subpopulation
    try:
        whole = design.with_subpopulation(None) if cut is not None else design
        inside, words = restricted_rows(whole, frame)
        made = weighted(restricted(whole, frame, inside), frame)
    except ToplineError as error:
        error.args = (f"bridge_to '{frame.name}': {error}",)
        raise
    if cut is not None and not (cut.rows | ~inside).all():
        made = made.with_subpopulation(cut)
    return Bridged(made, f"{words}{weighting_in_words(frame)}", frame.margins is not None)


def restricted_rows(design: Design, frame: Frame) -> tuple[Bools, str]:
    """Say for each row whether it is inside the frame, and the same in words."""
    met, _ = condition_met(design, frame.where) if frame.where is not None else (None, "")
    counted = design.inside & (design.weights > 0)
    inside = counted if met is None else counted & met.fillna(False).to_numpy(dtype=bool)
    unsaid = 0 if met is None else int((counted & met.isna().to_numpy(dtype=bool)).sum())
    if not inside.any():
        raise ComparisonError(f"nobody of a weight above zero belongs to it{in_condition(frame)}.")
    whom = f"{int(inside.sum()):,} of {int(counted.sum()):,} respondents"
    left = f"; {unsaid:,} whose answers do not say are left out" if unsaid else ""
    return inside, f"restricted to {frame.name} ({whom}{left})"


def in_condition(frame: Frame) -> str:
    """Give the frame's condition in brackets, where it is one."""
    return f" (where {frame.where})" if isinstance(frame.where, str | Mapping) else ""


def restricted(design: Design, frame: Frame, inside: Bools) -> Design:
    """Give the sample with weight zero outside the frame; errors know that the rows are there."""
    if (inside | (design.weights == 0)).all():
        return design
    replication = design.replication
    if replication is not None:
        # as R's subset: the rank of the replicate weights of those inside
        design = design.with_replication(replace(replication, df=degrees(design, inside)))
    step = WeightingStep(
        kind="frame",
        words=f"restricted to {frame.name}",
        before=design.weights,
        after=np.where(inside, design.weights, 0.0),
        task=Restriction(inside.astype(np.int8)),
        options={"frame": frame.name, "where": str(frame.where), "n": int(inside.sum())},
    )
    return carried_out(design, step)


def weighted(design: Design, frame: Frame) -> Design:
    """Weight the people of the frame to its margins: one dimension is post-stratified, several are raked."""
    if frame.margins is None:
        return design
    margins = read_if_named(frame.margins)
    on = [frame.on] if isinstance(frame.on, str) else frame.on
    if len(on if on is not None else margins) == 1:
        one = on[0] if on is not None and not isinstance(on, Mapping) else on
        return poststratify(design, margins, on=cast(Any, one), missing=frame.missing)
    return rake(design, margins, on, missing=frame.missing)


def weighting_in_words(frame: Frame) -> str:
    """Say to what the people of the frame were weighted."""
    if frame.margins is None:
        return "; not post-stratified, since no margins of that frame are given"
    margins = read_if_named(frame.margins)
    columns = [frame.on] if isinstance(frame.on, str) else list(margins if frame.on is None else frame.on)
    named = f" to {margins.name}" if isinstance(margins, Margins) else " to given margins"
    verb = "post-stratified" if len(columns) == 1 else "raked"
    return f" and {verb}{named} on {', '.join(map(str, columns))}"


def estimated_again(estimates: Estimates, item: str, design: Design) -> Estimates:
    """Make the estimates of one item again on another design, everything else as it was."""
    method = estimates.method
    by, level = estimates.by or None, method["level"]
    if statistic_of(estimates) == "mean":
        return mean(design, item, by=by, level=level)
    row = own_rows(estimates, item)[0]
    category = {str(row["category"]): row["codes"]} if chosen_answers(estimates, item) else None
    interval = cast(Any, method.get("interval", "logit"))
    base = base_of(estimates)
    return proportion(design, item, category=category, by=by, base=base, interval=interval, level=level)


def repaired(figure: Figure, frame: Frame, bridged: Bridged) -> Reason:
    """Say what was done to make the people one, and whether that they are is more than the user's word."""
    published = ", ".join(part for part in (part_of(figure), figure.study.population) if part)
    same = frame.name.strip().casefold() == published.strip().casefold()
    word = f"; that these are the published people ({published or 'not stated'}) is taken on your word"
    words = f"repaired: {bridged.words}{'' if same else word}."
    return Reason("people", "repaired", words, "" if bridged.weighted else "Frame(..., margins=..., on=[...])")
