"""Requests for returns as policies see them: one shirt of an order that came a while ago, and changes to that."""

from datetime import date
from typing import Any

from porchlight.domain.policy.assess import Assessment, assess
from porchlight.domain.policy.facts import LineFacts, OrderFacts, RequestFacts, ShopperFacts
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.rma.names import Resolution, ReturnKind

ORDERED, CAME, TODAY = date(2026, 2, 25), date(2026, 3, 2), date(2026, 3, 12)


def order_facts(**update: Any) -> OrderFacts:
    """An order of 200.00 dollars that was delivered on 2 March."""
    values = {
        "order_id": "ord_1",
        "currency": "USD",
        "total_minor": 20_000,
        "country": "US",
        "placed_on": ORDERED,
        "delivered_on": CAME,
        "zone": "America/New_York",
    }
    return OrderFacts.model_validate(values | update)


def line_facts(**update: Any) -> LineFacts:
    """One of two shirts at 100.00."""
    values = {
        "order_id": "ord_1",
        "line_id": "shirt",
        "sku": "SHIRT-M",
        "quantity": 1,
        "unit_minor": 10_000,
        "bought": 2,
        "reason": "too_small",
    }
    return LineFacts.model_validate(values | update)


def asked(
    *lines: LineFacts,
    orders: tuple[OrderFacts, ...] = (),
    asked_on: date = TODAY,
    kind: ReturnKind = ReturnKind.RETURN,
    resolution: Resolution | None = None,
    from_gift: bool = False,
    shopper: dict[str, Any] | None = None,
    **order: Any,
) -> RequestFacts:
    """A request on 12 March; further keywords change its order."""
    return RequestFacts(
        kind=kind,
        asked_on=asked_on,
        resolution=resolution,
        gift=from_gift,
        orders={one.order_id: one for one in orders or (order_facts(**order),)},
        lines=lines or (line_facts(),),
        shopper=ShopperFacts.model_validate(shopper or {}),
    )


def policy(*rules: dict[str, Any], otherwise: dict[str, Any] | None = None, **more: Any) -> ReturnsPolicy:
    """A policy of these rules; without any: 30 days, by label, refunded at the first scan, paid by the brand."""
    return ReturnsPolicy.model_validate(
        {
            "version": "test-1",
            "rules": [{"id": f"rule_{number}", **rule} for number, rule in enumerate(rules, 1)],
            "otherwise": {
                "window": {"days": 30},
                "resolutions": ["refund", "store_credit", "exchange"],
                "methods": ["label", "qr"],
                "refund_on": "first_scan",
                "pays": "brand",
                **(otherwise or {}),
            },
            "reasons": [{"id": "too_small"}],
            **more,
        }
    )


def said(facts: RequestFacts, *rules: dict[str, Any], **more: Any) -> Assessment:
    """What such a policy says about it, the law left out."""
    return assess(facts, policy(*rules, **more))
