"""From a worksheet to rows of the registry's tables, each on the line it was written on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..csv_table import CsvTable, read_csv_table
from ..errors import FileError, Finding, did_you_mean
from .figure import GRADES
from .rows import Row, Tables
from .table_schema import GIVEN
from .tables import Drafted, row_of
from .worksheet import COLUMNS, MARK, TABLE_OF

Cells = Mapping[str, str]

UNIT_OF = {
    "share": "percent", "mean": "scale_points", "difference": "percentage_points", "relative_change": "percent_change",
    "ratio": "ratio", "index": "index_points",
}  # fmt: skip
"""Unit of each statistic, where the worksheet does not say."""

OF_STUDY = tuple(each.column for each in COLUMNS if each.table == "study" and each.name != "study")
OF_ITEM = tuple(each.name for each in COLUMNS if each.table == "item" and each.name != "item")

OPTION = re.compile(r"\s*(-?\d+(?:\.\d+)?)[.:]?\s+(.+?)\s*\((\+|0|-|dk|refused|not asked)\)\s*")
VALENCES = {"+": "1", "0": "0", "-": "-1"}
KINDS = {"dk": "dont_know", "refused": "refused", "not asked": "not_asked"}


@dataclass
class Worksheet:
    """Rows of a worksheet as they are taken apart.

    Attributes
    ----------
    file : str
        What messages call it.
    beside : Tables
        Rows that it may refer to.
    drafted : Drafted
        What has been made of it.
    first : dict
        Line and cells of the row that first said something of a study or an item.
    scales : dict of str to str
        Id of a scale by its options as written.
    """

    file: str
    beside: Tables
    drafted: Drafted = field(default_factory=Drafted)
    first: dict[tuple[str, str], tuple[int, Cells]] = field(default_factory=dict)
    scales: dict[str, str] = field(default_factory=dict)

    def add(self, line: int, table: str, cells: Cells) -> Row:
        """Make a row of a table."""
        row = row_of(line, cells, table, self.file, self.drafted)
        self.drafted.rows.setdefault(table, []).append(row)
        return row

    def find(self, line: int, place: str, rule: str, problem: str) -> None:
        """Note what is wrong with a cell of the worksheet itself."""
        self.drafted.findings.append(Finding(self.file, f"{place}, rule '{rule}'", problem, line))


def worksheet_rows(path: Path, beside: Tables) -> Drafted:
    """Take a worksheet apart into rows of the registry's tables.

    Parameters
    ----------
    path : Path
        A CSV file with the columns of ``topline figures template``.
    beside : Tables
        Rows that it may refer to: those that ship with topline and those of the folder.

    Raises
    ------
    FileError
        When the file is absent, no text, or of another kind.
    """
    if path.suffix.lower() in (".xlsx", ".xls", ".ods", ".numbers"):
        raise FileError(f"{path} is a spreadsheet; save the sheet as 'CSV UTF-8 (comma delimited)' and name that file.")
    read = read_csv_table(path)
    sheet = Worksheet(path.name, beside)
    sheet.drafted.findings += [*read.findings, *([] if read.findings else _header_findings(read))]
    if sheet.drafted.findings:
        return sheet.drafted
    rows = [(line, cells) for line, cells in read.rows if not cells[read.header[0]].startswith(MARK)]
    if not rows:
        sheet.find(
            1, "the worksheet", "a worksheet has figures", f"holds no row; rows that begin with '{MARK}' are left out."
        )
    for line, cells in rows:
        _take_apart(line, {each.name: cells.get(each.name, "") for each in COLUMNS}, sheet)
    sheet.drafted.findings = list(dict.fromkeys(sheet.drafted.findings))
    return sheet.drafted


def _header_findings(read: CsvTable) -> list[Finding]:
    unknown = [
        Finding(read.name, f"column '{name}', rule 'columns have their names'", f"is not known here.{near}", 1)
        for name in read.header
        if name not in TABLE_OF and (near := did_you_mean(name, TABLE_OF))
    ]
    absent = [
        Finding(read.name, f"column '{each.name}', rule 'columns have their names'", f"is missing: {each.meaning}", 1)
        for each in COLUMNS
        if each.required and each.name not in read.header
    ]
    return unknown + absent


def _take_apart(line: int, cells: dict[str, str], sheet: Worksheet) -> None:
    nameless = [name for name in ("study", "item") if not cells[name]]
    for name in nameless:
        sheet.find(line, name, GIVEN, f"is empty; it must be given: {TABLE_OF[name].meaning}")
    if nameless:
        return
    study, item = cells["study"], _full(cells["item"], cells["study"])
    _study(line, study, cells, sheet)
    several = _of_several(study, sheet)
    _item(line, item, cells, sheet)
    figure = _full(cells["figure"], study) or _named(item, cells, sheet)
    statistic = cells["statistic"] or "share"
    unit = cells["unit"] or UNIT_OF.get(statistic, "")
    printed = cells["as_printed"] or (f"{cells['value']}%" if unit == "percent" and cells["value"] else cells["value"])
    own = {each.column: cells[each.name] for each in COLUMNS if each.table == "estimate"}
    defaults = {"statistic": statistic, "unit": unit, "as_printed": printed, "subgroup": cells["subgroup"] or "all"}
    names = {"figure_id": figure, "item_id": item, "country": cells["country"] if several else ""}
    sheet.add(line, "estimate", {**own, **defaults, **names})
    _source(line, figure, cells, sheet)
    _comparison(line, item, cells, sheet)


def _full(name: str, study: str) -> str:
    """Put the study before a short name."""
    return name if not name or "." in name else f"{study}.{name}"


def _study(line: int, study: str, cells: Cells, sheet: Worksheet) -> None:
    told = {column: cells[column] for column in OF_STUDY}
    region = told["region"] or sheet.first.get(("study", study), (0, {}))[1].get("region", "")
    if not region and not _of_several(study, sheet):
        told["country"] = cells["country"]
    if _is_news(line, ("study", study), told, sheet.beside.studies.get(study), sheet):
        nobody = told["sample_type"] in ("nonprobability", "convenience")
        # A word that is no grade is found on the figure's own row; the study is not blamed for it.
        grade = cells["provenance"] if cells["provenance"] in GRADES else GRADES[-1]
        sheet.add(
            line,
            "study",
            {
                **told,
                "study_id": study,
                "dates_provenance": grade if told["field_start"] or told["field_end"] else "unknown",
                "n_provenance": grade if told["n_interviews"] else "unknown",
                "moe_basis": told["moe_basis"]
                or ("none_nonprobability" if nobody and not told["moe_pp"] else "not_stated"),
                "moe_provenance": told["moe_provenance"] or (grade if told["moe_pp"] else ""),
                "modes": told["modes"] or "unknown",
            },
        )


def _of_several(study: str, sheet: Worksheet) -> bool:
    """Say whether a study is one of several countries."""
    known = sheet.beside.studies.get(study)
    if known is not None:
        return not known.text("country")
    return bool(sheet.first.get(("study", study), (0, {}))[1].get("region"))


def _item(line: int, item: str, cells: Cells, sheet: Worksheet) -> None:
    told = {name: cells[name] for name in OF_ITEM}
    if not _is_news(line, ("item", item), told, sheet.beside.items.get(item), sheet):
        return
    own = {TABLE_OF[name].column: text for name, text in told.items()}
    scale, readable = _scale(line, item, told["scale"], sheet), "scale" not in sheet.drafted.unread
    construct = told["construct"] or item.partition(".")[2]
    defaults = {"answers": told["answers"] or "one", "construct": construct, "scale_id": scale}
    row = sheet.add(line, "item", {**own, **defaults, "item_id": item, "study_id": cells["study"]})
    if not readable:
        sheet.drafted.distrust(row, "scale_id")


def _is_news(line: int, key: tuple[str, str], told: Cells, known: Row | None, sheet: Worksheet) -> bool:
    """Say whether a row is the first on a study or item; find what contradicts an earlier word on it."""
    kind, name = key
    given = {column: text for column, text in told.items() if text}
    rule = f"{'an' if kind == 'item' else 'a'} {kind} is described once"
    if known is not None:
        for column, text in given.items():
            stands = _standing(column, text, known, sheet)
            if " ".join(text.split()) != stands:
                known_as = f"'{stands}'" if stands else "nothing"
                problem = f"'{text}' is not what is known of {kind} '{name}' ({known_as}); "
                sheet.find(line, f"{name}, {column}", rule, f"{problem}leave it empty, or use another name.")
        return False
    earlier, before = sheet.first.setdefault(key, (line, told))
    for column, text in given.items():
        if text != before.get(column, ""):
            said = f"'{before[column]}'" if before.get(column) else "nothing"
            problem = (
                f"is '{text}', but line {earlier} says {said} for {kind} '{name}'; say it there, and here the same."
            )
            sheet.find(line, f"{name}, {column}", rule, problem)
    return earlier == line


def _standing(column: str, text: str, known: Row, sheet: Worksheet) -> str:
    """Give what is known of a study or an item, as the worksheet would say it."""
    stands = known.plain("country" if column == "country" else TABLE_OF[column].column)
    if column == "scale" and "|" in text:
        return " | ".join(map(_option, sheet.beside.scales.get(stands, ())))
    return stands


def _option(row: Row) -> str:
    """Write an option as a worksheet does."""
    marks = {**{kind: mark for mark, kind in KINDS.items()}, **{valence: mark for mark, valence in VALENCES.items()}}
    mark = marks.get(row.text("valence")) or marks.get(row.text("kind"), "")
    return f"{row.plain('code')} {row.text('label')} ({mark})"


def _scale(line: int, item: str, written: str, sheet: Worksheet) -> str:
    """Give the id of a scale that is named, or of one made from its options."""
    if "|" not in written:
        return written
    if written in sheet.scales:
        return sheet.scales[written]
    name = sheet.scales[written] = item.replace(".", "_")
    for text in written.split("|"):
        option = OPTION.fullmatch(text)
        if option is None:
            problem = f"'{text.strip()}' is no option; write a code, the answer and its direction: 1 Support (+)"
            sheet.find(line, f"{item}, scale", "a scale says which answers count", problem)
            sheet.drafted.unread.add("scale")
            continue
        code, label, mark = option.groups()
        kind, valence = KINDS.get(mark, "substantive"), VALENCES.get(mark, "")
        sheet.add(line, "scale", {"scale_id": name, "code": code, "label": label, "valence": valence, "kind": kind})
    return name


def _named(item: str, cells: Cells, sheet: Worksheet) -> str:
    """Name a figure: after its item when it is the first, else after what sets it apart from that one."""
    drawn = {row.text("figure_id"): row for row in sheet.drafted.rows.get("estimate", ())}
    headline = drawn.get(item) or sheet.beside.figures.get(item)
    country = cells["country"] if _of_several(cells["study"], sheet) else ""
    told = [cells["category"], cells["subgroup"] or "all", country]
    if headline is None or told == [headline.text(column) for column in ("category", "subgroup", "country")]:
        return item
    parts = [cells["category"], cells["subgroup"], country]
    words = [re.sub(r"[^a-z0-9]+", "_", part.casefold()).strip("_") for part in parts if part]
    return "_".join([item, *filter(None, words)])


def _source(line: int, figure: str, cells: Cells, sheet: Worksheet) -> None:
    own = {each.column: cells[each.name] for each in COLUMNS if each.table == "source"}
    study = cells["study"]
    known = sheet.beside.studies.get(study)
    cited = known.text("citation") if known else sheet.first.get(("study", study), (0, {}))[1].get("citation", "")
    defaults = {"citation": own["citation"] or cited, "kind": own["kind"] or "primary"}
    names = {"source_id": f"{figure}.1", "figure_id": figure, "quoted_value": cells["value"]}
    before = len(sheet.drafted.findings)
    row = sheet.add(line, "source", {**own, **defaults, **names})
    if not row.text("citation"):
        # It is found missing once, at the study; every row that leans on it would say so again.
        found = [one for one in sheet.drafted.findings[before:] if ", citation, " not in one.place]
        sheet.drafted.findings[before:] = found


def _comparison(line: int, item: str, cells: Cells, sheet: Worksheet) -> None:
    """Make the pair with a question of the bank or another published item, once for each item."""
    bank, other = cells["bank"], cells["same_as"]
    pair = {name: cells[name] for name in ("relation", "reason", "reviewer", "reviewed_on")}
    if bank and other:
        problem = (
            f"'{other}' stands beside bank '{bank}'; name one of the two here, the other on another row of the item."
        )
        sheet.find(line, f"{item}, same_as", "a pair is of two questions", problem)
    elif bank or other:
        cells_of = {**pair, "other_id": bank or other, "item_id": item}
        if not any(row.text("other_id") == (bank or other) and row.text("item_id") == item for row in _pairs(sheet)):
            sheet.add(line, "comparison", cells_of)
    elif any(pair.values()):
        given = next(name for name, text in pair.items() if text)
        problem = f"'{pair[given]}' belongs to a pair; name the other question in bank or same_as, or leave it empty."
        sheet.find(line, f"{item}, {given}", "a pair is of two questions", problem)


def _pairs(sheet: Worksheet) -> Iterable[Row]:
    return sheet.drafted.rows.get("comparison", ())


SPOKEN = {
    **{each.column: each.name for each in COLUMNS if each.column not in ("", "kind", *TABLE_OF)},
    "quoted_value": "value", "other_id": "bank", "source_id": "figure",
}  # fmt: skip
"""Columns of the tables under the worksheet's names for them."""


def in_its_words(findings: Iterable[Finding], sheet: str) -> list[Finding]:
    """Say findings about tables in the words of the worksheet they came from, each once.

    Examples
    --------
    >>> found = Finding("mine.csv", "a.b, category_set", "category_set is 1;2, but the item has no scale", 2)
    >>> print(*in_its_words([found], "mine.csv"))
    mine.csv, line 2, a.b, counted: counted is 1;2, but the item has no scale
    """
    said: dict[tuple[str, int | None, str], Finding] = {}
    for finding in findings:
        if finding.file == sheet and "source_id, rule 'a name stands once'" in finding.place:
            continue  # its figure is found already
        if finding.file == sheet:
            place, problem = (_respoken(text) for text in _of_source(finding))
            finding = replace(finding, place=place, problem=problem)
        said.setdefault((finding.file, finding.line, finding.problem), finding)
    return sorted(said.values(), key=lambda finding: finding.line or 0)


def _of_source(finding: Finding) -> tuple[str, str]:
    """Call a figure's source by the figure, and its columns as the worksheet does."""
    place, numbered = re.subn(r"^(\S+\.\S+)\.1(?=,)", r"\1", finding.place)
    if not numbered:
        return place, finding.problem
    texts = [place, finding.problem]
    for column, name in OF_SOURCE.items():
        texts = [re.sub(rf"\b{column}\b", name, text) for text in texts]
    return texts[0], texts[1]


OF_SOURCE = {"citation": "source", "url": "source_url", "kind": "source_kind"}
"""Columns of a source that have a name of their own in the worksheet."""


def _respoken(text: str) -> str:
    for column, name in SPOKEN.items():
        text = re.sub(rf"\b{column}\b", name, text)
    return re.sub(r"(?<!/)\b(study|item|scale|estimate|source|comparison)\.csv\b", "the worksheet", text)
