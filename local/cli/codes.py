"""`porchlight codes`: codes that no table knows, how often they came, and what you say they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from porchlight.domain.codes import Code

commands = typer.Typer(
    name="codes",
    help="Carriers' codes that no table knows: list them, say what they mean without a deploy, take that back.",
    no_args_is_help=True,
)

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="The carrier or aggregator that uses the code.")]
CodeText = Annotated[str, typer.Argument(metavar="CODE", help="As `list` shows it.")]
Words = Annotated[str, typer.Option("--words", help="Only where the carrier words it like this.")]


@commands.command("list")
def list_codes(
    source: Annotated[str | None, typer.Option("--source", "-s", help="Only this carrier or aggregator.")] = None,
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Codes without a meaning, the most frequent first, each with a sample; then those that were given one."""
    output = Output(json)
    with opened(output, stage, region) as stack:
        codes = [code for name in brands(brand) for code in stack.app().codes.of_brand(name)]
    codes = [code for code in codes if source in (None, code.source)]
    codes.sort(key=lambda code: (code.meaning is not None, -code.seen, code.source, code.code))
    if json:
        output.document({"codes": [code.model_dump(mode="json") for code in codes]})
    elif not codes:
        output.say("Every code that came has a meaning.")
    else:
        output.report("Codes", [_row(code) for code in codes])
        output.say("Say what one means: porchlight codes map SOURCE CODE MILESTONE [--reason …]")


@commands.command("map")
def map_code(
    source: Source,
    code: CodeText,
    milestone: Annotated[
        str, typer.Argument(metavar="MILESTONE", help="in_transit, delivered, exception …; unknown: a mere notice.")
    ],
    reason: Annotated[str | None, typer.Option(help="What went wrong: customs, address, weather …")] = None,
    at_fault: Annotated[
        str | None, typer.Option(help="Who is at fault, where it is not the reason's usual party.")
    ] = None,
    signal: Annotated[str | None, typer.Option(help="driver_assigned or driver_nearby.")] = None,
    words: Words = "",
    note: Annotated[str, typer.Option(help="Why you are sure; kept beside it.")] = "",
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
) -> None:
    """Say what a code means. New events are read so within a minute; those of before when you `porchlight replay`."""
    from pydantic import ValidationError

    from porchlight.domain.codes import Code, Meaning, words_of

    output = Output()
    given = {"milestone": milestone, "reason": reason, "at_fault": at_fault, "signal": signal, "note": note}
    with opened(output, stage, region) as stack:
        app = stack.app()
        now = app.clock()
        try:
            meaning = Meaning.model_validate({**given, "decided_at": now})
        except ValidationError as error:
            faults = "; ".join(
                f"{e['loc'][0]}: {e['msg'].partition('expected ')[2] or e['msg']}" for e in error.errors()
            )
            raise typer.BadParameter(faults) from None
        known = [name for name in brands(brand) if app.carrier(source, name)]
        if not known:
            raise typer.BadParameter(f"there is no carrier or aggregator {source!r}", param_hint="SOURCE")
        first: dict[str, str] = {}
        for name in known:
            met = {(one.code, one.words): one for one in app.codes.of_brand(name) if one.source == source}
            entry = Code(brand=name, source=source, code=code, words=words_of(words))
            app.codes.give_meaning(entry, meaning)
            if (before := met.get((code, ""))) and before.first_seen:
                first[name] = f"{before.first_seen:%Y-%m-%d}"
    output.say(f"{source} {code} now means {milestone}{f' ({reason})' if reason else ''}, within a minute.")
    for name, day in first.items():
        span = f"--from {day} --to {now:%Y-%m-%dT%H:%M:%S}"
        output.say(f"Read again what came before: porchlight replay --carrier {source} --brand {name} {span}")


@commands.command()
def unmap(
    source: Source,
    code: CodeText,
    words: Words = "",
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
) -> None:
    """Take a meaning back: the connector's own table counts again."""
    from porchlight.domain.codes import Code, words_of

    output = Output()
    with opened(output, stage, region) as stack:
        for name in brands(brand):
            stack.app().codes.give_meaning(Code(brand=name, source=source, code=code, words=words_of(words)), None)
    output.say(f"{source} {code} is read by the connector's own table again, within a minute.")


def _row(code: Code) -> dict[str, object]:
    meaning = code.meaning
    said = f"{meaning.milestone}{f' ({meaning.reason})' if meaning.reason else ''}" if meaning else "?"
    return {
        "brand": code.brand,
        "source": code.source,
        "code": code.code + (f" “{code.words}”" if code.words else ""),
        "seen": code.seen,
        "last": f"{code.last_seen:%Y-%m-%d %H:%M}" if code.last_seen else "",
        "sample": code.sample,
        "in": code.shipment_id or "",
        "means": said,
    }
