"""View models of emails (here) and of the tracking page (``domain.pages``): plain dicts of strings, ready for
the templates.

Pure functions: ``now`` and the links are passed in. Nothing is escaped here (the renderer does, per kind of
document), but every text that came from outside is one clean line, and every link is a web address.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Case
from porchlight.domain.channels import Purpose
from porchlight.domain.delay_facts import case_facts, cause, delay_facts, delay_variants, paid_back, part_left
from porchlight.domain.facts import Scene, View, brand_view, parcel_variants, refusal_variants, say
from porchlight.domain.gifts import is_for_recipient
from porchlight.domain.law.withdraw_view import declared_facts
from porchlight.domain.messages import DELAY_MOMENTS
from porchlight.domain.moment_facts import moment_facts, moment_variants
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.pages import tracking_view
from porchlight.domain.policies import of_order
from porchlight.domain.progress import order_steps, parcel_steps
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment
from porchlight.domain.speech import Speech
from porchlight.domain.words import clean, safe_url

__all__ = ["email_view", "tracking_view"]

GATHERED = "gathered"
"""The variant for several parcels of one order that came to a moment together."""

_QUIET_LINKS = ("unsubscribe", "preferences", "withdraw")
RETURN_MOMENTS = frozenset(
    {
        *(Moment.RETURN_REQUESTED, Moment.RETURN_APPROVED, Moment.RETURN_REFUSED, Moment.RETURN_LABEL),
        *(Moment.RETURN_REMINDER, Moment.RETURN_SCANNED, Moment.RETURN_RECEIVED, Moment.RETURN_INSPECTED),
        *(Moment.RETURN_EXCHANGED, Moment.RETURN_CANCELLED, Moment.CREDIT_ISSUED, Moment.REFUNDED),
        Moment.WITHDRAWAL_RECEIVED,
    }
)
_ORDER_STATUS = {
    Moment.OUT_FOR_DELIVERY: "OrderInTransit",
    Moment.DELIVERED: "OrderDelivered",
    Moment.AVAILABLE_FOR_PICKUP: "OrderPickupAvailable",
    Moment.EXCEPTION: "OrderProblem",
    Moment.DELAY_DECLARED: "OrderProblem",
    Moment.DELAY_UPDATED: "OrderProblem",
    Moment.DELAY_QUESTION: "OrderProblem",
    Moment.DELAY_OPTION: "OrderProblem",
}
_AFTERWARDS = frozenset(
    {
        *(Moment.WELCOME, Moment.SATISFACTION, Moment.REVIEW_REQUEST, Moment.REPLENISHMENT, Moment.RELATED_OFFER),
    }
)
"""When all has come: the parcel is no news any more."""
_ELSEWHERE = frozenset({Moment.REVIEW_REQUEST, Moment.RELATED_OFFER})
"""Their button leads to the shop, not to the order."""
_WITHOUT_DAY = _AFTERWARDS | {
    *(Moment.DELAY_OPTION, Moment.APOLOGY_CREDIT, Moment.RESENT, Moment.ORDER_CANCELLED, Moment.REFUND_ISSUED),
    Moment.INSTALLATION_DUE,
}
"""About money, another parcel, or the day of shipping: a day of delivery beside that would mislead."""
_WITH_CAUSE = frozenset({Moment.DELAY_DECLARED, Moment.DELAY_UPDATED, Moment.DELAY_QUESTION})
"""Messages that say why, where the carrier does."""
_WITHOUT_STEPS = (
    RETURN_MOMENTS
    | _AFTERWARDS
    | {Moment.RESENT, Moment.ORDER_CANCELLED, Moment.REFUND_ISSUED, Moment.INSTALLATION_DUE}
)
_STOP = {
    Purpose.SERVICE: "labels.unsubscribe",
    Purpose.CHECK_IN: "labels.unsubscribe_check_in",
    Purpose.MARKETING: "labels.unsubscribe_marketing",
}


def email_view(
    moment: Moment,
    brand: BrandConfig,
    order: Order,
    shopper: Shopper | None,
    shipment: Shipment | None,
    ret: Return | None,
    now: datetime,
    links: Mapping[str, str],
    parcels: int = 0,
    case: Case | None = None,
    speech: Speech | None = None,
    *,
    count: int = 1,
    subject_id: str = "",
    purpose: Purpose = Purpose.SERVICE,
    offer_ends: datetime | None = None,
    blocks: Sequence[View] = (),
    segments: Sequence[str] = (),
) -> View:
    """Everything an email of ``moment`` can say.

    ``links``: ``tracking``, ``unsubscribe`` and, where there is one, ``returns`` or ``place`` (in the shop).
    ``parcels``: how many the order comes in, 0 where that is not known. ``case``: what the shopper is asked.
    ``speech``: the shopper's language, English where nobody says. ``count``: how many parcels it is told of at once.
    ``subject_id``: what it is about; ``offer_ends``: when what it offers is over; ``blocks``: see ``domain.blocks``;
    ``segments``: the brand's groups that the shopper is in.
    """
    scene = Scene(brand, order, now, relative=False, speech=speech)
    facts = scene.order_facts(shopper, parcels)
    variants: list[str] = []
    if moment in RETURN_MOMENTS:
        facts = {**facts, **scene.expectation(None, scene.today())}
    if shipment and moment not in RETURN_MOMENTS:
        facts = scene.parcel_facts(shipment, facts)
        variants = parcel_variants(shipment)
    if moment in DELAY_MOMENTS:
        delay = shipment.delay if shipment else order.delay
        facts |= delay_facts(scene, delay, shipment) if delay else {}
        facts |= case_facts(scene, case, shipment) if case else {}
        facts |= {"tracking_number": ""} if moment is Moment.RESENT else {}  # it is of the parcel that did not come
        variants = delay_variants(delay, shipment) if delay else []
    if ret:
        facts = scene.return_facts(ret, facts, gift=is_for_recipient(ret, moment))
        if moment is Moment.REFUNDED and ret.difference_minor < 0:  # of an exchange only the rest is money
            rest = Money(amount=-ret.difference_minor, currency=order.currency)
            facts |= {"refund_amount": scene.speech.money(rest), "fee": ""}
        variants = refusal_variants(ret) if moment is Moment.RETURN_REFUSED else variants
    elif moment is Moment.REFUNDED:
        delay = shipment.delay if shipment else order.delay
        given = paid_back(delay) or order.refunded
        facts = {**facts, "refund_amount": scene.speech.money(given) if given.amount else ""}
        facts["part_left"] = bool(delay and not shipment and part_left(order, delay))
        variants = delay_variants(delay, shipment) if delay else []
    facts |= moment_facts(scene, moment, shipment, subject_id, offer_ends)
    facts |= declared_facts(scene, ret if moment is Moment.WITHDRAWAL_RECEIVED else None, shopper)
    facts |= scene.expectation(None, scene.today()) if moment in _WITHOUT_DAY else {}
    variants = moment_variants(moment, shipment) or variants
    facts |= {"tracking_number": ""} if moment in _AFTERWARDS else {}
    facts |= {"count": count, "segments": list(segments)}
    if count > 1:
        variants = [GATHERED, *variants]
    page = safe_url(_page(moment, brand, links, ret))
    return {
        "moment": moment.value,
        "language": scene.speech.tag,
        "brand": brand_view(brand),
        "words": say(f"moments.{moment.value}", facts, variants),
        "labels": say("labels", {**facts, "now_time": ""}),
        "stop": say(_STOP[purpose], facts),
        "cause": _cause(moment, shipment, facts, count),
        "facts": facts,
        "items": [],
        "blocks": list(blocks),
        "steps": _email_steps(moment, scene, shipment, facts),
        "lines": _lines(scene, ret, moment),
        "total": "" if ret else scene.speech.money(order.total),
        "links": {"page": page, **{name: safe_url(links.get(name)) for name in _QUIET_LINKS}},
        "structured": _structured(moment, scene, shipment, page, parcels),
    }


def _lines(scene: Scene, ret: Return | None, moment: Moment) -> list[View]:
    """What the message is about; without prices for who got it as a gift."""
    lines = scene.lines(dict(of_order(ret, scene.order.order_id)) if ret else None)
    return [{**line, "price": ""} for line in lines] if is_for_recipient(ret, moment) else lines


def _page(moment: Moment, brand: BrandConfig, links: Mapping[str, str], ret: Return | None) -> object:
    """Where the button leads."""
    if moment in _ELSEWHERE:
        return links.get("place") or brand.shop_url
    if ret and moment in RETURN_MOMENTS and links.get("returns"):
        return f"{links['returns']}/{ret.return_id}"
    return links.get("tracking")


def _cause(moment: Moment, shipment: Shipment | None, facts: View, count: int) -> View | str:
    """A sentence more: why something is late, or where a parcel was left."""
    if moment in _WITH_CAUSE:
        return cause(shipment.delay if shipment else None, shipment, facts)
    if moment is Moment.DELIVERED and shipment and shipment.left_at and count == 1:
        return say(f"left_at.{shipment.left_at.value}", facts)
    return ""


def _email_steps(moment: Moment, scene: Scene, shipment: Shipment | None, facts: View) -> list[View]:
    if moment in _WITHOUT_STEPS or (shipment and shipment.is_return):
        return []
    return parcel_steps(scene, shipment) if shipment else order_steps(scene, facts["expected_short"])


def _structured(moment: Moment, scene: Scene, shipment: Shipment | None, page: str, parcels: int) -> View | None:
    """schema.org markup that mail programs read: the order when it is confirmed or does not ship, the parcel for
    news about one.
    """
    brand, order = scene.brand, scene.order
    merchant = {"@type": "Organization", "name": clean(brand.name, 60), "url": safe_url(brand.shop_url)}
    part = {"@type": "Order", "orderNumber": clean(order.number, 60), "merchant": merchant}
    status = _ORDER_STATUS.get(moment, "OrderInTransit")
    if moment is Moment.ORDER_CONFIRMED or (shipment is None and status == "OrderProblem"):
        offers = [
            {
                "@type": "Offer",
                "itemOffered": {"@type": "Product", "name": clean(line.title, 120)},
                "price": line.unit_price.decimal(),
                "priceCurrency": line.unit_price.currency,
                "eligibleQuantity": {"@type": "QuantitativeValue", "value": line.quantity},
            }
            for line in order.lines
        ]
        processing = "OrderProcessing" if moment is Moment.ORDER_CONFIRMED else status
        return {
            "@context": "https://schema.org",
            **part,
            "orderDate": order.placed_at.isoformat(),
            "orderStatus": f"https://schema.org/{processing}",
            "price": order.total.decimal(),
            "priceCurrency": order.total.currency,
            "acceptedOffer": offers,
            "url": page,
        }
    if shipment is None or shipment.is_return or moment in RETURN_MOMENTS | _AFTERWARDS:
        return None
    result: View = {
        "@context": "https://schema.org",
        "@type": "ParcelDelivery",
        "carrier": {"@type": "Organization", "name": scene.speech.carrier(shipment.carrier)},
        "trackingNumber": clean(shipment.tracking_number, 64),
        "trackingUrl": page,
        "partOfOrder": {**part, "orderStatus": f"https://schema.org/{status}"},
    }
    if days := scene.arrival(shipment):
        result["expectedArrivalFrom"] = days.earliest.isoformat()
        result["expectedArrivalUntil"] = days.latest.isoformat()
    if order.destination.country:
        result["deliveryAddress"] = {"@type": "PostalAddress", "addressCountry": order.destination.country}
    if parcels == 1:
        result["itemShipped"] = [{"@type": "Product", "name": clean(line.title, 120)} for line in order.lines]
    return result
