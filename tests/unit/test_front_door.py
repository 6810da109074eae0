"""The front door: webhooks, API keys, bearer tokens."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from porchlight.carriers.registry import carrier
from porchlight.connectors import Account, Answer, Call, InboundRequest
from porchlight.errors import ForbiddenError, NotFoundError, PayloadTooLargeError, SignatureError, TransientError
from porchlight.ports import InboundMessage
from porchlight.services.api_keys import authorize
from porchlight.services.issue_token import issue
from porchlight.services.published_keys import PublishedKeys
from porchlight.services.quarantine import QuarantineDesk
from porchlight.services.receive_webhook import MAX_BODY, FrontDoor
from porchlight.services.record_events import quarantine_body
from tests.fakes import FakeAccounts, FakeInbound, FakeMetrics, FakeQuarantine, FakeSecrets
from tests.unit.stories import NOW


def account(name: str = "main", brand: str = "larkspur", **credentials: str) -> Account:
    return Account(account=name, brand=brand, credentials=credentials or {"word": name})


def request(body: bytes = b"{}", /, **headers: str) -> InboundRequest:
    return InboundRequest(headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body)


class Connector:
    """Trusts whoever says the account's word."""

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        return request.headers.get("word") == account.credentials["word"]

    def topic(self, request: InboundRequest) -> str:
        return request.headers.get("topic", "")


class Signer(Connector):
    """Signs with keys that it publishes: a request is good if it repeats the key that its id names."""

    jwks_url = "https://signer.example/jwks"

    def key_id(self, request: InboundRequest) -> str:
        return request.headers.get("kid", "")

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        key = account.credentials["jwk"]
        return bool(key) and json.loads(key)["n"] == request.headers.get("signature")


class Publisher:
    """Publishes keys; ``keys`` may be anything at all, or an error."""

    def __init__(self) -> None:
        self.keys: Any = [{"kid": "k1", "n": "one"}]
        self.asked: list[str] = []

    def make(self, call: Call) -> Answer:
        self.asked.append(call.url)
        if isinstance(self.keys, Exception):
            raise self.keys
        if isinstance(self.keys, Answer):
            return self.keys
        return Answer(200, {}, json.dumps({"keys": self.keys}).encode())


class Door:
    def __init__(self) -> None:
        self.inbound, self.metrics = FakeInbound(), FakeMetrics()
        self.caller = Publisher()
        self.accounts = FakeAccounts(
            ("carriers", "ups", account("one")),
            ("carriers", "ups", account("two", "fjordhus")),
            ("stores", "shopify", account()),
        )

    def knock(
        self,
        asked: InboundRequest,
        kind: str = "carriers",
        source: str = "ups",
        connector: Any = Connector,
        now: datetime = NOW,
    ) -> InboundMessage:
        made = connector and connector()
        door = FrontDoor(self.accounts, self.inbound, self.metrics, PublishedKeys(lambda: self.caller))
        return door.receive(asked, kind, source, made, now)

    def kept_nothing(self) -> bool:
        return not self.inbound.queue and not self.metrics.total("WebhooksAccepted")


@pytest.fixture
def door() -> Door:
    return Door()


class TestReceiving:
    def test_a_webhook_is_queued_as_it_came_under_the_brand_of_its_account(self, door: Door) -> None:
        door.knock(request(b"\x00not json", word="two"))
        ((message, body),) = door.inbound.queue
        assert body == door.inbound.body_of(message) == b"\x00not json"
        assert (message.kind, message.source, message.account, message.brand) == ("carriers", "ups", "two", "fjordhus")
        assert (message.received_at, message.topic, message.redrives) == (NOW, "", 0)
        assert door.metrics.total("WebhooksAccepted", carrier="ups") == 1

    def test_stores_have_topics(self, door: Door) -> None:
        assert door.knock(request(word="main", topic="orders/create"), "stores", "shopify").topic == "orders/create"

    @pytest.mark.parametrize("headers", [{}, {"word": "three"}, {"word": ""}])
    def test_whoever_cannot_prove_it_leaves_nothing_behind(self, door: Door, headers: dict[str, str]) -> None:
        with pytest.raises(SignatureError):
            door.knock(request(**headers))
        assert door.kept_nothing()
        assert door.metrics.total("WebhooksRefused", carrier="ups", why="signature") == 1

    def test_a_source_without_accounts_trusts_nobody(self, door: Door) -> None:
        with pytest.raises(SignatureError):
            door.knock(request(word="one"), source="usps")

    def test_accounts_of_a_store_do_not_open_the_door_of_a_carrier(self, door: Door) -> None:
        with pytest.raises(SignatureError):
            door.knock(request(word="main"))

    def test_a_source_that_is_not_known(self, door: Door) -> None:
        with pytest.raises(NotFoundError):
            door.knock(request(word="one"), source="x" * 500, connector=None)
        assert door.kept_nothing()
        assert not door.metrics.counts

    def test_the_limit(self, door: Door) -> None:
        door.knock(request(b"x" * MAX_BODY, word="one"))
        with pytest.raises(PayloadTooLargeError):
            door.knock(request(b"x" * (MAX_BODY + 1), word="one"))
        assert len(door.inbound.queue) == 1
        assert door.metrics.total("WebhooksRefused", why="too_large") == 1

    def test_a_queue_that_refuses_is_not_accepted(self, door: Door) -> None:
        door.inbound.fails = TransientError("ServiceUnavailable")
        with pytest.raises(TransientError):
            door.knock(request(word="one"))
        assert door.kept_nothing()


class TestPublishedKeys:
    def call(self, door: Door, kid: str = "k1", signature: str = "one", minutes: int = 0) -> bool:
        """Whether a signed webhook is taken, so many minutes later."""
        asked = request(kid=kid, signature=signature) if kid else request(signature=signature)
        try:
            door.knock(asked, connector=Signer, now=NOW + timedelta(minutes=minutes))
        except SignatureError:
            return False
        return True

    def test_the_key_that_the_request_names_is_looked_up_once_an_hour(self, door: Door) -> None:
        keys = PublishedKeys(lambda: door.caller)
        assert json.loads(keys.key("https://signer.example/jwks", "k1", NOW)) == {"kid": "k1", "n": "one"}
        for minutes in range(0, 60, 10):
            keys.key("https://signer.example/jwks", "k1", NOW + timedelta(minutes=minutes))
        assert len(door.caller.asked) == 1
        keys.key("https://signer.example/jwks", "k1", NOW + timedelta(minutes=60))
        assert len(door.caller.asked) == 2

    def test_what_it_signed_is_taken_and_what_it_did_not_is_not(self, door: Door) -> None:
        assert self.call(door)
        assert not self.call(door, signature="two")
        assert not self.call(door, kid="")
        assert set(door.caller.asked) == {Signer.jwks_url}
        ((message, _),) = door.inbound.queue
        assert message.account == "one"

    def test_an_account_may_have_another_address(self, door: Door) -> None:
        door.accounts.accounts = (("carriers", "ups", account(jwks_url="https://test.example/keys", jwk="forged")),)
        assert self.call(door)
        assert door.caller.asked == ["https://test.example/keys"]

    def test_without_an_id_nobody_is_asked(self, door: Door) -> None:
        assert not self.call(door, kid="")
        assert door.caller.asked == []

    def test_keys_are_rotated_without_losing_a_webhook_for_more_than_minutes(self, door: Door) -> None:
        keys = PublishedKeys(lambda: door.caller)
        url = Signer.jwks_url
        assert keys.key(url, "k1", NOW)
        door.caller.keys = [{"kid": "k1", "n": "one"}, {"kid": "k2", "n": "two"}]
        assert keys.key(url, "k2", NOW + timedelta(minutes=4)) == ""
        assert keys.key(url, "k2", NOW + timedelta(minutes=5))

    def test_strangers_with_keys_of_their_own_make_us_ask_every_five_minutes_at_most(self, door: Door) -> None:
        keys = PublishedKeys(lambda: door.caller)
        for second in range(0, 1800, 10):
            assert keys.key(Signer.jwks_url, f"evil{second}", NOW + timedelta(seconds=second)) == ""
        assert len(door.caller.asked) == 6

    def test_old_keys_are_good_while_the_address_does_not_answer(self, door: Door) -> None:
        keys = PublishedKeys(lambda: door.caller)
        keys.key(Signer.jwks_url, "k1", NOW)
        door.caller.keys = TransientError("TimeoutError")
        assert keys.key(Signer.jwks_url, "k1", NOW + timedelta(days=3))
        with pytest.raises(TransientError):
            keys.key(Signer.jwks_url, "k2", NOW + timedelta(days=3))

    def test_a_key_that_was_withdrawn_is_good_for_an_hour_at_most(self, door: Door) -> None:
        keys = PublishedKeys(lambda: door.caller)
        keys.key(Signer.jwks_url, "k1", NOW)
        door.caller.keys = []
        assert keys.key(Signer.jwks_url, "k1", NOW + timedelta(minutes=61)) == ""

    @pytest.mark.parametrize(
        "said",
        [
            TransientError("TimeoutError"),
            Answer(500, {}, b"{}"),
            Answer(302, {}, b""),
            Answer(200, {}, b"<html>"),
            Answer(200, {}, b"[]"),
            Answer(200, {}, b'{"keys": {}}'),
            Answer(200, {}, b"[" * 100_000),
        ],
    )
    def test_where_no_key_can_be_had_the_sender_is_asked_to_come_again(self, door: Door, said: Any) -> None:
        door.caller.keys = said
        with pytest.raises(TransientError):
            self.call(door)
        assert door.kept_nothing()
        assert not door.metrics.total("WebhooksRefused")

    def test_odd_keys_among_good_ones_are_passed_over(self, door: Door) -> None:
        door.caller.keys = [None, 5, {"n": "none"}, {"kid": 7}, {"kid": "k1", "n": "one"}]
        assert self.call(door)


class TestQuarantineDesk:
    def test_a_body_goes_back_on_the_queue_and_the_entry_is_forgotten(self, door: Door) -> None:
        desk = QuarantineDesk(FakeQuarantine(), door.inbound)
        message = InboundMessage(
            kind="stores", source="shopify", account="a", brand="larkspur", topic="t", received_at=NOW, number="A1"
        )
        message = replace(message, carriers={"A1": "acme"})
        entry = quarantine_body(desk.quarantine, door.metrics, message, b"{", "why", NOW)
        desk.redrive("larkspur", entry.quarantine_id)
        ((queued, body),) = door.inbound.queue
        assert body == b"{"
        assert replace(queued, body="") == replace(message, redrives=1)
        assert desk.quarantine.list("larkspur") == []

    def test_a_body_that_is_refused_again_before_we_forget_it_is_kept(self, door: Door) -> None:
        quarantine = FakeQuarantine()

        class Quick(FakeInbound):
            """The consumer is quicker than we are."""

            def put(self, message: InboundMessage, body: bytes) -> None:
                quarantine_body(quarantine, door.metrics, message, body, "still", NOW)

        message = InboundMessage(kind="carriers", source="ups", account="a", brand="larkspur", received_at=NOW)
        entry = quarantine_body(quarantine, door.metrics, message, b"{", "why", NOW)
        QuarantineDesk(quarantine, Quick()).redrive("larkspur", entry.quarantine_id)
        (kept,) = quarantine.list("larkspur")
        assert (kept.quarantine_id, kept.reason, kept.redrives) == (entry.quarantine_id, "still", 1)

    def test_the_entries_of_another_brand(self, door: Door) -> None:
        quarantine = FakeQuarantine()
        message = InboundMessage(kind="carriers", source="ups", account="a", brand="larkspur", received_at=NOW)
        entry = quarantine_body(quarantine, door.metrics, message, b"{", "why", NOW)
        with pytest.raises(NotFoundError):
            QuarantineDesk(quarantine, door.inbound).redrive("fjordhus", entry.quarantine_id)


KEY = "plk_" + "a" * 40


class TestApiKeys:
    SECRETS = FakeSecrets(
        **{
            "api-keys": {
                "keys": [
                    {
                        **{"id": "oms", "brand": "larkspur", "scopes": ["orders:write"]},
                        "sha256": hashlib.sha256(KEY.encode()).hexdigest(),
                    }
                ]
            }
        }
    )

    def test_a_key_opens_what_it_may(self) -> None:
        assert authorize(request(x_api_key=KEY), "orders:write", self.SECRETS).brand == "larkspur"

    def test_and_nothing_else(self) -> None:
        with pytest.raises(ForbiddenError):
            authorize(request(x_api_key=KEY), "returns:decide", self.SECRETS)

    @pytest.mark.parametrize("headers", [{}, {"x_api_key": ""}, {"x_api_key": KEY + "b"}, {"x_api_key": "ключ" * 10}])
    def test_other_keys(self, headers: dict[str, str]) -> None:
        with pytest.raises(SignatureError):
            authorize(request(**headers), "orders:write", self.SECRETS)

    def test_a_digest_is_no_key(self) -> None:
        with pytest.raises(SignatureError):
            authorize(request(x_api_key=hashlib.sha256(KEY.encode()).hexdigest()), "orders:write", self.SECRETS)

    def test_without_a_secret_there_are_no_keys(self) -> None:
        with pytest.raises(SignatureError):
            authorize(request(x_api_key=KEY), "orders:write", FakeSecrets())

    @pytest.mark.parametrize("secret", [{}, {"keys": [{"id": "oms", "key": KEY}]}])
    def test_a_secret_in_another_form_is_our_fault_and_not_shown(self, secret: dict[str, Any]) -> None:
        with pytest.raises(TransientError) as caught:
            authorize(request(x_api_key=KEY), "orders:write", FakeSecrets(**{"api-keys": secret}))
        assert KEY not in str(caught.value)


class TestIssuingTokens:
    ACCOUNTS = (
        account("one", client_id="ups-1", client_secret="s&cret=1", token_key="k" * 32),
        account("two", "fjordhus", client_id="ups-2", client_secret="s2", token_key="l" * 32),
        account("none", client_id="", client_secret="", token_key="m" * 32),
    )

    def ask(self, body: str, **headers: str) -> tuple[int, dict[str, object]]:
        return issue(request(body.encode(), **headers), carrier("ups"), self.ACCOUNTS, NOW)

    @staticmethod
    def basic(client_id: str, secret: str) -> str:
        return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()

    def test_credentials_in_the_form_or_by_basic_authentication(self) -> None:
        form = "grant_type=client_credentials&client_id=ups-1&client_secret=s%26cret%3D1"
        by_header = self.ask("grant_type=client_credentials", authorization=self.basic("ups-1", "s&cret=1"))
        for status, body in (self.ask(form), by_header):
            assert (status, body["token_type"], body["expires_in"]) == (200, "Bearer", 3600)
            assert str(body["access_token"]).count(".") == 1

    def test_the_token_opens_the_webhook_of_its_own_account_only(self) -> None:
        _, body = self.ask("grant_type=client_credentials", authorization=self.basic("ups-2", "s2"))
        asked, connector = request(authorization=f"Bearer {body['access_token']}"), carrier("ups")
        assert connector
        assert [connector.verify(asked, one, NOW) for one in self.ACCOUNTS] == [False, True, False]

    @pytest.mark.parametrize("body", ["", "grant_type=password", "\x00\xff", "grant_type=", "[]"])
    def test_other_grants(self, body: str) -> None:
        assert self.ask(body, authorization=self.basic("ups-2", "s2")) == (400, {"error": "unsupported_grant_type"})

    @pytest.mark.parametrize(
        "authorization",
        [
            "",
            "Basic",
            "Basic !",
            "Basic " + base64.b64encode(b"\xff\xfe").decode(),
            "Bearer x",
            "Basic Og==",
            "Basic dXBzLTE6czI=",
        ],
    )
    def test_other_clients(self, authorization: str) -> None:
        assert self.ask("grant_type=client_credentials", authorization=authorization) == (
            401,
            {"error": "invalid_client"},
        )
