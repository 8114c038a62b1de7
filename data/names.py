"""Variable names as SPSS and Stata allow them; all that break the rules are named at once, before anything is written.

SPSS Statistics, "Variable names" (Command Syntax Reference); Stata, "[U] 11.3 Naming conventions".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .errors import CodebookError

SPSS_RESERVED = frozenset("ALL AND BY EQ GE GT LE LT NE NOT OR TO WITH".split())
STATA_RESERVED = frozenset(
    "_all _b byte _coef _cons double float if in int long _n _N _pi _pred _rc _skip strL using with".split()
)


def refuse_spss_names(names: Iterable[str], file: str) -> None:
    """Refuse names SPSS does not allow.

    Raises
    ------
    CodebookError
        Naming each with what is wrong.

    Examples
    --------
    >>> refuse_spss_names(["q1", "age_group"], "wave1.sav")
    """
    known = list(names)
    problems = {name: problem for name in known if (problem := _spss_problem(name))}
    _refuse(problems, _clashes(known), file, "SPSS")


def refuse_stata_names(names: Iterable[str], file: str) -> None:
    """Refuse names Stata does not allow.

    Raises
    ------
    CodebookError
        Naming each with what is wrong.

    Examples
    --------
    >>> refuse_stata_names(["q1", "age_group"], "wave1.dta")
    """
    problems = {name: problem for name in names if (problem := _stata_problem(name))}
    _refuse(problems, [], file, "Stata")


def _spss_problem(name: str) -> str:
    """Say what is wrong with a name for SPSS, or nothing."""
    if len(name.encode()) > 64:
        return f"is {len(name.encode())} bytes long, at most 64 fit"
    if not name[0].isalpha():
        return f"begins with '{name[0]}', not with a letter"
    # a letter outside ASCII is a letter; of ASCII only these signs
    wrong = sorted({sign for sign in name if not (sign.isalnum() or sign in "._$#@" or _mark(sign))})
    if wrong:
        return f"contains {', '.join(map(repr, wrong))}"
    if name.endswith("."):
        return "ends with a full stop"
    return "is a reserved word" if name.upper() in SPSS_RESERVED else ""


def _stata_problem(name: str) -> str:
    """Say what is wrong with a name for Stata, or nothing."""
    if len(name) > 32:
        return f"is {len(name)} characters long, at most 32 fit"
    if not (name[0].isalpha() or name[0] == "_"):
        return f"begins with '{name[0]}', not with a letter or underscore"
    wrong = sorted({sign for sign in name if not (sign.isalnum() or sign == "_" or _mark(sign))})
    if wrong:
        return f"contains {', '.join(map(repr, wrong))}"
    reserved = name in STATA_RESERVED or re.fullmatch(r"str\d+", name)
    return "is a reserved word" if reserved else ""


def _mark(sign: str) -> bool:
    """Say whether a sign is a combining mark, which scripts such as Hindi need inside words."""
    import unicodedata

    return unicodedata.category(sign).startswith("M")


def _clashes(names: list[str]) -> list[str]:
    """Describe names that differ only in case, which SPSS takes for one."""
    spelled: dict[str, list[str]] = {}
    for name in names:
        spelled.setdefault(name.upper(), []).append(name)
    return [" and ".join(map(repr, same)) + " differ only in case" for same in spelled.values() if len(same) > 1]


def _refuse(problems: dict[str, str], clashes: list[str], file: str, program: str) -> None:
    """Raise one error that lists every name with its problem and, where one is plain, a name that would do."""
    if not problems and not clashes:
        return
    listed = [f"'{name}' {problem}" + _remedy(name, program) for name, problem in problems.items()] + clashes
    raise CodebookError(f"{file}: {program} does not allow these variable names; rename them: {'; '.join(listed)}.")


def _remedy(name: str, program: str) -> str:
    """Propose a name made of the allowed part of a refused one."""
    words = re.sub(r"\W+", "_", name).strip("_") or "v"
    proposal = words if words[0].isalpha() else f"v{words}"
    limit = 64 if program == "SPSS" else 32
    while len(proposal.encode() if program == "SPSS" else proposal) > limit:
        proposal = proposal[:-1]
    problem = _spss_problem(proposal) if program == "SPSS" else _stata_problem(proposal)
    return f" (e.g. '{proposal}_')" if problem else f" (e.g. '{proposal}')"
