"""Strata of a single PSU: refused, or joined with a neighbour.

Collapsing overstates the variance when the joined strata differ. Wolter (2007), Introduction to Variance Estimation,
section 2.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...data.errors import DesignError
from .categories import Ints
from .sample import Stage, StratumNames
from .sums import summed


def refuse_lone_psus(laid: Sequence[Stage]) -> None:
    """Stop where a stratum has one PSU, and name it.

    Raises
    ------
    DesignError
        With the ways out.
    """
    for depth, stage in enumerate(laid, start=1):
        lone = stage.lone
        if len(lone):
            shown = "; ".join(stage.names[stratum] for stratum in lone[:5])
            more = f" and {len(lone) - 5} more" if len(lone) > 5 else ""
            units = "PSU" if depth == 1 else f"unit at stage {depth}"
            raise DesignError(
                f"only one {units} in {shown}{more}: its variance cannot be estimated. Join it with a similar stratum, "
                "or choose lone_psu='centre' (--lone-psu centre; conservative), 'certainty' (no variance), 'average' "
                "(of the others) or 'collapse' (with the stratum beside it)."
            )


def collapsed(laid: Sequence[Stage]) -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    """Join each stratum of a single unit with the one after it, the last with the one before.

    At a later stage strata are joined within their unit of the stage above.

    Returns
    -------
    stages : tuple of Stage
    joined : tuple of str
        What was joined, e.g. ``"province AB with province BC"``.

    Raises
    ------
    DesignError
        When there is no other stratum to join.
    """
    done, words = [], []
    for depth, stage in enumerate(laid, start=1):
        stage, joined = _collapsed_stage(stage, depth)
        done.append(stage)
        words += joined
    return tuple(done), tuple(words)


def _collapsed_stage(stage: Stage, depth: int) -> tuple[Stage, list[str]]:
    lone = stage.lone
    if not len(lone):
        return stage, []
    parent = np.zeros(len(stage.sampled), dtype=np.int64)
    parent[stage.stratum] = stage.parent
    group = np.arange(len(stage.sampled))
    words = []
    for stratum in lone:
        members = np.flatnonzero(group == group[stratum])
        if stage.sampled[members].sum() > 1:
            continue
        partner = _neighbour(stage, parent, group, int(stratum), depth)
        words.append(f"{stage.names[stratum]} with {stage.names[partner]}")
        group[members] = group[partner]
    return _regrouped(stage, group), words


def _neighbour(stage: Stage, parent: Ints, group: Ints, stratum: int, depth: int) -> int:
    """Give the next stratum under the same parent that was not drawn whole, or else the one before."""
    open_ = (parent == parent[stratum]) & ~stage.complete & (group != group[stratum])
    after, before = np.flatnonzero(open_[stratum:]), np.flatnonzero(open_[:stratum])
    if len(after):
        return stratum + int(after[0])
    if len(before):
        return int(before[-1])
    raise DesignError(
        f"lone_psu='collapse' (--lone-psu collapse) finds no stratum to join {stage.names[stratum]} with"
        f"{f' at stage {depth}' if depth > 1 else ''}. Choose 'centre' (conservative) or 'certainty' (no variance)."
    )


def _regrouped(stage: Stage, group: Ints) -> Stage:
    """Give the stage with strata joined: their units and populations added up."""
    kept, new = np.unique(group, return_inverse=True)
    names = StratumNames(stage.names.columns, stage.names.first_row[kept])
    return replace(
        stage,
        stratum=new[stage.stratum].astype(np.int64),
        sampled=summed(new, len(kept), stage.sampled),
        population=summed(new, len(kept), stage.population),
        above=stage.above[kept],
        names=names,
    )
