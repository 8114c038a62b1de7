"""Parquet files: columns with their types, and the codebook in the file's own metadata, so that nothing stands beside.

Any other program reads the columns as usual; the codebook is JSON text under the key ``topline.codebook``.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .codebook import Codebook, Study, Variable
from .errors import FileError
from .frames import described, plain_frame
from .sidecar import Sidecar, from_text, to_text

KEY = b"topline.codebook"


def read_parquet(path: Path) -> Study:
    """Read a Parquet file; columns its codebook does not know are described by their type.

    Raises
    ------
    FileError
        When the file is cut off or damaged.
    """
    try:
        table = pq.read_table(path)
        # Arrow-backed, so that whole numbers with gaps stay whole numbers
        frame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
        text = (table.schema.metadata or {}).get(KEY, b"").decode()
    except (pa.ArrowException, OSError, ValueError) as failure:
        reason = str(failure).splitlines()[0].replace(f"'{path}'", "").rstrip(".")
        raise FileError(f"{path} is damaged or cut off ({reason[:100]}); copy or export it again.") from None
    plain = plain_frame(frame)
    told = from_text(text, f"{path}, its codebook,").codebook if text else Codebook()
    variables = tuple(_known(variable, told) for variable in described(frame, plain))
    return Study(plain, Codebook(variables, told.title, told.notes), str(path))


def _known(found: Variable, told: Codebook) -> Variable:
    """Give the told description of a column, unless its type has changed since."""
    if found.name not in told:
        return found
    variable = told[found.name]
    same = found.type == variable.type or {found.type, variable.type} == {"date", "datetime"}
    return variable if same else found


def write_parquet(study: Study, path: Path) -> None:
    """Write a Parquet file with the codebook inside."""
    table = pa.Table.from_pandas(study.frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), KEY: to_text(Sidecar(study.codebook)).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")
