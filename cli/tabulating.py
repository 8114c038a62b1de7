"""The verbs that tabulate: crosstab, banner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .designing import design_of, design_options, is_study
from .terminal import FOLDER, as_json, example, names_option, show

if TYPE_CHECKING:
    from ..analysis.tables.banner_table import Banner

TESTS = ["F", "chisq", "wald", "adj_wald", "lincom", "saddlepoint"]


@click.command(
    epilog=example(
        "topline crosstab wave1.sav approval sex --weight w --strata province --psu community\n"
        "topline crosstab my-study approval age4 --percent row --test wald"
    )
)
@click.argument("source", type=FOLDER)
@click.argument("row")
@click.argument("column")
@design_options
@click.option("--percent", type=click.Choice(["column", "row", "total"]), default="column", help="Default: column.")
@click.option("--base", type=click.Choice(["substantive", "all"]), default="substantive", help="Default: substantive.")
@click.option("--test", "statistic", type=click.Choice(TESTS), help="Print this test of independence alone.")
@click.option(
    "--level", type=click.FloatRange(50, 99.99), default=95.0, help="Confidence level in percent. Default: 95."
)
@as_json
def crosstab(source: Path, row: str, column: str, as_json: bool, **options: Any) -> None:
    """Cross two questions: percentages with design-based errors, and a test of independence.

    SOURCE is a data file (.sav .zsav .dta .csv .parquet) or a study folder, whose study.yaml names the design. ROW
    holds the answers, COLUMN the groups.
    """
    from ..analysis.tables.crosstab import crosstab as crossed

    table = crossed(
        design_of(source, options),
        row,
        column,
        percent=options["percent"],
        where=options["where"],
        base=options["base"],
        level=options["level"] / 100,
    )
    statistic = options["statistic"]
    show(table.test(statistic) if statistic else table, as_json)


@click.command(
    epilog=example(
        "topline banner my-study --columns sex,age4 --xlsx tables.xlsx\n"
        "topline banner wave1.sav --weight w --rows approval,trust_local --columns sex,sex*age4 --level 95,90"
    )
)
@click.argument("source", type=FOLDER)
@design_options
@names_option("--rows", "Items. Default, in a study folder: every closed question.")
@names_option("--columns", "Banner variables; sex*age4 crosses two.")
@names_option("--means", "Items that get a row with their mean.")
@click.option("--base", type=click.Choice(["substantive", "all"]), default="substantive", help="Default: substantive.")
@names_option("--level", "Level of the letters in percent, or two: 95,90. Default: 95.")
@click.option("--holm", is_flag=True, help="Adjust for the number of pairs in a row, by Holm.")
@click.option("--low-base", type=click.FloatRange(0), default=30, help="Smaller columns are not tested. Default: 30.")
@click.option("--minimum-base", type=click.IntRange(1), help="Smaller columns are not shown.")
@click.option("--xlsx", type=click.Path(path_type=Path, dir_okay=False), help="Write an Excel workbook.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a web page.")
@as_json
def banner(source: Path, xlsx: Path | None, html: Path | None, as_json: bool, **options: Any) -> None:
    """Tabulate items by groups, with letters where columns differ.

    SOURCE is a data file (.sav .zsav .dta .csv .parquet) or a study folder, whose study.yaml names the design. Without
    --xlsx or --html the tables are printed.
    """
    tables = tabulated(source, options)
    if html:
        tables.to_html(html)
    if xlsx:
        tables.to_xlsx(xlsx)
    if as_json or not (html or xlsx):
        show(tables, as_json)
        return
    click.echo(f"Wrote {' and '.join(str(path) for path in (html, xlsx) if path)}.")


def tabulated(source: Path, options: dict[str, Any]) -> Banner:
    """Make the tables that the options name."""
    from ..analysis.recipe import closed_questions
    from ..analysis.tables.banner import banner as tables

    if not options["columns"]:
        raise click.UsageError("Name the groups to tabulate by, e.g. --columns sex,age4")
    if not options["rows"] and not is_study(source):
        raise click.UsageError("Name the items to tabulate, e.g. --rows approval,trust_local")
    design = design_of(source, options)
    columns = [name if "*" not in name else tuple(name.split("*")) for name in options["columns"]]
    rows = options["rows"] or [name for name in closed_questions(design.study) if name not in options["columns"]]
    return tables(
        design,
        rows,
        columns,
        where=options["where"],
        base=options["base"],
        means=options["means"],
        level=levels(options["level"]),
        adjust="holm" if options["holm"] else None,
        low_base=options["low_base"],
        minimum_base=options["minimum_base"],
    )


def levels(texts: tuple[str, ...]) -> list[float]:
    """Read one level in percent, or two.

    Examples
    --------
    >>> levels(("95", "90")), levels(())
    ([0.95, 0.9], [0.95])
    """
    try:
        read = [float(text) / 100 for text in texts] or [0.95]
    except ValueError as error:
        raise click.UsageError(f"--level {','.join(texts)}: levels are percentages, e.g. 95 or 95,90") from error
    if not all(0.5 <= level < 1 for level in read) or len(read) > 2:
        raise click.UsageError(f"--level {','.join(texts)}: one level or two, from 50 to below 100, e.g. 95,90")
    return read
