"""Whatever a body holds, a parser ends in a list or in UnreadableBodyError, by its own care and not by its last net."""

import json
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porchlight.bodies import NET
from porchlight.carriers.registry import carrier, carrier_ids
from porchlight.connectors import BodyKind, CarrierConnector, InboundRequest
from porchlight.domain.events import TrackingReport
from porchlight.errors import UnreadableBodyError
from porchlight.stores.registry import store, store_ids
from tests.connectors.sources import NOW, SCHEMES, connector, expected, golden

WORDS = st.sampled_from(
    [
        "",
        "null",
        "string",
        "delivered",
        "2026-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "20260101",
        "00000000",
        "99999999",
        "1e999999999",
        "-1",
        "\u0000",
        "\ud800",
        "\u202e",
        "x" * 70,
        "&#9999999999;&lt;b&gt;",
        "+25:00",
        "-06:00",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    WORDS,
    st.text(max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _read(file: Path) -> Any:
    """The JSON value in a golden body; an XML body as it is."""
    return file.read_bytes() if file.suffix == ".xml" else json.loads(file.read_bytes())


BODIES = {source: [_read(file) for found, file in golden("carriers") if found == source] for source in carrier_ids()}
STORE_BODIES = {
    source: [
        (expected(file)["topic"], json.loads(file.read_bytes())) for found, file in golden("stores") if found == source
    ]
    for source in store_ids()
}
FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _nodes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in _nodes(item, (*path, key)))]


def _broken(draw: st.DrawFn, value: Any) -> Any:
    """The value with one to three of its nodes replaced or removed."""
    value = deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        paths = [path for path in _nodes(value) if path]
        if not paths:
            return draw(VALUES)
        *outer, last = draw(st.sampled_from(paths))
        holder = value
        for key in outer:
            holder = holder[key]
        if draw(st.integers(0, 4)) == 0:
            del holder[last]
        else:
            holder[last] = draw(VALUES)
    return value


def _broken_xml(draw: st.DrawFn, body: bytes) -> bytes:
    """The document with one to three of its elements emptied, renamed, moved, said twice, left out or filled with
    something else, or with an attribute of theirs so.
    """
    root = ElementTree.fromstring(body.strip())
    for _ in range(draw(st.integers(1, 3))):
        elements = list(root.iter())
        element = draw(st.sampled_from(elements))
        children = list(element)
        change = draw(st.integers(0, 5))
        if change == 0 and children:
            element.remove(draw(st.sampled_from(children)))
        elif change == 1 and children:
            element.append(deepcopy(draw(st.sampled_from(children))))
        elif change == 2:
            element.tag = draw(st.sampled_from(elements)).tag
        elif change < 5 and element.attrib:
            element.set(draw(st.sampled_from(sorted(element.attrib))), draw(st.one_of(WORDS, st.text(max_size=20))))
        else:
            element.text = draw(st.one_of(st.none(), WORDS, st.text(max_size=20)))
    return ElementTree.tostring(root)


@st.composite
def carrier_bodies(draw: st.DrawFn, source: str) -> bytes:
    golden_body = draw(st.sampled_from(BODIES[source]))
    if isinstance(golden_body, bytes):
        return _broken_xml(draw, golden_body)
    value = _broken(draw, golden_body)
    if isinstance(value, dict) and isinstance(value.get("payload"), str):
        try:
            inner = json.loads(value["payload"])
        except ValueError:
            inner = None
        if isinstance(inner, dict | list):
            value["payload"] = json.dumps(_broken(draw, inner))
    return json.dumps(value).encode()


@st.composite
def store_bodies(draw: st.DrawFn, source: str) -> tuple[str, bytes]:
    topic, body = draw(st.sampled_from(STORE_BODIES[source]))
    return topic, json.dumps(_broken(draw, body)).encode()


def end(parser: CarrierConnector, body: bytes) -> str:
    """How reading the body ends: ``reports``, ``nothing`` or ``unreadable``. All else is a fault."""
    try:
        reports = parser.parse(body)
    except UnreadableBodyError as error:
        assert NET not in error.detail, error.__cause__  # noqa: PT017
        return "unreadable"
    for report in reports:
        for event in report.events:
            assert event.event_id(report.carrier, report.tracking_number).startswith("evt_")
        # Made without validation, for speed: they are what validation would have made.
        again = TrackingReport.model_validate_json(report.model_dump_json(by_alias=True))
        assert again == report or _odd_offset(report), (again, report)
    if not reports and hasattr(parser, "classify"):
        assert parser.classify(body) in BodyKind
    return "reports" if reports else "nothing"


def _odd_offset(report: TrackingReport) -> bool:
    """True where an offset has seconds: no clock on Earth has, and JSON leaves them out."""
    estimate = report.estimate
    moments = [event.occurred_at for event in report.events]
    moments += [at for at in (estimate.at, estimate.from_, estimate.to) if at] if estimate else []
    return any((at.utcoffset() or timedelta()) % timedelta(minutes=1) for at in moments)


@pytest.mark.parametrize("source", carrier_ids())
def test_broken_carrier_bodies(source: str) -> None:
    parser = carrier(source)
    assert parser is not None

    @FAST
    @given(carrier_bodies(source))
    def check(body: bytes) -> None:
        end(parser, body)

    check()


@st.composite
def damaged_bytes(draw: st.DrawFn, source: str) -> bytes:
    """A golden body with bytes of it changed, cut off or put in; or no body at all."""
    golden_body = draw(st.sampled_from(BODIES[source]))
    body = bytearray(golden_body if isinstance(golden_body, bytes) else json.dumps(golden_body).encode())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(body[: draw(st.integers(0, len(body)))]) if draw(st.booleans()) else bytes(body)


@pytest.mark.parametrize("source", carrier_ids())
def test_damaged_bytes(source: str) -> None:
    parser = carrier(source)
    assert parser is not None

    @settings(FAST, max_examples=40)
    @given(damaged_bytes(source) | st.binary(max_size=60))
    def check(body: bytes) -> None:
        end(parser, body)

    check()


@pytest.mark.parametrize("source", store_ids())
def test_broken_store_bodies(source: str) -> None:
    shop = store(source)
    assert shop is not None

    @FAST
    @given(store_bodies(source))
    def check(given_body: tuple[str, bytes]) -> None:
        try:
            changes = shop.parse(*given_body)
        except UnreadableBodyError as error:
            assert NET not in error.detail, error.__cause__  # noqa: PT017
            return
        for change in changes:
            change.model_dump_json().encode()

    check()


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_verifying_never_raises(scheme: Any) -> None:
    verifier = connector(scheme.source)

    @settings(FAST, max_examples=100)
    @given(st.binary(max_size=60), st.text(max_size=60), st.text(max_size=20))
    def check(body: bytes, header: str, secret: str) -> None:
        request = InboundRequest(headers={scheme.header: header}, body=body)
        assert verifier.verify(request, scheme.account(), NOW) is False
        verifier.verify(request, scheme.account(**{scheme.secret: secret}), NOW)

    check()


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("easypost", b'{"tracking_code": 7, "tracking_code": "EZ1", "tracking_details": []}'),
        ("usps", b'{"trackingNumber": {}, "trackingNumber": "94001", "trackingEvents": []}'),
        ("ups", b'{"trackingNumber": [], "trackingNumber": "1ZTEST"}'),
    ],
)
def test_duplicate_keys_and_a_byte_order_mark_are_read(source: str, body: bytes) -> None:
    """As every JSON parser of note does: the last of two equal keys counts."""
    parser = carrier(source)
    assert parser is not None
    assert parser.parse(b"\xef\xbb\xbf" + body)[0].tracking_number in ("EZ1", "94001", "1ZTEST")
