"""What is known of a question, a study and a figure, fact by fact, in words for a sheet."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from ..printing import line_width
from .figure import HELD, Figure, Item, PublishedStudy, Source, in_conflict
from .listing import graded
from .registry import Registry

Facts = Iterator[tuple[str, str]]
"""Labels with what is known; empty where nothing is."""


def laid_out(facts: Iterable[tuple[str, str]]) -> str:
    """Set labels and what is known beside each other, folded; what is not known is left out.

    Examples
    --------
    >>> print(laid_out([("figure", "liu2022.travel"), ("note", ""), ("n", "1,173")]))
    figure  liu2022.travel
    n       1,173
    """
    known = [(name, text) for name, text in facts if text]
    widest = max(len(name) for name, _ in known)
    return "\n".join(_folded(f"{name:<{widest}}  ", text) for name, text in known)


def _folded(label: str, text: str) -> str:
    indent = " " * len(label)
    return textwrap.fill(
        text,
        line_width(),
        initial_indent=label,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def of_item(item: Item, counted: tuple[float, ...] = ()) -> Facts:
    """Give what is known of a question and its answers."""
    status = item.translation_status.replace("_", " ")
    yield "question", f"{item.wording_english} [{status}]" if item.wording_english else ""
    unread = "" if item.wording_english else f"; {status}"
    yield "original", f"{item.wording_original} [{item.original_language}{unread}]" if item.wording_original else ""
    yield "introduction", item.preamble
    yield "about", f"{item.topic.replace('_', ' ')}: {item.construct.replace('_', ' ')}"
    yield "battery", item.battery.replace("_", " ")
    yield "answers", _answers(item, counted)
    yield "several", "a respondent may name more than one" if item.answers == "several" else ""
    yield "asked of", item.base_rule
    yield "order", f"{item.order} order" if item.order in ("fixed", "random") else item.order
    yield "of the question", item.note


def _answers(item: Item, counted: tuple[float, ...]) -> str:
    if item.scale is None:
        return "not known"
    marked = [f"[{option.label}]" if option.code in counted else option.label for option in item.scale.options]
    assumed = ["the labels are partly assumed"] if any(option.assumed for option in item.scale.options) else []
    notes = [*(["counted in brackets"] if counted else []), *assumed]
    return " · ".join(marked) + (f"   ({'; '.join(notes)})" if notes else "")


def counted(figure: Figure) -> str:
    """Say which answers the figure puts together, and how that is known."""
    if figure.statistic != "share":
        unit = {"index": f"an index; {figure.direction.replace('_', ' ')}"}.get(figure.statistic, figure.statistic)
        return unit.replace("_", " ")
    how = f" ({figure.collapse_status})" if figure.collapse_status else ""
    scale = figure.item.scale
    if scale is None or not figure.category_set:
        return f"{figure.category}; which answers that is, is not known" + how
    labels = [option.label for option in scale.options if option.code in figure.category_set]
    return f"{figure.category} = {' + '.join(labels)}{how}"


def base_in_words(figure: Figure) -> str:
    """Say what became of don't know and of the middle answer."""
    return {
        "all": "everyone asked, don't know included",
        "excluding_dont_know": "without don't know",
        "excluding_neutral": "without the middle answer",
        "unknown": "unknown whether don't know was counted",
    }.get(figure.base, figure.base)


def number_of_interviews(figure: Figure) -> str:
    """Give the interviews a figure rests on, and how that number is known."""
    if figure.n is None:
        return "not known"
    own = figure.n != figure.study.n_interviews
    return f"{figure.n:,}" + ("" if own else held(figure.study.n_provenance))


def held(grade: str) -> str:
    """Say in brackets how a study's number is known."""
    return f" ({HELD.get(grade, grade)})"


def error_as_published(figure: Figure) -> Facts:
    """Give the interval and the margin of error that were published, or say why there is none."""
    if figure.lower is not None and figure.upper is not None:
        scale = 100 if figure.statistic in ("share", "difference", "relative_change") else 1
        yield "interval", f"{scale * figure.lower:g} to {scale * figure.upper:g}, as published"
    known = figure.moe is not None or figure.moe_basis == "none_nonprobability"
    yield "margin", margin(figure.study) if known else ""


def margin(study: PublishedStudy) -> str:
    """Give a study's margin of error with where it comes from, or say why there is none."""
    how = {
        "pollster_stated": "as the pollster states",
        "srs_computed": "computed as for a simple random sample",
        "model_based": "from a model; the sample was not drawn at random",
    }
    if study.moe is None:
        return "none: the sample was not drawn at random" if study.moe_basis == "none_nonprobability" else ""
    stated = f"±{100 * study.moe:g} points at {100 * study.moe_level:g}%, {how.get(study.moe_basis, study.moe_basis)}"
    return stated + (held(study.moe_provenance) if study.moe_provenance else "")


def of_study(study: PublishedStudy) -> Facts:
    """Give who was asked, how and when."""
    yield "study", f"{study.title} ({study.sponsor})" if study.sponsor else study.title
    yield "fieldwork", study.fieldwork_firm
    where = [part for part in (study.population, study.country, study.region) if part]
    yield "population", ", ".join(where) or "not known"
    yield "sample", study.sample_type.replace("_", " ")
    yield "frame", study.frame
    yield "mode", ", ".join(study.modes).replace("_", " ")
    days = " to ".join(dict.fromkeys(day for day in (study.field_start, study.field_end) if day))
    yield "dates", f"{days}{held(study.dates_provenance)}" if days else "not known"
    yield "published", study.published_on
    yield "series ended", study.ended
    yield "languages", ", ".join(study.languages)


def sighting(source: Source) -> str:
    """Give a source with its words, its grade, and who looked last."""
    where = f", {source.locator}" if source.locator else ""
    looked = f"; checked by {source.checked_by} on {source.checked_on}" if source.checked_by else ""
    quoted = f": '{source.quoted}'" if source.quoted else ""
    kind = {"primary": "the study's own publication", "release": "its publisher's release"}.get(
        source.kind, "a third party"
    )
    grade = f"{source.provenance.replace('_', ' ')}; {kind}{looked}"
    address = f" {source.url}" if source.url else ""
    return f"{source.citation.rstrip('.')}{where}{quoted} ({grade}){address}{' ' + source.note if source.note else ''}"


def side_by_side(figure: Figure) -> Facts:
    """Set every source that has a value beside the others, where they disagree."""
    if not figure.conflicts:
        return
    yield "in conflict", f"{figure.as_printed} is kept here"
    for source in figure.conflicts:
        yield "in conflict", in_conflict(source)


def related(item: Item, registry: Registry) -> Facts:
    """Give what a question has been held beside, and with what verdict."""
    for found in relations_of(item, registry):
        yield "related", f"{found['other']}: {found['relation'].replace('_', ' ')}; {found['reason']}"


def relations_of(item: Item, registry: Registry) -> list[dict[str, str]]:
    """Give what a question has been held beside, as plain values."""
    pairs = [one for one in registry.relations if item.item_id in (one.item_id, one.other_id)]
    return [
        {
            "other": one.other_id if one.item_id == item.item_id else one.item_id,
            "relation": one.relation,
            "reason": one.reason,
        }
        for one in pairs
    ]


def in_short(figure: Figure) -> str:
    """Give a figure in one line, with its grade."""
    part = "" if figure.subgroup == "all" else f", {figure.subgroup}"
    return f"{figure.figure_id}: {figure.as_printed} ({figure.category}{part}; {graded(figure)})"
