"""Why was this sent, and why was that not: every message decision about a parcel or an order, in one look."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from porchlight.domain.fanout.reasons import why
from porchlight.domain.messages import MessageRecord
from porchlight.domain.moments import Catalogue, Moment
from porchlight.errors import InvalidInputError, NotFoundError
from porchlight.ports import Orders, Shipments
from porchlight.reaching import Catalogues

MOST_TOLD = 500
"""The newest messages of an order: more would not fit into an answer. One parcel has a few."""

_NOT_DECISIONS = {"brand", "shopper_id", "version", "checks", "attempt", "sending_since"}


@dataclass(frozen=True)
class MessageExplainer:
    """Tells people of the brand what became of each moment."""

    orders: Orders
    shipments: Shipments
    catalogues: Catalogues

    def ask(self, brand: str, *, shipment: str = "", order: str = "") -> dict[str, Any]:
        """What ``GET /v1/messages`` answers. InvalidInputError unless one of the two is named; NotFoundError where the
        brand has no such parcel or order.
        """
        if bool(shipment) == bool(order):
            raise InvalidInputError("name either shipment or order")
        return self.of_shipment(brand, shipment) if shipment else self.of_order(brand, order)

    def of_shipment(self, brand: str, shipment_id: str) -> dict[str, Any]:
        """All about one parcel, and about its order as a whole."""
        parcel = self.shipments.get(brand, shipment_id)
        if parcel is None:
            raise NotFoundError("no such shipment")
        if parcel.order_id is None:
            return {"shipment_id": shipment_id, "order_id": None, "messages": [], "moments": self._untold(brand, ())}
        records = self.orders.contents(brand, parcel.order_id).messages
        about = [one for one in records if one.shipment_id in (None, shipment_id)]
        return {"shipment_id": shipment_id, **self._story(brand, parcel.order_id, about, records)}

    def of_order(self, brand: str, order_id: str) -> dict[str, Any]:
        """All about one order and its parcels and returns."""
        contents = self.orders.contents(brand, order_id)
        if contents.order is None:
            raise NotFoundError("no such order")
        return self._story(brand, order_id, contents.messages, contents.messages)

    def _story(
        self, brand: str, order_id: str, about: Iterable[MessageRecord], known: Iterable[MessageRecord]
    ) -> dict[str, Any]:
        told = sorted(about, key=lambda one: (one.planned_at, one.message_id))
        by_id = {one.message_id: one for one in known}
        story = {
            "order_id": order_id,
            "messages": [_explained(one, by_id) for one in told[-MOST_TOLD:]],
            "moments": self._untold(brand, told),
        }
        return {**story, "left_out": len(told) - MOST_TOLD} if len(told) > MOST_TOLD else story

    def _untold(self, brand: str, told: Iterable[MessageRecord]) -> list[dict[str, str]]:
        """The moments of the catalogue that nothing was decided about, and why."""
        decided = {one.moment for one in told}
        catalogue = self.catalogues.moments(brand)
        return [
            {"moment": moment.value, "why": _not_yet(moment, catalogue)}
            for moment in catalogue
            if moment not in decided and moment is not Moment.DIGEST
        ]


def _explained(record: MessageRecord, by_id: dict[str, MessageRecord]) -> dict[str, Any]:
    lead = by_id.get(record.merged_into.message_id) if record.merged_into else None
    return {
        "outcome": outcome(record),
        "why": why(record, lead),
        **record.model_dump(mode="json", exclude=_NOT_DECISIONS, exclude_none=True),
        "checks": [one.model_dump(mode="json", exclude_none=True) for one in record.checks],
    }


def outcome(record: MessageRecord) -> str:
    """``sent``, ``delivered``, ``held``, ``merged``, ``suppressed``, ``failed``, ``sending`` or ``planned``."""
    if record.delivered_at:
        return "delivered"
    if record.state.value == "planned" and record.not_before:
        return "held"
    return record.state.value


def _not_yet(moment: Moment, catalogue: Catalogue) -> str:
    spec = catalogue[moment]
    if not spec.enabled:
        return "The brand does not send it: it is switched off in its catalogue (moments.yaml)."
    if spec.after:
        return f"It follows {spec.after.value.replace('_', ' ')}, which has not happened."
    return "Nothing has happened yet that it would tell."
