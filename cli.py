"""The command line: one verb for each step of the road, each calling one public function."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """Field attitude surveys, estimate with their design, compare honestly with published figures."""
