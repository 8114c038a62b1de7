"""Rules of meaning that a registry of published figures keeps, and how its tables are held against them.

Each rule was taught by a real mistake in print: two batteries merged into one, an index called a poll, a scale read
upside down, answers collapsed that the scale does not have, a series quoted for a year after its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from ..errors import Finding
from . import rules_of_comparisons, rules_of_estimates, rules_of_items, rules_of_shares, rules_of_studies
from .faulty_rows import findings_by_row
from .rows import Breach, Tables
from .tables import Drafted, name_of

RULES: tuple[Callable[[Tables], Iterator[Breach]], ...] = (
    rules_of_shares.shares_fit_into_the_whole,
    rules_of_shares.parts_make_up_the_whole,
    rules_of_estimates.indices_and_records_are_not_opinion,
    rules_of_estimates.an_index_says_what_more_means,
    rules_of_studies.a_margin_of_error_needs_a_random_sample,
    rules_of_studies.what_a_study_says_of_itself_is_graded,
    rules_of_studies.a_response_rate_is_a_share,
    rules_of_studies.a_country_has_a_code_of_its_own,
    rules_of_studies.a_study_is_of_one_country_or_says_which_it_covers,
    rules_of_items.the_wording_is_given,
    rules_of_items.a_scale_says_which_answers_count,
    rules_of_items.answers_of_a_scale_are_told_apart,
    rules_of_estimates.the_unit_fits_the_statistic,
    rules_of_estimates.the_value_is_possible,
    rules_of_estimates.the_value_is_what_was_printed,
    rules_of_estimates.the_words_of_a_source_give_its_value,
    rules_of_estimates.a_third_party_verifies_nothing,
    rules_of_estimates.a_part_is_no_larger_than_its_study,
    rules_of_estimates.what_else_a_source_disputes_is_explained,
    rules_of_estimates.a_number_stands_once,
    rules_of_estimates.a_figure_is_named_after_its_item,
    rules_of_studies.dates_are_days_of_the_calendar,
    rules_of_studies.dates_stand_in_order,
    rules_of_comparisons.equal_wording_is_known_wording,
    rules_of_comparisons.indices_and_records_are_like_no_question,
    rules_of_comparisons.a_verdict_rests_on_what_was_found,
    rules_of_comparisons.who_looked_stands_beside_when,
)

RULES_OF_WHOLE_TABLES: tuple[Callable[[Tables], Iterator[Breach]], ...] = (
    rules_of_estimates.categories_belong_to_the_scale,
    rules_of_estimates.every_value_stands_in_a_source,
    rules_of_estimates.an_item_has_a_headline_figure,
    rules_of_comparisons.a_pair_is_of_two_questions,
    rules_of_comparisons.a_claim_has_a_name_and_figures_of_its_own,
)
"""Rules that ask for a row elsewhere: with a faulty row left out they would blame the sound ones."""


def findings_of(drafted: Drafted, beside: Tables) -> list[Finding]:
    """Give everything that is wrong with rows as they were written, whose names have been held together.

    Where a row is at fault, the rules that hold rows against each other see the sound ones only; what needs nothing but
    a row is judged all the same.

    Parameters
    ----------
    drafted : Drafted
        The rows.
    beside : Tables
        Rows they may lead to, which are sound.
    """
    known = beside.and_also(drafted.sound())
    if not drafted.findings:
        return breaches(known)
    return [*drafted.findings, *breaches(known, whole=False), *findings_by_row(drafted, beside)]


def breaches(tables: Tables, *, whole: bool = True) -> list[Finding]:
    """Hold the tables against every rule, and give all that is found, rule by rule.

    Parameters
    ----------
    tables : Tables
        Rows that fit the schema.
    whole : bool
        Whether these are all the rows. Where faulty ones were left out, rules that ask for another row wait.
    """
    rules = (*RULES, *(RULES_OF_WHOLE_TABLES if whole else ()))
    return [found for rule in rules for found in _findings(rule.__name__, rule(tables))]


def days_to_come(tables: Tables) -> list[Finding]:
    """Find days that lie ahead of today, by this computer's calendar.

    Figures that ship with topline are not asked: they do not become wrong where a clock is.
    """
    rule = rules_of_studies.no_day_lies_ahead
    return list(_findings(rule.__name__, rule(tables, date.today())))


def _findings(rule: str, found: Iterable[Breach]) -> Iterator[Finding]:
    for row, problem in found:
        yield Finding(row.file, f"{name_of(row)}, rule '{rule.replace('_', ' ')}'", problem, row.line)
