"""What the verbs share: refusals, names separated by commas, examples in the help, printing, progress."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ..data.errors import ToplineError

Command = TypeVar("Command", bound=Callable[..., Any])
FOLDER = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document with full precision.")


class Verbs(click.Group):
    """The verbs, in the order of the road; refusals become one message and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Keep the order in which the verbs are defined."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; turn topline's own errors into a message without a traceback."""
        try:
            return super().invoke(ctx)
        except ToplineError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("\nStopped. What was finished before is kept; nothing is half written.", err=True)
            ctx.exit(130)


def names_option(name: str, help: str) -> Callable[[Command], Command]:
    """Make an option that takes names separated by commas: ``--by sex,age4``."""
    return click.option(name, metavar="NAME[,NAME...]", callback=split_names, help=help)


def split_names(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Split at commas; refuse an empty name."""
    if value is None:
        return ()
    names = tuple(name.strip() for name in value.split(","))
    if not all(names):
        raise click.BadParameter(f"'{value}' holds an empty name; write for example: sex,age4", ctx, parameter)
    return names


def example(text: str) -> str:
    """Set an example off from the help text, line by line."""
    return "Example:\n\n\b\n" + "\n".join(f"  {line}" for line in text.strip().splitlines())


def show(result: Any, as_json: bool) -> None:
    """Print a result for a reader, or its document for a machine."""
    if as_json:
        show_json(result.document())
    else:
        click.echo(str(result))


def show_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document; numbers keep every digit."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


def counted(number: int, noun: str) -> str:
    """Say a count: 1 error, 2 errors."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextlib.contextmanager
def progress(doing: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """Draw a progress bar on a terminal, and nothing elsewhere; give the callback that moves it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)
