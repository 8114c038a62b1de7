"""A team's own published figures: the tables in ``figures/`` of a study folder, beside those that ship with topline."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from .atomic import replacing
from .csv_table import read_csv_table
from .errors import FileError, Finding, RegistryError, UnknownNameError
from .registry.figures import Registry, checked_tables, published, read_registry, registry_of, shipped_tables
from .registry.rows import Row, Tables
from .registry.rules import breaches, days_to_come
from .registry.table_schema import columns, schema
from .registry.tables import Drafted, held_together, holds_tables, name_of, read_drafted
from .registry.worksheet_rows import in_its_words, worksheet_rows

HOME = "figures"
"""Folder of a study folder that holds its own published figures."""


def figures_of_folder(folder: Path | None) -> Registry:
    """Give the published figures that a study may be compared with: the shipped ones and its own.

    Parameters
    ----------
    folder : Path or None
        The study folder; the shipped figures alone where there is none, or where it has no figures of its own.

    Raises
    ------
    RegistryError
        With everything that is wrong in the folder's own tables.
    """
    home = folder / HOME if folder is not None else None
    if home is None or not home.is_dir() or not holds_tables(home):
        return published()
    return read_registry(home, with_shipped=True)


def findings_in(folder: Path) -> list[Finding]:
    """Give everything that is wrong in the tables of a study folder's own published figures.

    Parameters
    ----------
    folder : Path
        The study folder; one without figures of its own has nothing wrong in them.
    """
    home = folder / HOME
    return checked_tables(home, shipped_tables())[1] if home.is_dir() and holds_tables(home) else []


def add_figures(source: Path | str, folder: Path | str = ".") -> Registry:
    r"""Check published figures and add them to a study folder, all of them or none.

    They are held against the same rules as those that ship with topline, together with these and with what the folder
    has already, and go to ``figures/`` in the folder. From then on ``topline compare``, the check of the questionnaire
    and ``topline figures --in FOLDER`` know them.

    Parameters
    ----------
    source : Path or str
        A worksheet, e.g. ``"mine.csv"``, with one figure a row (``topline figures template`` gives an empty one), or a
        folder with the tables of a registry.
    folder : Path or str
        The study folder, e.g. ``"my-study"``.

    Returns
    -------
    Registry
        The added figures; its studies, items, scales and relations are all that the folder now knows.

    Raises
    ------
    FileError
        When there is no such source, or the folder is no study folder or cannot be written.
    RegistryError
        With everything that is wrong, each with file, line, column, rule, value and remedy. Nothing is written then.

    Notes
    -----
    Not for results of your own survey: those are estimated from its data, with their errors. A figure that you only
    remember may be added as ``recalled``; it is shown with its badge wherever it appears.

    Examples
    --------
    >>> import tempfile
    >>> from .registry.worksheet import template
    >>> from .study_folder import new_folder
    >>> study = new_folder(Path(tempfile.mkdtemp()) / "my-study")
    >>> worksheet = study.path / "mine.csv"
    >>> header, _, example = template().splitlines()
    >>> _ = worksheet.write_text("\n".join([header, example.removeprefix("# ")]), encoding="utf-8")
    >>> list(add_figures(worksheet, study.path))
    ['town2024.cameras']
    """
    from .study_folder import read_folder

    path = read_folder(folder).path
    own = _own_tables(path)
    beside = shipped_tables().and_also(own)
    drafted, name = _drafted(Path(source), beside)
    held_together(drafted, beside)
    added = drafted.sound()
    findings = [*drafted.findings, *breaches(beside.and_also(added), whole=not drafted.findings), *days_to_come(added)]
    findings += _unknown_to_the_bank(added, beside)
    if findings:
        said = "\n".join(map(str, in_its_words(findings, name)))
        raise RegistryError(f"{said}\nNothing was added to {path / HOME}.")
    _write(path / HOME, added)
    known = registry_of(beside.and_also(added), f"shipped with topline and {path / HOME}")
    return replace(known, figures={figure: known[figure] for figure in added.figures})


def _own_tables(path: Path) -> Tables:
    """Read what the folder has already, which must be sound before anything is added."""
    home = path / HOME
    if not home.is_dir() or not holds_tables(home):
        return Tables({})
    tables, findings = checked_tables(home, shipped_tables())
    if findings:
        listed = "\n".join(map(str, findings))
        raise RegistryError(f"{listed}\nMend {home} first; nothing was added to it.")
    return tables


def _drafted(source: Path, beside: Tables) -> tuple[Drafted, str]:
    """Read a worksheet, or the tables of a folder, and give what messages call it."""
    if source.is_dir():
        return read_drafted(source, beside, called=f"{source.name}/"), ""
    if not source.exists():
        raise FileError(f"{source} does not exist. Make a worksheet with: topline figures template > mine.csv")
    return worksheet_rows(source, beside), source.name


def _unknown_to_the_bank(added: Tables, beside: Tables) -> list[Finding]:
    """Find pairs with a question that neither the bank nor the registry has: no questionnaire could lead to them."""
    items = {*beside.items, *added.items}
    found = []
    for row in added["comparison"]:
        other = row.text("other_id")
        problem = "" if other in items else _bank_problem(other)
        if problem:
            place = f"{name_of(row)}, other_id, rule 'a pair is of two questions'"
            found.append(Finding(row.file, place, problem, row.line))
    return found


def _bank_problem(item_id: str) -> str:
    from .banks.shipped import bank

    try:
        bank()[item_id]
    except UnknownNameError as error:
        return str(error)
    return ""


def _write(home: Path, added: Tables) -> None:
    """Write the tables that have new rows; when one cannot be written, none has changed."""
    changed = {home / f"{name}.csv": added[name] for name in schema() if added[name]}
    missing = [home / f"{name}.csv" for name in schema() if not (home / f"{name}.csv").exists()]
    before = {path: path.read_bytes() if path.exists() else None for path in {**changed, **dict.fromkeys(missing)}}
    made = not home.exists()
    try:
        home.mkdir(exist_ok=True)
        with ExitStack() as whole:
            temporary = {path: whole.enter_context(replacing(path)) for path in before}
            for path, target in temporary.items():
                _write_table(target, path.stem, _earlier(path), changed.get(path, ()))
    except (FileError, OSError) as error:
        _put_back(before, home if made else None)
        raise (
            error if isinstance(error, FileError) else FileError(f"{home} cannot be written: {error.strerror}.")
        ) from error


def _earlier(path: Path) -> Sequence[Mapping[str, str]]:
    return [cells for _, cells in read_csv_table(path).rows] if path.exists() else []


def _write_table(target: Path, table: str, earlier: Sequence[Mapping[str, str]], rows: Sequence[Row]) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns(table), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(earlier)
        writer.writerows({column: row.plain(column) for column in columns(table)} for row in rows)


def _put_back(before: Mapping[Path, bytes | None], made: Path | None) -> None:
    """Undo what was replaced before one of the tables failed."""
    for path, content in before.items():
        with suppress(OSError):
            if content is None:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != content:
                path.write_bytes(content)
    if made is not None:
        with suppress(OSError):
            made.rmdir()
