"""What can be said of rows one by one where some are at fault, so that nobody has to mend a table in rounds.

A cell that is at fault is not judged again, and nothing that needs it is; every other rule of a row is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from ..errors import Finding
from . import rules_of_comparisons, rules_of_estimates, rules_of_items, rules_of_studies
from .rows import Breach, Row, Tables
from .tables import Drafted, name_of

Rule = Callable[[Tables], Iterator[Breach]]


def no_day_lies_ahead(tables: Tables) -> Iterator[Breach]:
    """No day lies ahead of today, by this computer's calendar."""
    return rules_of_studies.no_day_lies_ahead(tables, date.today())


OF_ONE_ROW: tuple[Rule, ...] = (
    rules_of_estimates.indices_and_records_are_not_opinion,
    rules_of_estimates.an_index_says_what_more_means,
    rules_of_estimates.the_unit_fits_the_statistic,
    rules_of_estimates.the_value_is_possible,
    rules_of_estimates.the_value_is_what_was_printed,
    rules_of_estimates.the_words_of_a_source_give_its_value,
    rules_of_estimates.a_third_party_verifies_nothing,
    rules_of_estimates.a_part_is_no_larger_than_its_study,
    rules_of_estimates.what_else_a_source_disputes_is_explained,
    rules_of_studies.a_margin_of_error_needs_a_random_sample,
    rules_of_studies.what_a_study_says_of_itself_is_graded,
    rules_of_studies.a_response_rate_is_a_share,
    rules_of_studies.a_country_has_a_code_of_its_own,
    rules_of_studies.dates_are_days_of_the_calendar,
    rules_of_studies.dates_stand_in_order,
    no_day_lies_ahead,
    rules_of_items.the_wording_is_given,
    rules_of_comparisons.who_looked_stands_beside_when,
)
"""Rules that ask for nothing but a row and those it leads to."""

WAITING: Mapping[Rule, frozenset[str]] = {
    rules_of_estimates.categories_belong_to_the_scale: frozenset(("item", "scale")),
    rules_of_estimates.every_value_stands_in_a_source: frozenset(("source",)),
}
"""Rules that wait while a row is at fault, and the tables that must have been read whole to ask them of single rows."""


def findings_by_row(drafted: Drafted, beside: Tables) -> list[Finding]:
    """Judge rows one by one: those at fault by what is sound in them, the others by the rules that wait.

    Parameters
    ----------
    drafted : Drafted
        Rows with what is wrong with each, names held together already.
    beside : Tables
        Rows of another registry that they may lead to, which are sound.
    """
    known = beside.and_also(
        Tables({name: tuple(_guarded(row, drafted) for row in drafted.rows[name]) for name in drafted.rows})
    )
    waiting = [rule for rule, needed in WAITING.items() if not needed & (drafted.unread | drafted.partly)]
    found = []
    for name, rows in drafted.rows.items():
        for row in rows:
            rules = [*(OF_ONE_ROW if drafted.is_bad(row) else ()), *waiting]
            alone = OneRow({name: (_guarded(row, drafted),)}, known)
            found += [
                Finding(row.file, f"{name_of(row)}, rule '{rule.__name__.replace('_', ' ')}'", problem, row.line)
                for rule in rules
                for problem in _problems(rule, alone)
            ]
    return found


def _problems(rule: Rule, alone: Tables) -> Iterator[str]:
    """Give what a rule finds before it comes upon a cell at fault."""
    try:
        for _, problem in rule(alone):
            yield problem
    except AtFaultError:
        return


class AtFaultError(Exception):
    """A rule asked for a cell that is at fault."""


@dataclass(frozen=True)
class GuardedRow(Row):
    """A row whose cells at fault cannot be read.

    Attributes
    ----------
    faulty : frozenset of str
        Columns of these cells.
    """

    faulty: frozenset[str] = frozenset()

    def text(self, column: str) -> str:
        """Give a cell as text, unless it is at fault."""
        self._guard(column)
        return super().text(column)

    def number(self, column: str) -> float | None:
        """Give a number, unless it is at fault."""
        self._guard(column)
        return super().number(column)

    def _guard(self, column: str) -> None:
        if column in self.faulty:
            raise AtFaultError(column)


NAMES: Mapping[str, frozenset[str]] = {
    "study": frozenset(("study_id",)),
    "item": frozenset(("item_id",)),
    "estimate": frozenset(("figure_id",)),
    "scale": frozenset(("scale_id",)),
    "source": frozenset(("source_id", "figure_id")),
}
"""Columns by which rows are found; they are read whatever is wrong with them."""


def _guarded(row: Row, drafted: Drafted) -> Row:
    faulty = drafted.faulty_in(row) - NAMES.get(row.table, frozenset())
    return GuardedRow(row.table, row.line, row.values, row.file, faulty) if faulty else row


@dataclass(frozen=True)
class OneRow(Tables):
    """One row by itself, among rows that it may lead to.

    Attributes
    ----------
    among : Tables
        These rows.
    """

    among: Tables = field(default_factory=lambda: Tables({}))

    @cached_property
    def studies(self) -> Mapping[str, Row]:
        """Studies by id."""
        return self.among.studies

    @cached_property
    def items(self) -> Mapping[str, Row]:
        """Items by id."""
        return self.among.items

    @cached_property
    def figures(self) -> Mapping[str, Row]:
        """Figures by id."""
        return self.among.figures

    @cached_property
    def scales(self) -> Mapping[str, tuple[Row, ...]]:
        """Options by scale, in file order."""
        return self.among.scales

    @cached_property
    def sources(self) -> Mapping[str, tuple[Row, ...]]:
        """Sources by figure, in file order."""
        return self.among.sources
