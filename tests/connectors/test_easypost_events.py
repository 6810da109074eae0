"""EasyPost: events as the API lists them, beside those that it pushes."""

import json
from typing import Any

import pytest

from porchlight.carriers.easypost import CONNECTOR
from porchlight.connectors import BodyKind
from porchlight.errors import UnreadableBodyError

TRACKER = {"object": "Tracker", "tracking_code": "EZ1000000001", "carrier": "UPS", "status": "pre_transit"}
TOLD = {"object": "Event", "id": "evt_1", "description": "tracker.updated", "status": "completed"}


def _read(body: Any) -> list[str]:
    return [report.tracking_number for report in CONNECTOR.parse(json.dumps(body).encode())]


def test_events_with_their_trackers_are_read_from_a_list() -> None:
    events = [
        {**TOLD, "result": TRACKER},
        TOLD,
        {**TOLD, "description": "batch.created", "result": {"object": "Batch"}},
    ]
    assert _read({"events": events, "has_more": False}) == ["EZ1000000001"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (TOLD, BodyKind.NOT_TRACKING),
        ({"events": [TOLD], "has_more": True}, BodyKind.NOT_TRACKING),
        ({"events": []}, BodyKind.NOT_TRACKING),
        ({"events": [{**TOLD, "description": "batch.created"}]}, BodyKind.NOT_TRACKING),
        ({**TOLD, "description": "payment.completed", "result": {"object": "Payment"}}, BodyKind.NOT_TRACKING),
        ({"shipments": [], "has_more": False}, BodyKind.NOT_TRACKING),
        ({"trackers": []}, BodyKind.NO_RESULT),
        ({"error": {"code": "NOT_FOUND"}}, BodyKind.NO_RESULT),
        ([], BodyKind.NO_RESULT),
    ],
)
def test_bodies_without_a_tracker(body: Any, kind: BodyKind) -> None:
    assert _read(body) == []
    assert CONNECTOR.classify(json.dumps(body).encode()) is kind


@pytest.mark.parametrize("result", [None, {}, {"object": "Shipment"}, [], "text"])
def test_a_pushed_event_about_a_tracker_without_one_is_kept_for_people(result: Any) -> None:
    with pytest.raises(UnreadableBodyError, match="holds no tracker"):
        _read({**TOLD, "result": result})
