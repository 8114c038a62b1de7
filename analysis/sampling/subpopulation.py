"""Part of the population: which rows estimates are about, while the whole sample keeps its design."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...data.codebook import Code, Study
from ...data.errors import EstimationError, UnknownNameError
from .categories import Bools, categories, code_text
from .design import Design, check_design

Where = str | Mapping[str, Code | Iterable[Code]] | Sequence[bool] | Bools | pd.Series | None
"""A condition in pandas' query language, values or labels by column, or True and False for each row."""


HOW = (
    "Write a condition such as \"age >= 18 and region == 'north'\": two equals signs ask for equality, a name with "
    "blanks or points stands in `backticks`."
)

FUNCTIONS = ("abs", "sqrt", "log", "exp", "floor", "ceil", "None", "True", "False")
"""Names that are no columns."""


METHODS = ("isna", "notna", "isin", "between", "startswith", "endswith", "contains", "lower", "upper")
"""What may be asked of a column; a condition runs nothing else."""


@dataclass(frozen=True, eq=False)
class Subpopulation:
    """The rows that estimates are about.

    Attributes
    ----------
    rows : numpy.ndarray of bool
        For each row whether it belongs to the subpopulation.
    text : str
        The condition in words, e.g. ``"age >= 18"``.
    """

    rows: Bools
    text: str


def subset(design: Design, where: Where) -> Design:
    """Give the design for estimates of a subpopulation.

    The rows outside stay in the sample: they add nothing to an estimate, but its standard error knows that they might
    have been in the subpopulation. Leaving them out of the data instead gives wrong errors.

    Parameters
    ----------
    design : Design
        The sample.
    where : str, mapping, sequence of bool, or None
        A condition on columns in pandas' query language, e.g. ``"age >= 18 and region == 'north'"``; a missing answer
        meets none, ``!=`` and ``not in`` included. Or a mapping of columns to a code, a label, or several, e.g.
        ``{"sex": "female"}``; or True or False for each row, a pandas Series matched by its index. None gives the
        design back.

    Returns
    -------
    Design
        The same sample; every estimate made from it is about the subpopulation. Of two conditions both hold.

    Raises
    ------
    EstimationError
        When nobody meets the condition, or it cannot be read.
    UnknownNameError
        When a column or a value does not exist.

    References
    ----------
    Lumley (2010), Complex Surveys, section 2.2.1. Cochran (1977), Sampling Techniques, section 2.11.

    Examples
    --------
    >>> wave = pd.DataFrame({"trust": [1, 2, 4, 5], "age": [17, 30, 40, 50]})
    >>> adults = subset(Design(wave), "age >= 18")
    >>> adults.inside.tolist(), len(adults.weights)
    ([False, True, True, True], 4)
    """
    check_design(design, "subset")
    if where is None:
        return design
    met, text = condition_met(design, where)
    rows = np.asarray(met.fillna(False).to_numpy(dtype=bool))
    if design.subpopulation is not None:
        rows, text = rows & design.subpopulation.rows, f"{design.subpopulation.text}; {text}"
    if not (rows & (design.weights > 0)).any():
        nobody = f"where: no respondent of a weight above zero meets {text}; there is nobody to estimate for."
        raise EstimationError(nobody + labels_named(design.study, where))
    return design.with_subpopulation(Subpopulation(rows, text))


def condition_met(design: Design, where: Where) -> tuple[pd.Series, str]:
    """Say which rows meet a condition, missing where an answer that would decide it is missing, and give its words.

    Raises
    ------
    EstimationError
        When the condition cannot be read.
    UnknownNameError
        When a column or a value does not exist.

    Examples
    --------
    >>> wave = Design(pd.DataFrame({"age": [17, 30, None]}))
    >>> condition_met(wave, "age >= 18")[0].tolist()
    [False, True, <NA>]
    """
    if isinstance(where, str):
        return _queried(design.study, where), where
    if isinstance(where, Mapping):
        if not where:
            raise EstimationError("where is an empty mapping; name a column and its value, e.g. {'sex': 'female'}.")
        return _matched(design.study, where), _described(where)
    return _flagged(where, design), "chosen rows"


def labels_named(study: Study, where: Where) -> str:
    """Say how labels are named, where a condition compares a column of labelled codes with text."""
    if not isinstance(where, str) or not re.search("['\"]", where):
        return ""
    labelled = [name for name in _read(study, where)[1] if study.codebook[name].labels]
    if not labelled:
        return ""
    name = labelled[0]
    label = next(iter(study.codebook[name].labels.values()))
    return (
        f" A condition compares codes; labels are named by where={{'{name}': '{label}'}}, on the command line "
        f'--where "{name} = {label}".'
    )


def _queried(study: Study, text: str) -> pd.Series:
    """Evaluate a condition on answers, missing ones undecided: what is not known to hold does not hold."""
    tree, columns = _read(study, text)
    frame = pd.DataFrame(
        {place: _undecided(study.answers(name)) for name, place in columns.items()}, index=study.frame.index
    )
    try:
        found = frame.eval(ast.unparse(tree), engine="python", local_dict={}, global_dict={})
    except (SyntaxError, NameError, TypeError, ValueError, KeyError, AttributeError, NotImplementedError) as error:
        said = str(error).splitlines()[0]
        for name, place in columns.items():
            said = said.replace(place, name)
        raise EstimationError(f"where: '{text}' cannot be evaluated ({said}). {HOW}") from error
    if not isinstance(found, pd.Series):
        raise EstimationError(f"where: '{text}' does not ask anything of each respondent. {HOW}")
    return _as_bools(found, text, len(study.frame))


def _in_words(text: str) -> str:
    """Write ``&`` and ``|`` as ``and`` and ``or``, which bind looser than comparisons, as pandas does."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    words = {"&": " and ", "|": " or "}
    return tokenize.untokenize((token.type, words.get(token.string, token.string)) for token in tokens).strip()


def _names_in(tree: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _undecided(answers: pd.Series) -> pd.Series:
    """Give answers in a type whose missing values compare as neither true nor false."""
    if isinstance(answers.dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(answers.dtype):
        text = answers.astype("string")
        return text.mask(text.str.strip() == "")  # a blank is no answer
    return answers.convert_dtypes()


def _read(study: Study, text: str) -> tuple[ast.Expression, dict[str, str]]:
    """Read a condition: its tree with plain names for columns, and the plain name of each column."""
    columns: dict[str, str] = {}

    def placed(name: str) -> str:
        if name not in study.codebook:
            dotted = [known for known in study.codebook.names if known.startswith(f"{name}.")]
            if dotted:
                raise EstimationError(f"where: '{text}': the name {dotted[0]} holds a point; write `{dotted[0]}`.")
            raise UnknownNameError("variable", name, study.codebook.names, study.source)
        return columns.setdefault(name, f"column_{len(columns)}")

    quoted = re.sub(r"`([^`]+)`", lambda match: placed(match.group(1)), text)
    try:
        tree = ast.parse(_in_words(quoted.strip()), mode="eval")
    except (SyntaxError, tokenize.TokenError) as error:
        raise EstimationError(f"where: '{text}' cannot be read. {HOW}") from error
    own = {f"column_{place}" for place in range(len(study.codebook.names) + 1)}

    class Placing(ast.NodeTransformer):
        """Put plain names in the place of columns; whether a missing answer is among others is undecided."""

        def visit_Name(self, node: ast.Name) -> ast.Name:
            return node if node.id in own or node.id in FUNCTIONS else ast.Name(placed(node.id), ast.Load())

        def visit_Call(self, node: ast.Call) -> ast.AST:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in (METHODS if isinstance(node.func, ast.Attribute) else FUNCTIONS):
                raise EstimationError(f"where: '{text}' calls {ast.unparse(node.func)}, which is not known here. {HOW}")
            return self.generic_visit(node)

        def visit_Compare(self, node: ast.Compare) -> ast.expr:
            self.generic_visit(node)
            sides = [each for each in (node.left, node.comparators[0]) if _names_in(each) & own]
            if isinstance(node.ops[0], ast.NotIn | ast.NotEq):
                return ast.BoolOp(ast.And(), [node, *(ast.Compare(side, [ast.Eq()], [side]) for side in sides)])
            if isinstance(node.ops[0], ast.In | ast.Eq):
                return ast.BoolOp(ast.Or(), [node, *(ast.Compare(side, [ast.NotEq()], [side]) for side in sides)])
            return node

    return ast.fix_missing_locations(Placing().visit(tree)), columns


def _matched(study: Study, where: Mapping[str, Code | Iterable[Code]]) -> pd.Series:
    met = pd.Series(True, index=range(len(study.frame)), dtype="boolean")
    for name, wanted in where.items():
        coded = categories(study, name, unused=True)
        fits = np.isin(coded.positions, [coded.find(each) for each in _several(name, wanted)])
        met &= pd.Series(fits, dtype="boolean").mask(coded.positions < 0)
    return met


def _several(name: str, wanted: Code | Iterable[Code]) -> list[Code]:
    several = list(wanted) if isinstance(wanted, Iterable) and not isinstance(wanted, str) else [wanted]
    if not several:
        raise EstimationError(f"where: no value of {name} is named; name at least one, e.g. {{'{name}': 1}}.")
    return several


def _described(where: Mapping[str, Code | Iterable[Code]]) -> str:
    parts = []
    for name, wanted in where.items():
        parts.append(f"{name} {' or '.join(code_text(each) for each in _several(name, wanted))}")
    return ", ".join(parts)


def _flagged(where: object, design: Design) -> pd.Series:
    if isinstance(where, pd.Series):
        return _as_bools(_aligned(where, design), "where", len(design.weights))
    if not isinstance(where, Sequence | np.ndarray) and not hasattr(where, "to_numpy"):
        raise EstimationError(
            f"where is {where!r}; it can be a condition such as 'age >= 18', a mapping such as {{'sex': 'female'}}, or "
            "True and False for each row."
        )
    values = where.to_numpy() if hasattr(where, "to_numpy") else where
    return _as_bools(pd.Series(np.asarray(values)), "where", len(design.weights))


def _aligned(where: pd.Series, design: Design) -> pd.Series:
    """Put a Series in the order of the design's rows, by the index of the data that the design was made from."""
    index = design.data.index if isinstance(design.data, pd.DataFrame) else design.study.frame.index
    if where.index.equals(index):
        return where
    if where.index.is_unique and index.is_unique and index.isin(where.index).all():
        return where.reindex(index)
    raise EstimationError(
        "where: the index of the Series is not that of the data the design was made from, so its rows cannot be "
        "matched. Give where.to_numpy() if both are in the same order."
    )


def _as_bools(found: pd.Series, text: str, rows: int) -> pd.Series:
    """Take True and False for each row; missing stays undecided."""
    if len(found) != rows:
        raise EstimationError(f"where: {len(found)} values for {rows} rows; it needs True or False for each of them.")
    if not pd.api.types.is_bool_dtype(found.dtype):
        known = found.dropna()
        if not known.map(lambda value: isinstance(value, bool | np.bool_)).all():
            raise EstimationError(
                f"where: '{text}' gives values such as {known.iloc[0]}; it needs True or False for each row, as a "
                "comparison gives: sex == 1."
            )
    return found.astype("boolean").reset_index(drop=True)
