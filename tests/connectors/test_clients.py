"""What every client has to satisfy: the requests that it builds, which others make."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from porchlight.bodies import load_xml
from porchlight.carriers.registry import abilities, carrier, carrier_ids
from porchlight.connectors import Account, Call

ASKED = tuple(source for source in carrier_ids() if "poll" in abilities(source))
SUBSCRIBING = tuple(source for source in carrier_ids() if "subscribe" in abilities(source))
CALLBACK = "https://track.larkspur.example/webhooks/any"
PEER = "http://127.0.0.1:9/peer"
STRANGE = "A/B?c=d&e=<f>\"' #%\u00fc"


def _client(source: str) -> Any:
    return getattr(carrier(source), "client", None)


def _subscriptions(source: str) -> Any:
    return getattr(carrier(source), "subscriptions", None)


def _account(names: tuple[str, ...], **more: str) -> Account:
    credentials = {name: f"{name}-value" for name in names}
    return Account(account="main", brand="larkspur", credentials={**credentials, **more})


def _numbers(count: int) -> list[str]:
    return [f"1Z999AA1012345{index:04}" for index in range(count)]


def _sound(call: Call) -> None:
    assert call.method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    kind = next((value for name, value in call.headers.items() if name.lower() == "content-type"), "")
    if call.body and "json" in kind:
        json.loads(call.body)
    elif call.body and "xml" in kind:
        load_xml(call.body)


@pytest.mark.parametrize("source", carrier_ids())
def test_the_registry_says_what_a_connector_can_do(source: str) -> None:
    found = carrier(source)
    can = abilities(source)
    assert can <= {"push", "poll", "subscribe", "jwks", "aggregator"}
    client = _client(source)
    assert ("poll" in can) == (client is not None and client.batch > 0)
    assert ("subscribe" in can) == (_subscriptions(source) is not None)
    assert ("jwks" in can) == hasattr(found, "jwks_url")


@pytest.mark.parametrize("source", ASKED)
def test_it_asks_for_as_many_as_one_call_may_and_for_each_once(source: str) -> None:
    client = _client(source)
    assert 1 <= client.batch <= 1000
    assert client.calls_per_minute >= 1
    assert client.credentials
    account = _account(client.credentials)
    for numbers in (_numbers(1), _numbers(client.batch)):
        calls = client.ask(numbers, account, "the-token")
        assert sorted(number for call in calls for number in call.numbers) == sorted(numbers)
        for call in calls:
            _sound(call)
            assert call.url.startswith("https://")
            for number in call.numbers:
                assert number in call.url or number.encode() in call.body


@pytest.mark.parametrize("source", ASKED)
def test_no_secret_stands_in_an_address(source: str) -> None:
    """Addresses end in logs on the way."""
    client = _client(source)
    account = _account(client.credentials)
    public = getattr(client, "public_credentials", ())
    for call in (*client.ask(_numbers(1), account, "the-token"), client.token(account)):
        if call is not None:
            assert "the-token" not in call.url
            for name in client.credentials:
                assert name in public or f"{name}-value" not in call.url


@pytest.mark.parametrize("source", ASKED)
def test_another_base_address_takes_the_place_of_the_carriers(source: str) -> None:
    client = _client(source)
    account = _account(client.credentials, base_url=PEER)
    token = client.token(account)
    for call in (*client.ask(_numbers(1), account, "t"), *([token] if token else [])):
        assert call.url.startswith(PEER + "/"), call.url


@pytest.mark.parametrize("source", ASKED)
def test_a_strange_number_stays_in_its_place(source: str) -> None:
    """What people type as a tracking number neither ends a path nor adds a parameter nor breaks a body."""
    client = _client(source)
    account = _account(client.credentials)
    plain, strange = client.ask(["PLAIN"], account, "t"), client.ask([STRANGE], account, "t")
    assert len(plain) == len(strange) == 1
    _sound(strange[0])
    one, other = urlsplit(plain[0].url), urlsplit(strange[0].url)
    assert (one.netloc, one.path.count("/"), one.query.count("&")) == (
        other.netloc,
        other.path.count("/"),
        other.query.count("&"),
    )
    assert not other.fragment
    assert strange[0].url.isascii()
    assert not set(strange[0].url) & set("\"'<> ")


@pytest.mark.parametrize("source", SUBSCRIBING)
def test_it_subscribes_under_our_address(source: str) -> None:
    subscriptions, client = _subscriptions(source), _client(source)
    assert 1 <= subscriptions.batch <= 1000
    assert subscriptions.lifetime is None or subscriptions.lifetime > timedelta(days=1)
    assert isinstance(subscriptions.keeps_history, bool)
    names = subscriptions.credentials
    for account, base in ((_account(names), "https://"), (_account(names, base_url=PEER), PEER + "/")):
        calls = subscriptions.subscribe(_numbers(min(subscriptions.batch, 3)), account, "the-token", CALLBACK)
        assert calls
        for call in calls:
            _sound(call)
            assert call.numbers
            assert call.url.startswith(base)
            assert "the-token" not in call.url
        revival = subscriptions.revive("sub-1", account, "the-token")
        if revival is not None:
            _sound(revival)
            assert revival.url.startswith(base)
    assert client is not None, "the token of a subscription comes from the client"
