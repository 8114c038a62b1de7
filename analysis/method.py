"""How estimates were made, as plain values: what a result prints above and below its table, and JSON carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..data.codebook import Code, Study
from ..data.description import SIMULATED
from .categories import code_text, names_of

if TYPE_CHECKING:
    import pandas as pd

    from .design import Design
    from .linear import Request
    from .plan import Domains, Measure

INTERVALS = {
    "logit": "logit with t",
    "beta": "Korn-Graubard (beta)",
    "mean": "Wald with t",
    "t": "t",
}

LONE = {
    "fail": "none allowed",
    "centre": "centred at the grand mean",
    "certainty": "adding no variance",
    "average": "adding the average of the other strata",
}

SIMULATED_NOTE = f"{SIMULATED[0].upper()}{SIMULATED[1:]}."
"""What stands first under everything made from invented answers."""

RAKED = "raked on"
"""How a raking begins in words; a column of weights that was raked carries them in its label."""

KINDS = {
    "dont_know": "don't know",
    "refused": "refused",
    "not_asked": "not asked",
    "other": "other missing",
    "blank": "blank",
}


def method_of(
    design: Design,
    request: Request,
    within: Domains,
    measures: Sequence[Measure],
    table: pd.DataFrame,
    *,
    replacing: bool,
) -> dict[str, object]:
    """Give the method of a set of estimates as plain values, ready for JSON."""
    counted = design.weights > 0
    return {
        "estimand": request.estimand,
        "items": [
            _item(design.study, name, [one for one in measures if one.item == name]) for name in _items(measures)
        ],
        "by": list(within.by),
        "base": request.base,
        "base_text": _base_text(request),
        "simulated": simulated(design.study),
        "source": design.study.source,
        "title": design.study.codebook.title,
        "weight": design.weight,
        "weight_source": design.weight_source,
        "strata": list(names_of(design.strata)),
        "psu": list(names_of(design.psu)),
        "fpc": list(names_of(design.fpc)),
        "lone_psu": design.lone_psu,
        "variance": _variance_text(design),
        "interval": request.interval,
        "level": request.level,
        "df": design.df,
        "df_rule": "PSUs minus strata of the whole design",
        "deff_rule": "with replacement" if replacing else "without replacement",
        "n": int(counted.sum()),
        "weighted_n": float(design.weights.sum()),
        "zero_weights": int((~counted).sum()),
        "missing_keys": dict(within.missing),
        "raking": [step.document() for step in design.calibrations] or None,
        "footnotes": _footnotes(design, request, within, measures, table, replacing=replacing),
    }


def _items(measures: Sequence[Measure]) -> list[str]:
    return list(dict.fromkeys(measure.item for measure in measures))


def _item(study: Study, name: str, measures: Sequence[Measure]) -> dict[str, object]:
    variable = study.codebook[name]
    return {
        "item": name,
        "label": variable.label,
        "wording": dict(variable.wording),
        "n": len(measures[0].rows),
        "weighted_n": float(measures[0].weights.sum()),
        "missing": dict(measures[0].missing),
        "categories": [
            {"category": shown, "codes": [_plain(code) for code in codes]}
            for measure in measures
            for shown, codes in zip(measure.shown, measure.codes, strict=True)
            if shown is not None
        ],
    }


def _plain(code: Code) -> Code:
    return int(code) if isinstance(code, float) and code.is_integer() else code


def _base_text(request: Request) -> str:
    if request.base == "all":
        return "everybody asked, don't know and refused included"
    return "those with a substantive answer" if request.estimand == "proportion" else "those with a number"


def _variance_text(design: Design) -> str:
    stages = len(design.stages)
    named = max(1, len(names_of(design.psu)))
    if not design.fpc:
        rest = f"; of {named} stages of units only the first, as no fpc is given" if named > 1 else ""
        text = f"Taylor linearisation, with replacement{rest}"
    else:
        rest = "; later stages complete" if named > stages else ""
        text = f"Taylor linearisation, {stages} stage{'s' if stages > 1 else ''} without replacement{rest}"
    return text + ("; residuals on the raked margins" if design.calibrations else "")


def _footnotes(
    design: Design,
    request: Request,
    within: Domains,
    measures: Sequence[Measure],
    table: pd.DataFrame,
    *,
    replacing: bool,
) -> list[str]:
    missing = {name: next(one.missing for one in measures if one.item == name) for name in _items(measures)}
    notes = [SIMULATED_NOTE] if simulated(design.study) else []
    notes += [missing_note(name, kinds, len(design.weights)) for name, kinds in missing.items() if kinds]
    notes += [missing_key_note(key, count) for key, count in within.missing.items()]
    zero = int((design.weights <= 0).sum())
    notes += [zero_weights_note(zero)] if zero else []
    switched = int(table["switched"].sum())
    if switched:
        notes.append(
            f"{switched} {'interval is' if switched == 1 else 'intervals are'} Korn-Graubard (beta) instead of logit: "
            "the estimate is 0 or 1, or rests on fewer than two events."
        )
    lone = sum(len(stage.lone) for stage in design.stages)
    if lone:
        notes.append(f"{lone} {'stratum has' if lone == 1 else 'strata have'} a single PSU, {LONE[design.lone_psu]}.")
    if design.df < 1:
        notes.append("The design has no degrees of freedom, so there are no intervals.")
    notes += _collapse_notes(design.study, measures)
    if replacing and request.deff == "auto":
        notes.append("The weights do not count the population, so deff is against sampling with replacement.")
    elif not replacing and (table["weighted_n"] <= table["n"]).any():
        notes.append("deff is missing where the weights add up to no more than the respondents.")
    raked_before = raked_before_note(design)
    notes += [raked_before] if raked_before else []
    notes += [note for step in design.calibrations for note in step.notes]
    return notes


def simulated(study: Study) -> bool:
    """Say whether the answers are invented: their file carries the note.

    Examples
    --------
    >>> import pandas as pd
    >>> from ..data.codebook import study_of
    >>> simulated(study_of(pd.DataFrame({"trust": [1, 3]})))
    False
    """
    return any(SIMULATED in note for note in study.codebook.notes)


def raked_before_note(design: Design) -> str:
    """Say that errors do not know of the raking of a column of weights; empty where none is on record."""
    if design.weight is None:
        return ""
    said = (design.study.codebook[design.weight].label, *_notes_on(design.study, design.weight))
    raking = next((text[text.index(RAKED) :].partition(";")[0].rstrip(". ") for text in said if RAKED in text), "")
    if not raking:
        return ""
    return (
        f"The weights in column {design.weight} are {raking}, and errors treat them as fixed. "
        "From the study folder, or raked here, errors carry the raking."
    )


def _notes_on(study: Study, name: str) -> list[str]:
    return [note for note in study.codebook.notes if name in note.split()]


def missing_note(item: str, missing: Mapping[str, int], rows: int) -> str:
    """Say how many rows an item's base leaves out, and why."""
    kinds, out = ", ".join(f"{KINDS[kind]} {count:,}" for kind, count in missing.items()), sum(missing.values())
    return f"{item}: {out:,} of {rows:,} rows {'is' if out == 1 else 'are'} not in the base ({kinds})."


def missing_key_note(key: str, rows: int) -> str:
    """Say how many rows belong to no group.

    Examples
    --------
    >>> missing_key_note("sex", 1)
    '1 row has no value of sex and is in no group.'
    """
    return f"{counted(rows, 'row has', 'rows have')} no value of {key} and {'is' if rows == 1 else 'are'} in no group."


def zero_weights_note(rows: int) -> str:
    """Say how many rows have no weight."""
    effect = "it counts as sampled and adds" if rows == 1 else "they count as sampled and add"
    return f"{counted(rows, 'row has', 'rows have')} a weight of zero: {effect} nothing."


def counted(count: int, one: str, several: str) -> str:
    """Write a count with its word.

    Examples
    --------
    >>> counted(1, "row", "rows"), counted(1200, "row", "rows")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {one if count == 1 else several}"


def _collapse_notes(study: Study, measures: Sequence[Measure]) -> list[str]:
    """Say which codes a collapse counts, and that it is not the answer of the same name."""
    notes = []
    for measure in measures:
        variable = study.codebook[measure.item]
        for shown, codes in zip(measure.shown, measure.codes, strict=True):
            if len(codes) > 1 or shown in variable.collapse:
                labels = [variable.labels.get(code) or code_text(code) for code in codes]
                notes.append(f"{measure.item}: '{shown}' counts {', '.join(labels)}.")
    return notes
