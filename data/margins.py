"""Population margins: how a population splits by sex, age, education and residence, for weighting a sample to it.

A margin is only as good as the table it came from, so every dimension carries its source, its date, the population it
was counted in, and how far it was traced.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .csv_table import read_csv_table
from .errors import RegistryError, UnknownNameError
from .margin_rows import CROSSED as CROSSED
from .margin_rows import Entry, dimension_findings, entry, header_findings, names
from .registry.figure import GRADES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHIPPED = Path(__file__).parent / "margins"

MARGINS_OF = "Margins of"
"""How notes begin that say where margins are from and whom they count."""

TRACED: Mapping[str, str] = {
    "verified": "seen in the publisher's own report",
    "secondary": "as reported by others",
    "recalled": "from memory; put the official table beside it before release",
    "as_quoted": "as quoted, source not seen",
    "": "how far it was traced is not stated",
}


@dataclass(frozen=True)
class Dimension:
    """One way a population is split.

    Attributes
    ----------
    name : str
        Variable in the data, e.g. ``"age4"``, or several that are crossed, ``"sex*age4"``.
    shares : mapping of str to float
        Share 0-1 by code as in the data, ``"1"`` or ``"1*3"``; they sum to one.
    labels : mapping of str to str
        What a code means, where given.
    population : str
        Whom the table counts; empty when not stated.
    source, date : str
        Where it was published, and the day, month or year it describes.
    grade : str
        ``"verified"``, ``"secondary"``, ``"recalled"`` or ``"as_quoted"``; empty when not stated.
    note : str
        Assumptions and doubts.
    total : float or None
        How many people the table counts; None where it gives shares.
    """

    name: str
    shares: Mapping[str, float]
    labels: Mapping[str, str] = field(default_factory=dict)
    population: str = ""
    source: str = ""
    date: str = ""
    grade: str = ""
    note: str = ""
    total: float | None = None

    @property
    def figures(self) -> Mapping[str, float]:
        """Counts by code where the table gives counts, else shares."""
        if self.total is None:
            return self.shares
        return {code: share * self.total for code, share in self.shares.items()}

    @property
    def footnote(self) -> str:
        """Source, date, population, grade and note as one line."""
        base = f", {self.population}" if self.population else ""
        note = f" {self.note}" if self.note else ""
        return f"{self.name}: {self.source} ({self.date}{base}; {TRACED[self.grade]}).{note}"


@dataclass(frozen=True)
class Margins(Mapping[str, Mapping[str, float]]):
    """The margins of one population; goes wherever a dict of dimensions goes.

    Attributes
    ----------
    name : str
        e.g. ``"cn-adults-2020"``.
    title, population : str
        In words.
    facts : mapping of str to Dimension
        Everything known of each dimension.
    note : str
        On all of them together.
    covariance : numpy.ndarray or None
        Covariance of the shares of all ``categories``, where they were estimated from a sample; errors of estimates
        then carry it. None where the shares are known.
    sampled : TargetError or None
        The sample behind the covariance, and what each of its rows adds to each share's error, by which steps on the
        same sample know of each other.
    n : int or None
        Respondents they were estimated from; None where they were not, or it is not known.
    country : str
        ISO 3166 code of the population counted; empty when not stated.
    """

    name: str
    title: str
    population: str
    facts: Mapping[str, Dimension] = field(repr=False)
    note: str = ""
    covariance: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
    sampled: Any = field(default=None, repr=False, compare=False)
    n: int | None = None
    country: str = ""

    def __post_init__(self) -> None:
        """Refuse a covariance of something else than the categories."""
        size = len(self.categories)
        if self.covariance is not None and self.covariance.shape != (size, size):
            raise RegistryError(
                f"{self.name}: the covariance is {' x '.join(map(str, self.covariance.shape))}, and there are {size} "
                "categories; give it in the order of the categories of all dimensions."
            )

    @property
    def categories(self) -> tuple[tuple[str, str], ...]:
        """Every dimension's categories, one after the other, each with its dimension."""
        return tuple((name, code) for name, dimension in self.facts.items() for code in dimension.shares)

    @property
    def dimensions(self) -> Mapping[str, Mapping[str, float]]:
        """Share 0-1 by code, for each dimension."""
        return {name: dimension.shares for name, dimension in self.facts.items()}

    @property
    def grades(self) -> Mapping[str, str]:
        """How far each dimension was traced."""
        return {name: dimension.grade for name, dimension in self.facts.items()}

    @property
    def sources(self) -> Mapping[str, str]:
        """Where each dimension was published."""
        return {name: dimension.source for name, dimension in self.facts.items()}

    @property
    def footnotes(self) -> tuple[str, ...]:
        """What must stand under every result weighted to these margins, one line for each dimension."""
        return tuple(dimension.footnote for dimension in self.facts.values())

    def unequal_populations(self, dimensions: Sequence[str]) -> tuple[str, ...]:
        """Say that dimensions were counted in different populations, or in another than the weights stand for.

        Examples
        --------
        >>> margins("cn-adults-2020").unequal_populations(["sex"])[0][:79]
        'Margins of sex count all residents of all ages, servicepersons included; weight'
        """
        counted: dict[str, list[str]] = {}
        for name in dimensions:
            counted.setdefault(self.facts[name].population, []).append(name)
        counted.pop("", None)
        if len(counted) < 2 and not (self.population and set(counted) - {self.population}):
            return ()
        told = "; ".join(f"{', '.join(names)} count {population}" for population, names in counted.items())
        stands = f"; weights stand for {self.population}" if self.population else "; these populations differ"
        return (f"{MARGINS_OF} {told}{stands}.",)

    def __getitem__(self, dimension: str) -> Mapping[str, float]:
        """Give the figures of a dimension, shares or counts, or raise UnknownNameError with the known ones."""
        if dimension not in self.facts:
            raise UnknownNameError("margin", dimension, self.facts, self.name)
        return self.facts[dimension].figures

    def __contains__(self, dimension: object) -> bool:
        """Say whether there is such a dimension."""
        return dimension in self.facts

    def __iter__(self) -> Iterator[str]:
        """Go through the dimensions in file order."""
        return iter(self.facts)

    def __len__(self) -> int:
        """Count the dimensions."""
        return len(self.facts)


def margins(name: str) -> Margins:
    """Give population margins that ship with topline.

    Parameters
    ----------
    name : str
        ``"cn-adults-2020"`` (census) or ``"cn-netizens-2023"`` (internet users: for web surveys).

    Raises
    ------
    UnknownNameError
        When none of that name ships.

    Examples
    --------
    >>> population = margins("cn-adults-2020")
    >>> population["sex"]
    {'1': 0.5124, '2': 0.4876}
    >>> population.grades
    {'sex': 'verified', 'age4': 'recalled', 'education': 'recalled', 'urban': 'verified'}
    """
    known = shipped_margins()
    if name not in known:
        raise UnknownNameError("population margins", name, known)
    return _shipped(name)


def margins_named(name: str, folder: Path | str = ".") -> Margins:
    """Give margins as study.yaml names them: those that ship by their name, others by their CSV file.

    Parameters
    ----------
    name : str
        ``"cn-adults-2020"``, or ``"margins.csv"``.
    folder : path
        Where the file is.

    Raises
    ------
    FileError, RegistryError, UnknownNameError
        When the file or the name is not there, or the file has findings.

    Examples
    --------
    >>> margins_named("cn-adults-2020").name
    'cn-adults-2020'
    """
    return read_margins(Path(folder) / name) if name.casefold().endswith(".csv") else margins(name)


def shipped_margins() -> tuple[str, ...]:
    """Name the margins that ship with topline.

    Examples
    --------
    >>> shipped_margins()
    ('cn-adults-2020', 'cn-netizens-2023')
    """
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.csv")))


@cache
def _shipped(name: str) -> Margins:
    return read_margins(SHIPPED / f"{name}.csv")


def read_margins(path: Path | str) -> Margins:
    """Read margins from a CSV file, and list everything that is wrong with it.

    Parameters
    ----------
    path : path
        Columns dimension, category (the code as in the data), source, date, and one of share (0-1), percent (0-100)
        and count (people); where known also grade, label, base_population and note. A joint table has a dimension
        like ``sex*age4`` and categories like ``1*3``, and may stand in one file with the margins of one variable. A
        file that has both shares and counts gives each dimension in one of them. A file of the same name ending in
        ``.json`` may give title, population, country (ISO 3166) and note.

    Returns
    -------
    Margins
        Shares of each dimension, brought to a sum of exactly one.

    Raises
    ------
    FileError
        When the file is absent or not UTF-8.
    RegistryError
        With all findings: columns missing or unknown, a category named twice, a share that is no share, shares that do
        not sum to one within 0.005, a joint category without a code for each variable.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "margins.csv"
    >>> rows = ["dimension,category,percent,source,date", "sex,1,51.2,Census,2020", "sex,2,48.8,Census,2020"]
    >>> _ = path.write_text(chr(10).join(rows), encoding="utf-8")
    >>> read_margins(path)["sex"]
    {'1': 0.512, '2': 0.488}
    """
    path = Path(path)
    table = read_csv_table(path)
    findings = [*table.findings, *header_findings(table)]
    entries = [entry(table, *row, findings) for row in table.rows]
    findings += dimension_findings(table, entries)
    if findings:
        raise RegistryError("\n".join(map(str, sorted(findings, key=lambda finding: finding.line or 0))))
    about = _about(path.with_suffix(".json"))
    facts = {name: _dimension(name, [row for row in entries if row.dimension == name]) for name in names(entries)}
    return Margins(
        path.stem,
        about.get("title", path.stem),
        about.get("population", ""),
        facts,
        about.get("note", ""),
        country=about.get("country", ""),
    )


def _dimension(name: str, rows: list[Entry]) -> Dimension:
    total = math.fsum(row.figure for row in rows)
    exact = abs(total - 1) < 1e-9

    def said(column: str) -> str:
        """Join what the rows of a dimension say, each once."""
        return "; ".join(dict.fromkeys(row.cells.get(column, "") for row in rows if row.cells.get(column)))

    return Dimension(
        name=name,
        shares={row.category: row.figure if exact else row.figure / total for row in rows},
        labels={row.category: row.cells["label"] for row in rows if row.cells.get("label")},
        population=said("base_population"),
        source=said("source"),
        date=said("date"),
        grade=max((row.cells.get("grade", "") for row in rows), key=_doubt),
        note=said("note"),
        total=total if rows[0].counted else None,
    )


def _doubt(grade: str) -> int:
    """Rank a grade by how doubtful it is; a dimension is as doubtful as its worst row."""
    return GRADES.index(grade) if grade in GRADES else len(GRADES)


def _about(path: Path) -> Mapping[str, str]:
    if not path.is_file():
        return {}
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RegistryError(f"{path.name}: this is not JSON: {error}.") from error
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise RegistryError(f"{path.name}: holds something else than title, population, country and note as texts.")
    return about
