"""A recipe carried out: from a raw sample to weights, step by step, and again on every replicate.

Valliant, Dever and Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, chapters 13 to 15, for
the order of steps; Valliant (2004), The effect of multiple weighting steps on variance estimation, Journal of Official
Statistics 20(1), for replaying all of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.codebook import Study
from ..data.errors import ToplineError, WeightingError
from ..data.files import read_study
from ..data.margins import margins_named
from ..data.schema import validated
from ..data.weighting_plan import REFERENCE, ReferencePlan, StepPlan, WeightingPlan
from ..data.yaml_file import Document
from .replication.replicates import replicates
from .sampling.design import Design

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

STEPS: Mapping[str, str] = {
    "base_weights": "nonresponse.base_weights",
    "eligibility": "nonresponse.eligibility",
    "nonresponse": "nonresponse.nonresponse",
    "propensity_weights": "nonprobability.propensity_weights",
    "poststratify": "raking.poststratify",
    "rake": "raking.rake",
    "calibrate": "calibration.calibrate",
    "entropy_balance": "calibration.calibrate",
    "trim": "trimming.trim",
    "normalise": "trimming.normalise",
}
"""The steps of a recipe, each a public function, with the module it lives in."""

Recipe = Sequence[str | Mapping[str, Any]] | Mapping[str, Any] | WeightingPlan
"""Steps in order, or keys as under ``weighting`` in study.yaml."""


def weight(data: Study | IntoFrame | Design, recipe: Recipe, *, folder: Path | str = ".") -> Design:
    """Weight a sample by a recipe: its steps in order, and all of them again on every replicate.

    Parameters
    ----------
    data : Design, Study, pandas.DataFrame or polars.DataFrame
        The sample as drawn, nonrespondents included where a step adjusts for them. A Design says how it was drawn;
        from data alone rows count as drawn independently.
    recipe : sequence or mapping
        Steps in order, each a name, or a name with its options: ``[{"rake": {"margins": "cn-adults-2020", "on":
        ["sex"]}}, {"trim": {"multiple": 5}}]``. Or a mapping with ``steps`` and, beside them, ``margins`` and
        ``reference`` for all steps, and ``replicates`` with the options of :func:`replicates`: what stands under
        ``weighting`` in study.yaml. Steps and options are those of the public functions.
    folder : path
        Where files that the recipe names are.

    Returns
    -------
    Design
        With the weights, ``steps`` on record, and replicates where asked for. ``weight_log(design)`` prints what each
        step did.

    Raises
    ------
    DocumentError
        When the recipe has an unknown step or option, or a value that is none; all findings, with their places.
    WeightingError
        When a step cannot be carried out; this and every other error of a step begins with the step.
    DesignError
        When replicates do not fit the sample.

    Notes
    -----
    Errors of estimates know of every step: without replicates by the chain rule through all of them, with replicates
    because each goes through all steps itself. A step that looks at outcomes to choose its options is beyond either.

    References
    ----------
    Valliant, Dever and Kreuter (2018), chapters 13 to 15 and section 15.4.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"p": [0.1, 0.1, 0.2, 0.2], "sex": ["f", "f", "f", "m"], "trust": [1, 2, 3, 5]})
    >>> recipe = [{"base_weights": {"probability": "p"}}, {"rake": {"margins": {"sex": {"f": 0.5, "m": 0.5}}}}]
    >>> design = weight(wave, recipe)
    >>> design.weights.round(2).tolist()
    [6.0, 6.0, 3.0, 15.0]
    >>> [step.kind for step in design.steps]
    ['base_weights', 'rake']
    """
    plan = recipe if isinstance(recipe, WeightingPlan) else _read(recipe)
    design = data if isinstance(data, Design) else Design(data)
    for number, step in enumerate(plan.wanted, 1):
        design = _carried_out(design, step, plan, Path(folder), f"step {number}, {step.name}")
    if plan.replicates is None:
        return design
    return replicates(design, **plan.replicates.model_dump(exclude_unset=True))


def _read(recipe: Recipe) -> WeightingPlan:
    """Read a recipe given in Python by the rules of study.yaml."""
    if isinstance(recipe, str) or not isinstance(recipe, Mapping | Sequence):
        raise WeightingError(
            f"the recipe is {recipe!r}; it is a list of steps, e.g. [{{'rake': {{'margins': 'cn-adults-2020'}}}}], "
            "or a mapping with steps, margins and replicates."
        )
    data: dict[str, Any] = dict(recipe) if isinstance(recipe, Mapping) else {"steps": list(recipe)}
    plan = validated(WeightingPlan, Document(data, {}, "recipe"))
    if not plan.wanted:
        raise WeightingError("the recipe has neither steps nor margins; name at least one step, e.g. 'normalise'.")
    return plan


def _carried_out(design: Design, step: StepPlan, plan: WeightingPlan, folder: Path, place: str) -> Design:
    """Carry out one step; what goes wrong begins with its place."""
    function = step_function(step.name)
    known = inspect.signature(function).parameters
    try:
        options = _completed(step.options, known, plan, folder)
        absent = [name for name, each in known.items() if each.default is each.empty and name not in options]
        if absent[1:]:  # the first is the design
            raise WeightingError(f"{' and '.join(absent[1:])} must be given.")
        return function(design, **options)
    except ToplineError as error:
        error.args = (f"{place}: {error}",)
        raise


def _completed(
    options: dict[str, Any], known: Mapping[str, object], plan: WeightingPlan, folder: Path
) -> dict[str, Any]:
    """Give a step the margins and the reference of the recipe where it has none, and read those that files hold.

    A calibration to means or totals alone is left without margins, unless it says on which.
    """
    moments = not options.get("on") and bool(options.get("means") or options.get("totals"))
    for name, given in (("margins", plan.margins if not moments else None), (REFERENCE, plan.reference)):
        if name in known and not options.get(name) and given:
            options[name] = given
    if options.get(REFERENCE) is not None:
        options[REFERENCE] = _reference(options[REFERENCE], folder)
    if "margins" in options:
        options["margins"] = _margins(options, plan, folder)
    return options


def _margins(options: Mapping[str, Any], plan: WeightingPlan, folder: Path) -> Any:
    """Give margins by name, from a file, from the reference sample, or as they are given."""
    given = options["margins"]
    if given == REFERENCE:
        from .nonprobability.reference_margins import margins_from

        on = options.get("on") or ()
        return margins_from(_reference(plan.reference, folder), list(on.values()) if isinstance(on, Mapping) else on)
    return margins_named(given, folder) if isinstance(given, str) else given


def _reference(given: object, folder: Path) -> Design:
    """Give the reference sample as a design, read from its file where a recipe names one."""
    if isinstance(given, Design):
        return given
    if not isinstance(given, Mapping):
        raise WeightingError(
            f"reference is {given!r}; it is a Design, or keys as for a design: data (a file), weight, strata, psu, fpc."
        )
    plan = validated(ReferencePlan, Document(dict(given), {}, REFERENCE))
    study = read_study(folder / plan.data)
    return Design(study, plan.weight, plan.strata, plan.psu, plan.fpc, plan.lone_psu)


def step_function(name: str) -> Callable[..., Design]:
    """Give the public function of a step.

    Examples
    --------
    >>> step_function("rake").__name__
    'rake'
    """
    module = import_module(f".{STEPS[name]}", __package__)
    found: Callable[..., Design] = getattr(module, name)
    return found
