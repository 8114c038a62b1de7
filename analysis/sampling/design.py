"""The design of a sample: the data with their weights, strata, PSUs and population sizes.

Conventions are those of R's survey package (Lumley 2010, Complex Surveys); each is named where it is applied.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from ...data.codebook import Study, Variable, study_of
from ...data.errors import DesignError, EstimationError
from .categories import Bools, Floats, names_of, numbers
from .joint import JointVariance, quadratic_form
from .lone import collapsed, refuse_lone_psus
from .sample import Stage, stages, weights_from_fpc
from .step import TAKES_OUT
from .weight_notes import notes_of_weights, notes_with

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame
    from numpy.typing import ArrayLike

    from .replication import Replication
    from .step import WeightingStep
    from .subpopulation import Subpopulation

WEIGHT_LABEL = "Weight: "
"""How the label of a column of weights begins, before the steps that made it."""

LonePsu = Literal["fail", "centre", "certainty", "average", "collapse"]


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """Data and how they were sampled; every estimate is made from one.

    Nothing changes a design: :func:`rake` and every other step of weighting gives a new one.

    Parameters
    ----------
    data : Study, pandas.DataFrame or polars.DataFrame
        One row for each respondent.
    weight : str, optional
        Column of weights, e.g. ``"base_weight"``. Without it the weights are the product over the stages of
        N / n from ``fpc``, which must then be given for every stage, and 1 where there is no fpc;
        ``weight_source`` says which.
    strata : str or sequence of str, optional
        Column of strata, one for each stage, e.g. ``"province"``.
    psu : str or sequence of str, optional
        Column of primary sampling units, then of the units of later stages, e.g. ``["district", "school"]``; ids
        need to be unique only within their stratum and the unit above. Without it each row is a PSU.
    fpc : str or sequence of str, optional
        Column of population sizes, one for each stage: units in the population of the stratum, or, when no value
        is above 1, sampling fractions. Without it sampling counts as with replacement, and the variance comes from
        the first stage alone.
    lone_psu : {"fail", "centre", "certainty", "average", "collapse"}
        What to do with a stratum of one PSU, of which there are more in the population: stop and name it (the
        default); measure the PSU's distance from zero, R's ``"adjust"`` (an influence value has mean zero over
        the sample, so this centres at the grand mean; conservative); take it to add no variance; take it to add
        the average of the other strata; join it with the stratum after it (the last with the one before), in the
        order of the codebook. Printed with every result.
    pps : "brewer" or array, optional
        How units were drawn with unequal probabilities and without replacement. ``"brewer"``: ``fpc`` holds each
        unit's inclusion probability, and Brewer's approximation stands for the joint probabilities. An array: the
        joint inclusion probabilities of each pair of PSUs, in the order of their first rows, each PSU's own on the
        diagonal; one stage, no ``fpc``.
    pps_variance : {"horvitz-thompson", "yates-grundy"}
        With joint probabilities: which estimator of variance. Yates-Grundy is for samples of fixed size.

    Attributes
    ----------
    study : Study
        The data.
    weights : numpy.ndarray
        One weight for each row.
    weight_source : str
        Where the weights came from, in words.
    stages : tuple of Stage
        The stages of sampling that the variance uses.
    steps : tuple of WeightingStep
        What has been done to the weights, in order.
    joint : numpy.ndarray or None
        The quadratic form of the variance, where joint probabilities are known.
    replication : Replication or None
        Replicate weights, which then carry the variance; see ``replicate_design`` and ``replicates``.
    subpopulation : Subpopulation or None
        The rows that estimates are about; see ``subset``.
    joined_strata : tuple of str
        Which strata ``lone_psu="collapse"`` joined, in words.

    Raises
    ------
    DesignError
        When the columns describe no sample: weights that are missing, negative, infinite or all zero; ids that are
        missing; population sizes that vary or are below the sample; a lone PSU.
    UnknownNameError
        When a column does not exist.

    References
    ----------
    Lumley (2010), Complex Surveys, chapters 2 and 3. Wolter (2007), Introduction to Variance Estimation, chapters 1
    and 2 (collapsed strata: section 2.5). Brewer (2002), Combined Survey Sampling Inference, chapter 9.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"town": [1, 1, 2, 2], "trust": [1, 3, 4, 4], "people": [40, 40, 60, 60]})
    >>> design = Design(wave, psu="town")
    >>> design.weight_source
    'equal weights of 1'
    >>> Design(wave, strata="town", fpc="people").weights.tolist()
    [20.0, 20.0, 30.0, 30.0]
    """

    data: Study | IntoFrame
    weight: str | None = None
    strata: str | Sequence[str] | None = None
    psu: str | Sequence[str] | None = None
    fpc: str | Sequence[str] | None = None
    lone_psu: LonePsu = "fail"
    pps: Literal["brewer"] | ArrayLike | None = None
    pps_variance: JointVariance = "horvitz-thompson"
    study: Study = field(init=False)
    weights: Floats = field(init=False)
    weight_source: str = field(init=False)
    steps: tuple[WeightingStep, ...] = field(init=False, default=())
    joint: Floats | None = field(init=False, default=None)
    replication: Replication | None = field(init=False, default=None)
    subpopulation: Subpopulation | None = field(init=False, default=None)
    joined_strata: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        """Read the columns and refuse what describes no sample."""
        if self.lone_psu not in get_args(LonePsu):
            raise DesignError(f"lone_psu is {self.lone_psu!r}; it can be {', '.join(map(repr, get_args(LonePsu)))}.")
        if isinstance(self.pps, str) and self.pps != "brewer":
            raise DesignError(f"pps is {self.pps!r}; it can be 'brewer' or an array of joint inclusion probabilities.")
        study = study_of(self.data)
        if not study.rows:
            raise DesignError(f"{study.source or 'the data'} holds no rows; a design needs respondents.")
        for part in ("strata", "psu", "fpc"):
            object.__setattr__(self, part, names_of(getattr(self, part)))
        object.__setattr__(self, "study", study)
        self._lay_out()
        weights, source = self._weights()
        weights.setflags(write=False)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "weight_source", source)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of sampling that the variance uses; laid out here where every row is its own PSU."""
        return stages(self.study, (), (), ())

    def _lay_out(self) -> None:
        """Set the stages, and with joint probabilities the form of the variance; plain samples wait until asked."""
        strata, psu, fpc = names_of(self.strata), names_of(self.psu), names_of(self.fpc)
        if self._independent:
            return
        if isinstance(self.pps, str) and not fpc:
            raise DesignError("pps='brewer' needs each unit's inclusion probability; name its column, fpc='...'.")
        if self.pps is None or isinstance(self.pps, str):
            laid = stages(self.study, strata, psu, fpc, unequal=self.pps is not None)
        else:
            laid = stages(self.study, strata, psu, ())
            joint, laid = quadratic_form(self.pps, self.pps_variance, laid, fpc)
            object.__setattr__(self, "joint", joint)
        if self.lone_psu == "collapse":
            laid, joined = collapsed(laid)
            object.__setattr__(self, "joined_strata", joined)
        elif self.lone_psu == "fail" and self.joint is None:
            refuse_lone_psus(laid)
        object.__setattr__(self, "stages", laid)

    @property
    def _independent(self) -> bool:
        """Whether rows were drawn one by one from one stratum, and there are enough of them for a variance."""
        parts = (*names_of(self.strata), *names_of(self.psu), *names_of(self.fpc))
        return not parts and self.pps is None and self.study.rows > 1

    def __repr__(self) -> str:
        """Give the design in one line."""
        parts = [f"{len(self.weights):,} rows", self.weight_source]
        for role in ("strata", "psu", "fpc"):
            names = names_of(getattr(self, role))
            parts += [f"{role} {', '.join(names)}"] if names else []
        parts += [step.summary() for step in self.steps]
        parts += [self.replication.text] if self.replication else []
        parts += [f"where {self.subpopulation.text}"] if self.subpopulation else []
        return f"<Design: {'; '.join(parts)}>"

    @cached_property
    def df(self) -> int:
        """Degrees of freedom: PSUs minus strata, counted over rows of positive weight (R's ``degf``)."""
        if self.replication is not None:
            return self.replication.df
        first = self.stages[0]
        counted = np.flatnonzero(np.bincount(first.unit, weights=self.weights > 0))
        return len(counted) - len(np.unique(first.stratum[counted]))

    @cached_property
    def inside(self) -> Bools:
        """For each row whether estimates are about it: those of the subpopulation, or all, that no step took out."""
        if self.subpopulation is not None:
            return self.subpopulation.rows & ~self.taken_out
        return ~self.taken_out

    @cached_property
    def taken_out(self) -> Bools:
        """For each row whether a step of weighting took it out: no respondent, or not eligible."""
        out = np.zeros(len(self.weights), dtype=bool)
        for step in self.steps:
            if step.kind in TAKES_OUT:
                out |= (step.before > 0) & (step.after == 0)
        return out

    @property
    def raking(self) -> WeightingStep | None:
        """The last raking: its iterations, its margins before and after; None when the weights were not raked."""
        return next((step for step in reversed(self.steps) if step.kind == "rake"), None)

    def with_step(self, step: WeightingStep) -> Design:
        """Give the same design with the weights after a step, and the step on record for the variance."""
        step.after.setflags(write=False)
        new = self._copy()
        object.__setattr__(new, "weights", step.after)
        object.__setattr__(new, "steps", (*self.steps, step))
        return new

    def with_subpopulation(self, subpopulation: Subpopulation | None) -> Design:
        """Give the same design for estimates about a part of the population; None: about all of it."""
        new = self._copy()
        object.__setattr__(new, "subpopulation", subpopulation)
        return new

    def with_replication(self, replication: Replication) -> Design:
        """Give the same sample with replicates, which carry the variance from now on."""
        new = self._copy()
        object.__setattr__(new, "replication", replication)
        return new

    def _copy(self) -> Design:
        """Copy without the properties that have been worked out."""
        new = copy.copy(self)
        for worked_out in ("df", "inside", "taken_out"):
            new.__dict__.pop(worked_out, None)
        return new

    def study_with_weights(self, name: str = "weight", *, replicates: str = "") -> Study:
        """Give the study with the weights as one more column, ready to be written to a file.

        What must stand under results, such as sources, grades and populations of margins, goes into the notes of the
        codebook; a design with these weights repeats it.

        Parameters
        ----------
        name : str
            What the column is called.
        replicates : str
            What stands before the numbers of columns of replicate weights, e.g. ``"repw"``; none when empty.

        Raises
        ------
        DesignError
            When the study has a column of that name already, or the design no replicates.

        Examples
        --------
        >>> import pandas as pd
        >>> Design(pd.DataFrame({"trust": [1, 3]})).study_with_weights("w").frame["w"].tolist()
        [1.0, 1.0]
        """
        label = WEIGHT_LABEL + "; ".join([*(step.summary() for step in self.steps), self.weight_source])
        columns, variables = {name: self.weights}, [Variable(name, label=label, measure="scale")]
        if replicates:
            if self.replication is None:
                raise DesignError("the design has no replicates; make them first: replicates(design, 'rao_wu_yue').")
            for number in range(len(self.replication)):
                column = f"{replicates}{number + 1}"
                columns[column] = self.replication.weights(number)
                told = f"Replicate weight {number + 1} of {len(self.replication)}: {self.replication.text}"
                variables.append(Variable(column, label=told, measure="scale"))
        codebook = self.study.codebook
        for variable in variables:
            if variable.name in codebook:
                raise DesignError(f"the study has a column '{variable.name}' already; name the weights otherwise.")
            codebook = codebook.with_variable(variable)
        codebook = replace(codebook, notes=notes_with(codebook.notes, name, notes_of_weights(self)))
        frame = self.study.frame
        made = pd.DataFrame(columns, index=frame.index)
        return Study(pd.concat([frame, made], axis=1), codebook, self.study.source)

    def _weights(self) -> tuple[Floats, str]:
        if self.weight is not None:
            return _checked_weights(self.study, self.weight), f"weights from column {self.weight}"
        sizes, units = names_of(self.fpc), names_of(self.psu)
        fpc = ", ".join(sizes)
        if fpc and len(units) > len(sizes):
            raise DesignError(
                f"weights cannot follow from the fpc ({fpc}): it is given for {len(sizes)} of {len(units)} stages of "
                f"units ({', '.join(units)}). Name the column of weights, weight='...' (--weight ...), or give an fpc "
                "for every stage."
            )
        if not self._independent and self.stages[0].probability is not None:
            source = "the inclusion probabilities" + (f" ({fpc})" if fpc else " of the joint probabilities")
            return weights_from_fpc(self.stages), f"weights from {source}: their inverse"
        if fpc:
            return weights_from_fpc(self.stages), f"weights from the fpc ({fpc}): population over sample at each stage"
        return np.ones(self.study.rows), "equal weights of 1"


def check_design(design: object, verb: str) -> None:
    """Refuse what is no design where one is needed: a file name, a frame or a study.

    Raises
    ------
    EstimationError
        With how a design is made of it.

    Examples
    --------
    >>> check_design("wave.csv", "mean")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    topline.data.errors.EstimationError: mean needs a Design and was given text, 'wave.csv'. Make one first: ...
    """
    if isinstance(design, Design):
        return
    if isinstance(design, str | PathLike):
        given, made = f"text, {str(design)!r}", f"Design(read_study({str(design)!r}))"
    else:
        given, made = f"a {type(design).__name__}", "Design(data)"
    raise EstimationError(
        f"{verb} needs a Design and was given {given}. Make one first: {made}, with weight=, strata= and psu= where "
        "the sample has them."
    )


def _checked_weights(study: Study, name: str) -> Floats:
    weights = numbers(study, name, purpose="weight", infinite=True)[0]
    low, high = float(weights.min()), float(weights.max())
    if not 0 <= low <= high < np.inf:
        _refuse_weights(weights, name)
    if low == 0 < high:
        low = float(weights[weights > 0].min())
    if high and not 1e-100 < low <= high < 1e100:
        raise DesignError(
            f"weight '{name}' runs from {low:g} to {high:g}, and a computer cannot square such "
            "numbers; divide the weights by their mean."
        )
    if not high:
        raise DesignError(f"weight '{name}' is zero in all {len(weights)} rows; nobody would count.")
    return weights


def _refuse_weights(weights: Floats, name: str) -> None:
    faults = {
        "missing": np.isnan(weights),
        "infinite": np.isinf(weights),
        "negative": weights < 0,
    }
    found = [f"{word} in {int(rows.sum())}" for word, rows in faults.items() if rows.any()]
    raise DesignError(
        f"weight '{name}' is {' and '.join(found)} of {len(weights)} rows; a weight is a number of at least 0. "
        "Correct them, or leave those rows out of the data."
    )
