"""`porchlight explain`: every moment of a parcel or an order, on the terminal."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from local.stack import Stack
from porchlight.domain.ids import shipment_id
from porchlight.domain.preferences import Frequency
from tests.unit.test_fanout_life import City


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> City:
    made = City()
    ports = SimpleNamespace(orders=made.orders, shipments=made.shipments, catalogues=made.catalogues)
    monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: ports))
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments], env={"COLUMNS": "300"})


def test_what_was_sent_and_what_was_not_in_one_look(city: City) -> None:
    city.tell()
    said = run("shp_1").stdout
    assert "out for delivery" in said
    assert "Sent by sms (ses)." in said
    assert "It follows available for pickup, which has not happened." in said
    assert "has_address" not in said


def test_each_rule_is_shown_on_demand(city: City) -> None:
    city.prefer(frequency=Frequency.ONLY_PROBLEMS)
    city.tell()
    said = run("ord_1", "--checks").stdout
    assert "The shopper has asked for only problems, and this is a key moment." in said
    assert "frequency only_problems, level key" in said


def test_a_parcel_is_found_by_its_number(city: City) -> None:
    known = city.shipments.records["larkspur", "shp_1"]
    ours = shipment_id("larkspur", known.carrier, known.tracking_number)
    city.shipments.save(known.model_copy(update={"shipment_id": ours, "version": 1}), due_at=None, link=True)
    told = json.loads(run(known.tracking_number, "--json").stdout)
    assert (told["shipment_id"], told["order_id"]) == (ours, "ord_1")


def test_all_of_it_as_one_document(city: City) -> None:
    city.tell()
    told = json.loads(run("shp_1", "--json").stdout)
    assert (told["brand"], told["shipment_id"], told["order_id"]) == ("larkspur", "shp_1", "ord_1")
    assert {one["outcome"] for one in told["messages"] if one["moment"] == "out_for_delivery"} == {"sent"}


def test_what_is_not_there_is_said(city: City) -> None:
    answer = run("ord_9")
    assert answer.exit_code == 1
    assert "There is no ord_9." in answer.output
