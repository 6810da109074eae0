"""View models of emails (here) and of the tracking page (``domain.pages``): plain dicts of strings, ready for
the templates.

Pure functions: ``now`` and the links are passed in. Nothing is escaped here (the renderer does, per kind of
document), but every text that came from outside is one clean line, and every link is a web address.
"""

from collections.abc import Mapping
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.facts import Scene, View, brand_view, parcel_variants, refusal_variants, say
from porchlight.domain.messages import Moment
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.pages import tracking_view
from porchlight.domain.progress import order_steps, parcel_steps
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment
from porchlight.domain.words import carrier_name, clean, safe_url

__all__ = ["email_view", "tracking_view"]

DELAY_MOMENTS = frozenset({Moment.DELAY_DECLARED, Moment.DELAY_RECOVERED})
RETURN_MOMENTS = frozenset({Moment.RETURN_APPROVED, Moment.RETURN_REFUSED, Moment.REFUNDED})
_ORDER_STATUS = {
    Moment.OUT_FOR_DELIVERY: "OrderInTransit",
    Moment.DELIVERED: "OrderDelivered",
    Moment.AVAILABLE_FOR_PICKUP: "OrderPickupAvailable",
    Moment.EXCEPTION: "OrderProblem",
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
) -> View:
    """Everything an email of ``moment`` can say.

    ``links``: ``tracking``, ``unsubscribe`` and, where there is one, ``returns``. ``parcels``: how many the
    order comes in, 0 where that is not known.
    """
    scene = Scene(brand, order, now, relative=False)
    facts = scene.order_facts(shopper, parcels)
    variants: list[str] = []
    if moment in RETURN_MOMENTS:
        facts = {**facts, **scene.expectation(None, scene.today())}
    if shipment and moment not in RETURN_MOMENTS:
        facts = scene.parcel_facts(shipment, facts)
        variants = parcel_variants(shipment)
        if moment in DELAY_MOMENTS:
            variants = [shipment.delay.kind.value] if shipment.delay else []
    if ret:
        facts = scene.return_facts(ret, facts)
        variants = refusal_variants(ret) if moment is Moment.RETURN_REFUSED else []
    elif moment is Moment.REFUNDED and order.refunded.amount:
        facts = {**facts, "refund_amount": order.refunded.label()}
    page = safe_url(
        links.get("returns") if moment in RETURN_MOMENTS and links.get("returns") else links.get("tracking")
    )
    return {
        "moment": moment.value,
        "language": (shopper.language if shopper else None) or brand.language,
        "brand": brand_view(brand),
        "words": say(f"moments.{moment.value}", facts, variants),
        "labels": say("labels", {**facts, "now_time": ""}),
        "cause": _cause(shipment, facts) if moment is Moment.DELAY_DECLARED else "",
        "facts": facts,
        "steps": _email_steps(moment, scene, shipment),
        "lines": scene.lines({line.line_id: line.quantity for line in ret.lines} if ret else None),
        "total": "" if ret else order.total.label(),
        "links": {"page": page, "unsubscribe": safe_url(links.get("unsubscribe"))},
        "structured": _structured(moment, scene, shipment, page, parcels),
    }


def _cause(shipment: Shipment | None, facts: View) -> View | str:
    """Why, where the carrier says so; it is left out where it does not."""
    return say(f"causes.{shipment.reason.value}", facts) if shipment and shipment.reason else ""


def _email_steps(moment: Moment, scene: Scene, shipment: Shipment | None) -> list[View]:
    if moment in RETURN_MOMENTS:
        return []
    return parcel_steps(scene, shipment) if shipment else order_steps(scene)


def _structured(moment: Moment, scene: Scene, shipment: Shipment | None, page: str, parcels: int) -> View | None:
    """schema.org markup that mail programs read: the order when it is confirmed, the parcel for news about
    one.
    """
    brand, order = scene.brand, scene.order
    merchant = {"@type": "Organization", "name": clean(brand.name, 60), "url": safe_url(brand.shop_url)}
    part = {"@type": "Order", "orderNumber": clean(order.number, 60), "merchant": merchant}
    if moment is Moment.ORDER_CONFIRMED:
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
        return {
            "@context": "https://schema.org",
            **part,
            "orderDate": order.placed_at.isoformat(),
            "orderStatus": "https://schema.org/OrderProcessing",
            "price": order.total.decimal(),
            "priceCurrency": order.total.currency,
            "acceptedOffer": offers,
            "url": page,
        }
    if shipment is None or moment in RETURN_MOMENTS:
        return None
    status = _ORDER_STATUS.get(moment, "OrderProblem" if moment is Moment.DELAY_DECLARED else "OrderInTransit")
    result: View = {
        "@context": "https://schema.org",
        "@type": "ParcelDelivery",
        "carrier": {"@type": "Organization", "name": carrier_name(shipment.carrier)},
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
