"""From numbers of one kind, row by row, to Estimates: the frame, the method and the footnotes that all kinds share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..sampling.categories import Floats, Ints
from ..sampling.design import Design
from ..variance.scatters import AnyScatter, ReplicateScatter
from .degrees import DfRule, base_df, in_one_psu
from .estimates import NUMBERS, Estimates
from .intervals import check_level
from .linear import weights_can_be_inverse_probabilities
from .measure import Base
from .method import (
    SIMULATED_NOTE,
    counted,
    design_footnotes,
    design_method,
    df_rule,
    df_used,
    in_one_psu_note,
    missing_key_note,
    missing_note,
)
from .options import Deff, check_choice
from .plan import Domains


@dataclass(frozen=True)
class Options:
    """What every estimate that is not a sum is asked with.

    Attributes
    ----------
    level : float
        Confidence level.
    deff : {"auto", "replace"}
        The kind of design effect.
    df : {"design", "domain"}
        Whose degrees of freedom intervals have.
    """

    level: float = 0.95
    deff: Deff = "auto"
    df: DfRule = "design"

    def __post_init__(self) -> None:
        """Refuse options that do not exist."""
        check_level(self.level)
        check_choice("deff", self.deff, ("auto", "replace"))
        check_choice("df", self.df, ("design", "domain"))


def degrees_of_freedom(design: Design, base: Base, options: Options) -> Ints:
    """Give the degrees of freedom of each domain."""
    if options.df == "design":
        return np.full(base.domains, design.df)
    return base_df(design, base)


def simple_variance(spread: Floats, base: Base, design: Design, options: Options) -> Floats:
    """Give the variance of a mean in a simple random sample of each domain, from its mean square deviation."""
    n, weighted_n = base.n.reshape(-1, *[1] * (spread.ndim - 1)), base.weighted_n.reshape(-1, *[1] * (spread.ndim - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = spread / (n - 1)
        if not replacing(design, options):
            variance = np.where(weighted_n > n, variance * (weighted_n - n) / weighted_n, np.nan)
    return np.asarray(variance)


def replacing(design: Design, options: Options) -> bool:
    """Say whether the design effect is against sampling with replacement."""
    return options.deff == "replace" or not weights_can_be_inverse_probabilities(design)


@dataclass(frozen=True)
class Kind:
    """What was estimated, in words.

    Attributes
    ----------
    estimand : str
        E.g. ``"quantile"``.
    base_text : str
        Who is in the base, e.g. ``"those with a number"``.
    interval : str
        The kind of interval, as an option.
    interval_text : str
        The kind of interval, in words.
    more : mapping
        What else the method of this kind says.
    """

    estimand: str
    base_text: str
    interval: str
    interval_text: str
    more: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Item:
    """An item of a result, and who answered it.

    Attributes
    ----------
    name : str
        Its column.
    base : Base
        Who is in its base.
    missing : mapping of str to int
        Who is not, by kind of missing.
    """

    name: str
    base: Base
    missing: Mapping[str, int]


def assembled(
    design: Design,
    kind: Kind,
    options: Options,
    within: Domains,
    items: Sequence[Item],
    table: pd.DataFrame,
    scatter: AnyScatter,
    notes: Sequence[str],
) -> Estimates:
    """Put a result together.

    Parameters
    ----------
    design, kind, options, within
        What it was made from, and how it was asked for.
    items : sequence of Item
        The items, for the heading.
    table : pandas.DataFrame
        One row for each estimate: item, the columns of its kind, domain, then numbers; ``cv`` and keys are added.
    scatter : AnyScatter
        How the rows vary.
    notes : sequence of str
        Footnotes of this kind.
    """
    numbers = [name for name in NUMBERS if name != "cv"]
    frame = table.drop(columns=["domain", *numbers])
    for place, key in enumerate(within.by):
        frame[key] = [within.shown[at][place] for at in table["domain"]]
    frame[numbers] = table[numbers]
    notes = [*notes, *_in_one_psu_notes(design, items, table), *_shared_notes(design, options, table, scatter)]
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["cv"] = np.where(table["estimate"] != 0, table["se"] / table["estimate"].abs(), np.nan)
    return Estimates(
        frame=frame,
        method=_method(design, kind, options, within, items, frame, notes),
        design=design,
        scatter=scatter,
        category_codes=((),) * len(frame),
        key_codes=tuple(within.codes[at] for at in table["domain"]),
    )


def _method(
    design: Design,
    kind: Kind,
    options: Options,
    within: Domains,
    items: Sequence[Item],
    frame: pd.DataFrame,
    notes: Sequence[str],
) -> dict[str, object]:
    of_design, about, rows = design_method(design), design_footnotes(design), int(design.inside.sum())
    first = [note for note in about if note == SIMULATED_NOTE]
    missing = [missing_note(item.name, item.missing, rows) for item in items if item.missing]
    missing += [missing_key_note(key, count) for key, count in within.missing.items()]
    return {
        "estimand": kind.estimand,
        "items": [_described(design, item) for item in items],
        "by": list(within.by),
        "base": "substantive",
        "base_text": kind.base_text,
        **of_design,
        "interval": kind.interval,
        "interval_text": kind.interval_text,
        "level": options.level,
        "df_rule": df_rule(design, options.df),
        "df_used": df_used(frame["df"]),
        "deff_rule": "with replacement" if replacing(design, options) else "without replacement",
        "missing_keys": dict(within.missing),
        **kind.more,
        "footnotes": [*first, *missing, *notes, *(note for note in about if note not in first)],
    }


def _described(design: Design, item: Item) -> dict[str, object]:
    variable = design.study.codebook[item.name]
    return {
        "item": item.name,
        "label": variable.label,
        "wording": dict(variable.wording),
        "n": len(item.base.rows),
        "weighted_n": float(item.base.weights.sum()),
        "missing": dict(item.missing),
        "categories": [],
    }


def _in_one_psu_notes(design: Design, items: Sequence[Item], table: pd.DataFrame) -> list[str]:
    """Say which errors of 0 are not known, because the group lies in one PSU."""
    without = table[table["se"] == 0]
    bases = {item.name: item.base for item in items if item.name in set(without["item"])}
    alone = {name: in_one_psu(design, base) for name, base in bases.items()}
    count = sum(bool(alone[item][at]) for item, at in zip(without["item"], without["domain"], strict=True))
    return [in_one_psu_note(count)] if count else []


def _shared_notes(design: Design, options: Options, table: pd.DataFrame, scatter: AnyScatter) -> list[str]:
    notes = []
    if isinstance(scatter, ReplicateScatter) and scatter.undefined.any():
        notes.append(
            f"Some estimates are not defined in some replicates (up to {int(scatter.undefined.max())}), because "
            "nobody of the group is left there; the error rests on the others."
        )
    without = int(((table["df"] < 1) & (table["n"] > 1)).sum())
    if without and design.df >= 1:
        notes.append(
            f"{counted(without, 'row rests', 'rows rest')} on one PSU a stratum: no degrees of freedom, no interval."
        )
    if replacing(design, options):
        if options.deff == "auto":
            notes.append("The weights do not count the population, so deff is against sampling with replacement.")
    elif (table["weighted_n"] <= table["n"]).any():
        notes.append("deff is missing where the weights add up to no more than the respondents.")
    return notes
