"""Variable names as SPSS and Stata allow them; all that break the rules are named at once, before anything is written.

SPSS Statistics, "Variable names" (Command Syntax Reference); Stata, "[U] 11.3 Naming conventions".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from .errors import CodebookError

SPSS_RESERVED = frozenset("ALL AND BY EQ GE GT LE LT NE NOT OR TO WITH".split())
STATA_RESERVED = frozenset(
    "_all _b byte _coef _cons double float if in int long _n _N _pi _pred _rc _skip strL using with".split()
)


Program = Literal["SPSS", "Stata"]


def refuse_names_of(program: Program, names: Iterable[str], file: str) -> None:
    """Refuse names that a program does not allow.

    Raises
    ------
    CodebookError
        Naming each with what is wrong and, where one is plain, a name that would do.

    Examples
    --------
    >>> refuse_names_of("SPSS", ["q1", "age_group"], "wave1.sav")
    """
    known = list(names)
    problems = {name: problem for name in known if (problem := PROBLEMS[program](name))}
    listed = [f"'{name}' {problem}" + _remedy(name, program) for name, problem in problems.items()]
    listed += _clashes(known) if program == "SPSS" else []
    if listed:
        raise CodebookError(f"{file}: {program} does not allow these variable names; rename them: {'; '.join(listed)}.")


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


def _remedy(name: str, program: Program) -> str:
    """Propose a name made of the allowed part of a refused one."""
    words = re.sub(r"\W+", "_", name).strip("_") or "v"
    proposal = words if words[0].isalpha() else f"v{words}"
    limit = 64 if program == "SPSS" else 32
    while len(proposal.encode() if program == "SPSS" else proposal) > limit:
        proposal = proposal[:-1]
    return f" (e.g. '{proposal}_')" if PROBLEMS[program](proposal) else f" (e.g. '{proposal}')"


PROBLEMS: Mapping[Program, Callable[[str], str]] = {"SPSS": _spss_problem, "Stata": _stata_problem}
"""Program -> what says what is wrong with a name there."""
