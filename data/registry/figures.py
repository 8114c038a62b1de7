"""The registry of published figures: what earlier studies reported, with all that is known of how they asked.

A figure is a number with its question, its answer options, the answers counted, the people asked, and every place the
number was seen in. What is not known is said to be unknown; what was only quoted or remembered carries a badge.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from ..errors import Finding, RegistryError
from .figure import Relation
from .making import claims_in, figures_in, items_in, relations_in, scales_in, studies_in
from .registry import Chosen, Registry
from .rows import Tables
from .rules import days_to_come, findings_of
from .selection import Wanted
from .table_schema import PUBLISHED
from .tables import NOTHING, held_together, read_drafted

__all__ = ["PUBLISHED", "Chosen", "Registry", "published", "read_registry", "record_of", "relation"]


def published(
    topic: Wanted = None,
    *,
    country: Wanted = None,
    study: Wanted = None,
    item: Wanted = None,
    population: Wanted = None,
    mode: Wanted = None,
    provenance: Wanted = None,
    category: Wanted = None,
    since: str | int | None = None,
    disputed: bool | None = None,
) -> Registry:
    """Give the published figures that ship with topline, or those of them that meet some conditions.

    Where a condition is given several values, any of them will do: ``country=["DE", "GB"]``.

    Parameters
    ----------
    topic : str or sequence of str, optional
        e.g. ``"social_credit"``.
    country : str or sequence of str, optional
        ISO 3166 code, e.g. ``"CN"``: the country a figure is of, also where its study asked in several.
    study : str or sequence of str, optional
        e.g. ``"liu2022"``.
    item : str or sequence of str, optional
        e.g. ``"liu2022.travel"``.
    population : str or sequence of str, optional
        Words that must all occur in what is said of the people asked (population, frame, region), in any case and
        by their beginning, e.g. ``"urban adult"`` or ``"student"``.
    mode : str or sequence of str, optional
        ``"web"``, ``"face_to_face"``, ``"telephone"``, ``"paper"``, ``"mixed"`` or ``"unknown"``.
    provenance : str or sequence of str, optional
        How far the number was traced: ``"verified"``, ``"secondary"``, ``"recalled"`` or ``"as_quoted"``.
    category : str or sequence of str, optional
        Name of the answers counted, e.g. ``"support"`` or ``["support", "approve"]``.
    since : str or int, optional
        ISO date, which may be partial, e.g. ``"2020"``, ``2020`` or ``"2020-03"``: fieldwork ended then or later. A
        date known less exactly is compared as far as it is known. A study without field dates counts by when it was
        published; one without either is left out.
    disputed : bool, optional
        True: figures whose sources disagree, on the value or on whom or what it counts (``figure.conflicts``). False:
        the others.

    Returns
    -------
    Registry
        Figures that meet every condition, in file order. Its studies, items, scales, relations and claims are all
        there are.

    Raises
    ------
    UnknownNameError
        When the registry has no such topic, country, study, item, population, mode, grade or category.
    RegistryError
        When ``since`` is no date, or a condition names nothing or is no name.

    Notes
    -----
    A figure that nobody has seen in print (``recalled``, ``as_quoted``) is among them, with its ``badge``. Choose
    ``provenance="verified"`` where only figures seen at their publisher's will do.

    Examples
    --------
    >>> figure = published(topic="social_credit")["liu2022.travel"]
    >>> figure.value, figure.as_printed, figure.study.n_interviews, figure.study.modes
    (0.77, '77%', 1173, ('web',))
    >>> figure.item.wording_english
    'Restrict the travel of people with poor records'
    >>> sorted({figure.country for figure in published(study=["merics2020", "sinus2019"], since="2019").values()})
    ['CN', 'DE']
    """
    return _shipped().select(
        topic,
        country=country,
        study=study,
        item=item,
        population=population,
        mode=mode,
        provenance=provenance,
        category=category,
        since=since,
        disputed=disputed,
    )


def relation(one: str, other: str) -> Relation | None:
    """Say what two questions have in common: one of the bank and a published item, or two published items.

    Parameters
    ----------
    one, other : str
        e.g. ``"social_credit.restrict_travel"`` and ``"liu2022.travel"``, in either order.

    Returns
    -------
    Relation or None
        None when nobody has held the two side by side; nothing is then known of their comparability.

    Examples
    --------
    >>> relation("social_credit.restrict_travel", "liu2022.travel").relation
    'same_construct'
    >>> relation("social_credit.approval", "essay.support").relation
    'not_comparable'
    """
    return _shipped().relation(one, other)


def record_of(figures: object) -> Callable[[str, str], Relation | None]:
    """Give what says what two questions have in common: the registry that figures are from, else the shipped one.

    Parameters
    ----------
    figures : object
        A Registry, figures chosen from one, or anything else.
    """
    return figures.relation if isinstance(figures, Registry | Chosen) else relation


def read_registry(folder: Path | str, *, with_shipped: bool = False) -> Registry:
    """Read a team's own registry: the same tables, held against the same rules.

    Parameters
    ----------
    folder : path
        Holds study.csv, item.csv, scale.csv, estimate.csv, source.csv and comparison.csv, and claim.csv where there
        are claims, e.g. ``"my-study/figures"``.
    with_shipped : bool
        Whether the figures that ship with topline are wanted too. The tables may then name shipped studies, items and
        scales, may not take their names, and one without rows may be left away.

    Returns
    -------
    Registry
        The folder's figures; behind the shipped ones where those are wanted.

    Raises
    ------
    FileError
        When there is no such folder, or it holds none of the tables.
    RegistryError
        With everything that is wrong, each with table, line, rule, value and remedy.

    Examples
    --------
    >>> read_registry(PUBLISHED)["essay.support"].as_printed
    'about 70%'
    """
    beside = shipped_tables() if with_shipped else NOTHING
    tables, findings = checked_tables(Path(folder), beside)
    if findings:
        raise RegistryError("\n".join(map(str, findings)))
    return registry_of(beside.and_also(tables), f"shipped with topline and {folder}" if with_shipped else str(folder))


def checked_tables(folder: Path, beside: Tables = NOTHING) -> tuple[Tables, list[Finding]]:
    """Read the tables of a folder and hold them against every rule.

    Parameters
    ----------
    folder : Path
        Holds the tables.
    beside : Tables
        Rows they may refer to, which are sound.

    Returns
    -------
    tables : Tables
        The folder's rows that fit the schema.
    findings : list of Finding
        Everything that is wrong.
    """
    drafted = read_drafted(folder, beside, called=f"{folder.name}/" if beside.rows else "")
    held_together(drafted, beside)
    tables = drafted.sound()
    ahead = [] if folder == PUBLISHED else days_to_come(tables)
    return tables, findings_of(drafted, beside) + ahead


@cache
def shipped_tables() -> Tables:
    """Give the tables that ship with topline.

    Raises
    ------
    RegistryError
        With everything that is wrong in them.
    """
    tables, findings = checked_tables(PUBLISHED)
    if findings:
        raise RegistryError("\n".join(map(str, findings)))
    return tables


@cache
def _shipped() -> Registry:
    return registry_of(shipped_tables(), str(PUBLISHED))


def registry_of(tables: Tables, source: str) -> Registry:
    """Put sound tables together to a registry."""
    scales, studies = scales_in(tables), studies_in(tables)
    items = items_in(tables, scales)
    return Registry(
        figures_in(tables, items, studies), items, studies, scales, relations_in(tables), claims_in(tables), source
    )
