"""What refund providers tell by themselves: signatures that fail closed, and what becomes of a return."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.connectors import Account, InboundMessage, InboundRequest
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.names import Resolution, SettlementKind, SettlementState
from porchlight.errors import UnreadableBodyError
from porchlight.refunds.registry import news_connector
from porchlight.returning import MoneyNews
from porchlight.services.money_news import MoneyDesk, record_money_body
from porchlight.signing import signed
from tests.fakes import FakeQuarantine
from tests.unit.settling import BRAND, NOW, Desk

State = SettlementState
SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()
STRIPE, WEBHOOK = news_connector("stripe"), news_connector("webhook")


def account(secret: str | None = SECRET) -> Account:
    return Account("main", BRAND, {} if secret is None else {"signing_secret": secret})


def by_stripe(body: bytes, at: datetime = NOW, secret: str = SECRET) -> InboundRequest:
    stamp = int(at.timestamp())
    digest = hmac.digest(secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()
    return InboundRequest(headers={"stripe-signature": f"t={stamp},v1={digest}"}, body=body)


def by_brand(body: bytes, at: datetime | None = None, secret: str = SECRET) -> InboundRequest:
    headers = signed((secret,), "msg_1", (at or datetime.now(UTC)).replace(microsecond=0), body.decode())
    return InboundRequest(headers=headers, body=body)


def refund_event(status: str = "succeeded", **metadata: str) -> bytes:
    refund = {
        "id": "re_1", "object": "refund", "amount": 5000, "currency": "eur", "status": status, "created": 1782907200,
        "charge": "ch_1", "payment_intent": "pi_1", "metadata": metadata,
    }  # fmt: skip
    return json.dumps({"id": "evt_1", "object": "event", "type": "refund.updated", "data": {"object": refund}}).encode()


def told(**data: Any) -> bytes:
    return json.dumps({"type": "settlement.updated", "data": data}).encode()


# ---------------------------------------------------------------------------------------------------------- signatures
def test_a_good_signature_is_let_in() -> None:
    assert STRIPE.verify(by_stripe(b"{}"), account(), NOW)
    assert WEBHOOK.verify(by_brand(b"{}"), account(), datetime.now(UTC))


@pytest.mark.parametrize("secret", [None, "", "whsec_", "short"])
def test_without_a_secret_nobody_is_let_in(secret: str | None) -> None:
    assert not STRIPE.verify(by_stripe(b"{}", secret=secret or ""), account(secret and None), NOW)
    assert not WEBHOOK.verify(by_brand(b"{}"), account(secret), datetime.now(UTC))


def test_a_forged_stale_or_changed_message_is_not_let_in() -> None:
    now = datetime.now(UTC)
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    for request in (
        by_stripe(b"{}", secret=other),
        by_stripe(b"{}", NOW - timedelta(minutes=6)),
        by_stripe(b"{}", NOW + timedelta(minutes=6)),
        InboundRequest(headers=by_stripe(b"{}").headers, body=b"{ }"),
        InboundRequest(headers={}, body=b"{}"),
    ):
        assert not STRIPE.verify(request, account(), NOW)
    for request in (
        by_brand(b"{}", secret=other),
        by_brand(b"{}", now - timedelta(minutes=6)),
        by_brand(b"{}", now + timedelta(minutes=6)),
        InboundRequest(headers=by_brand(b"{}").headers, body=b"{ }"),
        InboundRequest(headers={}, body=b"{}"),
    ):
        assert not WEBHOOK.verify(request, account(), now)


@given(st.dictionaries(st.sampled_from(["stripe-signature", "webhook-id", "webhook-timestamp", "webhook-signature"]),
                       st.text(max_size=80)), st.binary(max_size=80))  # fmt: skip
def test_whatever_a_stranger_sends_nothing_is_raised(headers: dict[str, str], body: bytes) -> None:
    for connector in (STRIPE, WEBHOOK):
        assert not connector.verify(InboundRequest(headers=headers, body=body), account(), NOW)


# -------------------------------------------------------------------------------------------------------------- bodies
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("succeeded", State.DONE),
        ("pending", State.ACCEPTED),
        ("requires_action", State.ACCEPTED),
        ("failed", State.FAILED),
        ("canceled", State.FAILED),
    ],
)
def test_stripes_news_of_refunds_of_ours(status: str, state: State) -> None:
    (news,) = STRIPE.news(refund_event(status, return_id="rma_1", key="rfd_1"), NOW)
    assert (news.return_id, news.key, news.reference, news.state) == ("rma_1", "rfd_1", "re_1", state)


def test_refunds_that_are_not_ours_are_no_news_of_ours() -> None:
    assert STRIPE.news(refund_event(), NOW) == []
    assert STRIPE.news(refund_event("what_is_this", return_id="rma_1", key="rfd_1"), NOW) == []
    assert WEBHOOK.news(b'{"type": "order.created", "data": {}}', NOW) == []


def test_the_brands_news() -> None:
    (news,) = WEBHOOK.news(told(return_id="rma_1", key="rfd_1", state="failed", why="card_closed"), NOW)
    assert (news.key, news.state, news.why, news.reference) == ("rfd_1", State.FAILED, "card_closed", "")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"\xff", told(key="rfd_1", state="done"), told(return_id="rma_1", key="rfd_1", state="intended"),
     b'{"type": "settlement.updated"}', b'{"type": "settlement.updated", "data": [1]}'],
)  # fmt: skip
def test_what_cannot_be_read_is_said_so(body: bytes) -> None:
    with pytest.raises(UnreadableBodyError):
        WEBHOOK.news(body, NOW)


# --------------------------------------------------------------------------------------------------------------- heard
@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.order()
    found.approved("rma_1")
    return found


def money_desk(desk: Desk) -> MoneyDesk:
    return MoneyDesk(desk.settlements, desk.brands, desk.metrics)


def hear(desk: Desk, state: State, key: str = "", **update: Any) -> str:
    key = key or desk.get().settlements[-1].key
    news = MoneyNews(return_id="rma_1", key=key, reference="re_1", state=state, said_at=NOW)
    return money_desk(desk).hear(BRAND, news.model_copy(update=update), NOW)


def test_money_that_has_moved_ends_the_return(desk: Desk) -> None:
    desk.provider.state = State.ACCEPTED
    assert desk.settle() == "accepted"
    assert hear(desk, State.DONE) == "heard"
    request = desk.get()
    assert (request.state, request.settlements[0].state) == (ReturnState.REFUNDED, State.DONE)
    assert desk.metrics.total("RefundsExecuted", provider="webhook") == 1
    # The same once more, and what comes late, is no news
    assert (hear(desk, State.DONE), hear(desk, State.ACCEPTED)) == ("known", "known")
    assert desk.get() == request
    # and the machine, which asks again, finds it done
    assert desk.settle() == "done"
    assert len(desk.provider.calls) == 1


def test_what_was_taken_and_then_fails_goes_before_people_and_its_money_is_free(desk: Desk) -> None:
    desk.provider.state = State.ACCEPTED
    desk.settle()
    assert hear(desk, State.FAILED, why="expired_card") == "heard"
    request = desk.get()
    assert request.review
    assert (request.review.stage, request.review.why, desk.left()) == ("money", "expired_card", 12_500)
    assert desk.metrics.total("RefundsFailed", kind="refund") == 1


def test_money_that_comes_back_takes_an_ended_return_up_again(desk: Desk) -> None:
    desk.settle()
    desk.change(closed_at=NOW)
    assert hear(desk, State.FAILED, why="account_closed") == "heard"
    request = desk.get()
    assert request.closed_at is None
    assert request.review
    assert request.review.stage == "money"
    assert desk.left() == 12_500


def test_a_failure_that_was_none_is_counted_as_a_difference(desk: Desk) -> None:
    desk.provider.state = State.FAILED
    desk.settle()
    assert hear(desk, State.DONE) == "heard"
    assert (desk.get().settlements[0].state, desk.left()) == (State.DONE, 7_500)
    assert desk.metrics.total("RefundsDiffer", why="done_after_failed") == 1


def test_news_that_comes_before_the_answer_is_not_lost(desk: Desk) -> None:
    """Given a provider whose webhook is faster than its answer, then the answer changes nothing any more."""
    real = desk.provider.carry_out

    def carry_out(*args: Any) -> Any:
        answer = real(*args)
        assert hear(desk, State.DONE) == "heard"
        return answer

    desk.provider.carry_out = carry_out  # type: ignore[method-assign]
    assert desk.settle() == "done"
    assert desk.get().state is ReturnState.REFUNDED
    assert (len(desk.provider.done), desk.metrics.total("RefundsExecuted")) == (1, 1)


@pytest.mark.parametrize("update", [{"return_id": "rma_9"}, {"key": "rfd_9"}, {"return_id": ""}])
def test_what_nobody_knows_changes_nothing(desk: Desk, update: dict[str, str]) -> None:
    desk.settle()
    before = desk.get()
    assert hear(desk, State.FAILED, **update) == "unknown"
    assert desk.get() == before


def test_another_brands_news_is_not_heard(desk: Desk) -> None:
    desk.settle()
    desk.brands.brands["fjordhus"] = desk.config
    key = desk.get().settlements[0].key
    news = MoneyNews(return_id="rma_1", key=key, reference="re_1", state=State.FAILED, said_at=NOW)
    assert money_desk(desk).hear("fjordhus", news, NOW) == "unknown"


def test_without_a_key_it_is_known_by_its_reference(desk: Desk) -> None:
    desk.provider.state = State.ACCEPTED
    desk.settle()
    reference = desk.get().settlements[0].reference
    news = MoneyNews(return_id="rma_1", reference=reference, state=State.DONE, said_at=NOW)
    assert money_desk(desk).hear(BRAND, news, NOW) == "heard"


def test_bodies_are_heard_or_quarantined(desk: Desk) -> None:
    desk.provider.state = State.ACCEPTED
    desk.settle()
    made = money_desk(desk)
    message = InboundMessage("refund-news", "webhook", "main", BRAND, NOW)
    kept = FakeQuarantine()
    record_money_body(message, b"{", WEBHOOK, made, kept, desk.metrics, NOW)
    assert len(kept.list(BRAND)) == 1
    key = desk.get().settlements[0].key
    body = told(return_id="rma_1", key=key, state="done")
    record_money_body(message, body, WEBHOOK, made, kept, desk.metrics, NOW)
    assert desk.get().state is ReturnState.REFUNDED


def test_a_repair_that_is_accepted_goes_on_when_it_is_done(desk: Desk) -> None:
    desk.approved("rma_2", resolution=Resolution.REPAIR)
    desk.provider.state = State.ACCEPTED
    assert desk.settle("rma_2", SettlementKind.REPAIR) == "accepted"
    key = desk.get("rma_2").settlements[0].key
    assert hear(desk, State.DONE, key, return_id="rma_2") == "heard"
    assert desk.settle("rma_2", SettlementKind.REPAIR) == "done"
