"""Everything there is to see of weights at once: as objects with frames and charts, in print, and as one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..printing.result_text import FilePath, printed_sections
from ..sampling.categories import names_of
from ..sampling.design import Design, check_design
from ..targets.target_tables import target_tables
from .balance import On, weight_balance, weight_margins
from .data_defect import DEFECTS, data_defect
from .deff_parts import By, deff_by, deff_parts
from .diagnostic import Diagnostic
from .weight_histogram import weight_histogram
from .weight_influence import Outcomes, weight_influence
from .weight_log import weight_log
from .weight_warnings import weight_warnings
from .weights import WeightSummary, weight_summary

if TYPE_CHECKING:
    from ..estimation.plan import Category

PARTS = ("warnings", "log", "margins", "balance", "deff_parts", "histogram", "subgroups", "influence", "defect")
"""The parts, in the order of the report."""


@dataclass(frozen=True, eq=False, repr=False)
class WeightDiagnostics:
    """All diagnostics of a design's weights; each part has ``to_frame()``, ``plot()`` and a print of its own.

    Attributes
    ----------
    summary : WeightSummary
        The weights in a few numbers.
    title : str
        Whose weights they are: the study's title, or its file.
    recipe : tuple of str
        Where the weights come from, and each step in words.
    replicates : str
        The replicate weights in words; empty where there are none.
    warnings : Diagnostic
        What is worth a look, with limits and their sources.
    log : Diagnostic
        What each step did.
    deff_parts : Diagnostic
        The design effect as a product over the steps.
    histogram : Diagnostic
        How large weights are.
    margins, balance : Diagnostic or None
        Shares and standardised differences against targets or a reference; None where there are neither.
    subgroups : Diagnostic or None
        Effective sample size by group; None where no groups are named and none have targets.
    influence : Diagnostic or None
        Estimates through the steps; None where no outcomes are named.
    defect : Diagnostic or None
        The what-if of the data defect correlation; None where no population is named.
    notes : tuple of str
        Footnotes: that respondents are simulated, then of the steps.

    Examples
    --------
    >>> import pandas as pd
    >>> found = weight_diagnostics(Design(pd.DataFrame({"w": [1.0, 1.0, 2.0]}), weight="w"))
    >>> [part.name for part in found.parts]
    ['warnings', 'log', 'deff_parts', 'histogram']
    """

    summary: WeightSummary
    title: str
    recipe: tuple[str, ...]
    warnings: Diagnostic
    log: Diagnostic
    deff_parts: Diagnostic
    histogram: Diagnostic
    margins: Diagnostic | None = None
    balance: Diagnostic | None = None
    subgroups: Diagnostic | None = None
    influence: Diagnostic | None = None
    defect: Diagnostic | None = None
    notes: tuple[str, ...] = field(default=())
    replicates: str = ""

    @property
    def parts(self) -> tuple[Diagnostic, ...]:
        """The parts there are, in the order of the report."""
        every = (getattr(self, name) for name in PARTS)
        return tuple(part for part in every if isinstance(part, Diagnostic))

    def document(self) -> dict[str, Any]:
        """Give the summary as ``method`` and ``rows``, as :func:`weight_summary` does, and each part by its name."""
        about = {**self.summary.document(), "recipe": list(self.recipe)}
        return {**about, **{part.name: part.document() for part in self.parts}}

    def to_html(self, path: FilePath = None) -> str:
        """Give the report as one web page that needs nothing else, and write it where a path is given.

        It counts people in small categories and is for the team, not for publication.

        Parameters
        ----------
        path : path-like, optional
            File to write, e.g. ``"weights.html"``; whole or not at all.
        """
        from ..printing.result_html import written
        from .weight_report import report

        return written(report(self), path)

    def __str__(self) -> str:
        """Print the summary with margins and notes, what each step did, and what is worth a look."""
        log, warnings = self.log.section(), self.warnings.section()
        return f"{self.summary}\n\n{printed_sections([log, warnings], ())}"

    __repr__ = __str__


def weight_diagnostics(
    design: Design,
    outcomes: Outcomes | None = None,
    *,
    by: By | None = None,
    reference: Design | None = None,
    on: On = None,
    population: float | None = None,
    defect: float | Sequence[float] = DEFECTS,
    progress: Callable[[int, int], None] | None = None,
) -> WeightDiagnostics:
    """Look at weights from all sides: log, design effect, margins, balance, histogram, influence, warnings.

    Parameters
    ----------
    design : Design
        The weighted sample, e.g. ``weight(study, recipe)``.
    outcomes : str, sequence, mapping or function, optional
        Estimates to follow through the steps, e.g. ``["approval", "trust"]``; see :func:`weight_influence`.
    by : str or sequence, optional
        Groups to give the effective sample size of, each column on its own, a tuple crossed; see :func:`deff_by`.
        Without it the variables that have targets.
    reference : Design, optional
        A better sample of the same population to measure standardised differences from, instead of the targets.
    on : str, sequence of str, or mapping of str to str, optional
        Columns to compare with it; see :func:`weight_balance`.
    population : float, optional
        People in the population, for the what-if of the data defect correlation; see :func:`data_defect`.
    defect : float or sequence of float
        Correlations that the what-if assumes, e.g. ``0.005``.
    progress : callable, optional
        Called with how many parts are done and how many there are.

    Returns
    -------
    WeightDiagnostics
        ``.warnings .log .margins .balance .deff_parts .histogram .subgroups .influence .defect``, each with
        ``to_frame()`` and ``plot()``; ``to_html(path)`` writes the report.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError, UnknownNameError
        As the parts have them.

    Notes
    -----
    None of it says whether the weights are right: what nobody measured, no diagnostic can see.

    References
    ----------
    Valliant, Dever and Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, chapters 14 and 18.

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.raking.rake import rake
    >>> wave = pd.DataFrame({"sex": ["f", "f", "f", "m"], "trust": [1.0, 2.0, 3.0, 6.0]})
    >>> found = weight_diagnostics(rake(Design(wave), {"sex": {"f": 0.5, "m": 0.5}}), "trust")
    >>> found.balance.to_frame()["standardised_after"].tolist()
    [0.0, 0.0]
    """
    check_design(design, "weight_diagnostics")
    targets = target_tables(design)
    groups = by if by is not None else _targeted(design)
    made: dict[str, Callable[[], Diagnostic]] = {
        "log": lambda: weight_log(design),
        "deff_parts": lambda: deff_parts(design),
        "histogram": lambda: weight_histogram(design),
        "warnings": lambda: weight_warnings(design, reference, on),
    }
    if targets:
        made["margins"] = lambda: weight_margins(design)
    if targets or reference is not None:
        made["balance"] = lambda: weight_balance(design, reference, on)
    if groups:
        made["subgroups"] = lambda: deff_by(design, groups)
    if outcomes is not None:
        made["influence"] = lambda: weight_influence(design, outcomes)
    if population is not None:
        named = _columns(outcomes)
        made["defect"] = lambda: data_defect(design, population, named, rho=defect)
    summary = weight_summary(design)
    return WeightDiagnostics(
        summary=summary,
        title=design.study.codebook.title or design.study.source,
        recipe=(design.weight_source, *(step.summary() for step in design.steps)),
        notes=tuple(dict.fromkeys(summary.notes)),
        replicates=design.replication.text if design.replication else "",
        **dict(_made(made, progress)),
    )


def _made(
    parts: Mapping[str, Callable[[], Diagnostic]], progress: Callable[[int, int], None] | None
) -> Iterator[tuple[str, Diagnostic]]:
    for done, (name, make) in enumerate(parts.items(), start=1):
        yield name, make()
        if progress is not None:
            progress(done, len(parts))


def _targeted(design: Design) -> list[str]:
    """Name the columns of the data that have targets."""
    names = [str(name) for table in target_tables(design) for name in table.frame["variable"]]
    return [name for name in dict.fromkeys(names) if name in design.study.codebook]


def _columns(outcomes: Outcomes | None) -> Sequence[str] | Mapping[str, Category] | None:
    """Give the outcomes that are columns; functions of a design have no standard deviation."""
    if isinstance(outcomes, Mapping):
        return outcomes
    if outcomes is None or callable(outcomes):
        return None
    given = [outcomes] if isinstance(outcomes, str) else outcomes
    return names_of([each for each in given if isinstance(each, str)]) or None
