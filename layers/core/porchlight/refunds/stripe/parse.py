"""Stripe's objects: refunds and charges, bare or in an event. Amounts are in minor units: ours, but for three
currencies.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.bodies import as_object, clean, load_json, only_unreadable, optional_object
from porchlight.domain.money import Money
from porchlight.domain.printed import iso
from porchlight.errors import UnreadableBodyError

_MOST = 10**15

PLACES = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Where Stripe's minor unit is not that of ISO 4217 (docs.stripe.com/currencies, special cases): 500 is 5 ISK."""


class RefundState(StrEnum):
    """How far the money is. ``succeeded`` is not the end: a bank may send it back, and then it is ``failed``."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class RefundNews(BaseModel):
    """What Stripe says about one refund."""

    model_config = ConfigDict(frozen=True)

    refund_id: str
    charge: str | None
    payment_intent: str | None
    amount: Money
    state: RefundState
    created_at: AwareDatetime
    metadata: dict[str, str] = {}


@only_unreadable
def refunds(body: bytes) -> list[RefundNews]:
    """The refunds in a refund, a charge, a list of them, or an event about one."""
    return [_refund(found) for found in _refunds_in(_inner(_object(body)))]


@only_unreadable
def preview(body: bytes) -> dict[str, Any]:
    """What a body is, in plain words."""
    data = _object(body)
    inner = _inner(data)
    event = {"event": clean(data.get("type"), 80), "event_id": clean(data.get("id"), 80)} if inner is not data else {}
    kind = clean(inner.get("object"), 40)
    found = [_printed(_refund(one), one) for one in _refunds_in(inner)]
    if kind == "refund":
        return {**found[0], **event}
    if kind == "charge":
        return {**_charge(inner), "refunds": found, **event}
    if found:
        return {"kind": "refund", "refunds": found, **event}
    return {
        "kind": kind if kind in ("payment_intent", "dispute") else "not_tracking",
        "id": _text(inner, "id"),
        **event,
    }


def _object(body: bytes) -> dict[str, Any]:
    data = as_object(load_json(body), "the body")
    if not clean(data.get("object")):
        raise UnreadableBodyError("the body is no object of Stripe")
    return data


def _inner(data: dict[str, Any]) -> dict[str, Any]:
    """What an event is about; anything else is about itself."""
    if data.get("object") != "event":
        return data
    return as_object(optional_object(data.get("data")).get("object"), "the object of the event")


def _refunds_in(data: dict[str, Any]) -> list[dict[str, Any]]:
    kind = data.get("object")
    if kind == "refund":
        return [data]
    listed = data if kind == "list" else optional_object(data.get("refunds")) if kind == "charge" else {}
    entries = listed.get("data")
    return [
        entry
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and entry.get("object") == "refund"
    ]


def _refund(data: dict[str, Any]) -> RefundNews:
    status = clean(data.get("status"), 40).lower()
    refund_id = clean(data.get("id"), 200)
    if not refund_id:
        raise UnreadableBodyError("the refund has no id")
    return RefundNews(
        refund_id=refund_id,
        charge=_id(data.get("charge")),
        payment_intent=_id(data.get("payment_intent")),
        amount=_money(_minor(data.get("amount"), "amount"), _currency(data.get("currency"))),
        state=RefundState(status) if status in set(RefundState) else RefundState.UNKNOWN,
        created_at=_instant(data.get("created"), "created"),
        metadata={
            clean(key, 40): clean(value, 500)
            for key, value in optional_object(data.get("metadata")).items()
            if isinstance(value, str)
        },
    )


def _printed(news: RefundNews, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "refund",
        "refund_id": news.refund_id,
        "charge": news.charge,
        "payment_intent": news.payment_intent,
        "amount_minor": data["amount"],
        "currency": _text(data, "currency"),
        "amount": news.amount.decimal(),
        "status": _text(data, "status"),
        "created_at": iso(news.created_at),
    }


def _charge(data: dict[str, Any]) -> dict[str, Any]:
    currency = _currency(data.get("currency"))
    return {
        "kind": "charge",
        "charge": _text(data, "id"),
        "payment_intent": _id(data.get("payment_intent")),
        "amount_minor": _minor(data.get("amount"), "amount"),
        "amount_refunded_minor": _minor(data.get("amount_refunded") or 0, "amount_refunded"),
        "currency": currency.lower(),
        "refunded": data.get("refunded") is True,
        "status": _text(data, "status"),
        "created_at": iso(_instant(data.get("created"), "created")),
    }


def _text(data: dict[str, Any], name: str) -> str | None:
    return clean(data.get(name), 200) or None


def _id(value: Any) -> str | None:
    """An id, also where the object itself was put in its place (``expand``)."""
    return clean(value.get("id") if isinstance(value, dict) else value, 200) or None


def _currency(value: Any) -> str:
    text = clean(value, 4).upper()
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise UnreadableBodyError("the currency is not one of ISO 4217")
    return text


def _minor(value: Any, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise UnreadableBodyError(f"{what} is not an amount in minor units")
    return value


def _money(minor: int, currency: str) -> Money:
    if currency not in PLACES:
        return Money(amount=minor, currency=currency)
    return Money.of(Decimal(minor).scaleb(-PLACES[currency]), currency)


def _instant(value: Any, what: str) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**10:
        raise UnreadableBodyError(f"{what} is not a time")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
