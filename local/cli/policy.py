"""`porchlight policy`: is a returns policy right, why was a return decided as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Json
from local.console import Output

if TYPE_CHECKING:
    from layers.brand.policy_files import Found

commands = typer.Typer(
    name="policy",
    help="Returns policies: check one, see why a return was decided, try one on past returns.",
    no_args_is_help=True,
)

BRANDS = Path(__file__).resolve().parents[2] / "brand"

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE]…", help="policies/returns.yaml; those of all brands without it.")
]


@commands.command()
def check(files: Files = None, json: Json = False) -> None:
    """What is wrong with policies, with line and column: unknown fields, contradictions, rules that never take effect.
    Ends with 1 where something is an error; warnings are for you to think about.
    """
    from datetime import UTC, datetime

    from layers.brand import policy_files

    output = Output(json)
    wanted = files or [_from_here(file) for file in sorted(BRANDS.glob(f"*/{policy_files.PLACE}"))]
    if missing := next((file for file in wanted if not file.is_file()), None):
        output.fail(f"There is no file {missing}.", 2)
    today = datetime.now(UTC).date()
    read = {file: policy_files.read(file, today) for file in wanted}
    found = [one for _, problems in read.values() for one in sorted(problems, key=lambda one: (one.line, one.column))]
    wrong = policy_files.errors(found)
    if json:
        output.document({"policies": [_checked(file, *one) for file, one in read.items()]})
    for one in () if json else found:
        output.say(str(one))
    if not json:
        rules = sum(len(policy.rules) for policy, _ in read.values() if policy)
        told = f"{_count(len(wanted), 'policy', 'policies')}, {_count(rules, 'rule')}"
        output.say(f"{told}: {_count(len(wrong), 'error')}, {_count(len(found) - len(wrong), 'warning')}")
    if wrong:
        raise typer.Exit(1)


@commands.command()
def schema() -> None:
    """The JSON Schema of policies/returns.yaml, for editors."""
    from layers.brand import policy_files

    Output().document(policy_files.schema())


def _from_here(file: Path) -> Path:
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file


def _checked(file: Path, policy: Any, found: list[Found]) -> dict[str, Any]:
    return {
        "file": str(file),
        "version": policy.version if policy else None,
        "problems": [one.document() for one in found],
    }


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
