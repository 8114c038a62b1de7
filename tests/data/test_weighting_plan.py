"""The recipe in study.yaml: its keys are the options of the public steps, and faults are told with their lines."""

import inspect
from typing import get_args

import pytest
from pydantic import BaseModel

from topline.analysis.replication.replicates import replicates
from topline.analysis.weight import STEPS, step_function
from topline.data.errors import DocumentError
from topline.data.schema import validated
from topline.data.weighting_plan import ReplicatesPlan, StepPlan, WeightingPlan
from topline.data.yaml_file import load_document


def plan(text: str) -> WeightingPlan:
    return validated(WeightingPlan, load_document(text, "study.yaml"))


def options_of(function) -> set[str]:
    return set(inspect.signature(function).parameters) - {"design"}


def model_of(name: str) -> type[BaseModel]:
    return next(part for part in get_args(StepPlan.model_fields[name].annotation) if part is not type(None))


def test_the_steps_of_a_recipe_are_the_public_steps():
    assert set(StepPlan.model_fields) == set(STEPS)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_the_keys_of_a_step_are_the_options_of_its_function(name):
    assert set(model_of(name).model_fields) == options_of(step_function(name))


@pytest.mark.parametrize("name", sorted(STEPS))
def test_an_option_left_out_has_the_default_of_the_function(name):
    fields, function = model_of(name).model_fields, inspect.signature(step_function(name)).parameters
    told = {option: field.default or None for option, field in fields.items()}
    wanted = {option: function[option].default or None for option in fields}
    assert told == {option: None if value is inspect.Parameter.empty else value for option, value in wanted.items()}


def test_the_keys_of_replicates_are_the_options_of_its_function():
    assert set(ReplicatesPlan.model_fields) == options_of(replicates)


def test_steps_keep_their_order_and_only_what_was_written():
    read = plan("margins: cn-adults-2020\nsteps:\n  - rake: {on: [sex], bounds: [0.3, 3]}\n  - normalise\n  - rake:\n")
    assert [(step.name, step.options) for step in read.wanted] == [
        ("rake", {"bounds": (0.3, 3.0), "on": ["sex"]}),
        ("normalise", {}),
        ("rake", {}),
    ]


def test_margins_alone_ask_for_a_raking_that_keeps_those_who_did_not_say():
    (step,) = plan("margins: cn-adults-2020\non: [sex]\n").wanted
    assert (step.name, step.options) == ("rake", {"on": ("sex",), "bounds": None, "missing": "own_class"})
    assert plan("margins: ''").wanted == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steps:\n  - rakes: {}\n", "study.yaml, line 2, steps, entry 1, rakes: the key 'rakes' is not known here"),
        ("steps:\n  - rake: {bound: [1, 2]}\n", "Did you mean 'bounds'?"),
        ("steps:\n  - rake: {bounds: [2, 3]}\n", "[2, 3] does not lie around 1"),
        ("steps:\n  - rake: {}\n    normalise: {}\n", "a step has one name, and under it its options"),
        ("on: sex\nsteps:\n  - rake\n", "on: where steps are named, write options under their step"),
        ("replicates: {method: JK1, size: 3}\n", "the key 'size' is not known here"),
        ("steps:\n  - nonresponse: {minimum: few}\n", "'few' is not a whole number"),
        ("steps:\n  - trim: {cap: -1}\n", "line 2, steps, entry 1, trim, cap: '-1' is not above 0"),
        ("steps:\n  - trim: {quantile: 99}\n", "'99' is not below 1"),
        ("steps:\n  - rake: {bounds: [0.5]}\n", "rake, bounds, entry 2: the list ends before its entry 2"),
        ("margins: reference\nsteps: [rake]\n", "margins: reference needs the key reference beside steps"),
    ],
)
def test_faults_are_told_with_their_place(text, told):
    with pytest.raises(DocumentError) as caught:
        plan(text)
    assert told in str(caught.value)
