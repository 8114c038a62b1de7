"""What formulas may say: names of columns, arithmetic, and the functions listed here, nothing else.

A formula is text, and text can come from anywhere; so a name that is called is looked up in a list, never in Python.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...data.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from formulaic import Formula

SMOOTH = (
    *("log", "log2", "log10", "log1p", "exp", "exp2", "expm1", "sqrt", "cbrt", "square", "power", "reciprocal"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
)
"""Functions of numpy that have a derivative, by their own name or as ``np.log``."""

STEPPED = (
    *("abs", "absolute", "minimum", "maximum", "clip", "where", "isin"),
    *("floor", "ceil", "round", "rint", "trunc", "sign", "logical_and", "logical_or", "logical_not"),
)
"""Functions of numpy that may bend or jump."""

CODINGS = ("C", "Treatment", "Sum", "Helmert", "Diff", "Poly")
"""Functions that make categories, and choose their contrasts."""

TRANSFORMS = ("I", "Q", "number", "bs", "cs", "cc", "cr", "poly", "scale", "center", "standardize", "exp10")
"""Other functions of formulas; splines and scales are remembered from the fit when new respondents are predicted."""

CONSTANTS = ("pi", "e")
"""Constants of numpy, as in ``np.pi``."""

ALLOWED = (
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Constant, ast.Name, ast.Attribute, ast.keyword),
    *(ast.List, ast.Tuple, ast.Dict, ast.Load, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Expression),
)
"""Parts of Python that an expression is made of."""

STRING = re.compile(r"\"(?:\\\"|[^\"])*\"|'(?:\\'|[^'])*'")
"""A piece of text in an expression; a backtick in it would hide what follows from the list of what may be said."""

OF_R = {
    "factor": "C({0})",
    "as.factor": "C({0})",
    "as.numeric": "number({0})",
    "as.integer": "number({0})",
    "relevel": "C({0}, Treatment('reference'))",
    "ns": "cr({0}, df=4, constraints='center')",
}
"""Function of R -> what stands for it here."""

AVERAGES = {"mean": "center", "std": "scale", "var": "scale", "median": "center"}
"""Function of all rows, which new respondents would have another of -> what remembers the fit's own."""


def sides(formula: str) -> tuple[str, str]:
    """Part a formula at its tilde.

    Examples
    --------
    >>> sides("support ~ age + sex")
    ('support', 'age + sex')
    """
    if not isinstance(formula, str):
        raise EstimationError(f"formula is a {type(formula).__name__}; it is text such as 'support ~ age + sex'.")
    parts = re.split(r"~", formula)
    if len(parts) != 2 or not parts[0].strip() or not parts[1].strip():
        raise EstimationError(f"formula '{formula}' needs a response, one tilde and predictors: 'support ~ age + sex'.")
    left, right = (part.strip() for part in parts)
    if re.search(r"\boffset\s*\(", right):
        raise EstimationError(f"formula '{formula}': give the offset as an argument, offset='log(people)'.")
    return left, right


def parsed(text: str, whole: str) -> Formula:
    """Read a part of a formula, and hold its expressions against what they may say.

    Raises
    ------
    EstimationError
        When it cannot be read, or calls what is no function of formulas.
    """
    from formulaic import Formula, SimpleFormula
    from formulaic.errors import FormulaicError

    _refuse_other_languages(text, whole)
    try:
        found = Formula(text)
    except (FormulaicError, SyntaxError, ValueError) as error:
        said = " a condition among the predictors stands in I(), as in I(age == 30)."
        said = said if "operator '='" in str(error) else f" {_said(error)}"
        raise EstimationError(f"formula '{whole}' cannot be read:{said}") from error
    if not isinstance(found, SimpleFormula):
        raise EstimationError(f"formula '{whole}' cannot be read: it has several parts.")
    for term in found:
        for factor in term.factors:
            if factor.eval_method.value == "python":
                _check(factor.expr, whole)
    return found


def _refuse_other_languages(text: str, whole: str) -> None:
    """Refuse what people write who know R, and what is not finished, in words of this language."""
    plain = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", "x", text)
    if unfinished := re.search(r"[-+*:/]\s*$", plain):
        raise EstimationError(f"formula '{whole}' cannot be read: nothing follows the last '{unfinished[0].strip()}'.")
    if re.search(r"(^|[-+*:(])\s*\.\s*($|[-+*:)])", plain):
        raise EstimationError(f"formula '{whole}': '.' does not stand for all other columns here; name the predictors.")
    for name, instead in OF_R.items():
        if called := re.search(rf"(?<![\w.]){re.escape(name)}\s*\(\s*([^(),]*)", text):
            shown = instead.format(called[1].strip() or "x")
            raise EstimationError(f"formula '{whole}': {name}() is a function of R; write {shown}.")


def _said(error: Exception) -> str:
    """Give the first line of a message, without marks for terminals, as a sentence."""
    line = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(error)).strip().splitlines()[0]
    return line if line.endswith(".") else f"{line}."


def why(error: Exception, whole: str) -> str:
    """Say why a formula could not be evaluated: what topline said itself, or the factor and Python's own words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, EstimationError):
            return f"formula '{whole}': {cause}"
        cause = cause.__cause__ or cause.__context__
    said = _said(error)
    inner = re.match(r"Unable to evaluate factor `(.*)`\. \[\w+: (.*)\]\.?$", said)
    if inner is None:
        return f"formula '{whole}': {said}"
    factor = re.sub(r"^1\.0 \* (?:\((.*)\)$)?", r"\1", inner[1])  # how responses and offsets become numbers
    return f"formula '{whole}': {factor} cannot be evaluated: {inner[2]}."


def _check(expression: str, whole: str) -> None:
    """Refuse an expression that is more than arithmetic on columns and functions of formulas."""
    tree = _tree(expression)
    if tree is None or any("`" in string for string in STRING.findall(expression)):
        raise EstimationError(f"formula '{whole}': '{expression}' cannot be read.")
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _check_call(node, whole)
        elif isinstance(node, ast.Attribute) and id(node) not in functions and not _is_constant(node):
            _refuse(ast.unparse(node), whole)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            shown = f"{ast.unparse(node.left)}**{ast.unparse(node.right)}"
            raise EstimationError(f"formula '{whole}': powers are written with **, as in I({shown}).")
        elif isinstance(node, ast.Subscript):
            raise EstimationError(
                f"formula '{whole}': {ast.unparse(node)} names an answer, which only a response does; a predictor is "
                "I(approval == 'support')."
            )
        elif not isinstance(node, ALLOWED):
            _refuse(ast.unparse(node), whole)


def _check_call(call: ast.Call, whole: str) -> None:
    name = ast.unparse(call.func)
    parts = name.split(".")
    known = len(parts) == 1 and name in (*SMOOTH, *STEPPED, *CODINGS, *TRANSFORMS)
    known |= len(parts) == 2 and parts[0] in ("np", "numpy") and parts[1] in (*SMOOTH, *STEPPED)
    known |= _is_coding(name)
    if not known:
        _refuse(f"{name}()", whole)
    if any(keyword.arg is None or keyword.arg.startswith("_") for keyword in call.keywords):
        _refuse(ast.unparse(call), whole)


def _is_constant(node: ast.Attribute) -> bool:
    """Say whether an attribute is ``np.pi``, or a coding such as ``contr.sum``."""
    if not isinstance(node.value, ast.Name):
        return False
    return (node.value.id in ("np", "numpy") and node.attr in CONSTANTS) or _is_coding(ast.unparse(node))


def _is_coding(name: str) -> bool:
    """Say whether a name is formulaic's ``contr.sum``, ``contr.helmert`` ..."""
    return re.fullmatch(r"contr\.[a-z]+", name) is not None


def _refuse(what: str, whole: str) -> None:
    last = what.removesuffix("()").split(".")[-1]
    if last in AVERAGES and what.endswith("()"):
        raise EstimationError(
            f"formula '{whole}': {what} differs between the sample and new respondents; {AVERAGES[last]}(x) "
            "remembers that of the sample."
        )
    near = did_you_mean(last, (*SMOOTH, *STEPPED, *CODINGS, *TRANSFORMS))
    hint = near if "Did you mean" in near else " Make a column of it in the data first."
    raise EstimationError(f"formula '{whole}': {what} is no function or expression that formulas know.{hint}")


def _tree(expression: str) -> ast.Expression | None:
    try:
        return ast.parse(re.sub(r"`[^`]+`", "None", expression), mode="eval")
    except SyntaxError:
        return None


def variables_of(formula: Formula) -> tuple[str, ...]:
    """List the columns that a formula names, functions left aside."""
    found: list[str] = []
    for factor in (factor for term in formula for factor in term.factors):
        found += [factor.expr] if factor.eval_method.value == "lookup" else names_in(factor.expr)
    return tuple(dict.fromkeys(found))


def factors_of(formula: Formula) -> tuple[str, ...]:
    """List the factors of a formula as written."""
    return tuple(dict.fromkeys(str(factor) for term in formula for factor in term.factors))


def names_in(expression: str) -> list[str]:
    """List the columns that an expression names.

    Examples
    --------
    >>> names_in("poly(age, 3) + np.log(`income net`) * np.pi")
    ['income net', 'age']
    """
    quoted = re.findall(r"`([^`]+)`", expression)
    tree = _tree(expression)
    if tree is None:
        return quoted
    nodes = list(ast.walk(tree))
    roots = {id(_root_of(node.func)) for node in nodes if isinstance(node, ast.Call)}
    roots |= {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    named = [node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in roots]
    return [*quoted, *named, *_quotes(nodes)]


def functions_in(expression: str) -> set[str]:
    """List the names that an expression looks functions up by.

    Examples
    --------
    >>> sorted(functions_in("poly(age, 3) + np.log(log(income))"))
    ['log', 'np', 'poly']
    """
    tree = _tree(expression)
    nodes = [] if tree is None else ast.walk(tree)
    roots = (_root_of(node.func) for node in nodes if isinstance(node, ast.Call))
    return {root.id for root in roots if isinstance(root, ast.Name)}


def is_smooth(expression: str) -> bool:
    """Say whether nothing in an expression can bend or jump.

    Examples
    --------
    >>> is_smooth("np.log(age) ** 2"), is_smooth("age > 30"), is_smooth("np.round(age)")
    (True, False, False)
    """
    tree = _tree(expression)
    for node in [] if tree is None else ast.walk(tree):
        if isinstance(node, ast.Compare | ast.BoolOp | ast.Not | ast.Invert | ast.Mod | ast.FloorDiv | ast.BitAnd):
            return False
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).split(".")[-1]
            if name in STEPPED or any(keyword.arg == "degree" for keyword in node.keywords):
                return False
    return True


def elementary() -> dict[str, object]:
    """Give the functions that formulas call by name besides those of formulaic."""
    return {name: getattr(np, name) for name in (*SMOOTH, *STEPPED)}


def refuse_names_of_functions(expressions: Collection[str], columns: Collection[str], whole: str) -> None:
    """Refuse a formula in which one name is both a column and a function: the column would be called."""
    for name in sorted({name for each in expressions for name in functions_in(each)} & set(columns)):
        way = f"write np.{name}(...) for the function" if name in (*SMOOTH, *STEPPED) else "rename the column"
        raise EstimationError(f"formula '{whole}': {name} is a column here and a function as well; {way}.")


def _root_of(function: ast.expr) -> ast.expr:
    """Give ``np`` of ``np.log``."""
    while isinstance(function, ast.Attribute):
        function = function.value
    return function


def _quotes(nodes: list[ast.AST]) -> Iterator[str]:
    """List the columns named as ``Q('a name')``."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Q" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)
