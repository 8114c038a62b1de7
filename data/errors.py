"""Every error topline raises on purpose, one class for each way of mending it.

::

    ToplineError               anything refused, with a message a person can act on
      FileError                a file is missing, truncated, of an unknown kind, or cannot be written
      DocumentError            a YAML document has findings, all of them listed
      ExpressionError          a relevant or constraint expression that cannot be read
      CodebookError            labels, types and missing codes contradict each other or the file format
      UnknownNameError         a variable, question, figure or margin that does not exist
      DesignError              weights, strata, PSUs or population sizes that describe no sample
      WeightingError           margins that do not fit the data, or a rake that does not converge
        InfeasibleMarginsError margins that no weights meet, within their bounds or at all
      EstimationError          an estimate that is not defined for these data
      RegistryError            a published figure, margin or bank item that breaks a rule
      ComparisonError          an estimate and a figure that cannot be put side by side
      StoreError               the store of answers cannot keep or give back what was asked of it
      AddressError             the address or port a questionnaire is to be fielded at cannot be used
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class ToplineError(Exception):
    """Anything topline refuses; its message names the place, the value and the remedy."""


class FileError(ToplineError):
    """A file is missing, truncated, of an unknown kind, or cannot be written."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong in a document, with the place a person finds it at.

    Attributes
    ----------
    file : str
        Name of the document, e.g. ``"questionnaire.yaml"``.
    place : str
        Where in it, in its own words, e.g. ``"question travel"``.
    problem : str
        What is wrong and what would be right, e.g.
        ``"names the choice list 'suport5', which does not exist. Did you mean 'support5'?"``
    line : int or None
        Line number, 1-based, where known.
    severity : str
        ``"error"`` stops fielding; ``"warning"`` is worth a look.
    """

    file: str
    place: str
    problem: str
    line: int | None = None
    severity: str = "error"

    def __str__(self) -> str:
        """Give the finding as one line: file, line, place: problem."""
        line = f", line {self.line}" if self.line is not None else ""
        place = f", {self.place}" if self.place else ""
        return f"{self.file}{line}{place}: {self.problem}"


class DocumentError(ToplineError):
    """A document has findings; the message lists them all, not only the first.

    Parameters
    ----------
    findings : sequence of Finding
        At least one.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class ExpressionError(ToplineError):
    """A ``relevant`` or ``constraint`` expression cannot be read; the message shows the place with a caret."""


class CodebookError(ToplineError):
    """Labels, types and missing codes contradict each other, or the file format cannot hold them."""


class UnknownNameError(ToplineError):
    """A variable, question, figure, margin or bank item that does not exist; the nearest names are given.

    Parameters
    ----------
    kind : str
        What was looked for, e.g. ``"variable"``.
    name : str
        The name that was not found.
    known : iterable of str
        The names that exist.
    where : str, optional
        The file or document searched.
    meant : str, optional
        The name that was surely meant, e.g. ``"GB"`` for ``"UK"``.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "", meant: str = "") -> None:
        self.kind, self.name = kind, name
        place = f"{where}: " if where else ""
        near = f" Did you mean '{meant}'?" if meant else did_you_mean(name, known)
        super().__init__(f"{place}there is no {kind} '{name}'.{near}")


class DesignError(ToplineError):
    """Weights, strata, PSUs or population sizes that describe no sample."""


class WeightingError(ToplineError):
    """Margins that do not fit the data, or a rake that does not converge within its bounds."""


@dataclass(frozen=True)
class UnmetMargins:
    """Why no weights meet the margins, and what would have to change.

    Attributes
    ----------
    outcome : str
        ``"contradiction"`` where no weights meet the targets within the bounds, ``"vanishing"`` where they do only when
        somebody gets none.
    margin, category : str
        The category furthest from its target.
    target, reached : float
        Its target and what it reached, 0-1.
    conflict : tuple of (str, str, float, str)
        The smallest group of targets found to contradict each other: margin, category, target, and ``"at least"`` or
        ``"at most"``, the side from which the target is out of reach.
    empty : tuple of tuple of (str, str)
        Combinations of categories that nobody has and that would resolve the conflict.
    bounds : tuple of (float, float)
        Bounds nearest to those given with which the margins were met.
    join : tuple of str or None
        Margin and two of its categories: the join that loses least of those with which the margins were met.
    leave_out : tuple of str
        Margins each of which, left out alone, lets the others be met.
    met_together : tuple of str
        Where no join and no margin left out helps, margins that can be met together.
    """

    outcome: str
    margin: str
    category: str
    target: float
    reached: float
    conflict: tuple[tuple[str, str, float, str], ...] = ()
    empty: tuple[tuple[tuple[str, str], ...], ...] = ()
    bounds: tuple[tuple[float, float], ...] = ()
    join: tuple[str, str, str] | None = None
    leave_out: tuple[str, ...] = ()
    met_together: tuple[str, ...] = ()


class InfeasibleMarginsError(WeightingError):
    """Margins that no weights meet, within their bounds or at all; the message names the conflict and the ways out.

    Parameters
    ----------
    message : str
        The whole explanation.
    unmet : UnmetMargins
        The same, to be read by a program.
    """

    def __init__(self, message: str, unmet: UnmetMargins) -> None:
        self.unmet = unmet
        super().__init__(message)


class EstimationError(ToplineError):
    """An estimate that is not defined for these data."""


class RegistryError(ToplineError):
    """A published figure, population margin or bank item that breaks a rule of its table."""


class ComparisonError(ToplineError):
    """An estimate and a published figure that cannot be put side by side as asked."""


class StoreError(ToplineError):
    """The store of answers cannot keep, or give back, what was asked of it."""


class AddressError(ToplineError):
    """The address or port a questionnaire is to be fielded at cannot be used."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known names, or list the known ones when there are few and none is near.

    Examples
    --------
    >>> did_you_mean("provnce", ["province", "sex"])
    " Did you mean 'province'?"
    >>> did_you_mean("q9", ["sex", "age"])
    ' Known: age, sex.'
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(repr(candidate) for candidate in near)}?"
    if not names:
        return " None are known."
    shown = ", ".join(names[:12])
    return f" Known: {shown}, and {len(names) - 12} more." if len(names) > 12 else f" Known: {shown}."
