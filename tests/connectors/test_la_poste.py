"""La Poste: each code of both services, answers alone and in a list, estimates."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porchlight.carriers.la_poste import CONNECTOR
from porchlight.carriers.la_poste.statuses import CODES, COLISSIMO
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.errors import UnreadableBodyError

KNOWN = Path(__file__).parents[3] / "shared/carriers/codes/la_poste.json"


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _answer(*codes: str, **more: Any) -> TrackingReport:
    events = [
        {"code": code, "label": "x", "date": f"2026-01-{day:02}T10:00:00+01:00"} for day, code in enumerate(codes, 1)
    ]
    body = {"returnCode": 200, "shipment": {"idShip": "6A1", "event": events, **more}}
    (report,) = CONNECTOR.parse(json.dumps(body).encode())
    return report


def test_every_code() -> None:
    for code, reading in {**CODES, **COLISSIMO}.items():
        (event,) = _answer(code).events
        assert (_axes(event), event.raw_code) == (_axes(reading), code)
    assert not _answer("ZZ9").events[0].recognised


@pytest.mark.skipif(not KNOWN.exists(), reason="no reference codes")
def test_the_tables_hold_every_known_code() -> None:
    known = json.loads(KNOWN.read_text(encoding="utf-8"))["codes"]
    assert {entry["code"] for entry in known if entry["category"] == "suivi_v2"} <= set(CODES)
    assert {entry["code"] for entry in known if entry["category"] == "colissimo_legacy"} == set(COLISSIMO)


def test_back_at_the_sender_is_not_on_its_way_there() -> None:
    assert _answer("DI1", "RE1").status is M.RETURN_IN_TRANSIT
    assert _answer("RE1", "DI2").status is M.RETURNED_TO_SENDER
    assert _answer("RENDIA").events[0].reason is Reason.ADDRESS
    assert _answer("DOUFCM").events[0].at_fault is Party.RETAILER


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"estimDate": "2026-03-09T09:38:00+01:00"}, {"at": "2026-03-09T09:38:00+01:00"}),
        ({"estimDate": "2026-03-09T00:00:00+01:00"}, {"day": "2026-03-09"}),
        ({"estimDate": "2026-03-09"}, {"day": "2026-03-09"}),
        ({"deliveryDate": "2026-03-09T09:38:00+01:00"}, {"at": "2026-03-09T09:38:00+01:00"}),
        ({"deliveryDate": "2026-03-09T09:38:00+01:00", "isFinal": True}, None),
        (
            {"estimDate": "2026-03-10", "deliveryDate": "2026-03-09T09:38:00+01:00", "isFinal": True},
            {"day": "2026-03-10"},
        ),
        (
            {
                "estimDate": "2026-03-09T09:38:00+01:00",
                "deliveryDate": "2026-03-09T09:38:00+01:00",
                "isFinal": True,
            },
            None,
        ),
        ({"estimDate": "bient\u00f4t"}, None),
        ({}, None),
    ],
)
def test_estimates(given: dict[str, Any], expected: dict[str, str] | None) -> None:
    found = _answer("ET1", **given).estimate
    assert found == (DeliveryEstimate.model_validate(expected) if expected else None)


def test_answers_in_a_list_and_numbers_that_are_not_known() -> None:
    body = [
        {
            "returnCode": 200,
            "shipment": {"idShip": "A", "event": [{"code": "DI1", "date": "2026-01-01T10:00:00+01:00"}]},
        },
        {"returnCode": 404, "idShip": "B"},
        {"returnCode": 400, "returnMessage": "Le num\u00e9ro n'est pas valide", "idShip": "x" * 65},
        {"returnCode": 500},
    ]
    found = CONNECTOR.parse(json.dumps(body).encode())
    assert [(report.tracking_number, report.status) for report in found] == [("A", M.DELIVERED), ("B", M.UNKNOWN)]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"code": "UNAUTHORIZED", "message": "BAD_APP_KEY"}', BodyKind.NOT_TRACKING),
        (b'{"returnCode": 404, "returnMessage": "x"}', BodyKind.NO_RESULT),
        (b"[]", BodyKind.NO_RESULT),
    ],
)
def test_answers_without_parcels(body: bytes, kind: BodyKind) -> None:
    assert CONNECTOR.parse(body) == []
    assert CONNECTOR.classify(body) is kind


def test_a_shipment_must_have_its_number() -> None:
    with pytest.raises(UnreadableBodyError, match="idShip"):
        CONNECTOR.parse(b'{"returnCode": 200, "shipment": {"event": []}}')
    assert _answer("ET1", event=[{"code": "ET1"}]).events == ()


def test_the_question() -> None:
    account = Account(account="main", brand="larkspur", credentials={"okapi_key": "k"})
    (call,) = CONNECTOR.client.ask(["6A1", "6A2"], account, "")
    assert call.url == "https://api.laposte.fr/suivi/v2/idships/6A1,6A2?lang=fr_FR"
    assert call.headers["X-Okapi-Key"] == "k"
    assert call.numbers == ("6A1", "6A2")
    english = replace(account, credentials={"okapi_key": "k", "language": "en_GB"})
    assert CONNECTOR.client.ask(["6A1"], english, "")[0].url.endswith("?lang=en_GB")
    assert CONNECTOR.client.token(account) is None
