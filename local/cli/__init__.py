"""The `porchlight` command.

Each module named in MODULES holds one group of commands in `commands`, a `typer.Typer` (with a name:
`porchlight NAME …`; without: `porchlight …`). Such a module imports only typer and local.console at its top,
the rest inside its commands, so that `porchlight --help` and small commands start at once.
"""

import importlib

import typer

MODULES = (
    *("cases", "cloud", "codes", "consents", "dates", "explain", "import_orders", "measures", "new", "parse"),
    *("policy", "preview", "quarantine", "refunds", "replay", "shipment", "warehouse", "webhooks", "words"),
)


def build() -> typer.Typer:
    """The whole command, put together from its modules."""
    whole = typer.Typer(
        name="porchlight",
        help="Porchlight on this machine: run it, look into it, debug a payload.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
    )
    for name in MODULES:
        whole.add_typer(importlib.import_module(f"local.cli.{name}").commands)
    whole.callback()(lambda: None)  # stays a command with subcommands, even while there is only one
    return whole


app = build()
