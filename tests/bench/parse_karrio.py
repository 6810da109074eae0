"""``EXTENSION FORM FILE TIMES``: karrio's parser reads a body that often. 0 times: prints what it reads, for comparing.

What is counted is what karrio does with the text of an answer: ``Deserializable.deserialize``, as its proxy makes it,
and ``parse_tracking_response``. What it logs about fields that it does not know is switched off, in its favour.
"""

import inspect
import json
import logging
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import karrio.lib as lib
import karrio.sdk

assert karrio.sdk

FORMS = {
    "json": lib.to_dict,
    "list of json": lambda text: [lib.to_dict(text)],
    "numbered json": lambda text: [("1", lib.to_dict(text))],
    "xml": lib.to_element,
}
"""How an extension's proxy makes of an answer what its parser takes."""

extension, form, file, times = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
text = file.read_text(encoding="utf-8")
parse = import_module(f"karrio.providers.{extension}.tracking").parse_tracking_response
kind = import_module(f"karrio.mappers.{extension}.settings").Settings
needed = [one.name for one in inspect.signature(kind).parameters.values() if one.default is one.empty]
settings = kind(**dict.fromkeys(needed, "x"))
logging.disable()


def read() -> Any:
    return parse(lib.Deserializable(text, FORMS[form]), settings)


def minute(event: Any) -> str:
    """``2026-02-12 14:21``: its date and its time, without the second half of day that it prints after 24 hours."""
    return f"{event.date} {(event.time or '').split(' ')[0]}"


for _ in range(times):
    read()
if not times:
    details, messages = read()
    found = [
        {"number": one.tracking_number, "events": [[minute(event), event.description] for event in one.events]}
        for one in details
    ]
    print(json.dumps(found))
