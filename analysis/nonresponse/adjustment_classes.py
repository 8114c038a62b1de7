"""Classes of rows within which the weight of some passes to the others: forming them, joining those that are thin.

Oh and Scheuren (1983), Weighting adjustment for unit nonresponse, in Incomplete Data in Sample Surveys, volume 2;
Little (1986), Survey nonresponse adjustments for estimates of means, International Statistical Review 54(2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...data.errors import WeightingError
from ..estimation.method import counted
from ..sampling.categories import Bools, Categories, Floats, Ints, categories
from ..sampling.design import Design
from ..sampling.sample import combined
from ..sampling.sums import summed

NO_VALUE = "no value"
"""The class of rows without a value, where they are one of their own."""

EVERYBODY = "all rows"
"""The class of a sample that is not parted."""

LISTED = 3
"""Classes that a message names."""


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes of rows, in the order of the codebook.

    Attributes
    ----------
    code : numpy.ndarray of int64
        For each row its class; 0 for rows that take no part.
    line : numpy.ndarray of int64
        For each class its line: classes of one line differ in the last variable alone.
    prefix : tuple of str
        For each line the values of the other variables, e.g. ``"region north"``.
    last : str
        The last variable.
    shown : tuple of tuple of str
        For each class its values of the last variable; several once classes are joined.
    """

    code: Ints
    line: Ints
    prefix: tuple[str, ...]
    last: str
    shown: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        """Count the classes."""
        return len(self.shown)

    @property
    def names(self) -> tuple[str, ...]:
        """For each class what people call it, e.g. ``"region north, sex f or m"``."""
        return tuple(
            _joined_words(self.prefix[line], self.last, shown)
            for line, shown in zip(self.line, self.shown, strict=True)
        )


@dataclass(frozen=True)
class Rule:
    """When a class is too thin to stand alone, and what is then done.

    Attributes
    ----------
    minimum : int or None
        Fewest rows that may carry the weight of a class, e.g. ``30``.
    largest : float or None
        Largest factor of a class, e.g. ``3.0``.
    collapse : bool
        Whether thin classes are joined, or refused.
    carriers : str
        Who carries the weight, e.g. ``"respondents"``.
    """

    minimum: int | None
    largest: float | None
    collapse: bool
    carriers: str

    @property
    def words(self) -> str:
        """What makes a class thin, e.g. ``"fewer than 30 respondents"``."""
        fewer = [] if self.minimum is None else [f"fewer than {self.minimum} {self.carriers}"]
        over = [] if self.largest is None else [f"a factor over {self.largest:g}"]
        return " or ".join([*fewer, *over]) or f"no {self.carriers}"

    def check(self) -> None:
        """Refuse bounds that no class can keep.

        Raises
        ------
        WeightingError
            With the value.
        """
        whole = isinstance(self.minimum, int | np.integer) and not isinstance(self.minimum, bool)
        if self.minimum is not None and not (whole and self.minimum >= 1):
            raise WeightingError(
                f"minimum is {self.minimum!r}; it is a number of {self.carriers}, at least 1, e.g. 30."
            )
        if self.largest is not None and not (_is_number(self.largest) and self.largest > 1):
            raise WeightingError(f"largest is {self.largest!r}; it is the largest factor allowed, above 1, e.g. 3.")
        if not isinstance(self.collapse, bool | np.bool_):
            raise WeightingError(f"collapse is {self.collapse!r}; it can be True or False.")


@dataclass(frozen=True, eq=False)
class Carried:
    """What the classes hold: the rows and the weight in all, and with those who carry it on.

    Attributes
    ----------
    whole, known : numpy.ndarray
        For each class the weight, or the number, of all rows and of the carriers.
    carriers : numpy.ndarray of int64
        For each class the number of carriers.
    """

    whole: Floats
    known: Floats
    carriers: Ints
    factor: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Work out the factors; infinite where nobody carries."""
        with np.errstate(divide="ignore", invalid="ignore"):
            object.__setattr__(self, "factor", np.where(self.known > 0, self.whole / self.known, np.inf))

    def of_groups(self, group: Ints, groups: int) -> Carried:
        """Give what groups of classes hold."""
        carriers = np.bincount(group, weights=self.carriers, minlength=groups).astype(np.int64)
        return Carried(summed(group, groups, self.whole), summed(group, groups, self.known), carriers)

    def thin(self, rule: Rule) -> Bools:
        """Say which classes are thin."""
        few = self.carriers < (rule.minimum or 1)
        return np.asarray(few | (self.factor > (np.inf if rule.largest is None else rule.largest)) | (self.known <= 0))


def check_missing(missing: str) -> None:
    """Refuse what is no way to treat rows without a value.

    Raises
    ------
    WeightingError
        With the choices.
    """
    if missing not in ("error", "own_class"):
        raise WeightingError(f"missing is {missing!r}; it can be 'error' or 'own_class'.")


def crossed_classes(
    design: Design, within: Sequence[str], part: Bools, *, missing: str = "error", purpose: str = "be in a class"
) -> Classes:
    """Cross columns to classes.

    Parameters
    ----------
    design : Design
        The sample.
    within : sequence of str
        Columns, e.g. ``["region", "sex"]``; without any there is one class.
    part : numpy.ndarray of bool
        The rows that take part.
    missing : {"error", "own_class"}
        Rows without a value: stop, or let them be a category of their own, after the others.
    purpose : str
        What rows cannot do without a value, as messages say it.

    Raises
    ------
    WeightingError
        When a row that takes part has no value.
    UnknownNameError
        When a column does not exist.

    Examples
    --------
    >>> import pandas as pd
    >>> wave = Design(pd.DataFrame({"region": ["s", "n", "n"], "sex": ["f", "m", "f"]}))
    >>> crossed_classes(wave, ["region", "sex"], np.array([True, True, True])).names
    ('region n, sex f', 'region n, sex m', 'region s, sex f')
    """
    rows = np.flatnonzero(part)
    if not within:
        return Classes(np.zeros(len(part), dtype=np.int64), np.zeros(1, dtype=np.int64), ("",), "", ((EVERYBODY,),))
    columns = [_column(design, name, part, missing, purpose) for name in within]
    positions = [positions[rows] for positions, _ in columns]
    line = combined(positions[:-1], len(rows))
    width = len(columns[-1][1])
    occurring, first, code = np.unique(line * width + positions[-1], return_index=True, return_inverse=True)
    shown = tuple((columns[-1][1][at],) for at in occurring % width)
    line_of_class = (occurring // width).astype(np.int64)
    first_of_line = first[np.unique(line_of_class, return_index=True)[1]]
    prefix = tuple(
        ", ".join(f"{name} {columns[at][1][positions[at][row]]}" for at, name in enumerate(within[:-1]))
        for row in first_of_line
    )
    return Classes(_spread_out(code.astype(np.int64), rows, len(part)), line_of_class, prefix, within[-1], shown)


def ordered_classes(code: Ints, names: Sequence[str], variable: str) -> Classes:
    """Give classes of one variable that are already coded, in their order."""
    line = np.zeros(len(names), dtype=np.int64)
    return Classes(code, line, ("",), variable, tuple((name,) for name in names))


def held(classes: Classes, weights: Floats, part: Bools, carrying: Bools) -> Carried:
    """Add up what classes hold, over the rows that take part.

    Parameters
    ----------
    classes : Classes
        The classes.
    weights : numpy.ndarray
        The weight, or 1, of each row.
    part, carrying : numpy.ndarray of bool
        Which rows take part, and which of them carry the weight on.
    """
    size = len(classes)
    return Carried(
        whole=summed(classes.code, size, weights * part),
        known=summed(classes.code, size, weights * carrying),
        carriers=np.bincount(classes.code[carrying], minlength=size).astype(np.int64),
    )


def joined_where_thin(classes: Classes, carried: Carried, rule: Rule) -> tuple[Classes, tuple[str, ...]]:
    """Join thin classes with their neighbours, and name those that came of it.

    The first thin class of a line is joined with the class after it, the last with the one before, until none is
    thin; classes of different lines are never joined. Without a rule only a class in which nobody carries is thin, and
    is refused.

    Raises
    ------
    WeightingError
        When a class is thin and may not be joined, or all of its line is still thin when joined.
    """
    rule.check()
    thin = carried.thin(rule)
    if not thin.any():
        return classes, ()
    ruled = rule.minimum is not None or rule.largest is not None
    if not (ruled and rule.collapse):
        raise WeightingError(_refusal(classes, carried, thin, rule, ruled=ruled))
    group = np.arange(len(classes), dtype=np.int64)
    for line in np.unique(classes.line[thin]):
        members = np.flatnonzero(classes.line == line)
        parts = _joined_line([[int(at)] for at in members], carried, rule)
        for each in parts:
            group[each] = each[0]
    group = np.unique(group, return_inverse=True)[1].astype(np.int64)
    found = _grouped(classes, group)
    after = carried.of_groups(group, len(found))
    if after.thin(rule).any():
        raise WeightingError(_hopeless(found, after, rule))
    return found, tuple(name for name, shown in zip(found.names, found.shown, strict=True) if len(shown) > 1)


def _column(design: Design, name: str, part: Bools, missing: str, purpose: str) -> tuple[Ints, tuple[str, ...]]:
    """Give for each row the place of its category, and the categories as printed."""
    coded: Categories = categories(design.study, name, inside=part)
    shown = tuple(map(str, coded.shown))
    absent = part & (coded.positions < 0)
    if not absent.any():
        return coded.positions, shown
    if missing != "own_class":
        raise WeightingError(
            f"{name} is missing in {int(absent.sum()):,} of {counted(int(part.sum()), 'row', 'rows')} that take part, "
            f"so they cannot {purpose}. Fill them in, leave {name} out, or choose missing='own_class' "
            "(missing: own_class in study.yaml)."
        )
    return np.where(absent, len(shown), coded.positions), (*shown, NO_VALUE)


def _spread_out(values: Ints, rows: Ints, size: int) -> Ints:
    wide = np.zeros(size, dtype=np.int64)
    wide[rows] = values
    return wide


def _joined_line(parts: list[list[int]], carried: Carried, rule: Rule) -> list[list[int]]:
    """Join the classes of one line until none is thin, or one is left."""
    while len(parts) > 1:
        group = np.repeat(np.arange(len(parts)), [len(each) for each in parts])
        members = np.concatenate([np.asarray(each) for each in parts])
        held_by = Carried(carried.whole[members], carried.known[members], carried.carriers[members])
        thin = np.flatnonzero(held_by.of_groups(group, len(parts)).thin(rule))
        if not len(thin):
            break
        first = min(int(thin[0]), len(parts) - 2)  # the last class goes with the one before it
        parts = [*parts[:first], parts[first] + parts[first + 1], *parts[first + 2 :]]
    return parts


def _grouped(classes: Classes, group: Ints) -> Classes:
    groups = int(group.max()) + 1
    members: Mapping[int, list[int]] = {at: np.flatnonzero(group == at).tolist() for at in range(groups)}
    line = np.array([classes.line[each[0]] for each in members.values()], dtype=np.int64)
    shown = tuple(tuple(one for at in each for one in classes.shown[at]) for each in members.values())
    return Classes(group[classes.code], line, classes.prefix, classes.last, shown)


def _joined_words(prefix: str, last: str, shown: Sequence[str]) -> str:
    own = f"{last} {' or '.join(shown)}".strip()
    return f"{prefix}, {own}" if prefix else own


def _refusal(classes: Classes, carried: Carried, thin: Bools, rule: Rule, *, ruled: bool) -> str:
    choose = "choose collapse=True" if ruled else "give the fewest that a class may have, minimum=30, say"
    return (
        f"{_listed(classes, carried, thin, rule)}: the weight of a class passes to its {rule.carriers}, and it needs "
        f"enough of them. To join such classes with their neighbours, {choose}; or leave a variable out, or join its "
        "categories."
    )


def _hopeless(classes: Classes, carried: Carried, rule: Rule) -> str:
    thin = carried.thin(rule)
    return (
        f"{_listed(classes, carried, thin, rule)}, though all categories of {classes.last or 'the class'} are joined "
        "there. Name the variables in another order (classes are joined over the last one), leave one out, or allow "
        f"thinner classes than {rule.words}."
    )


def _listed(classes: Classes, carried: Carried, thin: Bools, rule: Rule) -> str:
    names, places = classes.names, np.flatnonzero(thin)
    said = [
        f"{names[at]} has {_count(int(carried.carriers[at]), rule.carriers)} and a factor of {carried.factor[at]:.3g}"
        if carried.known[at] > 0
        else f"{names[at]} has no {rule.carriers}"
        for at in places[:LISTED]
    ]
    more = f"; and {len(places) - LISTED} more" if len(places) > LISTED else ""
    return f"class {'; '.join(said)}{more}"


def _count(count: int, carriers: str) -> str:
    return counted(count, carriers.removesuffix("s"), carriers)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and bool(np.isfinite(value))
