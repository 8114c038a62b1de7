"""What must be true of a question and of the answers it offers."""

from __future__ import annotations

from collections.abc import Iterator

from .rows import Breach, Row, Tables


def the_wording_is_given(tables: Tables) -> Iterator[Breach]:
    """Every item has its wording, or says that only a label is known."""
    for row in tables["item"]:
        status, english = row.text("translation_status"), row.text("wording_english")
        original, language = row.text("wording_original"), row.text("original_language")
        if status != "label_only" and not (english or original):
            yield row, f"has no wording, but translation_status is {status}; give the wording or set label_only."
        if status == "verbatim" and not (original or language == "en"):
            yield (
                row,
                f"is called verbatim, but wording_original ({language}) is empty; give it, or set partly_verbatim.",
            )
        if status == "own_translation" and not (original and english):
            yield row, "is called own_translation; give both wording_original and wording_english, or set paraphrase."


def answers_of_a_scale_are_told_apart(tables: Tables) -> Iterator[Breach]:
    """No two answers of a scale have the same words."""
    for options in tables.scales.values():
        first: dict[str, Row] = {}
        for option in options:
            label = " ".join(option.text("label").casefold().split())
            earlier = first.setdefault(label, option)
            if earlier is not option:
                yield (
                    option,
                    f"label '{option.text('label')}' is that of code {earlier.text('code')} too; correct one of them.",
                )


def a_scale_says_which_answers_count(tables: Tables) -> Iterator[Breach]:
    """Every answer has a direction, and what is no answer has none."""
    for options in tables.scales.values():
        answers = [option for option in options if option.text("kind") == "substantive"]
        if len(answers) < 2:
            number = f"{len(answers)} substantive option{'' if len(answers) == 1 else 's'}"
            yield options[0], f"has {number}; a scale needs two or more."
        for option in options:
            substantive, directed = option.text("kind") == "substantive", bool(option.text("valence"))
            if substantive != directed:
                remedy = "give -1, 0 or 1" if substantive else "leave it empty"
                yield option, f"valence is '{option.text('valence')}' for kind {option.text('kind')}; {remedy}."
