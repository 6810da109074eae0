"""`porchlight codes`, `replay` and `shipment correct`: what operators do about codes, parsers and carriers."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from local.stack import Stack
from porchlight.domain.milestones import Milestone
from porchlight.ports import ArchivedBody, InboundMessage
from porchlight.services.record_events import Recorder
from tests.fakes import (
    NO_HISTORY,
    NOBODY,
    FakeArchive,
    FakeBrands,
    FakeCodes,
    FakeErrands,
    FakeMetrics,
    FakeOrders,
    FakeQuarantine,
    FakeShipments,
)
from tests.unit import stories
from tests.unit.test_replay import Carrier

NOW = stories.NOW


class Ports(SimpleNamespace):
    shipments: FakeShipments
    codes: FakeCodes
    archive: FakeArchive
    connector: Any


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Ports:
    orders, connector = FakeOrders(), Carrier()
    fjordhus = stories.brand().model_copy(update={"brand_id": "fjordhus"})
    found = Ports(
        orders=orders,
        shipments=FakeShipments(orders),
        codes=FakeCodes(),
        archive=FakeArchive(),
        brands=FakeBrands(stories.brand(), fjordhus),
        connector=connector,
        carrier=lambda source, brand: connector if source == "acme" else None,
        clock=lambda: NOW,
        lookout=NOBODY,
        dates=NO_HISTORY,
    )
    monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: found))
    return found


def hear(ports: Ports, *scans: tuple[str, int], number: str = "A1") -> None:
    body = json.dumps({"number": number, "scans": scans}).encode()
    message = InboundMessage(kind="carriers", source="acme", account="main", brand="larkspur", received_at=NOW)
    recorder = Recorder(
        ports.shipments, FakeQuarantine(), ports.brands, ports.codes, FakeMetrics(), NOBODY, FakeErrands(), NO_HISTORY
    )
    recorder.carrier_body(message, body, ports.connector, NOW)
    ports.archive.put([ArchivedBody.of(message, body)])


def run(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(app, list(arguments), **options)


def replay(*more: str) -> Result:
    return run("replay", "--carrier", "acme", "--from", "2026-03-01", "--to", "2026-03-04", *more)


def only(ports: Ports) -> Any:
    (found,) = ports.shipments.records.values()
    return found


class TestCodes:
    def test_none_says_so(self, ports: Ports) -> None:
        assert run("codes", "list").stdout == "Every code that came has a meaning.\n"

    def test_the_most_frequent_stands_first_with_a_sample(self, ports: Ports) -> None:
        hear(ports, ("ODD", 0), ("NEW", 1), ("NEW", 2))
        result = run("codes", "list")
        rows = [line.split()[1:4] for line in result.stdout.splitlines()[2:4]]
        assert rows == [["acme", "NEW", "2"], ["acme", "ODD", "1"]]
        assert "About NEW" in result.stdout
        codes = json.loads(run("codes", "list", "--source", "acme", "--json").stdout)["codes"]
        assert [code["code"] for code in codes] == ["NEW", "ODD"]
        assert json.loads(run("codes", "list", "--source", "ups", "--json").stdout) == {"codes": []}

    def test_a_meaning_is_given_and_taken_back(self, ports: Ports) -> None:
        hear(ports, ("NEW", 1))
        result = run("codes", "map", "acme", "NEW", "exception", "--reason", "customs", "--brand", "larkspur")
        assert result.exit_code == 0
        assert "porchlight replay --carrier acme --brand larkspur --from 2026-03-02" in result.stdout
        (meaning,) = ports.codes.meanings("larkspur", "acme").values()
        assert (meaning.milestone, meaning.reason) == (Milestone.EXCEPTION, "customs")
        assert "exception (customs)" in run("codes", "list").stdout
        assert ports.codes.of_brand("larkspur")[0].seen == 1, "the count stays"
        assert run("codes", "unmap", "acme", "NEW").exit_code == 0
        assert not ports.codes.meanings("larkspur", "acme")

    def test_a_meaning_for_a_code_that_never_came_and_for_one_wording(self, ports: Ports) -> None:
        assert run("codes", "map", "acme", "Z", "delivered", "--words", "At  your DOOR.").exit_code == 0
        assert set(ports.codes.meanings("larkspur", "acme")) == {("Z", "at your door")}
        assert set(ports.codes.meanings("fjordhus", "acme")) == {("Z", "at your door")}

    @pytest.mark.parametrize(
        "wrong", [("flying",), ("exception", "--reason", "boredom"), ("exception", "--at-fault", "me")]
    )
    def test_what_is_no_meaning_is_a_misuse_that_names_what_there_is(
        self, ports: Ports, wrong: tuple[str, ...]
    ) -> None:
        result = run("codes", "map", "acme", "NEW", *wrong)
        assert result.exit_code == 2
        assert not ports.codes.codes

    def test_nor_is_a_source_that_there_is_not_given_any(self, ports: Ports) -> None:
        assert run("codes", "map", "acmee", "NEW", "delivered").exit_code == 2
        assert not ports.codes.codes

    def test_an_unknown_brand_is_a_misuse(self, ports: Ports) -> None:
        assert run("codes", "list", "--brand", "nobody").exit_code == 2


class TestReplay:
    def test_nothing_to_change(self, ports: Ports) -> None:
        hear(ports, ("DEP", 0))
        result = replay()
        assert result.exit_code == 0
        assert "1 bodies read" in result.stdout
        assert "Nothing would change." in result.stdout

    def test_it_shows_and_writes_nothing_until_it_is_told_to(self, ports: Ports) -> None:
        hear(ports, ("DEP", 0), ("NEW", 1))
        before = only(ports)
        run("codes", "map", "acme", "NEW", "delivered")
        result = replay()
        assert "in_transit  delivered" in result.stdout
        assert "Write it with --apply" in result.stdout
        assert only(ports) == before
        result = replay("--apply")
        assert result.exit_code == 0
        assert "Nobody was told." in result.stdout
        assert only(ports).milestone is Milestone.DELIVERED

    def test_as_a_document(self, ports: Ports) -> None:
        hear(ports, ("NEW", 1))
        ports.connector.table["NEW"] = Milestone.LOST
        document = json.loads(replay("--json").stdout)
        assert document["bodies"] == document["moved"] == document["facts_changed"] == 1
        assert document["diffs"][0]["after"] == "lost"
        assert only(ports).milestone is Milestone.UNKNOWN

    def test_bodies_that_cannot_be_read_are_counted(self, ports: Ports) -> None:
        hear(ports, ("DEP", 0))
        ports.connector.broken = True
        assert "1 of them unreadable" in replay().stdout

    @pytest.mark.parametrize("wrong", [("--carrier", "acmee"), ("--brand", "larkspurr")])
    def test_what_there_is_not_is_a_misuse_and_not_nothing_to_change(
        self, ports: Ports, wrong: tuple[str, str]
    ) -> None:
        hear(ports, ("DEP", 0))
        assert replay(*wrong).exit_code == 2

    def test_a_range_that_ends_before_it_begins_is_a_misuse(self, ports: Ports) -> None:
        assert run("replay", "--carrier", "acme", "--from", "2026-03-04", "--to", "2026-03-01").exit_code == 2


class TestCorrect:
    def test_the_order_gets_the_parcel_at_the_right_carrier(self, ports: Ports) -> None:
        order = stories.order()
        ports.orders.save(order)
        wrong = stories.parcel(carrier="fedex", version=1)
        ports.shipments.save(wrong, due_at=NOW, link=True)
        result = run("shipment", "correct", "shp_1", "--carrier", "ups")
        assert result.exit_code == 0, result.output
        (right,) = ports.orders.parcels["larkspur", "ord_1"]
        assert right != "shp_1"
        assert right in result.stdout
        assert ports.shipments.records["larkspur", right].carrier == "ups"

    def test_nobody_and_misspelled(self, ports: Ports) -> None:
        assert run("shipment", "correct", "shp_none", "--carrier", "ups").exit_code == 1
        result = run("shipment", "correct", "shp_1", "--carrier", "UPSDAP")
        assert result.exit_code == 2
        assert "ups" in result.output

    def test_why_it_cannot_be_done_is_said(self, ports: Ports) -> None:
        ports.shipments.save(stories.parcel(carrier="ups", version=1), due_at=None)
        result = run("shipment", "correct", "shp_1", "--carrier", "ups")
        assert result.exit_code == 1
        assert "with ups already" in result.output
