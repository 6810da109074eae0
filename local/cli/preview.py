"""`porchlight preview`: every moment in every language and channel, live while you edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from local.console import Output

commands = typer.Typer()

BRANDS = Path(__file__).resolve().parents[2] / "brand"


@commands.command()
def preview(
    source: Annotated[Path, typer.Option("--source", help="The brand folder.")] = BRANDS,
    port: Annotated[int, typer.Option(help="Where on 127.0.0.1 it listens; 0: a free one.")] = 4570,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it.")] = True,
) -> None:
    """Open all messages in the browser with sample data; the page follows each saved change. Until Ctrl-C."""
    import threading
    import webbrowser

    from local.front import Front
    from local.preview import PREFIX, Preview

    output = Output()
    with Front(port, routes={PREFIX: Preview(source)}) as front:
        address = f"{front.url}{PREFIX}"
        output.say(f"{address}   Ctrl-C ends it.")
        if browser:
            webbrowser.open(address)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return
