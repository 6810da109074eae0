"""What somebody may have for what they want to send back: the facts, what policy and law say of them, the amounts.
Nothing is written here. Asked by the API and the portal before a request, by the desk for the request itself, and by
the workflow for requests that came without.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from porchlight.domain.dates import local_day
from porchlight.domain.dispatch import holdings, is_awaited, is_to_come
from porchlight.domain.ids import order_id as id_of_order
from porchlight.domain.milestones import Milestone
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.packing import quantities as packed
from porchlight.domain.policies import ahead_of, delivered_at, of_order
from porchlight.domain.policy.assess import Assessment, assess
from porchlight.domain.policy.facts import LineFacts, OrderFacts, RequestFacts
from porchlight.domain.policy.model import Reason
from porchlight.domain.returns import Outcome, Return, ReturnLine
from porchlight.domain.rma.amounts import quote, total
from porchlight.domain.rma.names import (
    NOTHING_COMES,
    Payer,
    RefundTrigger,
    Resolution,
    ReturnKind,
    ReturnMethod,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.settlements import Parts
from porchlight.domain.rma.terms import Risk, Terms
from porchlight.domain.shipments import Shipment
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.ports import Brands, Orders, Returns, Shipments
from porchlight.returning import Laws
from porchlight.services.asked import Asked
from porchlight.services.shopper_facts import ShopperBook

MOST_ORDERS = 20
"""In one return: it is written in one transaction with a pointer under each."""

PRINTED = frozenset({ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE})
"""Ways back that the brand's carrier brings: for the others there is nothing that a fee would pay."""

_WITHOUT_GOODS = frozenset({Resolution.REFUND, Resolution.STORE_CREDIT, Resolution.REPLACE})
"""What can be had where nothing comes back."""


@dataclass(frozen=True)
class Assessed:
    """All that was read and decided on the way."""

    request: Return
    facts: RequestFacts
    assessment: Assessment
    orders: Mapping[str, Order]
    """The return's own first, then those that its lines name, then those with which exchanged goods were paid."""
    ahead: tuple[Return, ...]
    origins: Mapping[str, Return]
    """The returns in exchange for which its orders were sent."""
    risk: Risk

    @property
    def terms(self) -> Terms:
        """What policy and law say of it."""
        return self.assessment.terms

    def standing(self) -> tuple[Self, Mapping[str, str]]:
        """Without the lines that are refused while the others stand (a withdrawal that names exempt goods too), and
        why each of those is.
        """
        refused = {f"{one.order_id}/{one.line_id}": one.refused for one in self.assessment.lines if one.refused}
        if not refused or self.assessment.outcome is Outcome.REFUSE:
            return self, {}
        own = self.request.order_id
        lines = tuple(line for line in self.request.lines if line_key(own, line) not in refused)
        return replace(self, request=self.request.model_copy(update={"lines": lines})), refused

    def parts(self, terms: Terms, resolution: Resolution) -> Mapping[str, Parts]:
        """What comes back is worth under these terms, by the payment that it is of."""
        return quote(
            *(self.request.lines, self.orders, terms, resolution),
            ahead=self.ahead,
            kind=self.request.kind,
            origins=self.origins,
        )


@dataclass(frozen=True)
class Offer:
    """One thing that can be had, and how the goods would come back. ``parts`` by the payment that they are of."""

    resolution: Resolution
    method: ReturnMethod
    terms: Terms
    parts: Mapping[str, Parts]

    @property
    def amount(self) -> Money:
        """What the shopper would get, of all payments together."""
        return self.parts_together.total

    @property
    def parts_together(self) -> Parts:
        """What that is made of."""
        return total(self.parts)

    @property
    def pays(self) -> Payer:
        """Who pays for the way back."""
        return self.terms.pays

    @property
    def refund_on(self) -> RefundTrigger:
        """When the money moves."""
        return self.terms.refund_on


@dataclass(frozen=True)
class Assessor:
    """Gathers what is known, and asks the policy."""

    orders: Orders
    shipments: Shipments
    returns: Returns
    brands: Brands
    shoppers: ShopperBook
    laws: Laws

    def facts(self, brand: str, asked: Asked, now: datetime) -> RequestFacts:
        """All facts of a request."""
        return self.assess(brand, asked, now).facts

    def assess(self, brand: str, asked: Asked, now: datetime) -> Assessed:
        """What policy and law say of it. NotFoundError where an order is not there, or not the same shopper's: all
        orders of one return are; InvalidInputError and ConflictError for what cannot be a return at all.
        """
        return self._assess(brand, self.probe(brand, asked, now), asked.resolution, gift=asked.gift)

    def of_request(self, request: Return) -> Assessed:
        """The same for a request that is written already (by a release before facts were kept)."""
        return self._assess(request.brand, request, request.resolution, gift=request.source == "gift")

    def offers(self, brand: str, asked: Asked, now: datetime) -> list[Offer]:
        """What can be had, with the amounts; [] where policy and law refuse it."""
        return self.offered(brand, asked, now)[1]

    def offered(self, brand: str, asked: Asked, now: datetime) -> tuple[Assessed, list[Offer]]:
        """The same with what is said of the request whatever is asked for, line by line."""
        probe = self.probe(brand, asked, now)
        found, offers = self._assess(brand, probe, None, gift=asked.gift), []
        for resolution in found.terms.resolutions:
            of_this, _ = self.deciding(brand, found, resolution).standing()
            if of_this.assessment.outcome is Outcome.REFUSE:
                continue
            for method in of_this.terms.methods:
                if fits(probe.kind, resolution, method):
                    terms = by_method(of_this.terms, method)
                    offers.append(Offer(resolution, method, terms, of_this.parts(terms, resolution)))
        return found, offers

    def probe(self, brand: str, asked: Asked, now: datetime) -> Return:
        """The request as it would be written, before anything is decided about it."""
        if len({line.order_id for line in asked.lines}) > MOST_ORDERS:
            raise InvalidInputError(f"a return is about {MOST_ORDERS} orders at most", code="too-many-orders")
        own = self.orders.get(brand, asked.order_id)
        if own is None:
            raise NotFoundError("no such order")
        lines = tuple(
            line.model_copy(update={"order_id": "" if line.order_id == own.order_id else line.order_id})
            for line in asked.lines
        )
        return Return(
            brand=brand,
            return_id="",
            order_id=own.order_id,
            shopper_id=own.shopper_id,
            kind=asked.kind or kind_of(lines, self.brands.get(brand).returns.reasons),
            lines=lines,
            requested_at=now,
            source=asked.source,
        )

    def _assess(self, brand_id: str, probe: Return, resolution: Resolution | None, *, gift: bool) -> Assessed:
        brand, orders, parcels = self.brands.get(brand_id), dict[str, Order](), dict[str, list[Shipment]]()
        left: dict[str, dict[str, bool]] = {}
        for order_id in probe.order_ids:
            contents = self.orders.contents(brand_id, order_id)
            order = contents.order
            if order is None or order.shopper_id != probe.shopper_id:
                raise NotFoundError("no such order")
            orders[order_id] = order
            found = (self.shipments.get(brand_id, parcel) for parcel in contents.shipment_ids)
            parcels[order_id] = [parcel for parcel in found if parcel and not parcel.is_return]
            held = holdings(parcels[order_id], contents.untracked)
            left[order_id] = {"to_come": is_to_come(order, held), "sent": bool(held) or not is_awaited(order)}
        _check(probe, orders, parcels)
        others = {one.return_id: one for order_id in orders for one in self.returns.of_order(brand_id, order_id)}
        ahead = tuple(ahead_of(probe, others.values()))
        own = orders[probe.order_id]
        today = local_day(probe.requested_at, own.destination.zone or brand.zone)
        person = self.shoppers.of(brand, probe.recipient_id if gift else probe.shopper_id)
        facts = RequestFacts(
            kind=probe.kind,
            asked_on=today,
            resolution=resolution,
            gift=gift,
            orders={
                key: _order_facts(order, parcels[key], list(others.values()), ahead, brand.zone).model_copy(
                    update=left[key]
                )
                for key, order in orders.items()
            },
            lines=tuple(_line_facts(probe, orders, ahead)),
            shopper=person.facts(own.currency, probe.requested_at, today),
        )
        prints = tuple(dict.fromkeys(one for order in orders.values() for one in order.fingerprints))
        risk = person.risk(prints, facts, today)
        judged = facts.shopper.model_copy(update={"risk": risk.level, "risk_score": risk.score})
        facts = facts.model_copy(update={"shopper": judged})
        origins = self._origins(brand_id, orders)
        return Assessed(probe, facts, self._said(brand_id, facts, own), orders, ahead, origins, risk)

    def _origins(self, brand_id: str, orders: dict[str, Order]) -> Mapping[str, Return]:
        """The returns in exchange for which orders were sent; the orders with which that was paid join ``orders``."""
        sent = [order.exchange_of for order in orders.values() if order.exchange_of]
        origins = {key: origin for key in sent if (origin := self.returns.get(brand_id, key))}
        for order_id in (one.order_id for origin in origins.values() for one in origin.settlements):
            if order_id not in orders and (order := self.orders.get(brand_id, order_id)):
                orders[order_id] = order
        return origins

    def deciding(self, brand_id: str, found: Assessed, resolution: Resolution) -> Assessed:
        """As policy and law have it where this is asked for."""
        facts = found.facts.model_copy(update={"resolution": resolution})
        own = found.orders[found.request.order_id]
        return replace(found, facts=facts, assessment=self._said(brand_id, facts, own))

    def _said(self, brand_id: str, facts: RequestFacts, own: Order) -> Assessment:
        profile = self.laws.of(brand_id, own.destination.country)
        return assess(facts, self.brands.get(brand_id).returns, profile)


def kind_of(lines: Sequence[ReturnLine], reasons: Sequence[Reason]) -> ReturnKind:
    """Under which right lines come back, by their reasons. What is under several is several returns."""
    named = {reason.id: reason.kind for reason in reasons}
    kinds = {named.get(line.reason, ReturnKind.RETURN) for line in lines}
    if len(kinds) > 1:
        raise InvalidInputError("the reasons are not of one kind: ask for one return of each", code="mixed-kinds")
    return kinds.pop()


def fits(kind: ReturnKind, resolution: Resolution, method: ReturnMethod) -> bool:
    """False for what cannot be had together: nothing is exchanged or repaired that does not come back, and of what
    never came nothing can be sent.
    """
    if kind is ReturnKind.CLAIM:
        return resolution in _WITHOUT_GOODS and method is ReturnMethod.KEEP
    return method not in NOTHING_COMES or resolution in _WITHOUT_GOODS


def line_key(own: str, line: ReturnLine) -> str:
    """``{order}/{line}``. ``own``: the return's own order."""
    return f"{line.order_id or own}/{line.line_id}"


def by_method(terms: Terms, method: ReturnMethod) -> Terms:
    """The terms without a fee where there is no way back that it pays."""
    return terms if method in PRINTED else terms.model_copy(update={"fee": None})


def order_key(brand: str, order: str) -> str:
    """The id of an order that is named by ours (``ord_…``) or the shop's own id."""
    return order if order.startswith("ord_") else id_of_order(brand, order)


def _check(probe: Return, orders: Mapping[str, Order], parcels: Mapping[str, list[Shipment]]) -> None:
    """What cannot be a return at all, whatever a policy says."""
    for order_id, order in orders.items():
        unknown = sorted(of_order(probe, order_id).keys() - {line.line_id for line in order.lines})
        if unknown:
            raise InvalidInputError(f"not a line of this order: {', '.join(unknown[:5])}", code="unknown-line")
        came = _said_delivered(parcels[order_id], order)
        if probe.kind is ReturnKind.CLAIM and not of_order(probe, order_id).keys() <= came:
            raise ConflictError("the carrier does not say that it was delivered", code="not-delivered")
    currencies = {order.currency for order in orders.values()}
    prices = {line.wanted.unit_price.currency for line in probe.lines if line.wanted and line.wanted.unit_price}
    if len(currencies | prices) > 1:
        raise InvalidInputError("all orders of a return are in one currency", code="mixed-currencies")


def _said_delivered(parcels: Sequence[Shipment], order: Order) -> set[str]:
    """The lines of which a carrier says that they arrived: those in delivered parcels, all where nobody says what is in
    one of them.
    """
    delivered = [parcel for parcel in parcels if Milestone.DELIVERED in parcel.reached]
    held = [set(packed(parcel.packed)) for parcel in delivered]
    return {line.line_id for line in order.lines} if not all(held) else set().union(*held)


def _order_facts(
    order: Order, parcels: list[Shipment], others: list[Return], ahead: Sequence[Return], zone: str | None
) -> OrderFacts:
    zone = order.destination.zone or zone
    placed, arrived = local_day(order.placed_at, zone), delivered_at(parcels)
    taken_along = order.channel == "store" and not parcels
    paid_back = sum(
        one.amount.amount
        for other in others
        for one in other.settlements
        if (one.kind, one.state, one.order_id) == (SettlementKind.REFUND, SettlementState.DONE, order.order_id)
    )
    return OrderFacts(
        order_id=order.order_id,
        currency=order.currency,
        total_minor=order.total.amount,
        channel=order.channel,
        country=order.destination.country,
        region=order.destination.region,
        tier=order.tier,
        placed_on=placed,
        delivered_on=local_day(arrived, zone) if arrived else placed if taken_along else None,
        zone=zone,
        gift=order.gift,
        cancelled=order.cancelled_at is not None,
        refunded_elsewhere=order.refunded.amount - order.refunded_by_us > paid_back,
        returns=sum(order.order_id in one.order_ids for one in ahead),
        exchanged=bool(order.exchange_of),
    )


def _line_facts(probe: Return, orders: Mapping[str, Order], ahead: Sequence[Return]) -> list[LineFacts]:
    taken = {order_id: [of_order(one, order_id) for one in ahead] for order_id in orders}
    found: list[LineFacts] = []
    for line in probe.lines:
        order = orders[line.order_id or probe.order_id]
        known = next(one for one in order.lines if one.line_id == line.line_id)
        found.append(
            LineFacts(
                order_id=order.order_id,
                line_id=line.line_id,
                sku=known.sku,
                category=known.category,
                tags=known.tags,
                quantity=line.quantity,
                unit_minor=known.paid.amount // known.quantity if known.paid else known.unit_price.amount,
                bought=known.quantity,
                already_returning=sum(one.get(line.line_id, 0) for one in taken[order.order_id]),
                final_sale=known.final_sale,
                hazmat=known.hazmat,
                reduced=known.is_reduced,
                ships=known.ships,
                reason=line.reason,
                no_withdrawal=known.no_withdrawal or "",
            )
        )
    return found
