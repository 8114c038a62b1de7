"""The command line: one verb for each step of the road, each calling one public function."""

from __future__ import annotations

import click

from .. import __version__
from .asking import check, export, field, new, simulate
from .banking import bank
from .estimating import compare, estimate
from .polling import pool, trend
from .publishing import figures
from .showing import dashboard, demo, doctor
from .tabulating import banner, crosstab
from .terminal import Verbs
from .weighting import weight

GUIDE = """Field attitude surveys, estimate with their design, compare honestly with published figures.

\b
Field team:    bank, new, check, field, simulate, export
Statistician:  weight, estimate, crosstab, banner
Reader:        compare, figures, pool, trend, dashboard
First time?    topline demo
"""


@click.group(cls=Verbs, help=GUIDE, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="topline")
def main() -> None:
    """Run a verb."""


ASKING = (bank, new, check, field, simulate, export)
ESTIMATING = (weight, estimate, crosstab, banner)
SHOWING = (compare, figures, pool, trend, dashboard, demo, doctor)

for verb in (*ASKING, *ESTIMATING, *SHOWING):
    main.add_command(verb)
