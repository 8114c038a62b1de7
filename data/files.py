"""Data files with their labels: one function reads, one writes; the extension says which format.

``.sav`` and ``.zsav`` (SPSS), ``.dta`` (Stata), ``.csv`` and ``.parquet``; a folder with
``study.yaml`` reads as a study.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .atomic import refuse_unwritable, replacing
from .codebook import Codebook, Study, study_of
from .errors import FileError, did_you_mean

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

    from .sidecar import Sidecar

EXTENSIONS = (".sav", ".zsav", ".dta", ".csv", ".parquet")


def read_study(path: str | os.PathLike[str], *, codebook: Codebook | None = None) -> Study:
    r"""Read a data file, or a study folder, with everything known about its variables.

    User-missing codes stay in the frame as codes, described in the codebook; ``study.answers(name)`` masks them.
    A sidecar ``NAME.codebook.json`` beside the file completes what the format cannot hold.

    Parameters
    ----------
    path : path-like
        e.g. ``"wave1.sav"``, or a folder that contains ``study.yaml``.
    codebook : Codebook, optional
        Describes columns instead of the file's own dictionary and its sidecar; columns it does not name keep theirs.

    Returns
    -------
    Study
        Rows and columns in file order.

    Raises
    ------
    FileError
        When the file is missing, of an unknown kind, cut off or damaged.
    CodebookError
        When the codebook describes columns the file lacks.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     csv = Path(folder) / "wave1.csv"
    ...     _ = csv.write_text("id,trust\n007,4\n008,\n")
    ...     study = read_study(csv)
    >>> study.column("id").tolist(), study.column("trust").tolist()
    (['007', '008'], [4.0, nan])
    """
    source = Path(path)
    if source.is_dir():
        study = _read_folder(source)
    else:
        _refuse_unreadable(source)
        extension = _extension(source)
        _refuse_other_content(source, extension)
        study = _read_file(source, extension, codebook)
    if codebook is None:
        return study
    from .agreement import with_codebook

    return with_codebook(study, codebook)


def _read_folder(folder: Path) -> Study:
    """Read a study folder."""
    if not (folder / "study.yaml").is_file():
        raise FileError(
            f"{folder} is a folder without study.yaml; name a data file in it, or start with 'topline new'."
        )
    from .study_folder import read_folder

    return read_folder(folder).study()


def _refuse_unreadable(path: Path) -> None:
    """Refuse a file that is missing, not a file, closed or empty."""
    if not path.exists():
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        data = [name for name in beside if Path(name).suffix.lower() in EXTENSIONS]
        hint = did_you_mean(path.name, data) if data else ""
        place = "" if path.parent.is_dir() else f" (and no folder {path.parent})"
        raise FileError(f"there is no file {path}{place}.{hint}")
    if not os.access(path, os.R_OK):
        raise FileError(f"{path} cannot be read: permission denied; ask its owner, or copy it.")
    if path.stat().st_size == 0:
        raise FileError(f"{path} is empty; copy or export it again.")


def _extension(path: Path) -> str:
    """Give the extension, or refuse one that is not known."""
    extension = path.suffix.lower()
    if extension not in EXTENSIONS:
        shown = f"the extension '{path.suffix}'" if path.suffix else "no extension"
        raise FileError(f"{path} has {shown}; known are {', '.join(EXTENSIONS)}.")
    return extension


def _refuse_other_content(path: Path, extension: str) -> None:
    """Refuse a file whose first bytes say it is of another kind than its extension."""
    with open(path, "rb") as handle:
        start = handle.read(16)
    found = _content(start)
    expected = {".zsav": ".sav"}.get(extension, extension)
    if found == expected or (extension == ".csv" and not found):
        return
    if found:
        remedy = f"rename it to end in {found}" if found in EXTENSIONS else f"save it as one of {', '.join(EXTENSIONS)}"
        raise FileError(f"{path} is not a {extension} file: it holds {KINDS[found]}; {remedy}.")
    raise FileError(f"{path} is not a {extension} file: it begins with {start[:8]!r}; export it again.")


KINDS = {
    ".sav": "an SPSS file",
    ".dta": "a Stata file",
    ".parquet": "a Parquet file",
    ".xlsx": "an Excel workbook or other zip archive",
    ".xls": "an old Excel workbook",
    ".por": "an SPSS portable file",
    "encrypted": "an encrypted SPSS file",
    ".gz": "a gzip archive",
}


def _content(start: bytes) -> str:
    """Tell a kind of file by its first bytes; nothing for text and the unknown."""
    if start.startswith((b"$FL2", b"$FL3")) or start.startswith(("$FL2".encode("cp037"), "$FL3".encode("cp037"))):
        return ".sav"
    if start.startswith(b"<stata_dta>") or (start[:1] in OLD_STATA and start[1:2] in (b"\1", b"\2")):
        return ".dta"
    signatures = {
        b"PAR1": ".parquet",
        b"PK\3\4": ".xlsx",
        b"\xd0\xcf\x11\xe0": ".xls",
        b"ASCII SPSS PORT": ".por",
        b"\x1f\x8b": ".gz",
    }
    if b"ENCRYPTEDSAV" in start:
        return "encrypted"
    return next((kind for signature, kind in signatures.items() if start.startswith(signature)), "")


OLD_STATA = {bytes([release]) for release in (*range(102, 106), 108, *range(110, 116))}
"""First byte of Stata files before version 13."""


def _read_file(path: Path, extension: str, codebook: Codebook | None) -> Study:
    """Read a file of a known kind, completed by its sidecar."""
    from .sidecar import reunited

    if extension == ".parquet":
        from .parquet import read_parquet

        return read_parquet(path)
    beside = _sidecar(path)
    if extension == ".csv":
        from .delimited import read_csv, refuse_cut_off

        if beside is not None:
            refuse_cut_off(path, rows=beside.rows, size=beside.size)
        return read_csv(path, _told(beside, codebook))
    if extension == ".dta":
        from .stata import read_dta

        found = read_dta(path, beside.stata_codes if beside else {})
    else:
        from .spss import read_sav

        found = read_sav(path)
    return replace(found, codebook=reunited(found.codebook, beside)) if beside else found


def _told(beside: Sidecar | None, codebook: Codebook | None) -> Codebook | None:
    """Give what is told of a .csv file's columns: the caller's word before the sidecar's."""
    if beside is None or codebook is None:
        return codebook or (beside.codebook if beside else None)
    told = beside.codebook
    for variable in codebook:
        told = told.with_variable(variable)
    return told


def _sidecar(path: Path) -> Sidecar | None:
    """Read the sidecar of a file, if it has one."""
    from .sidecar import from_text, sidecar_path

    beside = sidecar_path(path)
    if not beside.is_file():
        return None
    try:
        text = beside.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise FileError(f"{beside} cannot be read; delete it, or export again.") from None
    return from_text(text, str(beside))


def write_study(study: Study | IntoFrame, path: str | os.PathLike[str]) -> Path:
    """Write a study to a data file, whole or not at all; what the format cannot hold goes to a sidecar beside it.

    Parameters
    ----------
    study : Study, pandas.DataFrame or polars.DataFrame
        A frame is written with a codebook drawn up from its columns.
    path : path-like
        e.g. ``"wave1.sav"``; its extension says the format, and an existing file is replaced.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    CodebookError
        When names, values or missing codes do not fit the format; all of them are listed, and nothing is written.
    FileError
        When the extension is unknown or the place cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_study(pd.DataFrame({"trust": [4, 5]}), Path(folder) / "wave1.sav")
    ...     read_study(written).column("trust").tolist()
    [4.0, 5.0]
    """
    target = Path(path)
    extension = _extension(target)
    refuse_unwritable(target)
    from .agreement import writable
    from .sidecar import needed, sidecar_path, to_text

    ready = writable(study_of(study))
    beside = sidecar_path(target)
    with replacing(beside) as temporary_beside, replacing(target) as temporary:
        told = _write_file(ready, temporary, target.name, extension)
        if told is not None and needed(told):
            temporary_beside.write_text(to_text(told), encoding="utf-8")
    if told is None or not needed(told):
        beside.unlink(missing_ok=True)
    return target


def _write_file(study: Study, path: Path, name: str, extension: str) -> Sidecar | None:
    """Write the file, read its dictionary back, and give the sidecar that completes it."""
    from .sidecar import Sidecar, compared

    if extension == ".parquet":
        from .parquet import write_parquet

        write_parquet(study, path)
        return None
    if extension == ".csv":
        from .delimited import write_csv

        write_csv(study, path)
        return Sidecar(study.codebook, rows=len(study.frame), size=path.stat().st_size)
    if extension == ".dta":
        from .stata import read_dta_codebook, write_dta

        letters = write_dta(study, path, name=name)
        return compared(study.codebook, read_dta_codebook(path, letters), letters)
    from .spss import read_sav_codebook, write_sav

    write_sav(study, path, name=name, compress=extension == ".zsav")
    return compared(study.codebook, read_sav_codebook(path))
