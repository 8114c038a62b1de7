"""The verbs that put several published polls together: pool, trend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from .publishing import known_in
from .terminal import as_json, example, show

if TYPE_CHECKING:
    from ..analysis.polls.effects import Interval
    from ..analysis.polls.trend import Through

LEVEL = click.option(
    "--level", type=click.FloatRange(50, 99.99), default=95.0, help="Confidence level in percent. Default: 95."
)
DEFF = click.option(
    "--deff", type=click.FloatRange(0.1, 20), default=1.5, help="Design effect of polls that state none. Default: 1.5."
)
FOLDER = click.option(
    "--in",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Study folder with own figures.",
)
CHART = click.option(
    "--chart", type=click.Path(dir_okay=False, path_type=Path), help="Draw it too: a .svg, .png or .html file."
)


@click.command(epilog=example("topline pool pew2023_concern.daily_life pew2025_concern.daily_life"))
@click.argument("figures", nargs=-1, required=True)
@click.option(
    "--interval",
    type=click.Choice(["cautious", "knapp_hartung", "normal"]),
    default="cautious",
    help="Of random effects. Default: cautious.",
)
@click.option("--on-your-word", is_flag=True, help="Put polls together that nothing on record calls the same question.")
@LEVEL
@DEFF
@FOLDER
@CHART
@as_json
def pool(
    figures: tuple[str, ...],
    interval: str,
    on_your_word: bool,
    level: float,
    deff: float,
    folder: Path | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Put several polls of one question together.

    FIGURES are ids of published figures; topline figures search finds them. Prints a fixed and two random effects, how
    far the polls disagree, and where another poll would lie. Polls of different things are refused.
    """
    from ..analysis.polls.pooled import pooled

    found = pooled(
        known_in(folder).chosen(figures),
        interval=cast("Interval", interval),
        level=level / 100,
        deff=deff,
        on_your_word=on_your_word,
    )
    if chart is not None:
        found.plot().save(chart)
    show(found, as_json)


@click.command(
    epilog=example("topline trend eb382.view eb427.view eb460.view\ntopline trend ID ID ID --chart trend.svg")
)
@click.argument("figures", nargs=-1, required=True)
@click.option(
    "--through",
    type=click.Choice(["same_wording", "same_construct"]),
    default="same_wording",
    help="What the line runs through. Default: same_wording; it breaks where the words changed.",
)
@click.option(
    "--nonsampling",
    type=click.FloatRange(0, 50),
    help="Points of other error in each poll of shares. Default: 3; for means none.",
)
@click.option("--pace", type=click.FloatRange(0, 50), help="Points the level moves in a year; estimated when left out.")
@LEVEL
@DEFF
@FOLDER
@CHART
@as_json
def trend(
    figures: tuple[str, ...],
    through: str,
    nonsampling: float | None,
    pace: float | None,
    level: float,
    deff: float,
    folder: Path | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Follow polls of one question over time.

    FIGURES are ids of published figures; topline figures search finds them. The level is drawn only through polls that
    asked the same, with sampling error and with total error, and each house may have habits of its own.
    """
    from ..analysis.polls.trend import trend as followed

    found = followed(
        known_in(folder).chosen(figures),
        level=level / 100,
        nonsampling=None if nonsampling is None else nonsampling / 100,
        deff=deff,
        pace=None if pace is None else pace / 100,
        through=cast("Through", through),
    )
    if chart is not None:
        found.plot().save(chart)
    show(found, as_json)
