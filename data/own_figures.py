"""A team's own published figures: the tables in ``figures/`` of a study folder, beside those that ship with topline."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from .atomic import replacing
from .csv_table import read_csv_table
from .errors import FileError, Finding, RegistryError, UnknownNameError
from .registry.figures import Registry, checked_tables, published, read_registry, registry_of, shipped_tables
from .registry.rows import Row, Tables
from .registry.rules import breaches, days_to_come, findings_of
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


def add_figures(source: Path | str, folder: Path | str = ".", *, replace: bool = False) -> Registry:
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
    replace : bool
        Whether figures of the same names that the folder has already make way, with the question, the study and the
        scale that nothing else rests on. Figures that ship with topline never do.

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
    if replace:
        own = without(own, {row.text("figure_id") for row in drafted.rows.get("estimate", ())})
        beside = shipped_tables().and_also(own)
        drafted, name = _drafted(Path(source), beside)
    held_together(drafted, beside)
    added = drafted.sound()
    findings = [*findings_of(drafted, beside), *days_to_come(added)]
    findings += _unknown_to_the_bank(added, beside)
    if findings:
        said = "\n".join(map(str, in_its_words(findings, name)))
        way_out = f"\n{REPLACE}" if not replace and f"stands already in {HOME}/estimate.csv" in said else ""
        raise RegistryError(f"{said}{way_out}\nNothing was added to {path / HOME}.")
    _write(path / HOME, own, added)
    known = registry_of(beside.and_also(added), f"shipped with topline and {path / HOME}")
    return known.chosen_alone(added.figures)


REPLACE = "To correct figures that the folder has already: topline figures add --replace, or add_figures(replace=True)."


def remove_figures(names: str | Sequence[str], folder: Path | str = ".") -> Registry:
    r"""Take a team's own published figures out of its study folder, all of them or none.

    A question, a study, a scale and a pair that nothing rests on any more go with them.

    Parameters
    ----------
    names : str or sequence of str
        Their ids, e.g. ``"town2024.cameras"``.
    folder : Path or str
        The study folder, e.g. ``"my-study"``.

    Returns
    -------
    Registry
        The figures that were removed.

    Raises
    ------
    UnknownNameError
        When the folder has no such figure of its own.
    RegistryError
        When a figure ships with topline, or what is left would break a rule. Nothing is written then.

    Notes
    -----
    Not needed to correct a figure: ``add_figures(..., replace=True)`` does both at once.

    Examples
    --------
    >>> import tempfile
    >>> from .registry.worksheet import template
    >>> from .study_folder import new_folder
    >>> study = new_folder(Path(tempfile.mkdtemp()) / "my-study")
    >>> header, _, example = template().splitlines()
    >>> worksheet = study.path / "mine.csv"
    >>> _ = worksheet.write_text("\n".join([header, example.removeprefix("# ")]), encoding="utf-8")
    >>> _ = add_figures(worksheet, study.path)
    >>> list(remove_figures("town2024.cameras", study.path)), len(figures_of_folder(study.path)) == len(published())
    (['town2024.cameras'], True)
    """
    from .study_folder import read_folder

    path, wanted = read_folder(folder).path, [names] if isinstance(names, str) else list(names)
    own, shipped = _own_tables(path), shipped_tables()
    for name in wanted:
        if name in shipped.figures:
            raise RegistryError(f"'{name}' ships with topline and cannot be removed; nothing was removed.")
        if name not in own.figures:
            raise UnknownNameError("own published figure", name, own.figures, where=str(path / HOME))
    left = without(own, set(wanted))
    findings = breaches(shipped.and_also(left))
    if findings:
        said = "\n".join(map(str, findings))
        raise RegistryError(f"{said}\nNothing was removed from {path / HOME}.")
    _write(path / HOME, left, Tables({}))
    return registry_of(shipped.and_also(own), str(path / HOME)).chosen_alone(wanted)


def without(own: Tables, figures: set[str]) -> Tables:
    """Leave out figures, and of what they rested on whatever nothing else rests on.

    Parameters
    ----------
    own : Tables
        A team's own tables.
    figures : set of str
        Ids of figures; those that are not among them change nothing.
    """
    gone = [row for row in own["estimate"] if row.text("figure_id") in figures]
    kept = {name: own[name] for name in schema()}
    kept["estimate"] = tuple(row for row in own["estimate"] if row not in gone)
    kept["source"] = tuple(row for row in own["source"] if row.text("figure_id") not in figures)
    items = {row.text("item_id") for row in gone} - {row.text("item_id") for row in kept["estimate"]}
    orphans = [row for row in own["item"] if row.text("item_id") in items]
    kept["item"] = tuple(row for row in own["item"] if row not in orphans)
    kept["comparison"] = tuple(row for row in own["comparison"] if row.text("item_id") not in items)
    needed = (*kept["item"], *kept["claim"])
    for table, column in (("study", "study_id"), ("scale", "scale_id")):
        alone = {row.text(column) for row in orphans} - {row.text(column) for row in needed}
        kept[table] = tuple(row for row in own[table] if row.text(column) not in alone)
    return Tables(kept)


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


def _write(home: Path, kept: Tables, added: Tables) -> None:
    """Write what is kept and what is new; when one table cannot be written, none has changed."""
    paths = [home / f"{name}.csv" for name in schema()]
    before = {
        path: path.read_bytes() if path.exists() else None
        for path in paths
        if added[path.stem] or not path.exists() or len(kept[path.stem]) < len(_earlier(path))
    }
    made = not home.exists()
    try:
        home.mkdir(exist_ok=True)
        with ExitStack() as whole:
            temporary = {path: whole.enter_context(replacing(path)) for path in before}
            for path, target in temporary.items():
                _write_table(target, path.stem, _kept(path, kept), added[path.stem])
    except (FileError, OSError) as error:
        _put_back(before, home if made else None)
        raise (
            error if isinstance(error, FileError) else FileError(f"{home} cannot be written: {error.strerror}.")
        ) from error


def _kept(path: Path, kept: Tables) -> list[Mapping[str, str]]:
    """Give the rows of a table that stay, as they were written."""
    lines = {row.line for row in kept[path.stem]}
    return [cells for line, cells in _earlier(path) if line in lines]


def _earlier(path: Path) -> Sequence[tuple[int, Mapping[str, str]]]:
    return read_csv_table(path).rows if path.exists() else ()


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
