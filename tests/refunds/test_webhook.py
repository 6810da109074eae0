"""The signed webhook, against a server on this machine and against the reference library."""

import base64
import hmac
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from porchlight.deciding import Task
from porchlight.domain.brands import BrandConfig
from porchlight.domain.remedies import Remedy
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Parts
from porchlight.errors import PermanentProviderError, TransientError
from porchlight.refunds.kit import RefundKit
from porchlight.refunds.registry import remedies, settlement_provider
from porchlight.refunds.webhook.client import WebhookSettlements
from porchlight.returning import Answer, Instruction
from porchlight.signing import signed
from tests.fakes import FakeOrders, FakeSecrets
from tests.unit.stories import NOW, brand, order, usd

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
SECRETS = FakeSecrets(**{"refunds/larkspur": {"secret": SECRET}})


class Peer:
    """A refund system: answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status, self.answer = 200, b'{"reference": "re_1"}'
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.stall = threading.Event()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                peer.requests.append((self.path, headers, body))
                if peer.status == 0:
                    peer.stall.wait(5)
                    return
                self.send_response(peer.status)
                for name, value in peer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(peer.answer)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/refunds"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.stall.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def refundable(**update: Any) -> Instruction:
    values: dict[str, Any] = {
        **{"key": "rfd_1", "kind": SettlementKind.REFUND, "brand": "larkspur", "return_id": "rma_1"},
        **{"order_id": "ord_1", "amount": usd(9_500), "lines": {"shirt": 1}, "intended_at": NOW},
    }
    return Instruction(**{**values, **update})


def nobody() -> Any:
    raise AssertionError("the webhook makes its own calls")


def kit(url: str, orders: FakeOrders | None = None, secrets: FakeSecrets = SECRETS) -> RefundKit:
    return RefundKit(secrets, orders or FakeOrders(), nobody, url)


def provider(url: str, secrets: FakeSecrets = SECRETS, **more: Any) -> WebhookSettlements:
    return WebhookSettlements(secrets, url, timeout=0.3, **more)


def test_the_reference_library_accepts_what_is_sent(peer: Peer) -> None:
    orders = FakeOrders()
    orders.save(order())
    made = settlement_provider(brand(), SettlementKind.REFUND, kit(peer.url, orders))
    assert made.carry_out(brand(), refundable()) == Answer(state=SettlementState.DONE, reference="re_1")
    ((path, headers, body),) = peer.requests
    assert path == "/refunds"
    message = Webhook(SECRET).verify(body, headers)
    assert message["type"] == "refund.requested"
    assert message["data"] == {
        "return_id": "rma_1",
        "order_id": "ord_1",
        "order": "1001",
        "amount": 9_500,
        "currency": "USD",
        "key": "rfd_1",
        "lines": [{"line_id": "shirt", "quantity": 1}],
    }
    assert headers["webhook-id"] == headers["idempotency-key"] == "rfd_1"
    assert abs(datetime.fromisoformat(message["timestamp"]).timestamp() - datetime.now(UTC).timestamp()) < 60


def test_a_signature_is_an_hmac_over_id_time_and_body() -> None:
    headers = signed((SECRET,), "msg_1", NOW.replace(microsecond=999_999), '{"a": "é"}')
    seconds = int(NOW.timestamp())
    digest = hmac.digest(b"k" * 32, f"msg_1.{seconds}.".encode() + '{"a": "é"}'.encode(), "sha256")
    assert headers == {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(seconds),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def test_while_a_secret_is_rotated_either_one_verifies(peer: Peer) -> None:
    old = "whsec_" + base64.b64encode(b"o" * 24).decode()
    secrets = FakeSecrets(**{"refunds/larkspur": {"secret": SECRET, "previous": old}})
    provider(peer.url, secrets).carry_out(brand(), refundable())
    ((_, headers, body),) = peer.requests
    for secret in (SECRET, old):
        assert Webhook(secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(body, headers)


def test_the_same_refund_again_has_the_same_id_and_a_fresh_time(peer: Peer) -> None:
    for now in (1_000.0, 2_000.0):
        provider(peer.url, clock=lambda now=now: now).carry_out(brand(), refundable())
    ids = [headers["webhook-id"] for _, headers, _ in peer.requests]
    times = [headers["webhook-timestamp"] for _, headers, _ in peer.requests]
    assert (ids, times) == (["rfd_1", "rfd_1"], ["1000", "2000"])


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (b'{"reference": "re_1", "id": "x"}', "re_1"),
        (b'{"id": 77}', "77"),
        (b"{}", "rfd_1"),
        (b'{"reference": {"a": 1}}', "rfd_1"),
        (b"[1]", "rfd_1"),
        (b"ok", "rfd_1"),
        (b"\xff\xfe", "rfd_1"),
        (b"", "rfd_1"),
    ],
)
def test_the_reference_is_read_from_the_answer_or_is_the_key(peer: Peer, answer: bytes, reference: str) -> None:
    peer.answer = answer
    assert provider(peer.url).carry_out(brand(), refundable()).reference == reference


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, PermanentProviderError) for status in (301, 302, 303, 307, 308, 400, 401, 404, 410, 422)),
        *((status, TransientError) for status in (408, 409, 425, 429, 500, 502, 503)),
    ],
)
def test_refusals_are_for_good_and_troubles_pass(peer: Peer, status: int, error: type[Exception]) -> None:
    peer.status, peer.answer = status, b"shopper@example.com has no such order"
    peer.headers = {"Location": f"{peer.url}/elsewhere"} if status < 400 else {}
    with pytest.raises(error) as caught:
        provider(peer.url).carry_out(brand(), refundable())
    assert "example.com" not in str(caught.value)
    assert [path for path, _, _ in peer.requests] == ["/refunds"]


def test_a_peer_that_says_nothing_or_is_not_there_is_asked_later(peer: Peer) -> None:
    peer.status = 0
    with pytest.raises(TransientError):
        provider(peer.url).carry_out(brand(), refundable())
    with pytest.raises(TransientError):
        provider("http://127.0.0.1:1/").carry_out(brand(), refundable())


@pytest.mark.parametrize(
    "url",
    ["", "http://refunds.example/", "ftp://127.0.0.1/", "file:///etc/passwd", "https://", "http://127.0.0.1.example/"],
)
def test_money_is_asked_for_over_https_only(url: str) -> None:
    with pytest.raises(PermanentProviderError):
        provider(url).carry_out(brand(), refundable())


def test_the_brands_own_address_comes_first(peer: Peer) -> None:
    config = brand().model_dump(mode="json")
    own = BrandConfig.model_validate({**config, "refunds": {"provider": "webhook", "url": peer.url}})
    assert provider("https://elsewhere.example").carry_out(own, refundable()).reference == "re_1"


@pytest.mark.parametrize("secret", [None, "", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!"])
def test_nothing_is_sent_without_a_good_secret(peer: Peer, secret: str | None) -> None:
    secrets = FakeSecrets(**({"refunds/larkspur": {"secret": secret}} if secret is not None else {}))
    with pytest.raises(TransientError):
        provider(peer.url, secrets).carry_out(brand(), refundable())
    assert peer.requests == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (SettlementKind.REFUND, "refund.requested"),
        (SettlementKind.CREDIT, "credit.requested"),
        (SettlementKind.EXCHANGE, "exchange.requested"),
        (SettlementKind.REPLACE, "replacement.requested"),
        (SettlementKind.CHARGE, "charge.requested"),
        (SettlementKind.HOLD, "hold.requested"),
        (SettlementKind.RELEASE, "hold.released"),
        (SettlementKind.CAPTURE, "hold.captured"),
        (SettlementKind.REPAIR, "repair.requested"),
    ],
)
def test_each_kind_is_a_message_of_its_own(peer: Peer, kind: SettlementKind, name: str) -> None:
    provider(peer.url).carry_out(brand(), refundable(kind=kind))
    ((found, key, _),) = asked(peer)
    assert (found, key) == (name, "rfd_1")


def test_a_message_says_what_it_takes_to_do_it(peer: Peer) -> None:
    parts = Parts(currency="USD", items=10_000, fee=-500, by_line={"ord_1/shirt": 10_000})
    given = refundable(parts=parts, wanted={"S-M": 2}, shopper_id="cus_2", of="hold_1")
    provider(peer.url).carry_out(brand(), given)
    ((_, _, data),) = asked(peer)
    assert data["parts"] == {"items": 10_000, "fee": -500}
    assert data["wanted"] == [{"sku": "S-M", "quantity": 2}]
    assert (data["shopper_id"], data["hold"]) == ("cus_2", "hold_1")


@pytest.mark.parametrize(
    ("answer", "state", "why", "order_id"),
    [
        (b'{"state": "accepted"}', SettlementState.ACCEPTED, "", ""),
        (b'{"state": "FAILED", "why": "card_closed"}', SettlementState.FAILED, "card_closed", ""),
        (b'{"state": "done", "order": "1002"}', SettlementState.DONE, "", "1002"),
        (b'{"state": "what"}', SettlementState.DONE, "", ""),
        (b'{"state": ["x"], "order": {"a": 1}}', SettlementState.DONE, "", ""),
    ],
)
def test_the_answer_says_where_it_is(
    peer: Peer, answer: bytes, state: SettlementState, why: str, order_id: str
) -> None:
    peer.answer = answer
    found = provider(peer.url).carry_out(brand(), refundable(kind=SettlementKind.EXCHANGE))
    assert (found.state, found.why, found.order) == (state, why, order_id)


def test_looking_is_asking_again_under_the_same_key(peer: Peer) -> None:
    peer.answer = b'{"reference": "re_1", "state": "accepted"}'
    made = provider(peer.url)
    made.carry_out(brand(), refundable())
    peer.answer = b'{"reference": "re_1", "state": "done"}'
    assert made.look(brand(), refundable(), "re_1").state is SettlementState.DONE
    first, again = asked(peer)
    assert first == again


def task(remedy: Remedy, **update: Any) -> Task:
    values: dict[str, Any] = {
        **{"key": "rmd_1", "remedy": remedy, "brand": "larkspur", "order_id": "ord_1", "shipment_id": "shp_1"},
        **{"delay_id": "dly_1", "kind": "stalled", "amount": usd(9_500), "lines": {"shirt": 1}, "decided_at": NOW},
    }
    return Task.model_validate({**values, **update})


def asked(peer: Peer) -> list[tuple[str, str, dict[str, Any]]]:
    """Type, id and data of each message, checked by the reference library."""
    found = []
    for _, headers, body in peer.requests:
        message = Webhook(SECRET).verify(body, headers)
        assert headers["webhook-id"] == headers["idempotency-key"] == message["data"]["key"]
        found.append((message["type"], headers["webhook-id"], message["data"]))
    return found


@pytest.mark.parametrize(
    ("remedy", "kind"),
    [
        (Remedy.REFUND, "refund.requested"),
        (Remedy.RESEND, "reship.requested"),
        (Remedy.CREDIT, "credit.requested"),
        (Remedy.CLAIM, "claim.requested"),
    ],
)
def test_a_remedy_is_one_signed_message_under_its_key(peer: Peer, remedy: Remedy, kind: str) -> None:
    orders = FakeOrders()
    orders.save(order())
    for _ in range(2):
        reference = remedies(brand(), kit(peer.url, orders)).carry_out(brand(), task(remedy))
        assert reference == "re_1"
    first, again = asked(peer)
    assert first == again
    assert first == (
        kind,
        "rmd_1",
        {
            **{"order_id": "ord_1", "shipment_id": "shp_1", "delay_id": "dly_1", "kind": "stalled", "key": "rmd_1"},
            **{"lines": [{"line_id": "shirt", "quantity": 1}], "amount": 9_500, "currency": "USD", "order": "1001"},
        },
    )


@pytest.mark.parametrize(("minor", "kinds"), [(9_500, ["cancel", "refund"]), (0, ["cancel"])])
def test_a_cancelled_order_is_stopped_first_and_then_paid_back(peer: Peer, minor: int, kinds: list[str]) -> None:
    made = remedies(brand(), kit(peer.url))
    made.carry_out(brand(), task(Remedy.CANCEL, shipment_id=None, lines={}, amount=usd(minor)))
    assert [kind for kind, _, _ in asked(peer)] == [f"{kind}.requested" for kind in kinds]
    assert [key for _, key, _ in asked(peer)] == ["rmd_1-cancel", "rmd_1"][: len(kinds)]


def test_a_system_that_refuses_a_remedy_is_told_apart_from_one_that_is_down(peer: Peer) -> None:
    made = remedies(brand(), kit(peer.url))
    peer.status = 422
    with pytest.raises(PermanentProviderError):
        made.carry_out(brand(), task(Remedy.RESEND))
    peer.status = 503
    with pytest.raises(TransientError):
        made.carry_out(brand(), task(Remedy.RESEND))
