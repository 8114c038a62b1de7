"""How estimates were made, as plain values: what a result prints above and below its table, and JSON carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...data.codebook import Code, Study
from ...data.description import SIMULATED
from ..sampling.categories import categories, code_text, names_of
from ..sampling.weight_notes import notes_on
from .weight_column import weighted_before_note

if TYPE_CHECKING:
    import pandas as pd

    from ..sampling.design import Design
    from .linear import Request
    from .measure import Measure
    from .plan import Domains

INTERVALS = {
    "logit": "logit with t",
    "xlogit": "logit with t",
    "beta": "Korn-Graubard (beta)",
    "wilson": "Wilson at the effective sample size with t",
    "asin": "arcsine square root with t",
    "likelihood": "scaled likelihood ratio with t",
    "mean": "Wald with t",
    "t": "t",
    "alpha": "t of log(1 - alpha), of Fisher's z for correlations",
}

LONE = {
    "fail": "none allowed",
    "centre": "centred at the grand mean",
    "certainty": "adding no variance",
    "collapse": "joined with the stratum beside it",
    "average": "adding the average of the other strata",
}

ONE_RESPONDENT = "on one respondent"
"""In the footnotes that count estimates of single people; they stay out of published results."""

IGNORING = ", and the interval does not know of the clustering"

DF_RULES = {
    "design": "PSUs minus strata of the whole design",
    "domain": "PSUs minus strata of each base",
}

REPLICATE_DF = "of the replicate weights"

SIMULATED_NOTE = f"{SIMULATED[0].upper()}{SIMULATED[1:]}."
"""What stands first under everything made from invented answers."""

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
    return {
        "estimand": request.estimand,
        "items": [
            _item(design.study, name, [one for one in measures if one.item == name]) for name in _items(measures)
        ],
        "by": list(within.by),
        "base": request.base,
        "base_text": with_subpopulation(_base_text(request), design),
        **design_method(design),
        "interval": request.interval,
        "level": request.level,
        "df_rule": df_rule(design, request.df),
        "df_used": df_used(table["df"]),
        "deff_rule": "with replacement" if replacing else "without replacement",
        "missing_keys": dict(within.missing),
        "footnotes": _footnotes(design, request, within, measures, table, replacing=replacing),
    }


def df_rule(design: Design, df: str) -> str:
    """Say whose degrees of freedom intervals have."""
    if design.replication is None:
        return DF_RULES[df]
    return REPLICATE_DF if df == "design" else f"{REPLICATE_DF}, of each base"


def df_used(df: pd.Series) -> list[int]:
    """Give the smallest and the largest number of degrees of freedom used, or the one."""
    return sorted({int(df.min()), int(df.max())})


def design_method(design: Design) -> dict[str, object]:
    """Give what every result says of its design, as plain values, ready for JSON.

    Examples
    --------
    >>> import pandas as pd
    >>> from ..sampling.design import Design
    >>> design_method(Design(pd.DataFrame({"trust": [1, 3]})))["variance"]
    'Taylor linearisation, with replacement'
    """
    here = (design.weights > 0) & design.inside
    return {
        "simulated": simulated(design.study),
        "source": design.study.source,
        "title": design.study.codebook.title,
        "subpopulation": design.subpopulation.text if design.subpopulation else None,
        "weight": design.weight,
        "weight_source": design.weight_source,
        "strata": list(names_of(design.strata)),
        "psu": list(names_of(design.psu)),
        "fpc": list(names_of(design.fpc)),
        "lone_psu": design.lone_psu,
        "variance": _variance_text(design),
        "df": design.df,
        "df_rule": df_rule(design, "design"),
        "n": int(here.sum()),
        "weighted_n": float(design.weights[design.inside].sum()),
        "zero_weights": _zero_weights(design),
        "weighting": [step.document() for step in design.steps] or None,
        "weight_notes": notes_on(design.study.codebook, design.weight) or None,
    }


def design_footnotes(design: Design) -> list[str]:
    """Give what a reader of any result must know of its design: first that answers are simulated, where they are."""
    notes = [SIMULATED_NOTE] if simulated(design.study) else []
    zero = _zero_weights(design)
    notes += [zero_weights_note(zero)] if zero else []
    if design.replication is None:
        lone = sum(len(stage.lone) for stage in design.stages)
        if lone and design.joint is None:
            rule = LONE[design.lone_psu]
            notes.append(f"{counted(lone, 'stratum has', 'strata have')} a single PSU, {rule}.")
        notes += (
            [f"Strata of a single PSU are joined: {'; '.join(design.joined_strata)}."] if design.joined_strata else []
        )
        notes += _shared_ids_note(design)
    else:
        notes += design.replication.notes
    if design.df < 1:
        notes.append("The design has no degrees of freedom, so there are no intervals.")
    weighted_before = weighted_before_note(design)
    notes += [weighted_before] if weighted_before else []
    notes += notes_on(design.study.codebook, design.weight)
    return notes + [note for step in design.steps for note in step.notes]


def _zero_weights(design: Design) -> int:
    """Count rows of no weight, but not those that a step of weighting took out and counts itself."""
    return int(((design.weights <= 0) & ~design.taken_out).sum())


def _shared_ids_note(design: Design) -> list[str]:
    """Say so when a few ids of PSUs occur in several strata, which is then more likely an error than a numbering."""
    names = names_of(design.psu)
    if not names or not names_of(design.strata):
        return []
    first = design.stages[0]
    ids = categories(design.study, names[0])
    row = np.zeros(len(first.stratum), dtype=np.int64)
    row[first.unit] = np.arange(len(first.unit))
    units = np.bincount(ids.positions[row], minlength=len(ids.values))
    shared = int((units > 1).sum())
    if not shared or 2 * shared > (units > 0).sum():
        return []
    return [
        f"{counted(shared, 'id', 'ids')} of {names[0]} {'occurs' if shared == 1 else 'occur'} in several strata and "
        f"{'counts as a different PSU' if shared == 1 else 'count as different PSUs'} in each."
    ]


def _items(measures: Sequence[Measure]) -> list[str]:
    return list(dict.fromkeys(measure.item for measure in measures))


def _item(study: Study, name: str, measures: Sequence[Measure]) -> dict[str, object]:
    variables = [study.codebook[column] for column in measures[0].columns]
    return {
        "item": name,
        "label": " / ".join(variable.label or variable.name for variable in variables)
        if len(variables) > 1
        else variables[0].label,
        "wording": dict(variables[0].wording) if len(variables) == 1 else {},
        "n": len(measures[0].base.rows),
        "weighted_n": float(measures[0].base.weights.sum()),
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


def with_subpopulation(base_text: str, design: Design) -> str:
    """Add the subpopulation to who the base is, where there is one."""
    return f"{base_text}, where {design.subpopulation.text}" if design.subpopulation else base_text


def _base_text(request: Request) -> str:
    if request.base == "all":
        return "everybody asked, don't know and refused included"
    if request.estimand == "ratio":
        return "those with both numbers"
    return "those with a substantive answer" if request.estimand == "proportion" else "those with a number"


def _variance_text(design: Design) -> str:
    stages = len(design.stages)
    named = max(1, len(names_of(design.psu)))
    rest = "; later stages complete" if named > stages else ""
    if design.replication is not None:
        text = design.replication.text
    elif design.joint is not None:
        text = f"joint inclusion probabilities, {design.pps_variance.title()}"
    elif isinstance(design.pps, str):
        text = f"Taylor linearisation, {_stages(stages)} with unequal probabilities, Brewer's approximation{rest}"
    elif not design.fpc:
        rest = f"; of {named} stages of units only the first, as no fpc is given" if named > 1 else ""
        text = f"Taylor linearisation, with replacement{rest}"
    else:
        text = f"Taylor linearisation, {_stages(stages)} without replacement{rest}"
    fitted = {step.kind for step in design.steps if step.linearisation is not None}
    if not fitted or design.replication is not None:
        return text
    return text + ("; residuals on the raked margins" if fitted == {"rake"} else "; through the steps of the weighting")


def _stages(stages: int) -> str:
    return f"{stages} stage{'s' if stages > 1 else ''}"


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
    rows = int(design.inside.sum())
    notes = [missing_note(name, kinds, rows) for name, kinds in missing.items() if kinds]
    notes += [missing_key_note(key, count) for key, count in within.missing.items()]
    notes += _nobody_notes(measures, within) if within.by else []
    switched = int(table["switched"].sum())
    if switched:
        notes.append(
            f"{switched} {'interval is' if switched == 1 else 'intervals are'} Korn-Graubard (beta) instead of "
            f"{request.interval}: the estimate is 0 or 1, or rests on fewer than two events."
        )
    undefined = table["undefined"]
    if undefined.any():
        several = int((undefined > 0).sum())
        notes.append(
            f"{counted(several, 'estimate is', 'estimates are')} not defined in some replicates (up to "
            f"{int(undefined.max())} of them), because nobody of the group is left there; the error rests on the "
            "others."
        )
    in_one = int(table["alone"].sum())
    if in_one:
        notes.append(in_one_psu_note(in_one, ignoring=request.estimand == "proportion"))
    without = int((table["df"] < 1).sum()) if design.df >= 1 else 0
    if without:
        notes.append(f"{counted(without, 'estimate has', 'estimates have')} no degrees of freedom and no interval.")
    alone = int((table["n"] == 1).sum()) if request.estimand in ("mean", "ratio") else 0
    if alone:
        notes.append(
            f"{counted(alone, 'estimate rests', 'estimates rest')} {ONE_RESPONDENT}: an error of 0 says nothing."
        )
    notes += _collapse_notes(design.study, measures)
    if replacing and request.deff == "auto":
        notes.append("The weights do not count the population, so deff is against sampling with replacement.")
    elif not replacing and (table["weighted_n"] <= table["n"]).any():
        notes.append("deff is missing where the weights add up to no more than the respondents.")
    about = design_footnotes(design)
    first = [note for note in about if note == SIMULATED_NOTE]
    return [*first, *notes, *(note for note in about if note not in first)]


def in_one_psu_note(estimates: int, *, ignoring: bool = False) -> str:
    """Say that groups lie in a single PSU; ``ignoring`` where they have an interval all the same."""
    return (
        f"{counted(estimates, 'estimate rests', 'estimates rest')} on respondents of a single PSU, so there is no way "
        f"to estimate an error: 0 says nothing{IGNORING if ignoring else ''}."
    )


def nobody_note(item: str) -> str:
    """Give how the note begins that names groups without an answer."""
    return f"{item}: nobody has an answer among"


def _nobody_notes(measures: Sequence[Measure], within: Domains) -> list[str]:
    """Name the groups in which nobody gave an answer."""
    notes = []
    for name in _items(measures):
        base = next(one.base for one in measures if one.item == name)
        empty = np.flatnonzero(base.n == 0)
        if len(empty):
            groups = "; ".join(", ".join(map(str, within.shown[at])) for at in empty[:5])
            more = f" and {len(empty) - 5} more" if len(empty) > 5 else ""
            notes.append(f"{nobody_note(name)} {', '.join(within.by)} {groups}{more}, so there is no row.")
    return notes


def simulated(study: Study) -> bool:
    """Say whether the answers are invented: their file carries the note.

    Examples
    --------
    >>> import pandas as pd
    >>> from ...data.codebook import study_of
    >>> simulated(study_of(pd.DataFrame({"trust": [1, 3]})))
    False
    """
    return any(SIMULATED in note for note in study.codebook.notes)


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
        variable = study.codebook[measure.columns[0]]
        for shown, codes in zip(measure.shown, measure.codes, strict=True):
            if len(codes) > 1 or shown in variable.collapse:
                labels = [variable.labels.get(code) or code_text(code) for code in codes]
                notes.append(f"{measure.item}: '{shown}' counts {', '.join(labels)}.")
    return notes
