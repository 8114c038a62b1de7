"""The options that say what is estimated, and the estimates that they give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from .terminal import Command, names_option

if TYPE_CHECKING:
    from ..analysis.estimation.estimates import Estimates
    from ..analysis.sampling.design import Design

KINDS = ("mean", "proportion", "total", "ratio", "quantile", "variance")
ONLY = {
    "category": "proportion",
    "base": "proportion",
    "interval": "proportion",
    "share": "quantile",
    "rule": "quantile",
}
"""Options that belong to one kind of estimate."""

INTERVALS = ["logit", "beta", "mean", "wilson", "asin", "likelihood", "xlogit"]
ESTIMAND = (*KINDS, *ONLY, "by", "level", "df", "where")


OWN_BASE = click.option(
    "--base",
    type=click.Choice(["substantive", "all"]),
    help="With --proportion: leave don't know and refused out of the base, or keep them in. Default: substantive.",
)

PUBLISHED_BASE = click.option(
    "--base",
    type=click.Choice(["all", "excluding_dont_know", "excluding_neutral"]),
    help="Base of published figures whose base the registry does not know; new results are estimated over it.",
)


def compared_options(command: Command) -> Command:
    """Add the options that say what is estimated to be compared; its base is the published one."""
    return estimand_options(PUBLISHED_BASE(command), published=True)


def estimand_options(command: Command, *, published: bool = False) -> Command:
    """Add the options that say what is estimated."""
    options = (
        names_option("--mean", "Means of these variables."),
        names_option("--proportion", "Shares of the categories of these variables."),
        names_option("--total", "Totals of these variables."),
        names_option("--ratio", "Ratios of totals, each written as one variable over another: online/awake."),
        names_option("--quantile", "Quantiles of these variables."),
        names_option("--variance", "Variances of these variables in the population."),
        click.option(
            "--category",
            help="With --proportion: this category only: a code, a label, a named group such as support, or codes "
            "taken together, 4+5.",
        ),
        names_option("--by", "One result for each group of these variables."),
        *([] if published else [OWN_BASE]),
        click.option(
            "--interval",
            type=click.Choice(INTERVALS),
            help="With --proportion: how intervals are made. Default: logit.",
        ),
        names_option("--share", "With --quantile: which quantiles, as shares below. Default: 0.5, the median."),
        click.option("--rule", help="With --quantile: how a quantile is read off, R's qrule. Default: math."),
        click.option("--level", type=click.FloatRange(50, 99.99), help="Confidence level in percent. Default: 95."),
        click.option(
            "--df",
            type=click.Choice(["design", "domain"]),
            help="Degrees of freedom of the whole design, or of each base. Default: design.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def estimated(design: Design, options: Mapping[str, Any]) -> Estimates:
    """Estimate what the options name: exactly one kind."""
    kinds = [kind for kind in KINDS if options[kind]]
    if not kinds:
        raise click.UsageError("Name what to estimate, e.g. --mean age, --proportion approval, --quantile income")
    if len(kinds) > 1:
        raise click.UsageError(f"{' and '.join(f'--{kind}' for kind in kinds)}: only one of these at a time.")
    kind = kinds[0]
    foreign = [name for name, owner in ONLY.items() if options[name] and owner != kind]
    if foreign:
        owner = ONLY[foreign[0]]
        raise click.UsageError(f"{', '.join(f'--{name}' for name in foreign)}: belongs to --{owner}, not to --{kind}.")
    common = {
        "by": options["by"],
        "where": options["where"],
        "level": level_of(options),
        "df": options["df"] or "design",
    }
    return _estimated(design, kind, options, common)


def _estimated(design: Design, kind: str, options: Mapping[str, Any], common: Mapping[str, Any]) -> Estimates:
    from ..analysis.estimation import estimate

    items = options[kind]
    if kind == "ratio":
        above, below = zip(*map(over, items), strict=True)
        return estimate.ratio(design, above, below, **common)
    if kind == "quantile":
        from ..analysis.estimation.quantile import quantile

        rule = {"rule": options["rule"]} if options["rule"] else {}
        return quantile(design, items, shares(options["share"]), **rule, **common)
    if kind == "variance":
        from ..analysis.estimation.dispersion import variance

        return variance(design, items, **common)
    if kind == "proportion":
        chosen = {name: options[name] for name in ("base", "interval") if options[name]}
        return estimate.proportion(design, items, category=together(options["category"]), **chosen, **common)
    estimator = estimate.mean if kind == "mean" else estimate.total
    return estimator(design, items, **common)


def level_of(options: Mapping[str, Any]) -> float:
    """Give the confidence level as a share."""
    return (options["level"] or 95.0) / 100


def over(text: str) -> tuple[str, str]:
    """Read a ratio.

    Examples
    --------
    >>> over("online/awake")
    ('online', 'awake')
    """
    above, slash, below = (part.strip() for part in text.partition("/"))
    if not slash or not above or not below:
        raise click.UsageError(f"--ratio '{text}' is no ratio; write one variable over another, e.g. online/awake")
    return above, below


def shares(texts: tuple[str, ...]) -> list[float]:
    """Read shares; the median where none is given.

    Examples
    --------
    >>> shares(("0.25", "0.75")), shares(())
    ([0.25, 0.75], [0.5])
    """
    try:
        return [float(text) for text in texts] or [0.5]
    except ValueError as error:
        raise click.UsageError(
            f"--share {', '.join(texts)}: each is a number between 0 and 1, e.g. 0.25,0.5"
        ) from error


def together(category: str | None) -> str | dict[str, list[float]] | None:
    """Read codes joined by a plus as one category: ``4+5``; anything else stays a code, label or name.

    Examples
    --------
    >>> together("4+5"), together("support")
    ({'4+5': [4.0, 5.0]}, 'support')
    """
    if category is None or not re.fullmatch(r"-?[\d.]+(\+-?[\d.]+)+", category):
        return category
    return {category: [float(code) for code in category.split("+")]}
