"""One parser under atheris: ``SOURCE`` and libFuzzer's own arguments. Runs in .venv/tools/fuzz, see run.py.

Anything at all ends as reports, as nothing, or as UnreadableBodyError by the parser's own care; what else happens is a
finding. A store's body is read under each of its topics.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

import atheris

with atheris.instrument_imports(include=["porchlight"]):
    from porchlight.bodies import NET
    from porchlight.carriers.registry import carrier
    from porchlight.errors import UnreadableBodyError
    from porchlight.stores.registry import store

    source = sys.argv.pop(1)
    parser, shop = carrier(source), store(source)
    with suppress(UnreadableBodyError):  # imports the parser, so that it is instrumented
        if parser:
            parser.parse(b"")
        elif shop:
            shop.parse(shop.topics[0], b"")

STRANGE: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1 << 70,
        0.5,
        1e308,
        "",
        " ",
        [],
        {},
        [[]],
        [None],
        {"": None},
        "null",
        "string",
        "\u0000",
    ),
    *("\ud800", "2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "20261301", "240000", "x" * 70),
)


def own_care(error: UnreadableBodyError) -> None:
    """The last net is there so that nothing dies; a parser that needs it has a fault all the same."""
    if NET in error.detail:
        raise error.__cause__ or error


def read(body: bytes) -> None:
    """One body."""
    for topic in shop.topics if shop else ("",):
        try:
            if shop:
                for change in shop.parse(topic, body):
                    change.model_dump_json()
            elif parser:
                reports = parser.parse(body)
                for report in reports:
                    report.model_dump_json()
                    for event in report.events:
                        event.event_id(report.carrier, report.tracking_number)
                if not reports and hasattr(parser, "classify"):
                    parser.classify(body)
        except UnreadableBodyError as error:
            own_care(error)


def changed(data: bytes, most: int, seed: int) -> bytes:
    """A JSON body with another value in one place of it; bytes as libFuzzer changes them for all else, and at times."""
    chance = Random(seed)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict | list) or not value or chance.random() < 0.2:
        return atheris.Mutate(data, most)
    holder, key = chance.choice(list(_places(value)))
    held = holder[key]
    way = chance.randrange(4)
    if way == 0 and isinstance(held, str):
        holder[key] = atheris.Mutate(held.encode("utf-8", "replace"), 60).decode("utf-8", "replace")
    elif way == 1:
        del holder[key]
    elif way == 2:
        other, name = chance.choice(list(_places(value)))
        holder[key] = json.loads(json.dumps(other[name]))
    else:
        holder[key] = chance.choice(STRANGE)
    return json.dumps(value).encode()[:most]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder with every key of it."""
    for key, inner in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


if __name__ == "__main__":
    assert parser or shop, f"there is no source {source}"
    atheris.Setup(sys.argv, read, custom_mutator=changed)
    atheris.Fuzz()
