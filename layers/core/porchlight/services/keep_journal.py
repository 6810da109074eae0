"""The stream as the journal's source: what changed in a parcel is written down for the dates engine."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from porchlight.domain.journal import JournalEntry, entry_of
from porchlight.domain.shipments import Shipment
from porchlight.ports import Shipments

HELD_UP = timedelta(hours=1)
"""A change that comes so late may come out of turn: the stream gave it up, and somebody has put it back."""


def entry_in(record: Mapping[str, Any], shipments: Shipments, now: datetime) -> JournalEntry | None:
    """What is learned from a stream record; None where nothing is.

    It goes to the page of the day on which it is written, not of the change: a change that was held up for a day would
    go to a page that was read already. A parcel that such a change is about is written down as it is by now, so that
    nothing newer is taken back.
    """
    change = record["dynamodb"]
    image = change.get("NewImage") or {}
    if image.get("entity_type", {}).get("S") != "shipment" or "data" not in image:
        return None
    new, today = Shipment.model_validate_json(image["data"]["S"]), now.astimezone(UTC).date()
    image, at = (change.get("OldImage") or {}).get("data", {}).get("S"), change.get("ApproximateCreationDateTime")
    old = Shipment.model_validate_json(image) if image else None
    if at is not None and now.timestamp() - float(at) > HELD_UP.total_seconds():
        by_now = shipments.get(new.brand, new.shipment_id) or new
        return entry_of(None, by_now, today) or entry_of(old, by_now, today)
    return entry_of(old, new, today)
