"""Stripe: signatures, and what its objects and events say about refunds."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.cli.parse import read_payload
from porchlight.bodies import NET
from porchlight.domain.money import Money
from porchlight.errors import UnreadableBodyError
from porchlight.refunds.registry import reader_ids, refund_reader
from porchlight.refunds.stripe import CONNECTOR
from porchlight.refunds.stripe.parse import RefundState

NOW = datetime(2026, 4, 9, 10, tzinfo=UTC)
SECRET = "whsec_made_up_for_tests"
REFUND: dict[str, Any] = {
    "id": "re_1MoorTest01",
    "object": "refund",
    "amount": 2050,
    "charge": "ch_1MoorTest01",
    "created": 1775728800,
    "currency": "eur",
    "metadata": {"order": "9104", "number": 7},
    "payment_intent": "pi_1MoorTest01",
    "reason": "requested_by_customer",
    "status": "succeeded",
}
CHARGE = {
    "id": "ch_1MoorTest01",
    "object": "charge",
    "amount": 8640,
    "amount_refunded": 2050,
    "created": 1775203200,
    "currency": "jpy",
    "payment_intent": {"id": "pi_1MoorTest01", "object": "payment_intent"},
    "refunded": False,
    "status": "succeeded",
    "billing_details": {"name": "Noor Beispiel"},
    "refunds": {"object": "list", "data": [REFUND, {"object": "other"}, None], "has_more": False},
}


def event(kind: str, inner: Any) -> bytes:
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": inner}}).encode()


def signature(body: bytes, secret: str = SECRET, at: datetime = NOW, name: str = "v1") -> str:
    sent_at = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), sent_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={sent_at},{name}={digest}"


class TestProof:
    BODY = b'{"id": "evt_1", "object": "event"}'

    def test_good_and_while_a_secret_rolls(self) -> None:
        good = signature(self.BODY)
        assert CONNECTOR.verify(self.BODY, good, SECRET, NOW)
        assert CONNECTOR.verify(self.BODY, f"{signature(self.BODY, 'old')},{good.partition(',')[2]}", SECRET, NOW)
        assert CONNECTOR.verify(self.BODY, good.replace(",", ", "), SECRET, NOW)

    def test_wrong_in_every_way(self) -> None:
        good = signature(self.BODY)
        assert not CONNECTOR.verify(self.BODY + b" ", good, SECRET, NOW)
        assert not CONNECTOR.verify(self.BODY, good, "other", NOW)
        assert not CONNECTOR.verify(self.BODY, signature(self.BODY, ""), "", NOW)
        assert not CONNECTOR.verify(self.BODY, good[:-1], SECRET, NOW)
        assert not CONNECTOR.verify(self.BODY, good.upper(), SECRET, NOW)
        assert not CONNECTOR.verify(self.BODY, signature(self.BODY, name="v0"), SECRET, NOW)
        for given_signature in ("", "t=", "v1=", "t=x,v1=y", good.partition(",")[0], good.partition(",")[2], "\ud800"):
            assert not CONNECTOR.verify(self.BODY, given_signature, SECRET, NOW)

    @pytest.mark.parametrize("minutes", [-6, 6, -10_000])
    def test_stale(self, minutes: int) -> None:
        old = signature(self.BODY, at=NOW + timedelta(minutes=minutes))
        assert not CONNECTOR.verify(self.BODY, old, SECRET, NOW)
        assert CONNECTOR.verify(self.BODY, signature(self.BODY, at=NOW - timedelta(minutes=4)), SECRET, NOW)


class TestRefunds:
    @pytest.mark.parametrize(
        "body",
        [
            json.dumps(REFUND).encode(),
            json.dumps(CHARGE).encode(),
            json.dumps({"object": "list", "data": [REFUND]}).encode(),
            event("refund.created", REFUND),
            event("charge.refunded", CHARGE),
            event("charge.refund.updated", REFUND),
        ],
        ids=["refund", "charge", "list", "refund.created", "charge.refunded", "charge.refund.updated"],
    )
    def test_it_is_read_wherever_it_stands(self, body: bytes) -> None:
        (news,) = CONNECTOR.parse(body)
        assert (news.refund_id, news.charge, news.payment_intent) == (
            "re_1MoorTest01",
            "ch_1MoorTest01",
            "pi_1MoorTest01",
        )
        assert news.amount == Money(amount=2050, currency="EUR")
        assert news.state is RefundState.SUCCEEDED
        assert news.created_at == datetime(2026, 4, 9, 10, tzinfo=UTC)
        assert news.metadata == {"order": "9104"}

    @pytest.mark.parametrize("status", list(RefundState))
    def test_states(self, status: RefundState) -> None:
        body = json.dumps({**REFUND, "status": status.value}).encode()
        assert CONNECTOR.parse(body)[0].state is status

    @pytest.mark.parametrize("status", ["done", None, 7])
    def test_a_state_that_nobody_knows_is_unknown(self, status: Any) -> None:
        assert CONNECTOR.parse(json.dumps({**REFUND, "status": status}).encode())[0].state is RefundState.UNKNOWN

    @pytest.mark.parametrize(
        ("currency", "minor", "amount"),
        [("jpy", 500, "500"), ("kwd", 1250, "1.250"), ("isk", 500, "5"), ("ugx", 500, "5"), ("mga", 500, "500.00")],
    )
    def test_minor_units_are_those_of_stripe(self, currency: str, minor: int, amount: str) -> None:
        body = json.dumps({**REFUND, "currency": currency, "amount": minor}).encode()
        assert CONNECTOR.parse(body)[0].amount == Money.of(amount, currency.upper())
        printed = read_payload("stripe", body)
        assert (printed["amount_minor"], printed["amount"]) == (minor, amount)

    def test_what_is_about_something_else_has_none(self) -> None:
        assert CONNECTOR.parse(event("customer.created", {"id": "cus_1", "object": "customer"})) == []

    @pytest.mark.parametrize(
        "update",
        [{"amount": "20.50"}, {"amount": -1}, {"currency": "euro"}, {"created": "today"}, {"created": 0}, {"id": ""}],
    )
    def test_what_makes_no_sense_is_refused(self, update: dict[str, Any]) -> None:
        with pytest.raises(UnreadableBodyError):
            CONNECTOR.parse(json.dumps({**REFUND, **update}).encode())

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(sorted(REFUND)), st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists))
    def test_whatever_stands_in_a_field(self, field: str, value: Any) -> None:
        for body in (json.dumps({**REFUND, field: value}).encode(), event("refund.created", {**REFUND, field: value})):
            for reading in (CONNECTOR.parse, CONNECTOR.preview):
                try:
                    reading(body)
                except UnreadableBodyError as error:
                    assert NET not in error.detail, error.__cause__  # noqa: PT017


class TestPreview:
    def test_a_refund(self) -> None:
        printed = read_payload("stripe", json.dumps(REFUND).encode())
        assert printed["kind"] == "refund"
        assert (printed["amount_minor"], printed["currency"], printed["amount"]) == (2050, "eur", "20.50")
        assert printed["created_at"] == "2026-04-09T10:00:00Z"

    def test_a_charge_and_an_event_about_one(self) -> None:
        for body in (json.dumps(CHARGE).encode(), event("charge.refunded", CHARGE)):
            printed = read_payload("stripe", body)
            assert (printed["kind"], printed["amount_refunded_minor"], len(printed["refunds"])) == ("charge", 2050, 1)
            assert "Noor" not in str(printed)
        assert printed["event"] == "charge.refunded"

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b'{"object": "event"}', b'{"object": "event", "data": 3}', b"NaN"]
    )
    def test_what_is_not_of_stripe_is_refused(self, body: bytes) -> None:
        assert set(read_payload("stripe", body)) == {"error"}

    def test_the_reader_is_in_the_registry(self) -> None:
        assert reader_ids() == ("stripe",)
        assert refund_reader("stripe") is CONNECTOR
        assert refund_reader("paypal") is None
