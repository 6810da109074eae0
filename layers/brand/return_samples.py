"""Made-up states of the returns portal."""

from datetime import date, timedelta
from typing import Any

from made_up import LINKS, NOW, order, returned

from porchlight.domain.brands import BrandConfig
from porchlight.domain.facts import Scene, View
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination, Order
from porchlight.domain.policies import REFUSALS
from porchlight.domain.portal_view import (
    FAULTS,
    FIND_FAULTS,
    Choice,
    Form,
    Line,
    expired_view,
    find_view,
    hidden,
    items_view,
    offers_view,
    refused_view,
    shops_view,
)
from porchlight.domain.return_progress import Extras, progress_view
from porchlight.domain.returns import Return, ReturnLine, ReturnState
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.names import Payer, RefundTrigger, Resolution, ReturnMethod, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Parts, Settlement
from porchlight.domain.rma.terms import Terms
from porchlight.domain.speech import Speech

type Sample = tuple[str, str, View]
_LINKS = {"here": "/r/sample-token", "all": "/r/sample-token", "tracking": LINKS["tracking"]}
_KEY = "0123456789abcdef"
_CODE = '<svg class="qr" viewBox="0 0 2 2" role="img"><title>QR</title><path d="M0 0h1v1H0z"/></svg>'


def portal(brand: BrandConfig, speech: Speech | None) -> list[Sample]:
    """Name, template and view of each."""
    own = speech.tag if speech else "en"
    of, bare = order(brand), order(brand, promise=None, number="", destination=Destination())
    found: list[Sample] = [("shops", "return_shops", {**shops_view([(brand.brand_id, brand.name)]), "language": own})]
    found.append(("expired", "return_expired", expired_view("/returns", own)))
    for fault in ("", *FIND_FAULTS):
        found.append((f"find-{fault or 'form'}", "return_find", find_view(brand.name, own, "#1001", fault)))
    for name, one in (("", of), ("-bare", bare)):
        scene = Scene(brand, one, NOW, relative=True, speech=speech)
        found += _asking(name, scene, one, brand)
        found += _going_on(name, scene, one)
    return found


def _asking(name: str, scene: Scene, of: Order, brand: BrandConfig) -> list[Sample]:
    reasons = [reason.id for reason in brand.returns.reasons]
    terms = Terms(policy_version="sample-1", closes_on=date(2026, 12, 24))
    line = of.lines[0]
    lines = [
        Line(line, 1, terms, reasons),
        Line(line, 1, terms.model_copy(update={"closes_on": None}), reasons),
        Line(line.model_copy(update={"quantity": 3}), 2, terms, reasons, "final_sale"),
        *(Line(line, 0, terms, (), code) for code in sorted(REFUSALS)),
    ]
    there = [returned(of, state) for state in ReturnState]
    first = (ReturnLine(line_id=line.line_id, quantity=1, reason=reasons[0]),)
    found: list[Sample] = [
        (f"items{name}", "return_items", items_view(scene, lines, there, _LINKS, _KEY, gift=False)),
        (f"items-gift{name}", "return_items", items_view(scene, lines, (), _LINKS, _KEY, gift=True)),
        (f"items-none{name}", "return_items", items_view(scene, (), (), _LINKS, _KEY, gift=False)),
    ]
    for fault in FAULTS:
        view = items_view(scene, lines, (), _LINKS, _KEY, gift=False, fault=fault)
        found.append((f"items-{fault}{name}", "return_items", view))
    form = Form(first, _KEY)
    asked = {"action": _LINKS["here"], "hidden": hidden(form)}
    for code in sorted(REFUSALS):
        found.append((f"refused-{code}{name}", "return_refused", {**refused_view(scene, code, _LINKS), **asked}))
    full = form._replace(
        photos={1: line.line_id},
        uploads=[(line.line_id, "https://bucket.example/", {"key": "photos/1", "Content-Type": "image/jpeg"})],
        asks_address=True,
        asks_country=True,
    )
    for gift in (False, True):
        word = "-gift" if gift else ""
        for which, choices in _choices(of).items():
            view = offers_view(scene, choices, full, _LINKS, gift=gift)
            found.append((f"offers-{which}{word}{name}", "return_offers", view))
    few = _choices(of)["free"][:1]
    found.append(
        (f"offers-claim{name}", "return_offers", offers_view(scene, few, form._replace(claim=True), _LINKS, gift=False))
    )
    for fault in FAULTS:
        view = offers_view(scene, few, form._replace(fault=fault), _LINKS, gift=False)
        found.append((f"offers-fault-{fault}{name}", "return_offers", view))
    return found


def _choices(of: Order) -> dict[str, list[Choice]]:
    """With all that terms can say; by when the money moves, and by who pays."""
    amount, bonus = of.lines[0].unit_price, Money(amount=500, currency=of.currency)
    none, methods = Money(amount=0, currency=of.currency), tuple(ReturnMethod)
    terms = Terms(policy_version="sample-1", refund_by=date(2026, 12, 9), review="high_value")
    fee = Money(amount=490, currency=of.currency)
    found = {
        "fee": [Choice(one, methods, terms.model_copy(update={"fee": fee}), amount, bonus) for one in Resolution],
        "free": [Choice(one, methods, Terms(policy_version="sample-1"), amount, none) for one in Resolution],
        "keep": [Choice(Resolution.REFUND, (ReturnMethod.KEEP,), terms, amount, none)],
    }
    for trigger in RefundTrigger:
        on = Terms(policy_version="sample-1", refund_on=trigger, pays=Payer.SHOPPER)
        found[trigger.value] = [Choice(Resolution.REFUND, methods, on, amount, none)]
    return found


def _going_on(name: str, scene: Scene, of: Order) -> list[Sample]:
    less: dict[str, Any] = {"label": None, "refund_amount": None, "decisions": ()} if name else {}
    extras = Extras(label="/r/sample-token/rma_sample/label", code=_CODE)
    found: list[Sample] = []

    def add(what: str, request: Return, extras: Extras = extras) -> None:
        found.append((f"{what}{name}", "return", progress_view(scene, request, _LINKS, extras)))

    for state in ReturnState:
        add(f"state-{state.value}", returned(of, state, **less))
        add(f"state-{state.value}-gift", returned(of, state, **less), Extras(gift=True))
    for resolution in Resolution:
        for method in ReturnMethod:
            kept = {"terms": Terms(policy_version="sample-1", refund_on=RefundTrigger.RECEIVED), **less}
            request = returned(of, ReturnState.APPROVED, resolution=resolution, method=method, **kept)
            add(f"approved-{resolution.value}-{method.value}", request)
    own = {"method": ReturnMethod.OWN, "label": None}
    for asked in ("cancel", "too_late", "person", "sent", "no_number", "no_carrier"):
        add(f"asked-{asked}", returned(of, ReturnState.APPROVED, **{**less, **own}), Extras(asked=asked))
    add("waits", returned(of, ReturnState.APPROVED, **{**less, "label": None}), Extras())
    add("everything", _everything(of))
    return found


def _everything(of: Order) -> Return:
    """A return of which everything has happened."""
    currency, at = of.currency, NOW - timedelta(hours=3)
    parts = Parts(currency=currency, items=4000, shipping=500, fee=-300, deduction=-200, capped=-100, bonus=50, tax=300)
    settled = tuple(
        Settlement(
            key=kind.value,
            kind=kind,
            order_id=of.order_id,
            amount=parts.total,
            state=SettlementState.DONE,
            intended_at=at,
            done_at=at,
        )
        for kind in SettlementKind
    )
    return returned(
        of,
        ReturnState.REFUNDED,
        parts=parts,
        refund_amount=parts.total,
        settlements=settled,
        scanned_at=at,
        delivered_at=at,
        receipts=(Receipt(receipt_id="1", received_at=at),),
        inspections=(Inspection(inspection_id="1", inspected_at=at, items=(ItemFound(quantity=1),)),),
    )
