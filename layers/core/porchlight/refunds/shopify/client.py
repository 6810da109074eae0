"""Shopify's GraphQL Admin API: ``refundCreate`` and ``storeCreditAccountCredit``.

A refund carries our key in its note and in the ``@idempotent`` directive, and is looked for before it is made. Money
has moved when the refund's transactions say so. A store credit carries nothing of ours: where it was asked for before,
one of the same amount that was given after the intent, and for nothing else of ours, is taken to be it.
"""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from porchlight.connectors import Call
from porchlight.domain.brands import BrandConfig, ShopifyRefunds
from porchlight.domain.money import Money
from porchlight.domain.rma.answers import GONE
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import NO_ANSWER, THROTTLED, PermanentProviderError, TransientError
from porchlight.refunds.kit import ApiProvider, by_status
from porchlight.refunds.shopify import queries
from porchlight.returning import Answer, Instruction

VERSION = "2026-04"
_CLOCKS = timedelta(seconds=5)
"""Shopify tells full seconds, by a clock of its own."""
_PAID = frozenset({"SALE", "CAPTURE"})
_STATES = {
    "SUCCESS": SettlementState.DONE,
    "FAILURE": SettlementState.FAILED,
    "ERROR": SettlementState.FAILED,
}
"""Of a transaction; all else is on its way."""


class ShopifySettlements(ApiProvider):
    """``returning.SettlementProvider``: refunds and store credit."""

    name = "Shopify"
    kinds = frozenset({SettlementKind.REFUND, SettlementKind.CREDIT})
    alone = frozenset({SettlementKind.CREDIT})

    def carry_out(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        """What there is under this key, or new."""
        if wanted.kind is SettlementKind.CREDIT:
            return self._credit(brand, wanted)
        order = self._query(brand, queries.ORDER, id=self._id(brand, wanted)).get("order")
        if not isinstance(order, dict):
            raise PermanentProviderError("Shopify does not know the order", code="order-unknown")
        if found := _made(order, wanted.key):
            return _refund(found)
        given = {
            "orderId": order["id"],
            "note": f"{wanted.return_id} {wanted.key}",
            "notify": False,
            "currency": wanted.amount.currency,
            "refundLineItems": [
                {"lineItemId": f"gid://shopify/LineItem/{line}", "quantity": count, "restockType": "NO_RESTOCK"}
                for line, count in wanted.lines.items()
                if line.isdecimal()
            ],
            "transactions": _split(order, wanted.amount),
        }
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, wanted.key))
        answer = self._query(brand, queries.REFUND, input=given, key=key).get("refundCreate") or {}
        if answer.get("userErrors") or not isinstance(answer.get("refund"), dict):
            raise PermanentProviderError("Shopify takes no such refund")
        return _refund(answer["refund"])

    def look(self, brand: BrandConfig, wanted: Instruction, reference: str) -> Answer:
        """The refund among those of the order; a credit is there at once."""
        if wanted.kind is SettlementKind.CREDIT:
            return Answer(state=SettlementState.DONE, reference=reference)
        order = self._query(brand, queries.ORDER, id=self._id(brand, wanted)).get("order") or {}
        found = _made(order, wanted.key)
        return _refund(found) if found else Answer(state=SettlementState.FAILED, reference=reference, why=GONE)

    def _credit(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        order = self._order(brand, wanted.order_id)
        if wanted.shopper_id not in ("", order.shopper_id):
            raise PermanentProviderError("Shopify does not know who got the gift", code="recipient-unknown")
        found = self._query(brand, queries.CREDITS, id=self._id(brand, wanted)).get("order")
        customer = found.get("customer") if isinstance(found, dict) else None
        if not isinstance(customer, dict):
            raise PermanentProviderError("the order has no customer", code="customer-unknown")
        if not wanted.first and (reference := _given(customer, wanted)):
            return Answer(state=SettlementState.DONE, reference=reference)
        amount = {"amount": wanted.amount.decimal(), "currencyCode": wanted.amount.currency}
        given = self._query(brand, queries.CREDIT, id=customer["id"], input={"creditAmount": amount})
        answer = given.get("storeCreditAccountCredit") or {}
        made = answer.get("storeCreditAccountTransaction")
        if answer.get("userErrors") or not isinstance(made, dict):
            raise PermanentProviderError("Shopify takes no such credit")
        return Answer(state=SettlementState.DONE, reference=str(made.get("id") or ""))

    def _id(self, brand: BrandConfig, wanted: Instruction) -> str:
        return f"gid://shopify/Order/{self._order(brand, wanted.order_id).external_id}"

    def _query(self, brand: BrandConfig, query: str, **variables: Any) -> dict[str, Any]:
        """``data`` of the answer. Shopify answers 200 whatever it is."""
        refunds = brand.refunds
        if not isinstance(refunds, ShopifyRefunds):
            raise PermanentProviderError("the brand is not at Shopify", code="not-set-up")
        credentials = self._credentials(brand, "access_token")
        base = credentials.get("base_url") or f"https://{refunds.shop}"
        found = self._ask(
            Call(
                url=f"{base}/admin/api/{VERSION}/graphql.json",
                method="POST",
                headers={
                    "content-type": "application/json",
                    "x-shopify-access-token": credentials["access_token"],
                },
                body=json.dumps({"query": query, "variables": variables}).encode(),
            ),
            by_status,
        )
        errors = found.get("errors") if isinstance(found, dict) else None
        if errors:
            _raise(errors)
        data = found.get("data") if isinstance(found, dict) else None
        if not isinstance(data, dict):
            raise TransientError("Shopify answered something else", code=NO_ANSWER)
        return data


def _raise(errors: Any) -> None:
    """By the codes of the errors: what is too much now, what is broken there, what will never be taken."""
    listed = errors if isinstance(errors, list) else []
    codes = {str((one.get("extensions") or {}).get("code")) for one in listed if isinstance(one, dict)}
    if "THROTTLED" in codes:
        raise TransientError("Shopify takes no more for now", code=THROTTLED)
    if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST"}:
        raise TransientError("Shopify has trouble", code=NO_ANSWER)
    if codes & {"ACCESS_DENIED", "SHOP_INACTIVE"}:
        raise TransientError("Shopify does not let us in")
    raise PermanentProviderError("Shopify does not take the request")


def _nodes(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The nodes of a connection, or a plain list."""
    listed = found.get(name)
    nodes = listed.get("nodes") if isinstance(listed, dict) else listed
    return [one for one in nodes if isinstance(one, dict)] if isinstance(nodes, list) else []


def _made(order: dict[str, Any], key: str) -> dict[str, Any] | None:
    return next((one for one in _nodes(order, "refunds") if key in str(one.get("note") or "").split()), None)


def _given(customer: dict[str, Any], wanted: Instruction) -> str:
    """The credit that was given for this before, as far as can be told; "" where there is none."""
    for account in _nodes(customer, "storeCreditAccounts"):
        for one in _nodes(account, "transactions"):
            reference = str(one.get("id") or "")
            since = _at(one.get("createdAt")) >= wanted.intended_at - _CLOCKS
            if since and reference not in wanted.taken and _same(one.get("amount"), wanted.amount):
                return reference
    return ""


def _refund(found: dict[str, Any]) -> Answer:
    """All of its transactions have to be through."""
    states = {
        _STATES.get(str(one.get("status")), SettlementState.ACCEPTED) for one in _nodes(found, "transactions")
    } or {SettlementState.ACCEPTED}
    order = (SettlementState.FAILED, SettlementState.ACCEPTED, SettlementState.DONE)
    state = next(one for one in order if one in states)
    why = "transaction-failed" if state is SettlementState.FAILED else ""
    return Answer(state=state, reference=str(found.get("id") or "").rpartition("/")[2], why=why)


def _split(order: dict[str, Any], amount: Money) -> list[dict[str, Any]]:
    """The amount over the payments of an order, in their order: what each has left after its refunds. The currency has
    to be the one that the shopper paid in.
    """
    left: dict[str, int] = {}
    gateways: dict[str, str] = {}
    transactions = [one for one in _nodes(order, "transactions") if one.get("status") in ("SUCCESS", "PENDING")]
    for one in transactions:
        if one.get("kind") in _PAID and one.get("status") == "SUCCESS":
            left[str(one["id"])] = _minor(one, amount.currency)
            gateways[str(one["id"])] = str(one.get("gateway") or "")
    for one in transactions:
        parent = str((one.get("parentTransaction") or {}).get("id"))
        if one.get("kind") == "REFUND" and parent in left:
            left[parent] -= _minor(one, amount.currency)
    rest, found = amount.amount, []
    for parent, minor in left.items():
        part = min(minor, rest)
        if part > 0:
            found.append(
                {
                    "orderId": order["id"],
                    "parentId": parent,
                    "kind": "REFUND",
                    "gateway": gateways[parent],
                    "amount": Money(amount=part, currency=amount.currency).decimal(),
                }
            )
            rest -= part
    if rest:
        raise PermanentProviderError("the payments of the order have less left", code="more-than-left")
    return found


def _minor(transaction: dict[str, Any], currency: str) -> int:
    """Minor units in the currency that was paid in."""
    found = (transaction.get("amountSet") or {}).get("presentmentMoney") or {}
    if found.get("currencyCode") != currency:
        raise PermanentProviderError("the order was paid in another currency", code="paid-otherwise")
    return Money.of(str(found.get("amount")), currency).amount


def _same(found: Any, amount: Money) -> bool:
    given = found if isinstance(found, dict) else {}
    if given.get("currencyCode") != amount.currency:
        return False
    return Money.of(str(given.get("amount")), amount.currency) == amount


def _at(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))
