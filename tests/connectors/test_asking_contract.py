"""What poll_carriers relies on in every client: requests are planned without a token, and built anew with one."""

from typing import Any

import pytest

from porchlight.carriers.registry import abilities, carrier, carrier_ids, covers
from porchlight.connectors import Account, Answer
from porchlight.domain.carriers import carrier_id
from porchlight.stores.registry import store, store_ids

ASKED = tuple(source for source in carrier_ids() if "poll" in abilities(source))
SUBSCRIBING = tuple(source for source in carrier_ids() if "subscribe" in abilities(source))
ERRANDS = tuple(source for source in carrier_ids() if hasattr(getattr(carrier(source), "client", None), "errand"))
CALLBACK = "https://track.larkspur.example/webhooks/any"


def _account(names: tuple[str, ...]) -> Account:
    return Account(account="main", brand="larkspur", credentials={name: f"{name}-value" for name in names})


def _numbers(source: str, count: int) -> list[str]:
    """As they are asked for: an aggregator is told whose they are."""
    of = "ups:" if "aggregator" in abilities(source) else ""
    return [f"{of}1Z999AA1012345{index:04}" for index in range(count)]


@pytest.mark.parametrize("source", ASKED)
def test_a_part_of_a_plan_is_one_call_about_the_same_numbers(source: str) -> None:
    client: Any = carrier(source).client  # type: ignore[union-attr]
    account = _account(client.credentials)
    numbers = _numbers(source, min(client.batch, 7))
    plan = [list(call.numbers) for call in client.ask(numbers, account, "")]
    assert sorted(number for part in plan for number in part) == sorted(numbers)
    for part in plan:
        (call,) = client.ask(part, account, "token")
        assert list(call.numbers) == part


@pytest.mark.parametrize("source", SUBSCRIBING)
def test_so_is_a_part_of_a_plan_to_subscribe(source: str) -> None:
    subscriptions: Any = carrier(source).subscriptions  # type: ignore[union-attr]
    account = _account(subscriptions.credentials)
    numbers = _numbers(source, min(subscriptions.batch, 7))
    plan = [list(call.numbers) for call in subscriptions.subscribe(numbers, account, "", CALLBACK)]
    assert sorted(number for part in plan for number in part) == sorted(numbers)
    for part in plan:
        (call,) = subscriptions.subscribe(part, account, "token", CALLBACK)
        assert list(call.numbers) == part


@pytest.mark.parametrize("source", SUBSCRIBING)
def test_answers_of_any_form_to_a_subscription_are_read(source: str) -> None:
    subscriptions: Any = carrier(source).subscriptions  # type: ignore[union-attr]
    for body in (
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"<html>",
        b"\xff",
        b'{"data": 5, "error": "x", "meta": []}',
        b"[" * 9999,
    ):
        for status in (200, 201, 204, 400, 404, 409, 422):
            assert isinstance(subscriptions.subscribed(Answer(status, {}, body)), str | None)


@pytest.mark.parametrize("source", ERRANDS)
def test_who_runs_errands_says_which_bodies_are_some(source: str) -> None:
    assert callable(getattr(carrier(source), "classify", None))


@pytest.mark.parametrize("source", store_ids())
def test_so_do_stores(source: str) -> None:
    shop = store(source)
    assert hasattr(shop, "client") <= hasattr(shop, "classify")


def test_the_carriers_that_sources_cover_are_spelt_as_everywhere() -> None:
    for source in ASKED:
        assert covers(source, source) or "aggregator" in abilities(source) or source == "dhl_unified"
    for name in ("dhl", "dhl_express", "dhl_ecommerce", "dhl_parcel_de"):
        assert carrier_id(name) == name
        assert covers("dhl_unified", name)


@pytest.mark.parametrize("source", [source for source in carrier_ids() if "aggregator" in abilities(source)])
def test_an_aggregator_is_nobodys_own(source: str) -> None:
    assert not any(covers(source, name) for name in (source, "ups", "fedex"))
