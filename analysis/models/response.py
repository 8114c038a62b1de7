"""The left side of a formula: a number, a share of two answers, or an answer out of several."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...data.codebook import Code, Study, Variable, code_of
from ...data.errors import EstimationError, UnknownNameError
from ..sampling.categories import Bools, Categories, Floats, Ints, categories, code_text, numbers
from .formula import columns_named, complete_rows, evaluated
from .formula_columns import Column


@dataclass(frozen=True, eq=False)
class Response:
    """What a model explains.

    Attributes
    ----------
    item : str
        The column, or the expression as given.
    text : str
        What is modelled, in words, e.g. ``"the share of approval 'support'"``.
    values : numpy.ndarray
        For each row its number, 0 or 1, or the position of its category; not defined where missing.
    missing : numpy.ndarray of bool
        Where there is no answer.
    counts : mapping of str to int
        Missing rows by kind.
    levels : tuple of str
        The categories, for models of several.
    codes : mapping of str to str
        Their codes, as written, and the category of each.
    notes : tuple of str
        Footnotes on what the numbers are.
    """

    item: str
    text: str
    values: Floats
    missing: Bools
    counts: Mapping[str, int]
    levels: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def within(self, rows: Ints) -> Response:
        """Give the response on some of its rows."""
        if len(rows) == len(self.missing):
            return self
        return replace(self, values=self.values[rows], missing=self.missing[rows])


def numeric_response(study: Study, left: str, whole: str) -> Response:
    """Read a response that is a number: a column, or an expression such as ``log(income)``.

    Raises
    ------
    EstimationError
        When it is text.
    """
    name = _plain_name(left)
    if name is None:
        return _expression(study, left, whole)
    _known(study, name, whole)
    if study.codebook[name].type == "string":
        raise EstimationError(_text_response(study, name))
    values, counts = numbers(study, name, purpose="model")
    return Response(name, f"the mean of {name}", np.nan_to_num(values), np.isnan(values), counts)


def _text_response(study: Study, name: str) -> str:
    """Say which model takes a response that is text."""
    coded = categories(study, name)
    listed = ", ".join(map(code_text, coded.shown[:6])) + (", ..." if len(coded.shown) > 6 else "")
    way = "family='binomial' models the share of one of two answers"
    if len(coded.shown) > 2:
        way = f"family='binomial' models a share, {name}[{coded.shown[0]!r}] ~ ...; multinomial() takes all answers"
    return f"{name} holds text ({listed}), and a model needs numbers; {way}."


def binary_response(study: Study, left: str, whole: str) -> Response:
    """Read a response of two answers: which of them is modelled is chosen by the formula, and named in words.

    ``approval['support']``, ``approval == 5`` and ``approval in ['agree', 'fully agree']`` name answers by label, code
    or collapse. Of a bare column, 1 is modelled when it holds 0 and 1, and else the second of its two categories.

    Raises
    ------
    EstimationError
        When a bare column has other than two answers.
    UnknownNameError
        When an answer does not exist.
    """
    chosen = _chosen_answers(left)
    if chosen is not None:
        item, wanted, shown = chosen
        _known(study, item, whole)
        coded = categories(study, item, unused=True)
        return _share(item, shown, coded, _positions(study, coded, wanted))
    name = _plain_name(left)
    if name is None:
        made = _expression(study, left, whole)
        return _zero_to_one(made, left)
    _known(study, name, whole)
    return _two_answers(study, name)


def categorical_response(study: Study, left: str, whole: str, *, ordered: bool) -> Response:
    """Read a response of several answers, in the order of the codebook.

    Raises
    ------
    EstimationError
        When it is no column, or text without an order where an order is needed.
    """
    name = _plain_name(left)
    if name is None:
        raise EstimationError(f"formula '{whole}': the response is one column of categories, not '{left}'.")
    _known(study, name, whole)
    variable = study.codebook[name]
    coded = categories(study, name)
    if ordered:
        _check_order(variable, coded)
    positions = coded.positions
    return Response(
        item=name,
        text=name,
        values=np.maximum(positions, 0).astype(np.float64),
        missing=positions < 0,
        counts=coded.missing,
        levels=tuple(code_text(shown) for shown in coded.shown),
        codes={code_text(value): code_text(shown) for value, shown in zip(coded.values, coded.shown, strict=True)},
    )


def _check_order(variable: Variable, coded: Categories) -> None:
    """Refuse answers of which nothing says which comes after which."""
    listed = ", ".join(map(str, coded.shown[:6]))
    if variable.type == "string" and variable.measure != "ordinal":
        raise EstimationError(
            f"{variable.name} holds text, whose categories ({listed}) have no order; make it an ordered "
            "pandas.Categorical, or numeric codes with labels, or use multinomial()."
        )
    if variable.measure == "nominal":
        raise EstimationError(
            f"{variable.name} is declared nominal, so its categories ({listed}) have no order; declare it ordinal if "
            "they have one, or use multinomial()."
        )


def _known(study: Study, name: str, whole: str) -> None:
    if name not in study.codebook:
        raise UnknownNameError("variable", name, study.codebook.names, f"formula '{whole}'")


def _plain_name(left: str) -> str | None:
    """Give the column when the left side is nothing else."""
    quoted = re.fullmatch(r"`([^`]+)`", left)
    if quoted:
        return quoted[1]
    return left if re.fullmatch(r"[^\W\d]\w*", left) else None


def _chosen_answers(left: str) -> tuple[str, list[Code], str] | None:
    """Take ``name['answer']``, ``name == answer`` and ``name in [answers]`` apart."""
    quoted = re.match(r"`([^`]+)`", left)
    try:
        tree = ast.parse(re.sub(r"`[^`]+`", "quoted_name_", left), mode="eval").body
    except SyntaxError:
        return None
    if isinstance(tree, ast.Subscript):
        named, wanted = tree.value, tree.slice
    elif isinstance(tree, ast.Compare) and len(tree.ops) == 1 and isinstance(tree.ops[0], ast.Eq | ast.In):
        named, wanted = tree.left, tree.comparators[0]
    else:
        return None
    try:
        given = ast.literal_eval(wanted)
    except ValueError:
        return None
    if not isinstance(named, ast.Name):
        return None
    name = quoted[1] if quoted and named.id == "quoted_name_" else named.id
    several = [code for code in given] if isinstance(given, list | tuple | set) else [given]
    return name, several, " or ".join(repr(code) for code in several)


def _positions(study: Study, coded: Categories, wanted: Sequence[Code]) -> list[int]:
    collapse = study.codebook[coded.name].collapse
    found: list[int] = []
    for each in wanted:
        if isinstance(each, str) and each in collapse:
            codes = {code_of(code) for code in collapse[each]}
            found += [at for at, value in enumerate(coded.values) if value in codes]
        else:
            found.append(coded.find(each))
    return found


def _share(name: str, shown: str, coded: Categories, positions: Sequence[int]) -> Response:
    values = np.isin(coded.positions, list(positions)).astype(np.float64)
    return Response(name, f"the share of {name} {shown}", values, coded.positions < 0, coded.missing)


def _two_answers(study: Study, name: str) -> Response:
    """Read a bare column as 0 and 1."""
    variable = study.codebook[name]
    if variable.type != "string":
        values, counts = numbers(study, name, purpose="model")
        known = values[~np.isnan(values)]
        if len(known) and ((known >= 0) & (known <= 1)).all():
            if ((known > 0) & (known < 1)).any():
                return _shares(name, values, counts)
            label = variable.labels.get(1.0, "")
            words = f"the share of {name} {label!r}" if label else f"the share of {name} 1"
            return Response(name, words, np.nan_to_num(values), np.isnan(values), counts)
    coded = categories(study, name)
    if len(coded.values) == 1:
        raise EstimationError(
            f"{name} is {coded.shown[0]!r} in all rows with an answer: there is nothing to explain. Check where= and "
            "the answer that is modelled."
        )
    if len(coded.values) != 2:
        listed = ", ".join(map(code_text, coded.shown[:6])) + (", ..." if len(coded.shown) > 6 else "")
        example = repr(coded.shown[-1]) if coded.shown else "..."
        raise EstimationError(
            f"{name} has {len(coded.values)} answers ({listed}), and a binomial model needs two; name what is "
            f"modelled: {name}[{example}] ~ ..."
        )
    return _share(name, repr(coded.shown[1]), coded, [1])


def _shares(name: str, values: Floats, counts: Mapping[str, int]) -> Response:
    """Take a column that holds shares, each row's own."""
    note = (
        f"{name} holds shares between 0 and 1, not answers of 0 and 1: its mean is modelled. The errors are the "
        "design's and do not rest on a binomial variance."
    )
    return Response(
        name, f"the mean of {name} (shares)", np.nan_to_num(values), np.isnan(values), counts, notes=(note,)
    )


def _zero_to_one(made: Response, left: str) -> Response:
    known = made.values[~made.missing]
    if ((known < 0) | (known > 1)).any():
        raise EstimationError(
            f"'{left}' runs from {known.min():g} to {known.max():g}; a binomial model needs values from 0 to 1."
        )
    return made


def _expression(study: Study, left: str, whole: str) -> Response:
    """Evaluate an expression over the rows where all its columns are known."""
    columns = columns_named(study, f"0 + {{{left}}}", whole)
    if not columns:
        raise EstimationError(f"formula '{whole}': the response '{left}' names no column.")
    known = complete_rows(columns)
    values = np.zeros(len(known))
    rows: Ints = np.flatnonzero(known)
    if len(rows):
        values[rows] = evaluated(left, columns, rows, whole)
    return Response(left, f"the mean of {left}", values, ~known, _joined_counts(columns.values()))


def _joined_counts(columns: Iterable[Column]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column in columns:
        for kind, count in column.counts.items():
            found[kind] = found.get(kind, 0) + count
    return found
