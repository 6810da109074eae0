"""`porchlight quarantine`: bodies that could not be read, with their reasons; look at them, try again after a fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from local.stack import Stack
    from porchlight.ports import Quarantine, Quarantined

commands = typer.Typer(
    name="quarantine",
    help="Bodies with a good signature that could not be read: list them, look at one, try them again after a fix.",
    no_args_is_help=True,
)

Source = Annotated[str | None, typer.Option("--source", "-s", help="Only what this carrier or store sent.")]

_AT_MOST = 1000
_WARNING = "The body is as it was sent: it may hold personal data. Do not paste it where that does not belong."


@commands.command("list")
def list_entries(
    brand: Brand = None,
    source: Source = None,
    limit: Annotated[int, typer.Option(min=1, max=_AT_MOST, help="At most so many of each brand.")] = 100,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """What is in quarantine, the newest first. Exit code 0, also when it is empty."""
    output = Output(json)
    with opened(output, stage, region) as stack:
        quarantine = stack.app().quarantine
        entries = [e for name in brands(brand) for e in quarantine.list(name, limit)]
    entries = sorted((e for e in entries if source in (None, e.source)), key=lambda e: e.received_at, reverse=True)
    if json:
        output.document({"entries": [e.model_dump(mode="json") for e in entries]})
    elif not entries:
        output.say("The quarantine is empty.")
    else:
        output.report("Quarantine", [_row(e) for e in entries])
        output.say("Look at one: porchlight quarantine show ID   Try again: porchlight quarantine redrive ID")


@commands.command()
def show(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it: q_…")],
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """One entry: why it is here, and the body itself, which may hold personal data. Exit code 1 if it is not there."""
    output = Output(json)
    with opened(output, stage, region) as stack:
        found = _find(stack.app().quarantine, brands(brand), entry_id)
    if found is None:
        output.fail(f"There is no {entry_id} in quarantine.")
    entry, body = found
    if json:
        output.document({"entry": entry.model_dump(mode="json"), **_body(body)})
        return
    facts = {**_row(entry), "account": entry.account} | ({"topic": entry.topic} if entry.topic else {})
    for name, value in facts.items():
        output.say(f"{name:<10}  {value}")
    if body is None:
        output.say("\nIts body has expired: bodies are kept for 30 days. The sender may have it still.")
        return
    typer.secho(f"\n{_WARNING}\n", err=True, fg="yellow")
    output.say(_readable(body))


@commands.command()
def redrive(
    entry_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="As `list` shows them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All entries; with --source and --brand: of these.")] = False,
    source: Source = None,
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Put bodies back on the queue, as if they had just arrived. Doing it twice records nothing twice.

    What still cannot be read comes back to quarantine, with one more redrive counted.
    Exit code 1 if any could not be queued.
    """
    output = Output(json)
    if bool(entry_ids) == every:
        raise typer.BadParameter("name the entries, or --all (with --source SOURCE)")
    if source and not every:
        raise typer.BadParameter("--source goes with --all", param_hint="--source")
    rows: list[dict[str, object]] = []
    with opened(output, stage, region) as stack:
        quarantine, meant = stack.app().quarantine, brands(brand)
        entries = [e for name in meant for e in quarantine.list(name, _AT_MOST)] if every else []
        for entry_id in dict.fromkeys(entry_ids or ()):
            if found := _find(quarantine, meant, entry_id):
                entries.append(found[0])
            else:
                rows.append({"id": entry_id, "outcome": "not in quarantine"})
        rows += _redrive(output, stack, [e for e in entries if source in (None, e.source)])
    queued = sum(row["outcome"] == "queued" for row in rows)
    if json:
        output.document({"queued": queued, "entries": rows})
    elif rows:
        output.report(f"{queued} of {len(rows)} queued again", rows)
    else:
        output.say("The quarantine is empty: nothing to redrive.")
    if queued < len(rows):
        raise typer.Exit(1)


def _redrive(output: Output, stack: Stack, entries: list[Quarantined]) -> list[dict[str, object]]:
    from porchlight.errors import NotFoundError, PorchlightError
    from porchlight.services.quarantine import QuarantineDesk

    app = stack.app()
    desk = QuarantineDesk(app.quarantine, app.inbound)
    rows: list[dict[str, object]] = []
    with output.step("Queueing again", total=len(entries)) as step:
        for entry in entries:
            row: dict[str, object] = {"id": entry.quarantine_id, "brand": entry.brand, "source": entry.source}
            try:
                desk.redrive(entry.brand, entry.quarantine_id)
                row["outcome"] = "queued"
            except NotFoundError:
                row["outcome"] = "its body has expired"
            except PorchlightError as error:
                row["outcome"] = f"failed: {error.detail}"
            rows.append(row)
            step.advance()
    return rows


def _find(quarantine: Quarantine, brands: Sequence[str], entry_id: str) -> tuple[Quarantined, bytes | None] | None:
    """An entry, whichever brand's it is, with its body (None where that has expired)."""
    from porchlight.errors import NotFoundError

    for brand in brands:
        try:
            if found := quarantine.get(brand, entry_id):
                return found
        except NotFoundError:  # the entry is there, its body is not
            for entry in quarantine.list(brand, _AT_MOST):
                if entry.quarantine_id == entry_id:
                    return entry, None
    return None


def _row(entry: Quarantined) -> dict[str, object]:
    return {
        "id": entry.quarantine_id,
        "brand": entry.brand,
        "source": entry.source,
        "reason": entry.reason,
        "received": f"{entry.received_at:%Y-%m-%d %H:%M:%S} UTC",
        "bytes": entry.size,
        "redrives": entry.redrives,
    }


def _body(body: bytes | None) -> dict[str, object]:
    """The body for programs: as JSON, else as text, else as base64."""
    import base64
    import json

    if body is None:
        return {"body_expired": True}
    try:
        return {"body_json": json.loads(body)}
    except (ValueError, RecursionError):
        pass
    try:
        return {"body_text": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _readable(body: bytes) -> str:
    """The body for people: pretty where it is JSON. A stranger wrote it: nothing in it may steer the terminal."""
    import json

    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode(errors="backslashreplace")
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
