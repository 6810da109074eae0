"""Every decision about a delay can be explained: where it stands, what was decided, by whom, from which numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from porchlight.deciding import Cases, Decisions
from porchlight.domain.delays import Delay, DelayDecision
from porchlight.domain.playbooks import playbook
from porchlight.errors import NotFoundError
from porchlight.ports import Brands, Orders, Secrets, Shipments
from porchlight.services.cases import get_case, show
from porchlight.services.links import Links


@dataclass(frozen=True)
class Explainer:
    """Tells the story of delays to people of the brand."""

    cases: Cases
    decisions: Decisions
    shipments: Shipments
    orders: Orders
    brands: Brands
    secrets: Secrets
    public_url: Callable[[], str]

    def case(self, brand: str, case_id: str) -> dict[str, Any]:
        """The case, what was decided about its delay, and the link to the shopper's page. NotFoundError as
        ``get_case``.
        """
        case = get_case(self.cases, brand, case_id)
        found: list[DelayDecision] = []
        if case.shipment_id:
            found = self.decisions.of_shipment(brand, case.shipment_id)
        elif case.order_id:
            found = self.decisions.of_order(brand, case.order_id)
        decided = [_decision(one) for one in found if one.delay_id == case.delay_id]
        return {**show(case), "decisions": decided, "tracking_page": self._page(brand, case.order_id)}

    def delay(self, brand: str, *, shipment_id: str = "", order_id: str = "") -> dict[str, Any]:
        """Of a parcel, or of an order that did not leave. NotFoundError where the brand has none such."""
        return self.shipment(brand, shipment_id) if shipment_id else self.order(brand, order_id)

    def shipment(self, brand: str, shipment_id: str) -> dict[str, Any]:
        """The parcel's delay with its playbook, and all decisions about this and earlier ones. NotFoundError where the
        brand has no such parcel.
        """
        parcel = self.shipments.get(brand, shipment_id)
        if parcel is None:
            raise NotFoundError("no such shipment")
        order = self.orders.get(brand, parcel.order_id) if parcel.order_id else None
        decided = [_decision(one) for one in self.decisions.of_shipment(brand, shipment_id)]
        return {
            "shipment_id": shipment_id,
            "order_id": parcel.order_id,
            "suspected": parcel.suspected.model_dump(mode="json") if parcel.suspected else None,
            "delay": self._delay(brand, parcel.delay, order.tier if order else None) if parcel.delay else None,
            "decisions": decided,
            "tracking_page": self._page(brand, parcel.order_id),
        }

    def order(self, brand: str, order_id: str) -> dict[str, Any]:
        """The same of an order that did not leave: its parcels have delays of their own. NotFoundError where the brand
        has no such order.
        """
        order = self.orders.get(brand, order_id)
        if order is None:
            raise NotFoundError("no such order")
        return {
            "order_id": order_id,
            "suspected": order.suspected.model_dump(mode="json") if order.suspected else None,
            "delay": self._delay(brand, order.delay, order.tier) if order.delay else None,
            "decisions": [_decision(one) for one in self.decisions.of_order(brand, order_id)],
            "tracking_page": self._page(brand, order_id),
        }

    def _delay(self, brand: str, delay: Delay, tier: str | None) -> dict[str, Any]:
        policy = self.brands.get(brand).delays
        book = playbook(delay.kind, tier, policy.playbooks, policy.tiers, policy.wait_for_news_days)
        return {**delay.model_dump(mode="json"), "playbook": [step.model_dump(mode="json") for step in book]}

    def _page(self, brand: str, order_id: str | None) -> str | None:
        order = self.orders.get(brand, order_id) if order_id else None
        links = Links(self.secrets, self.public_url())
        return links.of_order(self.brands.get(brand), order)["tracking"] if order else None


def _decision(one: DelayDecision) -> dict[str, Any]:
    """The record as the API answers it: what is the same for all of them is left out."""
    return one.model_dump(mode="json", exclude={"brand", "shipment_id", "order_id"})
