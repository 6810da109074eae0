"""The page that says why a message was sent, and why another one was not."""

import re
from html import unescape
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local.explained import Explained
from local.front import Request, Response
from local.stack import Stack
from porchlight.domain.ids import shipment_id
from porchlight.domain.preferences import Frequency
from porchlight.errors import TransientError
from tests.unit.test_fanout_life import City


def page(city: City, **broken: Any) -> Explained:
    ports = SimpleNamespace(orders=city.orders, shipments=city.shipments, catalogues=city.catalogues, **broken)
    return Explained(cast("Stack", SimpleNamespace(stage="test", app=lambda: ports)))


def ask(city: City, subject: str = "") -> Response:
    return page(city)(Request("GET", "/ops/messages", {"id": [subject]} if subject else {}))


def words(answer: Response) -> str:
    """What is read, without the marks."""
    text = re.sub(r"<style>.*?</style>", "", answer.body.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def city() -> City:
    return City()


def test_each_moment_with_its_outcome_its_channel_and_why(city: City) -> None:
    city.tell()
    told = words(ask(city, "shp_1"))
    assert "2026-03-02 12:00 out for delivery sent sms Sent by sms (ses)." in told
    assert "pickup reminder It follows available for pickup, which has not happened." in told


def test_what_was_not_sent_says_which_rule_said_no(city: City) -> None:
    city.prefer(frequency=Frequency.ONLY_PROBLEMS)
    city.tell()
    answer = ask(city, "ord_1")
    assert "suppressed The shopper has asked for only problems, and this is a key moment." in words(answer)
    assert "frequency frequency frequency only_problems, level key" in words(answer)
    assert answer.body.decode().count("<details>") == 2, "rules are shown on demand"


def test_before_anything_is_asked_there_is_a_form(city: City) -> None:
    answer = ask(city)
    assert (answer.status, 'role="alert"' in answer.body.decode()) == (200, False)
    assert 'name="id"' in answer.body.decode()


def test_a_parcel_is_found_by_its_number(city: City) -> None:
    known = city.shipments.records["larkspur", "shp_1"]
    ours = shipment_id("larkspur", known.carrier, known.tracking_number)
    city.shipments.save(known.model_copy(update={"shipment_id": ours, "version": 1}), due_at=None, link=True)
    assert "ord_1" in words(ask(city, f" {known.tracking_number} "))


@pytest.mark.parametrize("subject", ["shp_9", "ord_9", "1Z0", "<script>alert(1)</script>", "x" * 5_000])
def test_what_is_not_there_is_said_and_what_was_asked_is_only_text(city: City, subject: str) -> None:
    answer = ask(city, subject)
    assert answer.status == 404
    assert "No brand has a parcel or an order" in words(answer)
    assert b"<script" not in answer.body
    assert len(answer.body) < 20_000


def test_a_cloud_that_does_not_answer_is_told_in_words(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise TransientError("throttled")

    monkeypatch.setattr(city.shipments, "get", refuse)
    answer = ask(city, "shp_1")
    assert (answer.status, "The local cloud does not answer" in words(answer)) == (503, True)
