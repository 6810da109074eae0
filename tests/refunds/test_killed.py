"""Killed between any two steps of settling, with each provider and each kind that it does: it happens exactly once.

A step is whatever leaves the process: a write of the return or the ledger, a call over HTTP. The process dies before or
after it; the next one comes two minutes later, or when the provider has forgotten the key of the first try.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from porchlight.adapters.http import HttpCaller
from porchlight.connectors import Answer as HttpAnswer
from porchlight.connectors import Call
from porchlight.domain.returns import ReturnLine, Wanted
from porchlight.domain.rma.names import Resolution, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.refunds.registry import settlement_provider
from porchlight.refunds.webhook.client import SignedWebhook
from porchlight.services.settle_return import Settler
from tests.refunds.peers import (
    NOW,
    PEERS,
    PENDING,
    Asked,
    Peer,
    ShopifyPeer,
    StripePeer,
    WebhookPeer,
    WooCommercePeer,
    brand_at,
    kit_at,
    provider_at,
    served,
)
from tests.unit.settling import BRAND, Desk, eur, order

Kind = SettlementKind
START = NOW + timedelta(milliseconds=400)
ORDER = order(external_id="450789469", payment_reference="pi_1", version=1)


class Once(WebhookPeer):
    """A brand's system that does each key once."""

    def do(self, asked: Asked) -> tuple[int, Any]:
        if asked.json["data"]["key"] not in self.made:
            self.log.append(asked.json["type"])
        return super().do(asked)


class Cards(StripePeer):
    """Stripe, with one payment that is held; keys are known until it ``forgets``."""

    held = "requires_capture"

    def do(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.startswith("/v1/payment_intents"):
            if asked.method == "POST":
                assert self.held == "requires_capture"
                self.held = "succeeded" if asked.path.endswith("capture") else "canceled"
                self.log.append(self.held)
            return 200, {"id": "pi_h", "status": self.held}
        if asked.method == "POST" and (self.forgets or asked.headers["idempotency-key"] not in self.made):
            self.log.append("refund")
        return super().do(asked)


class Shop(ShopifyPeer):
    """Shopify, where a credit carries nothing of ours."""

    def do(self, asked: Asked) -> tuple[int, Any]:
        query, given = asked.json["query"], asked.json["variables"]
        if "storeCreditAccountCredit(" in query:
            self.log.append("credit")
            answer = {"storeCreditAccountTransaction": {"id": f"t/{len(self.log)}"}, "userErrors": []}
            return 200, {"data": {"storeCreditAccountCredit": answer}}
        if "storeCreditAccounts" in query:
            amount = {"amount": "50.00", "currencyCode": "EUR"}
            at = NOW.isoformat()
            nodes = [{"id": f"t/{n + 1}", "createdAt": at, "amount": amount} for n in range(len(self.log))]
            accounts = {"nodes": [{"id": "a", "transactions": {"nodes": nodes}}]}
            return 200, {"data": {"order": {"customer": {"id": "c/7", "storeCreditAccounts": accounts}}}}
        if "refundCreate" in query and (self.forgets or given["input"]["note"].split()[1] not in self.made):
            self.log.append("refund")
        return super().do(asked)


class Woo(WooCommercePeer):
    """WooCommerce, which knows no keys at all."""

    def do(self, asked: Asked) -> tuple[int, Any]:
        if asked.method == "POST":
            self.log.append("refund")
        return super().do(asked)


STRICT: dict[str, type[Peer]] = {"webhook": Once, "stripe": Cards, "shopify": Shop, "woocommerce": Woo}
"""Peers that note in ``log`` whatever they do, each time that they do it."""


class KilledError(BaseException):
    """The process is gone."""


class Life:
    """Counts the steps of a process, and ends it at one of them."""

    def __init__(self, at: int = 0, *, after: bool = False) -> None:
        self.at, self.after, self.steps, self._inside = at, after, 0, False

    def __call__[**P, T](self, call: Callable[P, T]) -> Callable[P, T]:
        def step(*args: P.args, **kwargs: P.kwargs) -> T:
            if self._inside:  # of one transaction
                return call(*args, **kwargs)
            self.steps += 1
            mine = self.steps == self.at
            if mine and not self.after:
                raise KilledError
            self._inside = True
            try:
                result = call(*args, **kwargs)
            finally:
                self._inside = False
            if mine:
                raise KilledError
            return result

        return step


class Caller(HttpCaller):
    """HTTP whose calls are steps of a life."""

    life: Life

    def make(self, call: Call) -> HttpAnswer:
        return self.life(super().make)(call)


def _desk(peer: Peer) -> Desk:
    """A return that may be settled in every way; what it holds is held."""
    desk = Desk(brand_at(peer))
    desk.orders.save(ORDER)
    held = Settlement(
        key="set_h", kind=Kind.HOLD, order_id="ord_1", amount=eur(5_000), state=SettlementState.DONE, intended_at=NOW,
        done_at=NOW, reference="pi_h",
    )  # fmt: skip
    desk.approved("rma_1", _LINE, settlements=(held,))
    return desk


_LINE = ReturnLine(line_id="shirt", quantity=1, reason="x", wanted=Wanted(sku="S-M", unit_price=eur(6_000)))
_RESOLUTIONS = {
    Kind.CREDIT: Resolution.STORE_CREDIT,
    Kind.EXCHANGE: Resolution.EXCHANGE,
    Kind.CHARGE: Resolution.EXCHANGE,
    Kind.REPLACE: Resolution.REPLACE,
    Kind.REPAIR: Resolution.REPAIR,
    Kind.HOLD: Resolution.INSTANT_EXCHANGE,
    Kind.RELEASE: Resolution.INSTANT_EXCHANGE,
    Kind.CAPTURE: Resolution.INSTANT_EXCHANGE,
}


def _run(peer: Peer, desk: Desk, kind: Kind, life: Life, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process settles, as far as it comes."""
    caller = Caller(call_seconds=5)
    caller.life = life
    kit = replace(kit_at(peer, ORDER), caller=lambda: caller)
    settler = Settler(desk.settlements, desk.brands, lambda brand, kind: settlement_provider(brand, kind, kit))
    with monkeypatch.context() as patch:
        patch.setattr(desk.returns, "update", life(desk.returns.update))
        patch.setattr(desk.ledgers, "save", life(desk.ledgers.save))
        post = SignedWebhook._post
        patch.setattr(SignedWebhook, "_post", life(post))
        outcome = settler.settle(BRAND, "rma_1", kind, now)
        if outcome == "accepted":
            peer.moved = ""
            outcome = settler.settle(BRAND, "rma_1", kind, now)
        assert outcome == "done"


def _pairs() -> list[tuple[str, Kind, bool]]:
    found = []
    for name in PEERS:
        with served(STRICT[name](name)) as peer:
            kinds = provider_at(peer).kinds
        found += [(name, kind, False) for kind in Kind if kind in kinds]
    return found + [(name, Kind.REFUND, True) for name in PENDING]


@pytest.mark.parametrize("later", [timedelta(minutes=2), timedelta(hours=26)], ids=["soon", "forgotten"])
@pytest.mark.parametrize(("name", "kind", "pending"), _pairs())
def test_killed_between_any_two_steps_each_provider_does_it_exactly_once(
    name: str, kind: Kind, later: timedelta, monkeypatch: pytest.MonkeyPatch, *, pending: bool
) -> None:
    def life_of(life: Life) -> tuple[Peer, Desk, bool]:
        with served(STRICT[name](name)) as peer:
            desk = _desk(peer)
            changed = {"resolution": _RESOLUTIONS.get(kind, Resolution.REFUND)}
            if kind is Kind.HOLD:
                changed["settlements"] = ()  # type: ignore[assignment]
            desk.change(**changed)
            peer.moved = PENDING[name] if pending else ""
            killed = False
            try:
                _run(peer, desk, kind, life, START, monkeypatch)
            except KilledError:
                killed = True
                peer.forgets = later > timedelta(days=1)
                _run(peer, desk, kind, Life(), START + later, monkeypatch)
        return peer, desk, killed

    whole = Life()
    _, usual, _ = life_of(whole)
    assert whole.steps >= 3
    for at in range(1, whole.steps + 1):
        for after in (False, True):
            peer, desk, killed = life_of(Life(at, after=after))
            assert killed
            assert len(peer.log) == 1, (at, after)
            mine = [one for one in desk.get().settlements if one.kind is kind]
            assert [one.state for one in mine] == [SettlementState.DONE]
            assert (desk.left(), desk.get().state) == (usual.left(), usual.get().state)
