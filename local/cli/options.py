"""What several commands share."""

import importlib
from collections.abc import Callable
from typing import Annotated, Any

import typer

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document in place of tables; the rest goes to stderr.")
]


def load(target: str) -> Callable[..., Any]:
    """The function `module:name`, imported now that a command needs it."""
    module, _, name = target.partition(":")
    try:
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and not module.startswith(error.name or "-"):
            raise  # something that the module itself imports: a fault, not an absence
        typer.secho(f"This checkout has no {target} yet, which this command needs.", err=True, fg="red")
        raise typer.Exit(1) from None
    return function
