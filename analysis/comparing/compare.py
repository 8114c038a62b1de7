"""Compare new estimates with published figures: first whether that may be done, then by how much they differ.

The methods and their sources: :func:`compare`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from ...data.description import SIMULATED, StudyDescription
from ...data.errors import ComparisonError, EstimationError
from ...data.margins import MARGINS_OF
from ...data.registry.figure import BOUNDS
from ..batteries.published_covariance import check_correlation
from ..estimation.estimates import NUMBERS, Estimates
from ..estimation.method import simulated
from ..gating.frame import Frame
from ..gating.gate import gate
from ..gating.people import parts_of_samples, subgroup_of
from ..gating.published_base import PublishedBase, check_base, on_your_word
from ..gating.reason import Grade, Reason, grade_of
from ..sampling.weight_notes import notes_of_weights
from ..telling.comparison import Comparison, ComparisonRow
from ..telling.sentences import with_sentences
from .both_bases import OtherBase, in_words, other_base, with_both
from .bridge import Bridge
from .pairs import Figures, Pair, others_in_words, others_of, pairs
from .printed import assumed_rounding, printed
from .published_side import beside
from .terms import BASE_WORDS, OnTerms, labels_of, on_terms, statistic_of
from .tiers import Declared, with_adjusted, with_tiers
from .together import Placed, batteries
from .unanswered import with_unanswered

if TYPE_CHECKING:
    from ...data.registry.figure import Figure
    from ..sampling.design import Design

FIRST = {"forbids": 0, "unchecked": 1, "repaired": 2, "qualifies": 3}
"""In which order reasons are given, by their effect; what is unchecked, whatever it does, soon."""

EXACT_VALUE = "enter the exact value in estimate.csv, once a source states it"


def compare(
    estimates: Estimates | Sequence[Estimates],
    figures: Figures,
    *,
    about: StudyDescription | None = None,
    margin: float = 0.05,
    level: float = 0.95,
    nonsampling: float = 0.03,
    deff: float | None = None,
    mean_margin: float | None = None,
    mean_nonsampling: float | None = None,
    adjust: Literal["holm", "bh", "none"] = "holm",
    correlation: float | None = None,
    base: PublishedBase | None = None,
    bridge_to: Frame | str | None = None,
) -> Comparison:
    """Put new estimates beside published figures, and difference those that may be.

    Parameters
    ----------
    estimates : Estimates, or several of one design
        From :func:`proportion` or :func:`mean`, e.g. shares that support and shares that approve.
    figures : Figure, several, or Registry
        e.g. ``published(topic="social_credit")``: each item finds its figures through the question bank and through
        what it replicates. Or one figure beside an estimate of one item.
    about : StudyDescription, optional
        Whom the new survey describes, how and when they were asked. What is left out is reported as not stated.
    margin : float
        Shares that differ by less than this do not matter, e.g. ``0.05``. Declare it before looking.
    level : float
        Level of all intervals; the tests use 1 - level.
    nonsampling : float
        Standard error, for a share, of everything but sampling, in each of the two surveys.
    deff : float, optional
        Design effect to assume for published figures that state none; 1.5 when left out.
    mean_margin : float, optional
        Margin for means in units of their scale; when left out, ``margin`` times the range of the scale.
    mean_nonsampling : float, optional
        The same error for means, in units of their scale. When left out, means have the sampling tier only: the 3
        points were measured on shares.
    adjust : {"holm", "bh", "none"}
        By which adjusted p-value the sentence warns that a difference would not survive its battery: Holm's, or
        Benjamini and Hochberg's. Both stand in the row.
    correlation : float, optional
        Common correlation to assume of the published items of a battery, e.g. ``0.3``; when left out, that of the new
        items is borrowed.
    base : {"all", "excluding_dont_know", "excluding_neutral"}, optional
        The base of published figures whose base the registry does not know, on your word: the new estimate is then made
        over it. Figures whose base is known keep theirs.
    bridge_to : Frame or str, optional
        The people of the published figures, e.g. ``Frame("urban adults", where="urban == 1", margins=...)``: where
        populations differ, or the figure is of a subgroup, the new sample is restricted to them and post-stratified to
        the frame's margins. Or plain words that the codebook makes clear, ``"urban online 18-59"``.

    Returns
    -------
    Comparison
        One row for each pair. A pair that is not comparable has no difference and no verdict. A pair whose published
        figure has neither a number of interviews nor a margin of error has a difference, but no interval and no
        verdict. Under ``batteries`` what was asked together is tested together. Of a registry one figure for each
        published item is taken; ``method["other_figures"]`` names the others, which may be asked for by their ids.

    Raises
    ------
    EstimationError
        When given something else than estimates.
    ComparisonError
        When no figure belongs to any item, an argument is of another kind, what is declared means nothing or
        contradicts the registry, the words of a frame are not understood, or nobody belongs to it.
    WeightingError
        When a frame's margins cannot be met.

    Notes
    -----
    A. The gate: question, answers and whether a middle answer and don't know were offered, base, people, sample, mode,
    order, dates, provenance. Where the answers, the base or the people differ and the data allow it, the new estimate
    is made again on the published terms. Each reason says what would repair it, or that nothing does (``repairs``).
    B. The published standard error: see :func:`topline.analysis.comparing.published_error.published_error`.
    C, D. The difference has Welch and Satterthwaite's t interval; "equivalent" is two one-sided tests at 1 - level.
    E. Two tiers: sampling alone, and with ``2 * nonsampling**2`` added to the variance.
    F. Batteries: all items together, their common shift, their profile and order; see :class:`Battery`.
    Verdicts are of single items; p-values adjusted within a battery stand beside them. Where a verdict would turn is
    said of the published design effect and interviews, of non-sampling error and of rounding, each alone.

    References
    ----------
    Welch (1947), Biometrika 34, 28-35 (the difference). Schuirmann (1987), Journal of Pharmacokinetics and
    Biopharmaceutics 15, 657-680 (equivalence). Shirani-Mehr, Rothschild, Goel and Gelman (2018), Journal of the
    American Statistical Association 113, 607-614 (error beyond sampling). Holm (1979), Scandinavian Journal of
    Statistics 6, 65-70; Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300 (several
    items). Manski (2003), Partial Identification of Probability Distributions, chapter 1; Imbens and Manski (2004),
    Econometrica 72, 1845-1857 (those without an answer).

    Examples
    --------
    >>> import pandas as pd
    >>> from topline.analysis.sampling.design import Design
    >>> from topline.analysis.estimation.estimate import proportion
    >>> from topline.data.registry.figures import published
    >>> wave = pd.DataFrame({"travel": ["support"] * 620 + ["other"] * 380})
    >>> found = compare(proportion(Design(wave), "travel", category="support"), published()["liu2022.travel"])
    >>> row = found.rows[0]
    >>> round(row.difference, 2), row.verdict_sampling, row.verdict_total, row.grade
    (-0.15, 'different', 'different', 'qualified')
    """
    check_correlation(correlation)
    declared = Declared(margin, level, nonsampling, deff, mean_margin, mean_nonsampling, adjust)
    parts = listed(estimates)
    if not parts:
        raise ComparisonError("there is no estimate to compare; make one with proportion or mean.")
    other = next((part.method["estimand"] for part in parts if statistic_of(part) not in ("share", "mean")), None)
    if other is not None:
        raise ComparisonError(f"{other}s have no published counterpart; use proportion for shares, mean for means.")
    check_kinds(about, bridge_to)
    about = described(about or StudyDescription(), parts)
    paired = pairs(parts, figures, about)
    check_base(base, [pair.figure for pair in paired])
    bridge = None if bridge_to is None else Bridge(bridge_to, about)
    placed = [one for pair in paired for one in rows_of(pair, about, declared, base, bridge)]
    placed = with_unanswered(placed, figures, level)
    finished = tuple(map(with_sentences, with_adjusted([one.row for one in placed], adjust)))
    together = batteries(placed, declared, correlation)
    others = others_of(paired)
    differenced = {row.published_item for row in finished if row.difference is not None}
    choices = {**choices_made(parts[0], declared), **repairs_chosen(base, bridge)}
    choices |= {**others_in_words(others, differenced), "other_figures": others}
    return Comparison(finished, choices, about, together)


def listed(estimates: Estimates | Sequence[Estimates]) -> list[Estimates]:
    """Take one set of estimates or several; refuse what is none."""
    parts = list(estimates) if isinstance(estimates, Sequence) else [estimates]
    other = next((part for part in parts if not isinstance(part, Estimates)), None)
    if other is not None:
        raise EstimationError(
            f"compare needs Estimates and was given a {type(other).__name__}. Make them first, of a Design: "
            "proportion(design, 'travel', category='support'), or mean(design, 'trust')."
        )
    return parts


def check_kinds(about: object, bridge_to: object) -> None:
    """Refuse a new survey or a frame that is of another kind.

    Examples
    --------
    >>> check_kinds(None, 3)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    topline.data.errors.ComparisonError: bridge_to is 3; it is a Frame, e.g. Frame('urban adults', where=...
    """
    if about is not None and not isinstance(about, StudyDescription):
        raise ComparisonError(
            f"about is a {type(about).__name__}; it is a StudyDescription, e.g. StudyDescription(country='CN')."
        )
    if bridge_to is not None and not isinstance(bridge_to, Frame | str):
        raise ComparisonError(
            f"bridge_to is {bridge_to!r}; it is a Frame, e.g. Frame('urban adults', where=\"urban == 1\"), or words "
            "such as 'urban 18-59'."
        )


def described(about: StudyDescription, parts: Sequence[Estimates]) -> StudyDescription:
    """Add to what a study says of itself that its respondents are simulated, where their file says so."""
    if SIMULATED in about.note or not any(simulated(part.design.study) for part in parts):
        return about
    return replace(about, note=f"{about.note.rstrip('.')}; {SIMULATED}" if about.note else SIMULATED)


def rows_of(
    pair: Pair, about: StudyDescription, declared: Declared, base: str | None, bridge: Bridge | None
) -> list[Placed]:
    """Compare one item with one figure: one row for each group, with where its estimate stands."""
    estimates, figure, bridged = pair.estimates, on_your_word(pair.figure, base), None
    codebook = estimates.design.study.codebook
    variable = codebook[pair.item]
    reasons = gate(variable, figure, about, pair.relation, chosen=pair.chosen, codebook=codebook)
    unnamed_part = subgroup_of(figure) and not pair.named  # that the frame is this part, nobody has said
    if bridge is not None and grade_of(reasons) != "not_comparable" and not unnamed_part:
        estimates, bridged = bridge.over(estimates, pair.item, figure)
        reasons = gate(variable, figure, about, pair.relation, chosen=pair.chosen, bridged=bridged, codebook=codebook)
    terms = on_terms(estimates, pair.item, figure, declared.level, on_word=figure is not pair.figure)
    other = other_base(estimates, pair.item, figure, terms, declared.level)
    made = []
    for record in terms.rows:
        groups = {name: record[name] for name in estimates.by if name in record}
        apart = parts_of_samples(figure, groups, estimates.design, chosen=pair.chosen, bridged=bridged is not None)
        own = [*reasons, *terms.reasons, *in_words(record, other), *apart]
        own += [*hedged(figure), *without_error(record, figure)]
        row = replace(beside(pair.figure, graded(own)), **new_side(record, terms, estimates, pair.item), groups=groups)
        made.append(placed_over(row, record, other, pair.figure, declared))
    return made


def placed_over(
    row: ComparisonRow, record: Mapping[str, Any], other: OtherBase | None, figure: Figure, declared: Declared
) -> Placed:
    """Test a row, over both bases where the published one is not known, and keep where its estimates stand."""
    error = printed(figure)
    found = other.of(record) if other is not None else None
    if other is None or found is None:
        return Placed(with_tiers(row, error, declared), record.get("place"), figure, error.rounding)
    tested, there = with_both(row, found, other.base, error, declared)
    beyond = None if there is None else Placed(there, found["place"], figure, error.rounding)
    return Placed(tested, record.get("place"), figure, error.rounding, beyond)


def hedged(figure: Figure) -> list[Reason]:
    """Say what a bound can show, and how coarse a value "about" something is taken to be."""
    bound, unit = BOUNDS.get(figure.qualifier), assumed_rounding(figure)
    if bound:
        inside, outside = ("above", "below") if bound == "least" else ("below", "above")
        words = (
            f"The published figure is a bound: a new value {outside} it can be shown to differ, but not by how much; "
            f"one {inside} it can be shown neither to differ nor to be the same."
        )
        return [Reason("error", "qualifies", words, EXACT_VALUE)]
    if unit is None:
        return []
    words = f"'{figure.as_printed}' is taken as rounded to {100 * unit:g} points."
    return [Reason("error", "qualifies", words, EXACT_VALUE)]


def without_error(record: Mapping[str, Any], figure: Figure) -> list[Reason]:
    """Say when one side has nothing to work its error out from."""
    found = []
    unknown = figure.n is None and figure.moe is None and None in (figure.lower, figure.upper)
    if unknown and figure.statistic == "share":
        words = "The published figure has no number of interviews and no margin of error: no interval, no test."
        found.append(Reason("error", "qualifies", words, "enter n or moe in estimate.csv, once a source states it"))
    if record.get("estimate") is not None and record.get("se") is None:
        words = "The new estimate has no standard error: no interval, no test."
        found.append(Reason("error", "qualifies", words, "a Design(...) whose groups hold more than one PSU each"))
    return found


def graded(reasons: list[Reason]) -> dict[str, Any]:
    """Give grade, reasons, repairs and topics: what forbids first, then what rests on the user's word alone."""
    ordered = sorted(reasons, key=lambda reason: FIRST.get(reason.topic, FIRST[reason.effect]))
    grade: Grade = grade_of(reasons)
    told = list({reason.text: reason for reason in reversed(ordered)}.values())[::-1]
    return {
        "grade": grade,
        "reasons": tuple(reason.text for reason in told),
        "repairs": tuple(reason.repair for reason in told),
        "topics": tuple(reason.topic for reason in told),
    }


def new_side(record: Mapping[str, Any], terms: OnTerms, estimates: Estimates, item: str) -> dict[str, Any]:
    """Give what a row says of the new estimate."""
    variable = estimates.design.study.codebook[item]
    return {
        "item": item,
        "category": str(record.get("category") or ""),
        **{name: record.get(name) for name in NUMBERS},
        "label": variable.label or item,
        "statistic": terms.statistic,
        "wording": dict(variable.wording),
        "base": terms.base,
        "answers": labels_of(variable, terms.codes),
    }


def choices_made(estimates: Estimates, declared: Declared) -> dict[str, object]:
    """Say how the comparison was made: words are printed, numbers are for machines."""
    design = estimates.design
    assumed = declared.deff if declared.deff is not None else 1.5
    return {
        "level": declared.level,
        "margin": declared.margin,
        "nonsampling": declared.nonsampling,
        "assumed_deff": assumed,
        "n": int((design.weights > 0).sum()),
        "effective_n": float(design.weights.sum() ** 2 / (design.weights**2).sum()),
        "weighting": weighting_in_words(design),
        **margins_in_words(design),
        "new intervals": f"{estimates.method['variance']}, at {100 * declared.level:g}%",
        "published intervals": "from the number of interviews and the stated design effect, or the stated margin of "
        f"error; where neither is stated, a design effect of {assumed:g}, tried from 1 to 2; rounding adds "
        "its unit squared over 12, and 'about' counts as rounded to 10 points for a multiple of ten, else to 5",
        "difference": "new minus published; Welch and Satterthwaite's t interval",
        "equivalence": f"two one-sided tests against {100 * declared.margin:g} points (means: "
        + (f"{declared.mean_margin:g}" if declared.mean_margin is not None else "the same part of the scale")
        + ")",
        "other survey error": f"a standard error of {100 * declared.nonsampling:g} points in each survey, for shares"
        + (
            f"; {declared.mean_nonsampling:g} for means"
            if declared.mean_nonsampling is not None
            else "; none for means"
        ),
        "several items": "verdicts are of single items; p_holm and p_bh allow for all items of a study's battery",
    }


def repairs_chosen(base: str | None, bridge: Bridge | None) -> dict[str, str]:
    """Say what was repaired on the user's word: the base, and the people."""
    chosen = {}
    if base is not None:
        chosen["published base"] = (
            f"{BASE_WORDS[base]}, on your word, for figures whose base the registry does not know"
        )
    if bridge is not None:
        chosen["bridged"] = bridge.in_words()
    return chosen


def margins_in_words(design: Design) -> dict[str, str]:
    """Say where the margins of the weighting came from, how far each was traced, and whom they count."""
    notes = [note for note in notes_of_weights(design) if note.startswith(MARGINS_OF)]
    return {"population margins": " ".join(notes)} if notes else {}


def weighting_in_words(design: Design) -> str:
    """Say how the new sample was weighted."""
    return "; ".join([design.weight_source, *(step.summary() for step in design.steps)])
