"""A document held against a pydantic model: every mismatch becomes a finding with its file, line and remedy."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from .errors import DocumentError, Finding, did_you_mean
from .yaml_file import Document, Place, spoken

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], document: Document) -> Model:
    """Read a document as a model.

    Parameters
    ----------
    model : type
        A pydantic model, e.g. ``StudyPlan``.
    document : Document
        As ``load_document`` read it: every value is still text.

    Raises
    ------
    DocumentError
        With all mismatches, each with its line and, for an unknown key, the nearest known one.

    Examples
    --------
    >>> from .yaml_file import load_document
    >>> class Team(BaseModel, extra="forbid"):
    ...     size: int
    >>> validated(Team, load_document("size: 3")).size
    3
    >>> validated(Team, load_document("size: three", "team.yaml"))
    Traceback (most recent call last):
        ...
    topline.data.errors.DocumentError: team.yaml, line 1, size: 'three' is not a whole number.
    """
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise DocumentError([_finding(problem, model, document) for problem in error.errors()]) from None


def _finding(problem: Any, model: type[BaseModel], document: Document) -> Finding:
    place: Place = tuple(problem["loc"])
    return Finding(document.name, spoken(place), _sentence(problem, model, place), document.line(*place))


def _sentence(problem: Any, model: type[BaseModel], place: Place) -> str:
    value, kind = problem["input"], problem["type"]
    if kind == "missing" and isinstance(place[-1], int):
        return f"the list ends before its entry {place[-1] + 1}, which must be given."
    if kind in LIMITS:
        return f"{value!r} is not {LIMITS[kind]} {next(iter(problem['ctx'].values()))}."
    if kind == "missing":
        return f"the key '{place[-1]}' is missing."
    if kind == "extra_forbidden":
        return f"the key '{place[-1]}' is not known here.{did_you_mean(str(place[-1]), _keys(model, place[:-1]))}"
    if kind == "literal_error":
        return f"{value!r} is not one of {problem['ctx']['expected']}."
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    return f"{value!r} is not {EXPECTED.get(kind, 'right: ' + problem['msg'])}."


LIMITS = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}

EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "string_type": "a text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a set of keys",
    "model_type": "a set of keys",
}


def _keys(model: type[BaseModel], place: Place) -> tuple[str, ...]:
    """Give the keys known at a place, following nested models, also those in lists."""
    for part in place:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = _model_in(field.annotation) if field is not None else None
        if inner is None:
            return ()
        model = inner
    return tuple(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model of a field's annotation: its own, that of a list's members, or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)
