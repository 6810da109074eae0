"""Public payloads with a careful reader's opinion of each, where they lie beside the repository: never copied here."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.cli.parse import read_payload
from tests.connectors.sources import all_ids

ROOT = Path(__file__).parents[3] / "shared/carriers/payloads"
RETIRED = frozenset({"poll_webtools_xml_pre_shipment_shipit"})  # USPS Web Tools
"""Formats that their carriers have switched off."""
MERGED = frozenset({"poll_xmlpi_delivered_karrio"})
"""Bodies with several waybills that the opinion takes for one: the events of all are compared as one list."""
FILES = [
    file
    for source in all_ids()
    for file in sorted((ROOT / source).glob("*.*"))
    if not file.name.endswith(".expect.json") and file.stem not in RETIRED
]

pytestmark = pytest.mark.skipif(not FILES, reason="no shared payloads beside the repository")


def _moment(printed: str) -> tuple[datetime, timedelta | None]:
    """The instant with its offset, whether or not milliseconds (or a time at all) are printed."""
    found = datetime.fromisoformat(printed)
    return found, found.utcoffset()


def _shipments(read: dict[str, Any]) -> list[dict[str, Any]]:
    return read.get("shipments") or [read]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_reads_as_a_careful_reader_does(file: Path) -> None:
    found = read_payload(file.parent.name, file.read_bytes())
    wanted = json.loads(file.with_name(f"{file.stem}.expect.json").read_text(encoding="utf-8"))
    assert "error" not in found
    if wanted.get("kind"):
        ours = {key: found.get(key) for key in wanted if key != "note"}
        assert ours == {key: value for key, value in wanted.items() if key != "note"}
        return
    read = _shipments(found)
    if file.stem in MERGED:
        assert len({shipment["tracking_number"] for shipment in read}) == len(read) > 1
        read = [{**read[0], "events": [event for shipment in read for event in shipment["events"]]}]
    pairs = list(zip(read, _shipments(wanted), strict=True))
    for ours, theirs in pairs:
        for key in ("carrier", "tracking_number"):
            assert ours[key] == theirs[key]
        events = list(zip(ours["events"], theirs["events"], strict=True))
        for event, opinion in events:
            assert _moment(event["occurred_at"]) == _moment(opinion["occurred_at"])
            keys = ["occurred_at_zone", "raw_code"]
            keys += [] if opinion.get("ambiguous") else ["canonical"]
            assert [event.get(key) for key in keys] == [opinion.get(key) for key in keys]
        if not theirs.get("ambiguous"):
            assert ours["canonical_status"] == theirs["canonical_status"]
            assert ours["estimated_delivery"] == theirs.get("estimated_delivery")
