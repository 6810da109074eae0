"""Looking into a running Porchlight: the commands quarantine and shipment, the saved stack, the dashboard, its docs."""

import json
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from local.cli import app
from local.cloud.deploy import _TemplateLoader
from local.ops import _SEARCH, _bars, _told
from local.stack import Stack, StackError, brand_ids
from porchlight.domain.events import Place, TrackingEvent
from porchlight.domain.ids import order_id, shipment_id
from porchlight.domain.lateness import assess
from porchlight.domain.mending import declare
from porchlight.domain.messages import MessageRecord, MessageState, Suppression
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Shopper
from porchlight.domain.shipments import StoredEvent, fold
from porchlight.domain.watching import Watch
from porchlight.errors import NotFoundError, TransientError
from porchlight.ports import Quarantined, Wait
from tests.fakes import (
    FakeCases,
    FakeDecisions,
    FakeInbound,
    FakeMessages,
    FakeOrders,
    FakeQuarantine,
    FakeReturns,
    FakeShipments,
)
from tests.unit import stories

ROOT = Path(__file__).parents[2]
ENTRY = "q_20260302T120000000000_abc"


class Ports(SimpleNamespace):
    quarantine: FakeQuarantine
    inbound: FakeInbound
    shipments: FakeShipments
    orders: FakeOrders
    messages: FakeMessages
    returns: FakeReturns
    cases: FakeCases
    decisions: FakeDecisions


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Ports:
    orders = FakeOrders()
    found = Ports(
        quarantine=FakeQuarantine(),
        inbound=FakeInbound(),
        orders=orders,
        shipments=FakeShipments(orders),
        messages=FakeMessages(),
        returns=FakeReturns(),
        cases=FakeCases(),
        clock=lambda: stories.NOW,
    )
    found.decisions = FakeDecisions(found.shipments)
    monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: found))
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def entry(brand: str = "larkspur", source: str = "ups", number: int = 0, **update: Any) -> Quarantined:
    values: dict[str, Any] = {
        "brand": brand,
        "quarantine_id": f"{ENTRY}{number}",
        "kind": "carrier",
        "source": source,
        "account": "main",
        "reason": "not JSON",
        "received_at": stories.NOW + timedelta(minutes=number),
        "quarantined_at": stories.NOW + timedelta(minutes=number),
        "body_ref": f"quarantine/{number}",
        "size": 4,
    }
    return Quarantined(**{**values, **update})


class TestQuarantine:
    def test_an_empty_one_says_so(self, ports: Ports) -> None:
        result = run("quarantine", "list")

        assert (result.exit_code, result.stdout) == (0, "The quarantine is empty.\n")

    def test_list_shows_every_brand_the_newest_first(self, ports: Ports) -> None:
        ports.quarantine.put(entry(number=1), b"{}")
        ports.quarantine.put(entry("fjordhus", "usps", 2), b"{}")

        entries = json.loads(run("quarantine", "list", "--json").stdout)["entries"]
        only = json.loads(run("quarantine", "list", "--brand", "larkspur", "--json").stdout)["entries"]

        assert [found["brand"] for found in entries] == ["fjordhus", "larkspur"]
        assert [found["quarantine_id"] for found in only] == [f"{ENTRY}1"]
        assert "not JSON" in run("quarantine", "list", "--source", "ups").stdout

    def test_an_unknown_brand_is_a_misuse(self, ports: Ports) -> None:
        assert run("quarantine", "list", "--brand", "nobody").exit_code == 2

    def test_show_prints_the_body_pretty_and_warns_beside_it(self, ports: Ports) -> None:
        ports.quarantine.put(entry(), b'{"a":{"b":1}}')

        result = run("quarantine", "show", f"{ENTRY}0")

        assert result.exit_code == 0
        assert '{\n  "a": {\n    "b": 1\n  }\n}' in result.stdout
        assert "personal data" in result.stderr
        assert "personal data" not in result.stdout

    def test_a_body_cannot_steer_the_terminal(self, ports: Ports) -> None:
        ports.quarantine.put(entry(), b"\x1b[2J\xff<html>")

        result = run("quarantine", "show", f"{ENTRY}0")

        assert "\x1b" not in result.stdout
        assert r"\x1b[2J\xff<html>" in result.stdout

    def test_show_of_what_is_not_there_fails(self, ports: Ports) -> None:
        assert run("quarantine", "show", "q_1").exit_code == 1

    def test_show_says_when_the_body_has_expired(self, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
        ports.quarantine.put(entry(), b"")
        monkeypatch.setattr(ports.quarantine, "get", _expired)

        result = run("quarantine", "show", f"{ENTRY}0")

        assert result.exit_code == 0
        assert "Its body has expired" in result.stdout

    def test_redrive_queues_the_body_and_forgets_the_entry(self, ports: Ports) -> None:
        ports.quarantine.put(entry(redrives=1), b"body")

        result = run("quarantine", "redrive", f"{ENTRY}0", "--json")

        (message, body), rest = ports.inbound.queue[0], ports.inbound.queue[1:]
        assert (result.exit_code, body, rest, message.redrives) == (0, b"body", [], 2)
        assert json.loads(result.stdout)["queued"] == 1
        assert not ports.quarantine.entries

    def test_redrive_of_all_keeps_to_the_source(self, ports: Ports) -> None:
        ports.quarantine.put(entry(number=1), b"1")
        ports.quarantine.put(entry("fjordhus", "usps", 2), b"2")

        assert run("quarantine", "redrive", "--all", "--source", "usps").exit_code == 0
        assert [body for _, body in ports.inbound.queue] == [b"2"]
        assert len(ports.quarantine.entries) == 1

    def test_redrive_fails_for_what_is_not_there_and_goes_on_with_the_rest(self, ports: Ports) -> None:
        ports.quarantine.put(entry(), b"body")

        result = run("quarantine", "redrive", "q_none", f"{ENTRY}0", "--json")

        assert result.exit_code == 1
        assert [row["outcome"] for row in json.loads(result.stdout)["entries"]] == ["not in quarantine", "queued"]

    def test_redrive_keeps_the_entry_where_the_queue_refuses(self, ports: Ports) -> None:
        ports.quarantine.put(entry(), b"body")
        ports.inbound.fails = TransientError("Throttling")

        result = run("quarantine", "redrive", f"{ENTRY}0")

        assert result.exit_code == 1
        assert "failed: Throttling" in result.stdout
        assert ports.quarantine.entries

    @pytest.mark.parametrize("arguments", [[], ["q_1", "--all"], ["q_1", "--source", "ups"]])
    def test_redrive_must_be_told_what(self, ports: Ports, arguments: list[str]) -> None:
        assert run("quarantine", "redrive", *arguments).exit_code == 2

    def test_redrive_of_an_empty_quarantine_is_well(self, ports: Ports) -> None:
        assert run("quarantine", "redrive", "--all").exit_code == 0


def _expired(brand: str, quarantine_id: str) -> None:
    raise NotFoundError("NoSuchKey")


ORDER = order_id("larkspur", "1001")
PARCEL = shipment_id("larkspur", "ups", "1Z999")


@pytest.fixture
def late(ports: Ports) -> Ports:
    """A parcel scanned once, then declared late; one message sent, one suppressed."""
    event = TrackingEvent(
        occurred_at=stories.NOW, raw_code="I/DP", milestone=Milestone.IN_TRANSIT, place=Place(city="RENO", region="NV")
    )
    fact = StoredEvent(event_id="evt_1", event=event, received_at=stories.NOW, source="easypost")
    parcel = fold(stories.parcel(shipment_id=PARCEL, order_id=ORDER, version=1), [fact])
    policy, later = stories.brand().delays, stories.NOW + timedelta(days=6)
    suspicion = assess(parcel, policy, later)
    assert suspicion
    ports.orders.save(stories.order(order_id=ORDER), Shopper(brand="larkspur", shopper_id="cus_1", email="a@b.example"))
    watch = Watch(
        brand="larkspur", shipment_id=PARCEL, source="easypost", created_at=later, due_at=later, failures=2, version=1
    )
    declared, decisions = declare(parcel, suspicion, policy, later)
    ports.shipments.save(declared, [fact], due_at=None, link=True, watch=watch, decisions=decisions)
    ports.shipments.put_wait(
        Wait(brand="larkspur", shipment_id=PARCEL, purpose="delay", token="secret-token", created_at=later)
    )
    told: dict[str, Any] = {
        "brand": "larkspur",
        "order_id": ORDER,
        "shopper_id": "cus_1",
        "shipment_id": PARCEL,
        "subject_id": PARCEL,
        "planned_at": later,
        "event_at": later,
    }
    messages = [
        MessageRecord(
            **told,
            message_id="msg_1",
            moment=Moment.DELAY_DECLARED,
            state=MessageState.SENT,
            attempt=1,
            sent_at=later + timedelta(seconds=3),
        ),
        MessageRecord(
            **told,
            message_id="msg_2",
            moment=Moment.SHIPPED,
            state=MessageState.SUPPRESSED,
            reason=Suppression.OVERTAKEN,
        ),
    ]
    for message in messages:
        ports.messages.plan(message, due_at=None)
    contents = ports.orders.contents
    ports.orders.contents = lambda brand, order: contents(brand, order).model_copy(  # type: ignore[method-assign]
        update={"messages": tuple(messages)} if order == ORDER and brand == "larkspur" else {}
    )
    return ports


class TestShipment:
    @pytest.mark.parametrize(
        "arguments", [[PARCEL], ["1z999"], ["1Z999", "--carrier", "ups", "--brand", "larkspur"], [ORDER], ["1001"]]
    )
    def test_is_found_by_every_name_it_has(self, late: Ports, arguments: list[str]) -> None:
        result = run("shipment", "show", *arguments, "--json")

        assert result.exit_code == 0, result.output
        assert [story["shipment"]["shipment_id"] for story in json.loads(result.stdout)["shipments"]] == [PARCEL]

    def test_is_found_once_where_several_sources_are_one_carriers(self, ports: Ports) -> None:
        key = shipment_id("larkspur", "dhl_express", "JD0146")
        ports.shipments.save(
            stories.parcel(shipment_id=key, carrier="dhl_express", order_id=None, version=1), due_at=None
        )
        stories_of = json.loads(run("shipment", "show", "JD0146", "--json").stdout)["shipments"]
        assert [story["shipment"]["shipment_id"] for story in stories_of] == [key]

    def test_tells_the_story_in_its_order(self, late: Ports) -> None:
        said = run("shipment", "show", PARCEL).stdout

        told = [
            "in transit · Reno, NV",
            "declared: stalled · by policy · now expected ",
            "shipped: not told (overtaken)",
            "delay declared: sent, 3 s after",
        ]
        places = [said.index(words) for words in told]
        assert places == sorted(places)
        assert "limit hours 96" in said, "the numbers behind it"
        assert "open since" in said
        assert re.search(r"^asked +easypost · new · 2 asks without an answer · next .*$", said, re.MULTILINE)
        assert re.search(r"^promised +.*Fri 06 Mar$", said, re.MULTILINE)

    def test_the_document_is_complete_and_holds_neither_contact_points_nor_tokens(self, late: Ports) -> None:
        said = run("shipment", "show", PARCEL, "--json").stdout

        story = json.loads(said)["shipments"][0]
        parts = {"shipment", "events", "order", "messages", "returns", "decisions", "workflows_waiting", "watch"}
        assert set(story) == parts
        assert [decision["change"] for decision in story["decisions"]] == ["declared"]
        assert story["watch"]["source"] == "easypost"
        assert story["workflows_waiting"] == ["delay"]
        assert story["messages"][1]["reason"] == "overtaken"
        assert "a@b.example" not in said
        assert "secret-token" not in said

    def test_of_another_brand_is_not_found(self, late: Ports) -> None:
        assert run("shipment", "show", PARCEL, "--brand", "fjordhus").exit_code == 1


class TestStack:
    def test_is_found_again(self, tmp_path: Path) -> None:
        stack = Stack("local", {"TableName": "t"}, endpoint="http://127.0.0.1:4566", links={"ops": "http://x/ops"})

        stack.save(tmp_path / "deep" / "stack.json")

        assert Stack.load(tmp_path / "deep" / "stack.json") == stack
        assert stack.name == "porchlight-local"
        stack.forget(tmp_path / "deep" / "stack.json")
        with pytest.raises(StackError, match="porchlight up"):
            Stack.load(tmp_path / "deep" / "stack.json")

    def test_one_that_was_left_behind_is_no_stack(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Stack("local", {}, endpoint="http://127.0.0.1:9").save(tmp_path / "stack.json")
        monkeypatch.setattr("local.stack.STACK_FILE", tmp_path / "stack.json")

        with pytest.raises(StackError, match="does not answer any more"):
            Stack.open()
        result = run("quarantine", "list", "--json")
        assert result.exit_code == 1
        assert "does not answer" in json.loads(result.stdout)["error"]

    def test_the_ports_are_wired_to_its_outputs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in (
            "AWS_ENDPOINT_URL",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
        ):
            monkeypatch.setenv(name, "before")  # so that it is put back afterwards
        monkeypatch.setenv("AWS_PROFILE", "mine")

        ports = Stack("local", {"TableName": "t", "InboundQueueUrl": "q"}, endpoint="http://127.0.0.1:9").app()

        assert (ports.settings.table_name, ports.settings.inbound_queue_url) == ("t", "q")
        from porchlight.adapters.aws import client, forget

        assert client("sqs").meta.endpoint_url == "http://127.0.0.1:9"
        forget()

    def test_brands_are_those_of_the_pack(self) -> None:
        assert set(brand_ids()) == {"fjordhus", "larkspur"}


class TestDashboard:
    def test_every_series_of_the_template_is_understood(self) -> None:
        body = re.sub(r"\$\{[^}]+\}", "x", _template()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])

        entries = [entry for widget in json.loads(body)["widgets"] for entry in widget["properties"]["metrics"]]

        for entry in entries:
            expression = entry[-1].get("expression") if isinstance(entry[-1], dict) else None
            assert _SEARCH.fullmatch(expression) if expression else len(entry) >= 4, entry

    @pytest.mark.parametrize(
        ("value", "seconds", "told"),
        [(1234, False, "1,234"), (1.5, False, "1.5"), (1.84, True, "1.8 s"), (90, True, "90 s"), (600, True, "10 min")],
    )
    def test_figures_are_told(self, value: float, seconds: bool, told: str) -> None:
        assert _told(value, seconds) == told

    def test_whatever_is_not_nothing_can_be_seen(self) -> None:
        assert _bars([0, 1, 1000], 1000) == "M1 20v-1.5h.8v1.5zM2 20v-20.0h.8v20.0z"


def test_operations_names_every_alarm_and_no_other() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    alarms = {name for name, resource in _template().items() if resource["Type"] == "AWS::CloudWatch::Alarm"}
    section = text.partition("## The alarms")[2].partition("## Quarantine")[0]

    named = set()
    for row in re.findall(r"^\| (`.+) \|$", section, re.MULTILINE):
        cells = [cell.strip() for cell in row.split("|")]
        named |= {cell.strip("`") for cell in cells if re.fullmatch(r"`[A-Z]\w+`", cell)}

    assert named == alarms


def _template() -> dict[str, Any]:
    resources: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=_TemplateLoader)["Resources"]
    return resources
