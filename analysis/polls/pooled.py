"""Several polls of one question put together, with how far they disagree and where the next may lie."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

from ...data.errors import ComparisonError
from ...data.printing import decimals_for, number, percent
from ...data.registry.figure import Figure
from ...data.registry.figures import record_of
from ..comparing.published_error import ASSUMED_DEFF
from ..comparing.verdict import Side
from ..printing.result_text import Table, in_html, in_markdown, printed
from .alike import Known, all_likened
from .effects import METHODS, Effect, Heterogeneity, Interval, effect, heterogeneity
from .poll import Poll, Polls, dates, grades, sorted_out

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

NAMES: Mapping[str, str] = {
    "fixed": "one common value",
    "dersimonian_laird": "values that vary (DerSimonian and Laird)",
    "paule_mandel": "values that vary (Paule and Mandel)",
}


@dataclass(frozen=True, repr=False)
class Pooled:
    """Several polls put together.

    Attributes
    ----------
    polls : tuple of Poll
        Those put together.
    effects : tuple of Effect
        By a fixed effect, DerSimonian and Laird, and Paule and Mandel, in this order.
    heterogeneity : Heterogeneity
        How much more they differ than their stated errors allow.
    share : bool
        Whether values are shares.
    method : mapping
        How it was made, in words and numbers; ``left_out`` names figures that could not be used, with the reason.
    notes : tuple of str
        What a reader must know.

    Examples
    --------
    >>> found = pooled([Poll(name, share, 0.012, item="own.cameras") for name, share in (("a", 0.61), ("b", 0.66))])
    >>> found.to_frame()["method"].tolist(), found.polls_frame()["weight_fixed"].tolist()
    (['fixed', 'dersimonian_laird', 'paule_mandel'], [0.5, 0.5])
    """

    polls: tuple[Poll, ...]
    effects: tuple[Effect, ...]
    heterogeneity: Heterogeneity
    share: bool
    method: Mapping[str, Any]
    notes: tuple[str, ...] = field(default=())

    def effect(self, method: str = "paule_mandel") -> Effect:
        """Give the effect by one method."""
        found = next((one for one in self.effects if one.method == method), None)
        if found is None:
            raise ComparisonError(f"method is {method!r}; give one of {', '.join(map(repr, METHODS))}.")
        return found

    def surprise(self, value: float, se: float) -> float:
        """Give how surprising another poll's value would be, in bits: -log2 of its two-sided p-value.

        Parameters
        ----------
        value, se : float
            The other poll's, e.g. ``0.62`` and ``0.015``.

        Notes
        -----
        Its value is held against the prediction interval's distribution, its own error added.
        """
        found = self.effect()
        spread = math.sqrt(found.tau**2 + found.se**2 + se**2)
        tail = _tail(Side(value, spread, found.df), found.estimate)
        return -math.log2(max(2 * tail, 5e-324))

    def to_frame(self) -> pd.DataFrame:
        """Give a row for each way of putting the polls together, at full precision."""
        import pandas as pd

        rows = [asdict(one) for one in self.effects]
        return pd.DataFrame(rows).drop(columns="weights")

    def polls_frame(self) -> pd.DataFrame:
        """Give a row for each poll: value, error, dates, house, badge, and what it counts by each method."""
        import pandas as pd

        frame = pd.DataFrame([asdict(poll) for poll in self.polls])
        for one in self.effects:
            frame[f"weight_{one.method}"] = one.weights
        return frame

    def document(self) -> dict[str, Any]:
        """Give everything as plain values for JSON."""
        method = {**self.method, "heterogeneity": asdict(self.heterogeneity), "notes": list(self.notes)}
        rows = [{name: _plain(value) for name, value in asdict(one).items()} for one in self.effects]
        return {"method": method, "rows": rows, "polls": [asdict(poll) for poll in self.polls]}

    def __str__(self) -> str:
        """Print what was put together, the polls, the effects, and what to know."""
        return printed(self._lines(), self._tables(), self.notes)

    __repr__ = __str__

    def to_markdown(self) -> str:
        """Give the same in Markdown."""
        return in_markdown(self._lines(), self._tables(), self.notes)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Give one web page, and write it where a path is given."""
        return in_html(self._lines(), self._tables(), self.notes, path)

    def plot(self) -> alt.LayerChart:
        """Draw polls and pooled values under one another."""
        from ..printing.result_chart import interval_chart

        return interval_chart(
            self._drawn(),
            share=self.share,
            names=["kind", "poll"],
            title=[self._lines()[0]],
            footing=[note for note in self.notes if note],
            level=self.method["level"],
        )

    def _drawn(self) -> pd.DataFrame:
        import pandas as pd

        reach = self.method["reach"]
        rows: list[dict[str, Any]] = [
            {
                "kind": "polls",
                "poll": _with_badge(poll),
                "estimate": poll.value,
                "se": poll.se,
                "low": poll.value - reach * poll.se,
                "high": poll.value + reach * poll.se,
            }
            for poll in self.polls
        ]
        for one in self.effects:
            rows.append(_bar("together", NAMES[one.method], one.estimate, one.se, one.low, one.high))
        last = self.effect()
        low, high = prediction(last)
        if low is not None and high is not None:
            rows.append(_bar("another poll", "prediction", last.estimate, last.se, low, high))
        drawn = pd.DataFrame(rows)
        return drawn.assign(low=drawn["low"].clip(0, 1), high=drawn["high"].clip(0, 1)) if self.share else drawn

    def _lines(self) -> list[str]:
        found, level = self.heterogeneity, f"{100 * self.method['level']:g}%"
        return [
            f"{len(self.polls)} polls put together",
            f"Q {found.q:.2f} on {found.df} df (p {found.p:.3g}): {100 * found.i_squared:.0f}% of their variation is "
            "more than their stated sampling errors explain",
            f"Intervals at {level}; prediction: where the true value of another poll like these would lie",
        ]

    def _tables(self) -> list[Table]:
        decimals = decimals_for([one.se for one in self.effects])

        def written(value: float | None) -> str:
            if value is None:
                return "-"
            return percent(min(1.0, max(0.0, value))) if self.share else number(value, decimals)

        together = [
            [NAMES[one.method], *map(written, (one.estimate, one.se, one.low, one.high, one.tau, *prediction(one)))]
            for one in self.effects
        ]
        single = [
            [poll.name, poll.badge or "own", dates(poll), poll.house, *map(written, (poll.value, poll.se))]
            for poll in self.polls
        ]
        for cells, counted in zip(single, self.effect().weights, strict=True):
            cells.append(percent(counted))
        heads = ["together", "estimate", "se", "low", "high", "tau", "prediction low", "prediction high"]
        return [
            (heads, together, 1),
            (["poll", "how known", "dates", "house", "value", "se", "weight"], single, 4),
        ]


def _with_badge(poll: Poll) -> str:
    return f"{poll.name} ({poll.badge})" if poll.badge else poll.name


def _bar(kind: str, name: str, estimate: float, se: float, low: float, high: float) -> dict[str, Any]:
    return {"kind": kind, "poll": name, "estimate": estimate, "se": se, "low": low, "high": high}


def prediction(one: Effect) -> tuple[float | None, float | None]:
    """Give the prediction interval's ends."""
    return one.prediction_low, one.prediction_high


def _tail(side: Side, middle: float) -> float:
    from scipy.special import stdtr

    return float(stdtr(side.df, -abs(side.value - middle) / side.se))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def pooled(
    polls: Polls,
    *,
    interval: Interval = "cautious",
    level: float = 0.95,
    deff: float = ASSUMED_DEFF,
    on_your_word: bool = False,
) -> Pooled:
    """Put several polls of one question together.

    Parameters
    ----------
    polls : Figures, Polls, or a Registry
        e.g. ``published(item="...")``, or a list of figures and of :class:`Poll` with own results.
    interval : str
        Of random effects: ``"cautious"`` (Knapp and Hartung's, never narrower than the normal one),
        ``"knapp_hartung"`` or ``"normal"``.
    level : float
        Level of the intervals, e.g. ``0.95``.
    deff : float
        Design effect of published polls that state none.
    on_your_word : bool
        Put polls together of which nothing on record says that they ask the same; the result says on whose word.
        Polls that are on record as different are refused all the same.

    Returns
    -------
    Pooled
        A fixed effect and two random effects, each with its interval; the latter with a prediction interval.

    Raises
    ------
    ComparisonError
        When polls ask different things, or fewer than two have an error.

    Notes
    -----
    A fixed effect supposes that polls differ by sampling alone. They rarely do: surveys' real error is about twice the
    stated one, so the random effects and their prediction interval are what another poll should be held against.
    Do not put polls together to hide that they disagree: look at Q first. Polls taken in one field period by one house
    count as two here though they share an error.

    References
    ----------
    DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177-188. Paule and Mandel (1982), Journal of Research
    of the National Bureau of Standards 87, 377-385. Higgins, Thompson and Spiegelhalter (2009), Journal of the Royal
    Statistical Society A 172, 137-159.

    Examples
    --------
    >>> from topline.analysis.polls.poll import Poll
    >>> shares = {"wave 1": 0.61, "wave 2": 0.66, "wave 3": 0.58}
    >>> waves = [Poll(name, share, 0.012, item="own.cameras") for name, share in shares.items()]
    >>> found = pooled(waves)
    >>> round(found.effect().estimate, 3), round(found.effect("fixed").estimate, 3)
    (0.617, 0.617)
    """
    made, left_out, figures = sorted_out(polls, deff)
    if len(made) < 2:
        why = "".join(f" {name}: {reason}." for name, reason in left_out.items())
        raise ComparisonError(f"{len(made)} of the polls can be put together; two or more are needed.{why}")
    known = record_of(polls)
    notes = _alike(made, figures, known, on_your_word=on_your_word)
    values, errors = [poll.value for poll in made], [poll.se for poll in made]
    effects = tuple(effect(values, errors, method, interval=interval, level=level) for method in METHODS)
    notes += grades(figures.values())
    notes += [f"Left out: {name}, because {reason}." for name, reason in left_out.items()]
    method = {
        "level": level,
        "interval": interval,
        "assumed_deff": deff,
        "left_out": left_out,
        "reach": _reach(level),
    }
    share = made[0].statistic == "share"
    ends = [end for one in effects for end in (one.low, one.high, *prediction(one)) if end is not None]
    if share and not all(0 <= end <= 1 for end in ends):
        notes.append("Intervals that run beyond 0 or 100% are shown cut there: so few polls say hardly more.")
    return Pooled(tuple(made), effects, heterogeneity(values, errors), share, method, tuple(notes))


def _reach(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def _alike(polls: Sequence[Poll], figures: Mapping[str, Figure], known: Known, *, on_your_word: bool) -> list[str]:
    """Refuse polls that measure different things; say of the others what they have in common."""
    found = all_likened(polls, figures, known)
    for (one, other), likeness in found.items():
        if likeness.likeness in ("apart", "counted_apart"):
            raise ComparisonError(f"{one} and {other} may not be put together: {likeness.reason}.")
    unknown = [pair for pair, likeness in found.items() if likeness.likeness == "unknown"]
    if unknown and not on_your_word:
        one, other = unknown[0]
        raise ComparisonError(
            f"{one} and {other} may not be put together: {found[unknown[0]].reason}. Put a row for the two questions "
            "into comparison.csv of your own figures, or take it on your word: on_your_word=True."
        )
    notes = [f"That {one} and {other} ask the same is taken on your word." for one, other in unknown]
    reworded = {likeness.reason for likeness in found.values() if likeness.likeness == "reworded"}
    return notes + [f"Asked in different words: {reason}." for reason in sorted(reworded)]
