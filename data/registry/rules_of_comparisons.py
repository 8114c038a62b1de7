"""What must be true of questions held side by side, and of statements that were traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import did_you_mean
from .rows import Breach, Row, Tables

NOT_PEOPLE = {"expert_index": "index", "administrative": "record"}
"""Kinds of study that ask nobody, with the topic that says so."""

SAME = ("same_wording", "same_construct")
"""Relations of questions whose answers may be subtracted."""

WORD_FOR_WORD = ("verbatim", "own_translation")
"""Wordings known as they were asked."""


def equal_wording_is_known_wording(tables: Tables) -> Iterator[Breach]:
    """Two questions have the same wording only where every published one is known word for word."""
    for row in tables["comparison"]:
        for column in ("item_id", "other_id") if row.text("relation") == "same_wording" else ():
            item = tables.items.get(row.text(column))
            status = item.text("translation_status") if item else ""
            if status not in ("", *WORD_FOR_WORD):
                named = f" of {row.text(column)}" if column == "other_id" else ""
                yield (
                    row,
                    f"the relation is same_wording, but the published wording{named} is {status}; set same_construct.",
                )


def indices_and_records_are_like_no_question(tables: Tables) -> Iterator[Breach]:
    """An expert index or a record is never on record as the same as something that people were asked."""
    for row in tables["comparison"]:
        for column in ("item_id", "other_id") if row.text("relation") in SAME else ():
            item = tables.items.get(row.text(column))
            if item and item.text("topic") in NOT_PEOPLE.values():
                topic, relation = item.text("topic"), row.text("relation")
                a = "an" if topic == "index" else "a"
                yield row, f"the relation is {relation}, but {row.text(column)} is {a} {topic}; set not_comparable."


def a_pair_is_of_two_questions(tables: Tables) -> Iterator[Breach]:
    """A published item stands beside a question of the bank or another published item, once."""
    seen: dict[frozenset[str], Row] = {}
    for row in tables["comparison"]:
        other, item = row.text("other_id"), row.text("item_id")
        if other == item:
            yield row, f"'{other}' stands beside itself; name the question it was held beside."
        elif other.split(".")[0] in tables.studies and other not in tables.items:
            near = did_you_mean(other, tables.items)
            yield row, f"other_id '{other}' is no item of study '{other.split('.')[0]}'.{near}"
        earlier = seen.setdefault(frozenset((other, item)), row)
        if earlier is not row and earlier.text("item_id") != item:
            yield row, f"the pair stands already on line {earlier.line}, the other way round; keep one."


def a_claim_has_a_name_and_figures_of_its_own(tables: Tables) -> Iterator[Breach]:
    """The figures a statement should have been are in the registry, and its name is nobody else's."""
    for row in tables["claim"]:
        name = row.text("claim_id")
        taken = next((kind for kind, known in _named(tables).items() if name in known), "")
        if taken:
            yield row, f"'{name}' is the name of {taken}; give the claim another."
        if name.split(".")[0] != row.text("study_id"):
            yield row, f"is a claim of '{row.text('study_id')}'; its id must start with '{row.text('study_id')}.'."
        for figure in row.parts("figures"):
            if figure not in tables.figures:
                yield (
                    row,
                    f"figures names '{figure}', which is not in estimate.csv.{did_you_mean(figure, tables.figures)}",
                )


def _named(tables: Tables) -> dict[str, Mapping[str, Row]]:
    return {"a figure": tables.figures, "an item": tables.items}


FOUND = (
    "confirmed",
    "not_this_value",
    "documents_read_as_people",
    "index_called_poll",
    "series_had_ended",
    "inverted_scale",
)
"""Verdicts that say where a statement comes from."""


def a_verdict_rests_on_what_was_found(tables: Tables) -> Iterator[Breach]:
    """Who says that a statement is right, or what it is instead, has seen more than the statement."""
    for row in tables["claim"]:
        verdict, grade = row.text("verdict"), row.text("provenance")
        if verdict in FOUND and grade == "as_quoted":
            yield (
                row,
                f"the verdict is {verdict}, but provenance is as_quoted; say how the finding is known, or not_located.",
            )
        if row.text("finding").strip(" .").casefold() == verdict.replace("_", " "):
            yield row, f"finding only repeats the verdict {verdict}; say in a sentence what was found, and where."


def who_looked_stands_beside_when(tables: Tables) -> Iterator[Breach]:
    """A day on which somebody looked has a name beside it, and a name its day: nobody vouches anonymously."""
    for table, who, when in (("source", "checked_by", "checked_on"), ("comparison", "reviewer", "reviewed_on")):
        for row in tables[table]:
            if bool(row.text(who)) != bool(row.text(when)):
                given, absent = (who, when) if row.text(who) else (when, who)
                yield row, f"{given} is {row.text(given)}, but {absent} is empty; give both, or neither."
