"""What the tests of single sources share: an event against its reading, the reference codes beside the repository."""

import json
from pathlib import Path

import pytest

from porchlight.carriers.reading import Reading
from porchlight.carriers.registry import carrier
from porchlight.domain.events import TrackingEvent, TrackingReport

CODES = Path(__file__).parents[3] / "shared/carriers/codes"


def agrees(event: TrackingEvent, reading: Reading) -> bool:
    """True if the event says what the reading says, on every axis."""
    found = (event.milestone, event.reason, event.at_fault, event.recognised, event.signal)
    return found == (reading.milestone, reading.reason, reading.at_fault, reading.recognised, reading.signal)


def known(source: str) -> set[str]:
    """Every code of the reference list."""
    file = CODES / f"{source}.json"
    if not file.exists():
        pytest.skip(f"no reference codes ({file.name})")
    return {entry["code"] for entry in json.loads(file.read_text(encoding="utf-8"))["codes"]}


def read(source: str, body: object) -> list[TrackingReport]:
    """The reports in a body: bytes, text, or a value that is JSON."""
    found = carrier(source)
    assert found is not None
    if isinstance(body, str):
        body = body.encode()
    return found.parse(body if isinstance(body, bytes) else json.dumps(body).encode())


def kind(source: str, body: object) -> str:
    """What the connector says that a body is."""
    found = carrier(source)
    assert found is not None
    if isinstance(body, str):
        body = body.encode()
    return str(found.classify(body if isinstance(body, bytes) else json.dumps(body).encode()))
