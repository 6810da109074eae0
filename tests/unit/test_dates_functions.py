"""The functions around learning: what the stream writes down, the daily round, and who may ask how dates were kept."""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from porchlight.domain.calibration import Calibration
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Route
from porchlight.domain.journal import JournalEntry
from porchlight.domain.milestones import Milestone
from porchlight.errors import PorchlightError, TransientError
from porchlight.runtime import bootstrap
from tests.fakes import FakeBrands, FakeBus, FakeJournal, FakeLearned, FakeMetrics, FakeSecrets, FakeShipments
from tests.unit.stories import DAY, NOW, after, brand, parcel, scan

ROOT = Path(__file__).parents[2]
ROUTE = Route(carrier="ups", service="ground", origin="US-OR", destination="US-NY")
KEYS = {"may": "a" * 20, "other-brand": "b" * 20, "may-not": "c" * 20}
TODAY = NOW.date()


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The functions' own wiring, with a fake behind each port."""
    owners = {"may": ("larkspur", "dates:read"), "other-brand": ("fjordhus", "dates:read")}
    keys = [
        {"id": name, "brand": owner, "sha256": hashlib.sha256(KEYS[name].encode()).hexdigest(), "scopes": [scope]}
        for name, (owner, scope) in {**owners, "may-not": ("larkspur", "orders:write")}.items()
    ]
    fjordhus = brand().model_copy(update={"brand_id": "fjordhus"})
    found = {
        **{
            "journal": FakeJournal(),
            "learned": FakeLearned(),
            "shipments": FakeShipments(),
            "bus": FakeBus(),
            "metrics": FakeMetrics(),
        },
        **{"_pack": FakeBrands(brand(), fjordhus), "secrets": FakeSecrets(**{"api-keys": {"keys": keys}})},
    }
    for name, port in found.items():
        monkeypatch.setitem(bootstrap.app.__dict__, name, port)
    monkeypatch.setattr(bootstrap.App, "clock", staticmethod(lambda: NOW))
    return found


def call(name: str, event: dict[str, Any]) -> Any:
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler(event, None)


class TestTheStream:
    @staticmethod
    def record(number: int, hours: int, shipment_id: str = "shp_1", **update: Any) -> dict[str, Any]:
        """The change that scan number ``hours`` made."""
        scans = [scan(Milestone.ACCEPTED, NOW - DAY * 3), scan(Milestone.DELIVERED, NOW - DAY)]
        images = {}
        for image, count in (("OldImage", hours - 1), ("NewImage", hours)):
            known = {"shipment_id": shipment_id, "placed_at": NOW - 4 * DAY, "route": ROUTE, "version": count + 1}
            shipment = after(parcel(**{**known, **update}), scans[:count])
            images[image] = {
                "entity_type": {"S": "shipment"},
                "data": {"S": shipment.model_dump_json(exclude_defaults=True)},
            }
        return {"dynamodb": {"SequenceNumber": str(number), **images}}

    def test_changes_are_published_and_written_down(self, ports: dict[str, Any]) -> None:
        records = [
            self.record(1, 1),
            self.record(2, 2),
            self.record(3, 1, "shp_2"),
            self.record(4, 1, "shp_3", route=None),
        ]
        assert call("publish_changes", {"Records": records}) == {"batchItemFailures": []}
        assert [event.type for event in ports["bus"].events].count("ShipmentShipped") == 3
        page = {entry.shipment_id: entry for entry in ports["journal"].read("larkspur", TODAY)}
        assert set(page) == {"shp_1", "shp_2"}
        assert page["shp_1"].delivered == (NOW - DAY).date()
        assert page["shp_2"].delivered is None

    def test_what_could_not_be_written_down_comes_again(
        self, ports: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down(_: object) -> None:
            raise TransientError("SlowDown")

        monkeypatch.setattr(ports["journal"], "put", down)
        records = [self.record(1, 1), self.record(2, 1, "shp_3", route=None)]
        failures = call("publish_changes", {"Records": records})["batchItemFailures"]
        assert failures == [{"itemIdentifier": "1"}], "the other one teaches nothing"
        monkeypatch.undo()


class TestLearning:
    def test_it_says_what_it_did_for_each_brand(self, ports: dict[str, Any]) -> None:
        yesterday = TODAY - DAY
        known = {"brand": "larkspur", "shipment_id": "shp_1", "version": 1, "recorded_on": yesterday, "route": ROUTE}
        ports["journal"].put([JournalEntry(**known, placed=yesterday)])
        done = call("learn_dates", {})
        assert done["larkspur"] == {"days": 1, "entries": 1, "through": str(yesterday), "behind": 0}
        assert done["fjordhus"]["entries"] == 0
        assert set(ports["learned"].stored) == {"larkspur", "fjordhus"}

    def test_a_brand_that_was_not_learned_is_named_in_the_log(
        self, ports: dict[str, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Given a state that cannot be read, then the run fails, the others are done, and it is said whose it was."""
        ports["learned"].fails["fjordhus"] = ValueError("not a book")
        with pytest.raises(PorchlightError):
            call("learn_dates", {})
        assert set(ports["learned"].stored) == {"larkspur"}
        assert [record.brands for record in caplog.records if record.message == "not learned"] == [["fjordhus"]]


class TestCalibration:
    @staticmethod
    def get(key: str | None) -> tuple[int, dict[str, Any]]:
        headers = {"x-api-key": KEYS[key]} if key else {}
        route = "GET /v1/calibration"
        event = {"routeKey": route, "rawPath": "/v1/calibration", "requestContext": {"http": {"method": "GET"}}}
        answer = call("show_calibration", {**event, "headers": headers})
        return answer["statusCode"], json.loads(answer["body"])

    @pytest.fixture
    def learned(self, ports: dict[str, Any]) -> None:
        calibration, book = Calibration(), Book("larkspur")
        known = {"brand": "larkspur", "version": 1, "recorded_on": TODAY, "route": ROUTE, "placed": TODAY - DAY}
        for number in range(3):
            entry = JournalEntry(**known, shipment_id=f"shp_{number}", delivered=TODAY, promised=TODAY - number * DAY)
            calibration.count(entry)
        book.close(TODAY)
        calibration.close(TODAY)
        ports["learned"].save("larkspur", book, calibration)

    def test_a_brand_reads_its_own(self, learned: None) -> None:
        status, body = self.get("may")
        assert (status, body["brand"], body["through"]) == (200, "larkspur", str(TODAY))
        assert body["months"][0]["month"] == f"{TODAY:%Y-%m}"
        assert body["months"][0]["promise"] == {"n": 3, "kept": 0.3333}
        (carrier,) = body["months"][0]["carriers"]
        assert (carrier["carrier"], carrier["lanes"][0]["destination"]) == ("ups", "US-NY")
        assert body["model"].startswith(f"larkspur-{TODAY}-")

    def test_another_brand_sees_none_of_it(self, learned: None) -> None:
        status, body = self.get("other-brand")
        assert (status, body["brand"], body["through"], body["months"][0]["parcels"]) == (200, "fjordhus", None, 0)

    def test_only_with_a_key_that_may(self, learned: None) -> None:
        assert self.get(None)[0] == 401
        assert self.get("may-not")[0] == 403
