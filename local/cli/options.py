"""What several commands share."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from local.console import Output
    from local.stack import Stack

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document in place of tables; the rest goes to stderr.")
]

Brand = Annotated[str | None, typer.Option("--brand", "-b", help="Only this brand; all of the brand pack without it.")]
Stage = Annotated[str | None, typer.Option(help="A stage in AWS (dev, prod …); the local cloud without it.")]
Region = Annotated[str | None, typer.Option(help="Its AWS region; your profile's without it.")]


def brands(wanted: str | None) -> tuple[str, ...]:
    """The brand that is wanted, or all of the brand pack; a misuse where there is none of that name."""
    from local.stack import brand_ids

    known = brand_ids()
    if wanted is not None and wanted not in known:
        raise typer.BadParameter(f"there is no brand {wanted!r}; there are {', '.join(known)}", param_hint="--brand")
    return (wanted,) if wanted else known


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


@contextmanager
def opened(output: Output, stage: str | None, region: str | None) -> Iterator[Stack]:
    """The stack that a command means; what goes wrong inside ends the command in words."""
    from local.stack import Stack, StackError
    from porchlight.errors import PorchlightError

    try:
        yield Stack.open(stage, region)
    except StackError as error:
        output.fail(str(error))
    except PorchlightError as error:
        output.fail(f"{'AWS' if stage else 'The local cloud'} refused: {error.detail}")
