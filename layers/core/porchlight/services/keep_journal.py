"""The stream as the journal's source: what changed in a parcel is written down for the dates engine."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from porchlight.domain.journal import JournalEntry, entry_of
from porchlight.domain.shipments import Shipment


def entry_in(record: Mapping[str, Any], now: datetime) -> JournalEntry | None:
    """What is learned from a stream record; None where nothing is.

    It goes to the page of the day on which it is written, not of the change: a change that was held up for a day would
    go to a page that was read already.
    """
    image = record["dynamodb"].get("NewImage") or {}
    if image.get("entity_type", {}).get("S") != "shipment" or "data" not in image:
        return None
    old = (record["dynamodb"].get("OldImage") or {}).get("data", {}).get("S")
    before = Shipment.model_validate_json(old) if old else None
    return entry_of(before, Shipment.model_validate_json(image["data"]["S"]), now.astimezone(UTC).date())
