"""The sidecar: a small JSON file beside a data file that keeps what its format cannot hold.

``wave1.sav.codebook.json`` stands beside ``wave1.sav``. It holds the whole codebook and, for SPSS and Stata files,
what their own dictionary said right after writing. On reading, the sidecar is believed only where the file still
says the same: a label somebody changed in SPSS since is not undone by an old sidecar.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from .codebook import Code, Codebook, MissingKind, MissingRange, Variable
from .errors import CodebookError, FileError

SUFFIX = ".codebook.json"
VERSION = 1
ATTRIBUTES = tuple(attribute.name for attribute in fields(Variable) if attribute.name != "name")


@dataclass(frozen=True)
class Sidecar:
    """A codebook, and what the file's own dictionary said of it.

    Attributes
    ----------
    codebook : Codebook
        As the study had it.
    seen : mapping of str to mapping of str to object
        By variable: the attributes of which the file's dictionary gives something else, as it gives them.
    seen_title, seen_notes
        Title and notes as the file gives them.
    stata_codes : mapping of str to mapping of str to code
        By variable: the code each of Stata's letters stands for.
    rows, size : int
        Rows and bytes written, for a file without a dictionary; -1 otherwise.
    """

    codebook: Codebook
    seen: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    seen_title: str = ""
    seen_notes: tuple[str, ...] = ()
    stata_codes: Mapping[str, Mapping[str, Code]] = field(default_factory=dict)
    rows: int = -1
    size: int = -1


def sidecar_path(path: Path) -> Path:
    """Give the sidecar's path for a data file.

    Examples
    --------
    >>> sidecar_path(Path("wave1.sav")).name
    'wave1.sav.codebook.json'
    """
    return path.with_name(path.name + SUFFIX)


def compared(told: Codebook, seen: Codebook, stata_codes: Mapping[str, Mapping[str, Code]] | None = None) -> Sidecar:
    """Give the sidecar of a codebook whose file's dictionary reads as ``seen``.

    Examples
    --------
    >>> told = Codebook((Variable("q1", label="Trust", scale="trust4"),))
    >>> dict(compared(told, Codebook((Variable("q1", label="Trust"),))).seen)
    {'q1': {'scale': ''}}
    """
    differing = {variable.name: _difference(variable, seen[variable.name]) for variable in told}
    return Sidecar(
        told,
        {name: attributes for name, attributes in differing.items() if attributes},
        seen.title,
        seen.notes,
        stata_codes or {},
    )


def _difference(told: Variable, seen: Variable) -> dict[str, object]:
    """Give the attributes the file gives otherwise than the codebook has them, order of labels included."""
    return {
        name: getattr(seen, name)
        for name in ATTRIBUTES
        if _document(name, getattr(told, name)) != _document(name, getattr(seen, name))
    }


def needed(sidecar: Sidecar) -> bool:
    """Say whether there is anything to keep beside the file; a file without a dictionary needs it always.

    Examples
    --------
    >>> needed(compared(Codebook(), Codebook()))
    False
    """
    told = sidecar.codebook
    kept = told.title == sidecar.seen_title and told.notes == sidecar.seen_notes
    return bool(sidecar.seen or sidecar.stata_codes or sidecar.rows >= 0 or not kept)


def reunited(found: Codebook, sidecar: Sidecar) -> Codebook:
    """Complete what a file's dictionary says with its sidecar, wherever the two still agree.

    Examples
    --------
    >>> told = Codebook((Variable("q1", label="Trust", scale="trust4"),))
    >>> found = Codebook((Variable("q1", label="Trust in courts"),))
    >>> variable = reunited(found, compared(told, Codebook((Variable("q1", label="Trust"),))))["q1"]
    >>> variable.label, variable.scale
    ('Trust in courts', 'trust4')
    """
    told = sidecar.codebook
    return Codebook(
        tuple(_reunited_variable(variable, sidecar) for variable in found),
        told.title if found.title == sidecar.seen_title else found.title,
        told.notes if found.notes == sidecar.seen_notes else found.notes,
    )


def _reunited_variable(found: Variable, sidecar: Sidecar) -> Variable:
    """Complete one variable."""
    if found.name not in sidecar.codebook:
        return found
    told, seen = sidecar.codebook[found.name], sidecar.seen.get(found.name, {})
    restored = {
        name: getattr(told, name)
        for name, value in seen.items()
        if _document(name, getattr(found, name)) == _document(name, value)
        and (name != "type" or {found.type, told.type} == {"date", "datetime"})
    }
    return replace(found, **restored)


def to_text(sidecar: Sidecar) -> str:
    """Write a sidecar as JSON text.

    Examples
    --------
    >>> from_text(to_text(Sidecar(Codebook((Variable("q1"),)))), "x").codebook.names
    ('q1',)
    """
    document = {
        "topline_codebook": VERSION,
        "title": sidecar.codebook.title,
        "notes": list(sidecar.codebook.notes),
        "variables": [_variable_document(variable) for variable in sidecar.codebook],
        "file": {
            "rows": sidecar.rows,
            "size": sidecar.size,
            "title": sidecar.seen_title,
            "notes": list(sidecar.seen_notes),
            "variables": {
                name: {key: _document(key, value) for key, value in attributes.items()}
                for name, attributes in sidecar.seen.items()
            },
            "stata_codes": {name: list(codes.items()) for name, codes in sidecar.stata_codes.items()},
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _variable_document(variable: Variable) -> dict[str, object]:
    """Give a variable as JSON, without what has its default."""
    default = Variable(variable.name)
    told = {
        name: _document(name, getattr(variable, name))
        for name in ATTRIBUTES
        if getattr(variable, name) != getattr(default, name)
    }
    return {"name": variable.name, **told}


def _document(attribute: str, value: Any) -> object:
    """Give an attribute as JSON; mappings by code become pairs, because JSON's keys are all text."""
    if attribute in ("labels", "missing", "stata_missing"):
        return [[_number(code), str(told)] for code, told in value.items()]
    if attribute == "missing_ranges":
        return [[_number(each.low), _number(each.high), each.kind.value] for each in value]
    if attribute == "collapse":
        return [[name, [_number(code) for code in codes]] for name, codes in value.items()]
    if attribute == "wording":
        return [[language, text] for language, text in value.items()]
    return list(value) if isinstance(value, tuple) else value


def _number(code: Code) -> object:
    """Give a code as JSON: numbers as numbers, the ends of the number line as SPSS writes them."""
    if isinstance(code, str):
        return code
    if math.isinf(code):
        return {"end": "HI" if code > 0 else "LO"}
    return float(code)


def from_text(text: str, name: str) -> Sidecar:
    """Read a sidecar from JSON text.

    Parameters
    ----------
    text : str
        As ``to_text`` writes it.
    name : str
        File name, for messages.

    Raises
    ------
    FileError
        When the text is no sidecar.

    Examples
    --------
    >>> from_text(to_text(Sidecar(Codebook(title="Wave 1"))), "wave1.sav.codebook.json").codebook.title
    'Wave 1'
    """
    try:
        document = json.loads(text)
        if document["topline_codebook"] > VERSION:
            raise FileError(f"{name} was written by a newer topline; update topline to read it.")
        return _sidecar(document)
    except (ValueError, KeyError, TypeError, AttributeError, CodebookError):
        raise FileError(f"{name} is not a topline codebook; delete it, or export again.") from None


def _sidecar(document: Mapping[str, Any]) -> Sidecar:
    """Give the sidecar a JSON document describes."""
    variables = tuple(_variable(entry) for entry in document["variables"])
    file = document["file"]
    return Sidecar(
        Codebook(variables, str(document["title"]), tuple(map(str, document["notes"]))),
        {
            name: {key: _value(key, value) for key, value in attributes.items()}
            for name, attributes in file["variables"].items()
        },
        str(file["title"]),
        tuple(map(str, file["notes"])),
        {name: {letter: _code(code) for letter, code in codes} for name, codes in file["stata_codes"].items()},
        int(file["rows"]),
        int(file["size"]),
    )


def _variable(entry: Mapping[str, Any]) -> Variable:
    """Give the variable a JSON entry describes; attributes of later versions are unknown, and refused."""
    attributes = {key: _value(key, value) for key, value in entry.items() if key != "name"}
    return Variable(str(entry["name"]), **attributes)


def _value(attribute: str, value: Any) -> Any:
    """Give an attribute's value from its JSON."""
    if attribute == "missing":
        return {_code(code): MissingKind(kind) for code, kind in value}
    if attribute in ("labels", "stata_missing"):
        return {_code(code): str(told) for code, told in value}
    if attribute == "missing_ranges":
        return tuple(
            MissingRange(float(_code(low)), float(_code(high)), MissingKind(kind)) for low, high, kind in value
        )
    if attribute == "collapse":
        return {name: tuple(_code(code) for code in codes) for name, codes in value}
    if attribute == "wording":
        return {str(language): str(text) for language, text in value}
    return tuple(value) if attribute == "replicates" else str(value)


def _code(document: Any) -> Code:
    """Give a code from its JSON."""
    if isinstance(document, Mapping):
        return {"HI": math.inf, "LO": -math.inf}[document["end"]]
    return document if isinstance(document, str) else float(document)
