"""`porchlight new carrier`: the folder, fixtures, tests and page of a carrier, to be filled in; they pass at once."""

from pathlib import Path
from typing import Annotated

import typer

from local.console import Output

commands = typer.Typer(name="new", help="Scaffold what is to be written.", no_args_is_help=True)
commands.callback()(lambda: None)  # stays `new carrier`, while there is only one thing to make

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "local/scaffold/carrier"
OVERVIEW = "docs/carriers.md"
REGISTRY = "layers/core/porchlight/carriers/registry.py"
FILES = {
    "connector.py": "layers/core/porchlight/carriers/{id}/__init__.py",
    "statuses.py": "layers/core/porchlight/carriers/{id}/statuses.py",
    "parse.py": "layers/core/porchlight/carriers/{id}/parse.py",
    "client.py": "layers/core/porchlight/carriers/{id}/client.py",
    "scheme.py": "tests/connectors/schemes/{id}.py",
    "test.py": "tests/connectors/test_{id}.py",
    "delivered.json": "tests/connectors/fixtures/{id}/delivered.json",
    "delivered.expect.json": "tests/connectors/fixtures/{id}/delivered.expect.json",
    "two_parcels.json": "tests/connectors/fixtures/{id}/two_parcels.json",
    "two_parcels.expect.json": "tests/connectors/fixtures/{id}/two_parcels.expect.json",
    "ping.json": "tests/connectors/fixtures/{id}/ping.json",
    "ping.expect.json": "tests/connectors/fixtures/{id}/ping.expect.json",
    "page.md": "docs/carriers/{id}.md",
}


@commands.command()
def carrier(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As it stands in /webhooks/ID: acme, river_post.")],
    name: Annotated[str, typer.Option(help="The name for people; made of ID where it is not given.")] = "",
    register: Annotated[bool, typer.Option("--register", help="Also write the line into the registry.")] = False,
) -> None:
    """Scaffold a carrier: connector, codes, parser, client, fixtures, signature scheme, test and page.

    All of it works and passes the contract suites once the registry has its line; then make it true, file by file.
    """
    output = Output()
    if problem := refusal(id_):
        raise typer.BadParameter(problem, param_hint="ID")
    if not name.isprintable() or len(name) > 40 or set(name) & set('"\\<>|'):
        raise typer.BadParameter('up to 40 printable characters, none of " \\ < > |', param_hint="--name")
    files = {place.format(id=id_): _filled(template, id_, name) for template, place in FILES.items()}
    if there := [place for place in files if (ROOT / place).exists()]:
        raise typer.BadParameter(f"{there[0]} is there already", param_hint="ID")
    for place, text in files.items():
        (ROOT / place).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / place).write_text(text, encoding="utf-8")
        output.say(f"  {place}")
    _in_form([place for place in files if place.endswith(".py")])
    _into_overview()
    line = f'    "{id_}": "push poll",'
    if register:
        _register(line)
        output.say(f"  {REGISTRY}: {line.strip()}")
    else:
        output.say(f"\nOne line is left, among _CARRIERS in {REGISTRY}:\n\n{line}")
    output.say(f"\nTry it: .venv/bin/python -m pytest tests/connectors -q -k {id_}\nThen: docs/adding-a-carrier.md")


def refusal(id_: str) -> str:
    """Why a carrier cannot have this id; "" if it can."""
    import keyword
    import re

    from porchlight.carriers.registry import carrier_ids
    from porchlight.domain.carriers import carrier_id
    from porchlight.stores.registry import store_ids

    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", id_) or not 2 <= len(id_) <= 21 or keyword.iskeyword(id_):
        return (
            "an id is 2 to 21 lower-case letters, digits and single _, begins with a letter, and is no word of Python"
        )
    if id_ in (*carrier_ids(), *store_ids(), "stores"):
        return f"{id_} is there already"
    if (other := carrier_id(id_)) != id_:
        return f"shops and aggregators mean {other!r} by {id_!r}: take that (domain/carriers.py has the spellings)"
    carriers = ROOT / "layers/core/porchlight/carriers"
    if (carriers / id_).exists() or (carriers / f"{id_}.py").exists():
        return f"porchlight.carriers.{id_} is there already"
    if found := next(iter((ROOT / "brand").glob(f"*/carriers/{id_}.yaml")), None):
        return f"{found.relative_to(ROOT)} declares it: take that away first"
    return ""


def _filled(template: str, id_: str, name: str) -> str:
    words = id_.split("_")
    marks = {
        "<<id>>": id_,
        "<<Class>>": "".join(word.capitalize() for word in words),
        "<<Name>>": name or " ".join(word.capitalize() for word in words),
        "<<Header>>": "-".join(word.capitalize() for word in words),
        "<<header>>": "-".join(words),
        "<<host>>": "".join(words),
        "<<NUMBER>>": id_.replace("_", "").upper()[:6],
    }
    text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text


def _in_form(places: list[str]) -> None:
    """As `make format` would: the order of imports and the length of lines depend on the id."""
    import subprocess
    import sys

    for command in (["check", "--fix", "--select", "I"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "--quiet", "--no-cache", *places], cwd=ROOT, check=True)


def _into_overview() -> None:
    """The new page's row into the table of all sources."""
    from local.setup.carriers_page import write

    write(ROOT / "docs")


def _register(line: str) -> None:
    """Write the line where it belongs by the alphabet."""
    file = ROOT / REGISTRY
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next(index for index, text in enumerate(lines) if text.startswith("_CARRIERS = {")) + 1
    last = next(index for index in range(first, len(lines)) if lines[index].startswith("}"))
    place = next((index for index in range(first, last) if lines[index] > line), last)
    lines.insert(place, f"{line}\n")
    file.write_text("".join(lines), encoding="utf-8")
