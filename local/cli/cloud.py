"""`porchlight up`, `down` and `demo`: the local cloud with Porchlight deployed to it."""

from typing import Annotated

import typer

from local.cli.options import Json, load
from local.console import Output

commands = typer.Typer()

Port = Annotated[int, typer.Option(help="Where on 127.0.0.1 it listens.", envvar="PORCHLIGHT_PORT")]
Once = Annotated[bool, typer.Option("--once", help="Leave after the table; fail if it is not as expected.")]


@commands.command()
def demo(once: Once = False, port: Port = 4566, json: Json = False) -> None:
    """Start, deploy, play some days of real-shaped traffic through the front door; up until Ctrl-C."""
    raise typer.Exit(load("local.demo.run:main")(once=once, port=port, output=Output(json)))


@commands.command()
def up(port: Port = 4566, json: Json = False) -> None:
    """Start the local cloud and deploy Porchlight to it, without traffic; come back when it is ready."""
    raise typer.Exit(load("local.demo.run:up")(port=port, output=Output(json)))


@commands.command()
def down(json: Json = False) -> None:
    """Stop the local cloud that `porchlight up` started."""
    raise typer.Exit(load("local.demo.run:down")(output=Output(json)))
