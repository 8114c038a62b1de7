"""A new estimate put on the terms of a published figure: the same answers counted, over the same base.

The base alone moves support by 9 to 16 points in real surveys, more than any test is about. So where the figure's terms
are known and the data allow it, the estimate is made again on them; where not, the pair says so or is refused.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from ...data.codebook import Code, MissingKind, Study, Variable, code_of
from ..estimation.estimate import mean, proportion
from ..gating.reason import Reason
from ..sampling.categories import code_text
from ..sampling.design import Design
from .together import Place

if TYPE_CHECKING:
    from ...data.registry.figure import Figure
    from ..estimation.estimates import Estimates

Base = Literal["substantive", "all"]
Record = Mapping[str, Any]

BASE_OF: Mapping[str, Base] = {"all": "all", "excluding_dont_know": "substantive", "excluding_neutral": "substantive"}

BASE_WORDS = {
    "all": "everyone asked, don't know included",
    "substantive": "those who gave an answer",
    "excluding_dont_know": "those who gave an answer",
    "excluding_neutral": "those who took a side, the middle answer left out",
}

STATISTIC_WORDS = {
    "share": "a share of answers",
    "mean": "a mean",
    "difference": "a difference",
    "relative_change": "a relative change",
    "ratio": "a ratio",
    "index": "an index",
    "total": "a total",
}

GIVE_SCALE = "scale: in the questionnaire, or Variable(scale=...) in the codebook"
SEE_SCALE = "enter the published scale in scale.csv, once it has been seen"
SEE_ANSWERS = "enter category_set in estimate.csv, once a source states it"
OTHER_SCALE = "none for this wave: ask on the published scale in the next one"


@dataclass(frozen=True)
class OnTerms:
    """New estimates of one item on a figure's terms.

    Attributes
    ----------
    rows : tuple of mapping
        With the columns of ``Estimates.to_frame()``, one for each group.
    statistic : str
        ``"share"`` or ``"mean"``.
    base : str
        ``"substantive"``, ``"all"`` or ``"excluding_neutral"``.
    codes : tuple of code
        The answers counted; empty for a mean, or when not known.
    reasons : tuple of Reason
        What was repaired, and what could not be.
    """

    rows: tuple[Record, ...]
    statistic: str
    base: str
    codes: tuple[Code, ...]
    reasons: tuple[Reason, ...]


def on_terms(estimates: Estimates, item: str, figure: Figure, level: float, *, on_word: bool = False) -> OnTerms:
    """Put the estimates of one item on a figure's terms.

    Parameters
    ----------
    estimates : Estimates
        From :func:`proportion` or :func:`mean`.
    item : str
        One of its items.
    figure : Figure
        The published figure.
    level : float
        Level of the intervals.
    on_word : bool
        Whether the figure's base is the user's word.
    """
    statistic = statistic_of(estimates)
    if statistic != figure.statistic:
        words = (
            f"The new result is {STATISTIC_WORDS[statistic]}, the published value {STATISTIC_WORDS[figure.statistic]}"
        )
        verb = {"mean": "a mean too: mean(...)", "share": "a share too: proportion(...)"}.get(figure.statistic, "")
        repair = f"estimate the new one as {verb}" if verb else "none: look for a published share or mean"
        return refused(estimates, item, statistic, Reason("kind", "forbids", f"{words}.", repair))
    if statistic == "mean":
        terms = mean_on_terms(estimates, item, figure, level)
    else:
        terms = share_on_terms(estimates, item, figure, level)
    return on_that_word(terms, figure) if on_word else terms


def on_that_word(terms: OnTerms, figure: Figure) -> OnTerms:
    """Say of the base that it is the user's word, whether or not the estimate had to be made again for it."""
    words = f"repaired: the published base is taken to be {BASE_WORDS[figure.base]}, on your word."
    others = tuple(each for each in terms.reasons if (each.topic, each.effect) != ("base", "repaired"))
    return replace(terms, reasons=(*others, Reason("base", "repaired", words)))


def statistic_of(estimates: Estimates) -> str:
    """Say whether estimates are shares, means, or something else by its own name."""
    estimand = str(estimates.method["estimand"])
    return "share" if estimand == "proportion" else estimand


def own_rows(estimates: Estimates, item: str) -> list[Record]:
    """Give the rows of one item as plain values, each with its ``codes`` counted and its ``place`` among estimates."""
    rows = enumerate(zip(estimates.document()["rows"], estimates.category_codes, strict=True))
    return [
        {**row, "codes": tuple(sorted(codes, key=code_text)), "place": Place(estimates, at)}
        for at, (row, codes) in rows
        if row["item"] == item
    ]


def refused(estimates: Estimates, item: str, statistic: str, reason: Reason) -> OnTerms:
    """Give the estimates as they stand, with the reason why they cannot be put on the figure's terms."""
    rows = own_rows(estimates, item)
    single = len({row["codes"] for row in rows}) == 1
    shown: list[Record] = rows if single else [{"item": item, "codes": ()}]
    return OnTerms(tuple(shown), statistic, base_of(estimates), shown[0]["codes"], (reason,))


def base_of(estimates: Estimates) -> Base:
    """Give the base the estimates were made on."""
    return "all" if estimates.method.get("base") == "all" else "substantive"


def mean_on_terms(estimates: Estimates, item: str, figure: Figure, level: float) -> OnTerms:
    """Check that two means are of the same scale; a mean has nothing else to repair."""
    scale, own = figure.item.scale, estimates.design.study.codebook[item].scale
    if scale is None:
        reason = Reason("answers", "forbids", "The scale of the published mean is not known.", SEE_SCALE)
        return refused(estimates, item, "mean", reason)
    if own and own != scale.scale_id:
        words = f"The scales differ: new '{own}', published '{scale.scale_id}'; means of different scales say nothing."
        return refused(estimates, item, "mean", Reason("answers", "forbids", words, OTHER_SCALE))
    rows = own_rows(estimates, item)
    low, high = scale.ends
    if any(not low <= row["estimate"] <= high for row in rows):
        words = f"The new mean lies outside the published scale of {low:g} to {high:g}."
        return refused(estimates, item, "mean", Reason("answers", "forbids", words, OTHER_SCALE))
    unrecorded = "The answer scale of the new question is not recorded."
    reasons = () if own else (Reason("answers", "qualifies", unrecorded, GIVE_SCALE),)
    if level != estimates.method.get("level"):
        rows = own_rows(mean(estimates.design, item, by=estimates.by or None, level=level), item)
    return OnTerms(tuple(rows), "mean", "substantive", (), reasons)


def share_on_terms(estimates: Estimates, item: str, figure: Figure, level: float) -> OnTerms:
    """Count the figure's answers over the figure's base."""
    variable = estimates.design.study.codebook[item]
    codes, reasons = answers_wanted(estimates, variable, figure)
    if codes is None:
        return refused(estimates, item, "share", reasons[-1])
    wanted = BASE_OF.get(figure.base)
    base = wanted or base_of(estimates)
    neutral = neutral_codes(figure) if figure.base == "excluding_neutral" else ()
    if figure.base == "excluding_neutral" and (neutral is None or variable.scale == ""):
        words = (
            "The published base leaves the middle answer out, and which answer that is in the new data is not recorded."
        )
        return refused(estimates, item, "share", Reason("base", "forbids", words, GIVE_SCALE))
    lost = not_held(estimates, variable, figure, codes, neutral or (), base)
    if lost is not None:
        return refused(estimates, item, "share", lost)
    rows = [row for row in own_rows(estimates, item) if row["codes"] == codes]
    if not rows and chosen_answers(estimates, item):
        words = f"repaired: recomputed for the published answers ({labels_of(variable, codes)})."
        reasons.append(Reason("answers", "repaired", words))
    if neutral or base != base_of(estimates):
        reasons.append(
            Reason("base", "repaired", f"repaired: recomputed over {BASE_WORDS[figure.base]}, as published.")
        )
    if not rows or neutral or base != base_of(estimates) or level != estimates.method.get("level"):
        rows = again(estimates, item, name_of(variable, codes, figure), codes, base, neutral or (), level)
    return OnTerms(tuple(rows), "share", figure.base if neutral else base, codes, tuple(reasons))


def not_held(
    estimates: Estimates, variable: Variable, figure: Figure, codes: Sequence[Code], neutral: Sequence[Code], base: Base
) -> Reason | None:
    """Say which of the answers counted the new data cannot hold over that base; None where they can hold all."""
    kinds = {code: variable.missing_kind(code) for code in codes}
    counted = (None, MissingKind.DONT_KNOW, MissingKind.REFUSED) if base == "all" else (None,)
    left_out = [code for code in codes if code in neutral or kinds[code] not in counted]
    if left_out:
        words = f"'{figure.category}' counts {labels_of(variable, left_out)}, which is not in the base"
        repair = 'base="all"' if figure.base == "unknown" else "see the source, and correct base in estimate.csv by it"
        return Reason("base", "forbids", f"The published {words}.", repair)
    column = estimates.design.study.column(variable.name)
    offered = {code for code in variable.labels if variable.missing_kind(code) is None}
    absent = [code for code in codes if code not in offered and not (column == code).any()]
    if not absent:
        return None
    words = f"'{figure.category}' counts answers that '{variable.name}' does not hold: {labels_of(variable, absent)}."
    return Reason("answers", "forbids", f"The published {words}", "give every answer a label in the codebook")


def chosen_answers(estimates: Estimates, item: str) -> bool:
    """Say whether the estimate is of answers the user chose, rather than of every answer."""
    return len({row["codes"] for row in own_rows(estimates, item)}) == 1


def answers_wanted(
    estimates: Estimates, variable: Variable, figure: Figure
) -> tuple[tuple[Code, ...] | None, list[Reason]]:
    """Give the codes of the new variable that the figure counts; None, with the reason, when that cannot be said."""
    scale = figure.item.scale
    if scale is not None and variable.scale and variable.scale != scale.scale_id:
        words = f"The answer scales differ: new '{variable.scale}', published '{scale.scale_id}'."
        return None, [Reason("answers", "forbids", words, OTHER_SCALE)]
    if scale is not None and variable.scale and figure.category_set:
        return in_order(figure.category_set), []
    missing, record = unrecorded_answers(variable, figure)
    unrecorded = f"{missing} not recorded"
    named = codes_of(variable, figure.category)
    if named is not None:
        words = f"{unrecorded}; '{figure.category}' was matched by name only."
        return named, [Reason("answers", "qualifies", words, record)]
    put = {row["codes"]: row["category"] for row in own_rows(estimates, variable.name)}
    if len(put) == 1:
        ((named, category),) = put.items()
        words = f"You put '{category}' in the place of '{figure.category}'; {unrecorded[0].lower()}{unrecorded[1:]}."
        return named, [Reason("unchecked", "qualifies", words, record)]
    words = f"Which answers of '{variable.name}' the published '{figure.category}' stands for is not known."
    return None, [Reason("answers", "forbids", words, record)]


def unrecorded_answers(variable: Variable, figure: Figure) -> tuple[str, str]:
    """Say what of the answers is missing from the record, so that codes cannot be compared, and what repairs it."""
    if not variable.scale:
        return "The answer scale of the new question is", GIVE_SCALE
    if figure.item.scale is None:
        return "The answer scale of the published question is", SEE_SCALE
    return "The answers that the published value counts are", SEE_ANSWERS


def codes_of(variable: Variable, category: object) -> tuple[Code, ...] | None:
    """Give the codes a category counts: the name of a collapse, a value label, or a code.

    Examples
    --------
    >>> travel = Variable("travel", labels={5.0: "Strongly support"}, collapse={"support": (4.0, 5.0)})
    >>> codes_of(travel, "support"), codes_of(travel, "Strongly support"), codes_of(travel, 3), codes_of(travel, "n")
    ((4.0, 5.0), (5.0,), (3.0,), None)
    """
    if category is None:
        return None
    text = code_text(category)
    if text in variable.collapse:
        return in_order(variable.collapse[text])
    named = [code_of(code) for code, label in variable.labels.items() if text in (label, code_text(code))]
    if named:
        # a label that several codes carry names none of them
        return (named[0],) if len(named) == 1 else None
    if isinstance(category, int | float):
        return (float(category),)
    return None


def in_order(codes: Iterable[Code]) -> tuple[Code, ...]:
    """Give codes in one order, however they were listed."""
    return tuple(sorted((code_of(code) for code in codes), key=code_text))


def neutral_codes(figure: Figure) -> tuple[Code, ...] | None:
    """Give the codes of the middle answers of the figure's scale; None when the scale is not known."""
    if figure.item.scale is None:
        return None
    found = tuple(option.code for option in figure.item.scale.substantive if option.valence == 0)
    return found or None


def labels_of(variable: Variable, codes: Sequence[Code]) -> str:
    """Name answers by their labels."""
    return ", ".join(variable.labels.get(code) or code_text(code) for code in codes)


def name_of(variable: Variable, codes: Sequence[Code], figure: Figure) -> str:
    """Name a set of answers as the codebook does, else as the figure does."""
    for name, members in variable.collapse.items():
        if in_order(members) == in_order(codes):
            return name
    return figure.category or labels_of(variable, codes)


def again(
    estimates: Estimates,
    item: str,
    name: str,
    codes: Sequence[Code],
    base: Base,
    left_out: Sequence[Code],
    level: float,
) -> list[Record]:
    """Estimate again with other answers or another base, everything else as it was."""
    design = without_answers(estimates.design, item, left_out) if left_out else estimates.design
    interval = cast(Any, estimates.method.get("interval", "logit"))
    made = proportion(
        design, item, category={name: codes}, by=estimates.by or None, base=base, interval=interval, level=level
    )
    return own_rows(made, item)


def without_answers(design: Design, item: str, codes: Sequence[Code]) -> Design:
    """Give the same design over a study in which some answers count as missing."""
    study = design.study
    variable = study.codebook[item]
    missing = {**variable.missing, **dict.fromkeys(codes, MissingKind.OTHER)}
    other = copy.copy(design)
    codebook = study.codebook.with_variable(replace(variable, missing=missing))
    object.__setattr__(other, "study", Study(study.frame, codebook, study.source))
    return other
