"""The verb that shows the question bank."""

from __future__ import annotations

import click

from .terminal import Verbs, as_json, example, show


class Topics(Verbs):
    """Verbs of the bank; what is none of them is a topic to list."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take ``topline bank TOPIC`` as ``topline bank list TOPIC``."""
        named = args if args[0] in self.commands else ["list", *args]
        return super().resolve_command(ctx, named)


@click.group(
    cls=Topics,
    invoke_without_command=True,
    subcommand_metavar="[TOPIC | list [TOPIC] | show ITEM]",
    epilog=example("topline bank\ntopline bank face_recognition\ntopline bank show face_recognition.police_public"),
)
@as_json
@click.pass_context
def bank(ctx: click.Context, as_json: bool) -> None:
    """List and show questions ready to field."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(bank_list, topic=None, as_json=as_json)


@bank.command("list", epilog=example("topline bank list face_recognition"))
@click.argument("topic", required=False)
@as_json
def bank_list(topic: str | None, as_json: bool) -> None:
    """List the questions on a TOPIC, or on all of them, one on a line."""
    from ..data.banks.listing import ItemList
    from ..data.banks.shipped import bank

    show(ItemList(bank(topic) if topic else bank()), as_json)


@bank.command("show", epilog=example("topline bank show face_recognition.police_public"))
@click.argument("item")
@as_json
def bank_show(item: str, as_json: bool) -> None:
    """Show one question: every language, answers, whose words, what it replicates, rights and notes."""
    from ..data.banks.listing import ItemSheet
    from ..data.banks.shipped import bank

    show(ItemSheet(bank()[item]), as_json)
