"""The recipe of a weighting as study.yaml and Python spell it: steps in order, each with its options.

An option that is left out has the default of the step's public function; the fields here are its keyword arguments.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Part(BaseModel):
    """What every part of study.yaml shares."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _listed(value: object) -> object:
    """Let a single name stand where a list of names may stand."""
    return [value] if isinstance(value, str) and value else value or []


def _around_one(value: tuple[float, float] | None) -> tuple[float, float] | None:
    if value is not None and not 0 <= value[0] < 1 < value[1]:
        raise ValueError(f"[{value[0]:g}, {value[1]:g}] does not lie around 1; write for example [0.3, 3].")
    return value


def _ordered(value: tuple[float, float] | None) -> tuple[float, float] | None:
    if value is not None and not value[0] < value[1]:
        raise ValueError(f"[{value[0]:g}, {value[1]:g}] is not in order; write for example [0.3, 3].")
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Factors = Annotated[tuple[float, float] | None, AfterValidator(_around_one)]
Limits = Annotated[tuple[float, float] | None, AfterValidator(_ordered)]
Positive = Annotated[float, Field(gt=0)]
Whole = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Numbers = dict[str, float]
Complete = Literal["error", "own_class"]
Filled = Literal["error", "own_class", "proportional"]
REFERENCE = "reference"
"""What margins are called that are estimated from the reference sample."""

Given = Any
"""Margins, a design or a condition: names and mappings in YAML, objects too in Python; read where they are used."""


class BaseWeightsPlan(Part):
    """Options of :func:`base_weights`."""

    probability: Names = ()
    factor: Names = ()
    divisor: Names = ()


class EligibilityPlan(Part):
    """Options of :func:`eligibility`."""

    status: str = ""
    eligible: Names = ()
    ineligible: Names = ()
    unknown: Names = ()
    within: Names = ()
    minimum: Whole | None = None
    largest: Positive | None = None
    collapse: bool = True
    missing: Complete = "error"


class NonresponsePlan(Part):
    """Options of :func:`nonresponse`; ``propensity`` is columns, or the right side of a formula."""

    responded: Given = None
    within: Names = ()
    propensity: str | tuple[str, ...] | None = None
    weighted: bool = True
    strata: Whole | None = None
    minimum: Whole | None = None
    largest: Positive | None = None
    collapse: bool = True
    missing: Complete = "error"


class PropensityWeightsPlan(Part):
    """Options of :func:`propensity_weights`; ``on`` is columns, or the right side of a formula."""

    reference: Given = None
    on: str | tuple[str, ...] = ()
    method: Literal["pseudo", "odds", "calibrated"] = "pseudo"
    strata: Whole | None = None
    largest: Positive | None = None
    missing: Complete = "error"


class PoststratifyPlan(Part):
    """Options of :func:`poststratify`."""

    margins: Given = None
    on: Given = None
    missing: Filled = "error"
    join: Given = None
    minimum: Whole | None = None


class RakePlan(Part):
    """Options of :func:`rake`."""

    margins: Given = None
    on: Given = None
    bounds: Factors = None
    tolerance: Share = 1e-10
    max_iterations: Whole = 500
    missing: Filled = "error"
    residuals: Literal["calibrated", "base", "unweighted"] = "calibrated"
    join: Given = None


class EntropyBalancePlan(Part):
    """Options of :func:`entropy_balance`."""

    means: Numbers | None = None
    margins: Given = None
    on: Given = None
    population: Positive | None = None
    tolerance: Share = 1e-10
    max_iterations: Whole = 100
    residuals: Literal["calibrated", "base"] = "calibrated"
    missing: Filled = "error"
    join: Given = None


class CalibratePlan(EntropyBalancePlan):
    """Options of :func:`calibrate`: those of entropy balancing, which is one of its distances, and its own."""

    totals: Numbers | None = None
    distance: Literal["linear", "raking", "logit"] = "linear"
    bounds: Limits = None
    bounds_on: Literal["factors", "weights"] = "factors"
    cost: str | None = None


class TrimPlan(Part):
    """Options of :func:`trim`."""

    cap: Positive | None = None
    multiple: Positive | None = None
    quantile: Share | None = None
    potter: Names = ()
    of: Literal["median", "mean"] = "median"
    floor: Positive | None = None
    within: Names = ()
    redistribute: Literal["proportional", "equal", "none"] = "proportional"
    recalibrate: bool | None = None
    candidates: int | tuple[float, ...] = 25
    max_iterations: Whole = 100


class NormalisePlan(Part):
    """Options of :func:`normalise`."""

    to: float | Literal["n", "mean"] = "n"
    within: Names = ()


class ReplicatesPlan(Part):
    """Options of :func:`replicates`: on each of them every step is done again."""

    method: str = "auto"
    replicates: int | None = None
    fay: float | None = None
    drawn: int | None = None
    seed: int | None = None
    mse: bool = False


class ReferencePlan(Part):
    """A probability sample of the same population, in a data file with its design."""

    data: str
    weight: str | None = None
    strata: Names = ()
    psu: Names = ()
    fpc: Names = ()
    lone_psu: Literal["fail", "centre", "certainty", "average", "collapse"] = "fail"


class StepPlan(Part):
    """One step: its name, and under it its options."""

    base_weights: BaseWeightsPlan | None = None
    eligibility: EligibilityPlan | None = None
    nonresponse: NonresponsePlan | None = None
    propensity_weights: PropensityWeightsPlan | None = None
    poststratify: PoststratifyPlan | None = None
    rake: RakePlan | None = None
    calibrate: CalibratePlan | None = None
    entropy_balance: EntropyBalancePlan | None = None
    trim: TrimPlan | None = None
    normalise: NormalisePlan | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """Let a step without options be its name alone."""
        if isinstance(value, str):
            value = {value: {}}
        if isinstance(value, dict):
            return {name: options or {} for name, options in value.items()}
        return value

    @model_validator(mode="after")
    def _one(self) -> StepPlan:
        if len(self.model_fields_set) != 1:
            names = ", ".join(sorted(self.model_fields_set)) or "none"
            raise ValueError(f"a step has one name, and under it its options; here stand {names}.")
        return self

    @property
    def name(self) -> str:
        """Which step it is."""
        (name,) = self.model_fields_set
        return name

    @property
    def options(self) -> dict[str, Any]:
        """The options that are given."""
        part = getattr(self, self.name)
        return {name: getattr(part, name) for name in sorted(part.model_fields_set)}


class WeightingPlan(Part):
    """How the sample is adjusted to its population.

    Attributes
    ----------
    margins : str, Margins or mapping
        Shipped margins, e.g. ``"cn-adults-2020"``, or a CSV file in the folder, for the steps that name none of their
        own; ``"reference"``: estimated from the reference sample.
    reference : ReferencePlan, Design or None
        A probability sample of the same population, for the steps that need one.
    steps : tuple of StepPlan
        What is done to the weights, in order.
    replicates : ReplicatesPlan or None
        Replicates that carry the variance; without them it is linearised.
    on, bounds, missing
        The options of a raking, where that is the only step and ``steps`` is left out.
    """

    margins: Given = ""
    reference: Given = None
    steps: tuple[StepPlan, ...] = ()
    replicates: ReplicatesPlan | None = None
    on: Names = ()
    bounds: Factors = None
    missing: Filled = "own_class"

    @model_validator(mode="after")
    def _one_spelling(self) -> WeightingPlan:
        beside = sorted({"on", "bounds", "missing"} & self.model_fields_set)
        if self.steps and beside:
            raise ValueError(f"{', '.join(beside)}: where steps are named, write options under their step.")
        if "steps" in self.model_fields_set and not self.steps:
            raise ValueError("steps is empty; name steps, or leave it out to rake on margins alone.")
        named = [self.margins, *(step.options.get("margins") for step in self.steps)]
        if not self.reference and any(isinstance(each, str) and each == REFERENCE for each in named):
            raise ValueError("margins: reference needs the key reference beside steps: data, weight, strata, psu.")
        return self

    @property
    def wanted(self) -> tuple[StepPlan, ...]:
        """The steps, in order; margins alone ask for a raking."""
        if self.steps or not self.margins:
            return self.steps
        options = {"on": self.on or None, "bounds": self.bounds, "missing": self.missing}
        return (StepPlan.model_validate({"rake": options}),)
