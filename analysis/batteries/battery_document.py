"""A battery as plain values for JSON, and back. Of its numbers degrees of freedom alone can be infinite: None."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypeVar

from .battery import Assumption, Battery, BatteryItem, LeftOut
from .hotelling import JointTest
from .rank_agreement import RankAgreement
from .rao_scott import RaoScott
from .shift import Shift
from .tier import Tier

DEGREES = ("df", "ddf")


def written(battery: Battery) -> dict[str, Any]:
    """Give a battery as plain values, with its sentences and what follows from its counts."""
    document: dict[str, Any] = plain(dataclasses.asdict(battery))
    for name, tier in (("sampling", battery.sampling), ("total", battery.total)):
        if tier is None:
            continue
        ranks = document[name]["ranks"]
        ranks.update(resolved=tier.ranks.resolved, unresolved=tier.ranks.unresolved, agreement=tier.ranks.agreement)
        if tier.wald is not None:
            document[name]["wald"]["bits"] = tier.wald.bits
    return {**document, "k": battery.k, "depends": battery.depends, "sentences": list(battery.sentences)}


def plain(value: Any) -> Any:
    """Turn tuples into lists and what is not finite into None, whatever it is nested in.

    Examples
    --------
    >>> plain({"ddf": float("inf"), "changes": ("a",)})
    {'ddf': None, 'changes': ['a']}
    """
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read(document: Mapping[str, Any]) -> Battery:
    """Read a battery back."""
    total = document["total"]
    return Battery(
        **{name: document[name] for name in ("study", "citation", "battery", "statistic", "level", "nonsampling")},
        items=tuple(made(BatteryItem, item) for item in document["items"]),
        sampling=tier(document["sampling"]),
        total=None if total is None else tier(total),
        correlation=document["correlation"],
        assumptions=tuple(
            made(Assumption, {**one, "changes": tuple(one["changes"])}) for one in document["assumptions"]
        ),
        left_out=tuple(made(LeftOut, one) for one in document["left_out"]),
        notes=tuple(document["notes"]),
    )


def tier(document: Mapping[str, Any]) -> Tier:
    """Read one tier back."""
    wald, rao_scott, profile = (document[name] for name in ("wald", "rao_scott", "profile"))
    return Tier(
        wald=None if wald is None else made(JointTest, wald),
        rao_scott=None if rao_scott is None else made(RaoScott, rao_scott),
        shift=made(Shift, document["shift"]),
        profile=None if profile is None else made(JointTest, profile),
        ranks=made(RankAgreement, document["ranks"]),
    )


Record = TypeVar("Record")


def made(kind: type[Record], document: Mapping[str, Any]) -> Record:
    """Make a record of one kind from its fields; what is no field is left out."""
    names = {one.name for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
    fields = {name: value for name, value in document.items() if name in names}
    return kind(**{name: math.inf if name in DEGREES and value is None else value for name, value in fields.items()})
