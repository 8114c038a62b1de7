"""What a registry's tables hold, and everything that is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import Finding
from .figure import GRADES
from .figures import checked_tables, registry_of, shipped_tables
from .rows import Tables
from .table_schema import PUBLISHED
from .tables import NOTHING


@dataclass(frozen=True)
class RegistryReport:
    """Whether a registry keeps its rules.

    Attributes
    ----------
    source : str
        What was looked at.
    findings : tuple of Finding
        Each with file, line, rule and remedy.
    counts : mapping of str to int
        Studies, items, figures, figures by grade, conflicts, comparisons and claims; empty when there are findings.
    """

    source: str
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]

    def document(self) -> dict[str, Any]:
        """Give the report as a document for machines, one row for each finding."""
        method = {"source": self.source, "findings": len(self.findings), "counts": dict(self.counts)}
        return {"method": method, "rows": [asdict(finding) for finding in self.findings]}

    def __str__(self) -> str:
        """Give the findings, one on a line, or the counts."""
        if self.findings:
            number = f"{len(self.findings)} finding{'' if len(self.findings) == 1 else 's'}"
            return "\n".join(
                [*map(str, self.findings), f"{self.source}: {number}. Nothing of it is used until mended."]
            )
        counted = [f"{count:,} {_one(name) if count == 1 else name}" for name, count in self.counts.items() if count]
        return f"{self.source}: every rule is kept.\n{', '.join(counted)}"


def _one(name: str) -> str:
    """Give the singular of what is counted: "figures in conflict" is "figure in conflict"."""
    return name.replace("studies", "study").replace("figures", "figure").removesuffix("s")


def examined(folder: Path | None = None) -> RegistryReport:
    """Hold the tables of a registry against every rule.

    Parameters
    ----------
    folder : Path, optional
        A folder of tables, which stand alone, or a study folder, whose own figures stand beside the shipped ones. The
        tables that ship with topline where none is named.

    Raises
    ------
    FileError
        When the folder holds no tables.

    Examples
    --------
    >>> examined().counts["studies"] > 5, examined().findings
    (True, ())
    """
    own = folder / "figures" if folder is not None and (folder / "study.yaml").is_file() else None
    home = own or folder or PUBLISHED
    beside = shipped_tables() if own else NOTHING
    tables, findings = checked_tables(home, beside)
    source = "the figures that ship with topline" if folder is None else str(home)
    return RegistryReport(source, tuple(findings), {} if findings else counts(tables, beside))


def counts(tables: Tables, beside: Tables = NOTHING) -> dict[str, int]:
    """Count what sound tables hold.

    Parameters
    ----------
    tables : Tables
        What is counted.
    beside : Tables
        What they refer to, which is not.
    """
    registry = registry_of(beside.and_also(tables), "")
    figures = [registry[name] for name in tables.figures]
    grades = Counter(figure.provenance for figure in figures)
    return {
        "studies": len(tables.studies),
        "items": len(tables.items),
        "figures": len(figures),
        **{f"{grade.replace('_', ' ')} figures": grades[grade] for grade in GRADES},
        "figures in conflict": sum(bool(figure.conflicts) for figure in figures),
        "comparisons": len(tables["comparison"]),
        "claims": len(tables["claim"]),
    }
