"""A frame in plain words, "urban online 18-59", understood from the codebook or refused: nothing is guessed.

A word is understood where exactly one variable, known by its name or its question in the bank, has value labels that
say plainly which answers it means.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...data.codebook import Code, Codebook, Variable
from ...data.description import StudyDescription
from ...data.errors import ComparisonError
from .frame import Frame

SPAN = re.compile(r"(?<!\d)(\d{1,3})\s*(?:-|–|to|bis|至)\s*(\d{1,3})(?!\d)")
OPEN = re.compile(r"(?<!\d)(\d{1,3})\s*(?:\+|(?:and|or|und|oder)\s+(?:over|older|above|mehr|älter)|岁?及以上|岁?以上)")
UNDER = re.compile(r"(?:under|below|unter)\s*(\d{1,3})(?!\d)")
YEARS = re.compile(r"岁|years?( old)?|jahre?")
FILLING = {"aged", "age", "ages", "and", "in", "of", "people", "respondents", "the"}
"""Words that say nothing of who belongs. "Adults" is none of them: from what age on is for the frame to say."""


@dataclass(frozen=True)
class Trait:
    """What a word says of people.

    Attributes
    ----------
    columns : tuple of str
        Variables that may hold it, by their name or the last part of their question in the bank.
    labels, contrary : tuple of str
        Words of value labels that mean it, and that mean its contrary.
    whole : bool
        Whether every answer must be the one or the other; else a third answer is simply not meant.
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    contrary: tuple[str, ...]
    whole: bool = True


PLACES = ("urban", "rural", "residence", "urbanicity", "urban_rural", "locality")
TOWN = ("urban", "city", "cities", "town", "towns", "stadt", "städtisch", "城镇", "城市")
COUNTRY = ("rural", "village", "villages", "countryside", "dorf", "land", "ländlich", "农村", "乡村")
SEXES = ("sex", "gender")
FEMALE = ("female", "woman", "women", "weiblich", "frau", "frauen", "女")
MALE = ("male", "man", "men", "männlich", "mann", "männer", "男")
ONLINE = ("online", "internet", "internet_use", "internet_user")

TRAITS: Mapping[str, Trait] = {
    "urban": Trait(PLACES, TOWN, COUNTRY),
    "rural": Trait(PLACES, COUNTRY, TOWN),
    "women": Trait(SEXES, FEMALE, MALE, whole=False),
    "men": Trait(SEXES, MALE, FEMALE, whole=False),
    "online": Trait(ONLINE, ("yes", "online", "ja", "是"), ("no", "offline", "nein", "否")),
}

SAME = {"female": "women", "females": "women", "male": "men", "males": "men"}

NOBODY = "no word says who belongs to it"

A_FRAME = 'bridge_to=Frame("...", where="...")'

HOW = (
    "Write the frame itself: Frame('urban adults', where=\"urban == 1\", margins=...), or name it in study.yaml under "
    "compare: frames."
)


def understood(words: str, codebook: Codebook, about: StudyDescription, declared: Sequence[str] = ()) -> Frame:
    """Give the frame that plain words mean in this codebook.

    Parameters
    ----------
    words : str
        e.g. ``"urban online 18-59"``, ``"women 60+"``.
    codebook : Codebook
        Of the new data.
    about : StudyDescription
        The new survey: everybody who answered on the web alone is online.
    declared : sequence of str
        Names of frames in study.yaml, for the error.

    Raises
    ------
    ComparisonError
        With every word that is not understood, why, and how a frame is written.

    Examples
    --------
    >>> sex = Variable("sex", labels={1.0: "Male", 2.0: "Female"})
    >>> understood("women 18-65", Codebook((sex, Variable("age"))), StudyDescription()).where
    'sex == 2 and age >= 18 and age <= 65'
    """
    ages, rest = ages_in(words)
    found = [trait_met(word, codebook, about) for word in rest] + [age_met(span, codebook) for span in ages]
    faults = [each.fault for each in found if each.condition is None] or ([] if found else [NOBODY])
    if faults:
        named = f" Frames of study.yaml: {', '.join(declared)}." if declared else ""
        raise ComparisonError(f"bridge_to '{words}': {'; '.join(faults)}. {HOW}{named}")
    return Frame(words.strip(), where=" and ".join(each.condition for each in found if each.condition) or None)


@dataclass(frozen=True)
class Finding:
    """A condition that a word stands for (empty: everybody meets it), or why there is none."""

    condition: str | None
    fault: str = ""


def ages_in(words: str) -> tuple[list[tuple[float, float]], list[str]]:
    """Take the ages out of words; give them, and the other words that say something.

    Examples
    --------
    >>> ages_in("urban online, aged 18 to 65"), ages_in("women 60+")
    (([(18.0, 65.0)], ['urban', 'online']), ([(60.0, inf)], ['women']))
    """
    text = words.casefold()
    spans = [(float(low), float(high)) for low, high in SPAN.findall(text)]
    text = SPAN.sub(" ", text)
    spans += [(float(low), math.inf) for low in OPEN.findall(text)]
    rest = re.findall(r"[^\s,;]+", YEARS.sub(" ", OPEN.sub(" ", text)) if spans else text)
    return spans, [word for word in rest if word not in FILLING]


def trait_met(word: str, codebook: Codebook, about: StudyDescription) -> Finding:
    """Find the one variable whose answers say plainly who a word means."""
    trait = TRAITS.get(SAME.get(word, word))
    if trait is None:
        return Finding(None, f"'{word}' is no word known here ({', '.join(TRAITS)}, ages such as 18-65 or 18+)")
    known = [variable for variable in codebook if known_as(variable) & set(trait.columns)]
    if not known and word == "online" and about.modes == ("web",):
        return Finding("")
    told = [(variable, codes) for variable in known if (codes := codes_meant(variable, trait))]
    if len(told) == 1:
        return Finding(condition(told[0][0].name, told[0][1]))
    if told:
        names = " and ".join(variable.name for variable, _ in told)
        return Finding(None, f"'{word}' may be {names}")
    if known:
        labels = ", ".join(str(label) for label in known[0].labels.values()) or "no value labels"
        return Finding(None, f"'{word}': the answers of {known[0].name} ({labels}) do not say plainly who it means")
    return Finding(None, f"'{word}': no variable is known as {' or '.join(trait.columns)}")


def known_as(variable: Variable) -> set[str]:
    """Give the names a variable is known by: its own, and its question's in the bank."""
    return {variable.name.casefold(), variable.bank.rpartition(".")[2].casefold()} - {""}


def codes_meant(variable: Variable, trait: Trait) -> tuple[Code, ...]:
    """Give the codes whose labels mean a trait; none where a label means both, or neither and it must be one."""
    meant = []
    for code, label in substantive(variable).items():
        has, has_not = (any_of(words, label) for words in (trait.labels, trait.contrary))
        if (has and has_not) or (trait.whole and not has and not has_not):
            return ()
        if has:
            meant.append(code)
    return tuple(meant)


def substantive(variable: Variable) -> dict[Code, str]:
    """Give the value labels of answers."""
    return {code: label for code, label in variable.labels.items() if variable.missing_kind(code) is None}


def any_of(words: Sequence[str], label: str) -> bool:
    """Say whether a label holds one of several words; Chinese is written without blanks.

    Examples
    --------
    >>> any_of(TOWN, "In a city or town"), any_of(MALE, "Female"), any_of(TOWN, "城镇")
    (True, False, True)
    """
    held = set(re.findall(r"\w+", label.casefold()))
    return any(word in held or (not word.isascii() and word >= "一" and word in label) for word in words)


def age_met(span: tuple[float, float], codebook: Codebook) -> Finding:
    """Find the variable that ages can be cut from: years first, else bands that make up exactly that span."""
    known = [each for each in codebook if any(re.fullmatch(r"age(_?\w+)?", name) for name in known_as(each))]
    years = [each for each in known if each.type == "numeric" and not substantive(each)]
    said = f"ages {span[0]:g}+" if math.isinf(span[1]) else f"ages {span[0]:g}-{span[1]:g}"
    if len(years) == 1:
        name = quoted(years[0].name)
        return Finding(f"{name} >= {span[0]:g}" + (f" and {name} <= {span[1]:g}" if math.isfinite(span[1]) else ""))
    if len(years) > 1:
        return Finding(None, f"{said} may be cut from {' or '.join(each.name for each in years)}")
    for variable in known:
        codes = bands_making_up(span, variable)
        if codes:
            return Finding(condition(variable.name, codes))
    if known:
        return Finding(None, f"{said} cannot be cut from {known[0].name} ({', '.join(substantive(known[0]).values())})")
    return Finding(None, f"{said}: no variable is known as age")


def bands_making_up(span: tuple[float, float], variable: Variable) -> tuple[Code, ...]:
    """Give the codes of the bands that make up a span of ages exactly; none where they do not."""
    bands = {code: band_of(label) for code, label in substantive(variable).items()}
    inside = {
        code: band for code, band in bands.items() if band is not None and span[0] <= band[0] and band[1] <= span[1]
    }
    whole = sorted(band for band in inside.values() if band is not None)
    joined = all(after[0] == before[1] + 1 for before, after in pairwise(whole))
    if None in bands.values() or not whole or not joined:
        return ()
    return tuple(inside) if (whole[0][0], whole[-1][1]) == span else ()


def band_of(label: str) -> tuple[float, float] | None:
    """Give the ages a value label stands for.

    Examples
    --------
    >>> band_of("18 to 29"), band_of("60 oder älter"), band_of("60岁及以上"), band_of("under 18"), band_of("young")
    ((18.0, 29.0), (60.0, inf), (60.0, inf), (0.0, 17.0), None)
    """
    text = label.casefold()
    if found := SPAN.search(text):
        return float(found[1]), float(found[2])
    if found := OPEN.search(text):
        return float(found[1]), math.inf
    found = UNDER.search(text)
    return (0.0, float(found[1]) - 1) if found else None


def condition(name: str, codes: Sequence[Code]) -> str:
    """Write the condition that a column holds one of several codes.

    Examples
    --------
    >>> condition("urban", (1.0,)), condition("age band", ("a", "b"))
    ('urban == 1', "`age band` in ['a', 'b']")
    """
    written = [repr(code) if isinstance(code, str) else f"{code:.17g}" for code in codes]
    return f"{quoted(name)} == {written[0]}" if len(codes) == 1 else f"{quoted(name)} in [{', '.join(written)}]"


def quoted(name: str) -> str:
    """Write a column's name as conditions have it."""
    return name if name.isidentifier() else f"`{name}`"


def suggested(population: str, codebook: Codebook | None = None, about: StudyDescription | None = None) -> str:
    """Give the argument that would repair another population, with the words of it that are known here.

    Words are offered only where the codebook makes them clear; where it does not, what is in the way is said.

    Examples
    --------
    >>> suggested("urban adult residents of mainland China")
    'bridge_to="urban"'
    >>> suggested("internet users aged 14 to 65"), suggested("students")
    ('bridge_to="online 14-65"', 'bridge_to=Frame("...", where="...")')
    >>> suggested("women aged 14 to 65", Codebook((Variable("sex", labels={1.0: "Male", 2.0: "Female"}),)))
    'bridge_to=Frame("...", where="..."); ages 14-65 need age in years, or such bands'
    """
    spans, _ = ages_in(population)
    words = re.findall(r"\w+", population.casefold())
    found = [word for word in TRAITS if word in {SAME.get(each, each) for each in words}]
    found += ["online"] if "online" not in found and "internet" in words else []
    found += [f"{low:g}+" if math.isinf(high) else f"{low:g}-{high:g}" for low, high in spans[:1]]
    plain = " ".join(found)
    if not plain:
        return A_FRAME
    fault = "" if codebook is None else not_understood(plain, codebook, about or StudyDescription())
    return f"{A_FRAME}; {fault}" if fault else f'bridge_to="{plain}"'


def not_understood(words: str, codebook: Codebook, about: StudyDescription) -> str:
    """Say in short why plain words mean no frame in a codebook, and what to ask; nothing where they do."""
    ages, traits = ages_in(words)
    unclear = [f"'{word}'" for word in traits if trait_met(word, codebook, about).condition is None]
    cut = [f"ages {span[0]:g}" + (f"-{span[1]:g}" if math.isfinite(span[1]) else "+") for span in ages]
    uncut = [said for said, span in zip(cut, ages, strict=True) if age_met(span, codebook).condition is None]
    said = [f"{' and '.join(unclear)} cannot be told from the data"] if unclear else []
    said += [f"{' and '.join(uncut)} need age in years, or such bands"] if uncut else []
    return "; ".join(said)
