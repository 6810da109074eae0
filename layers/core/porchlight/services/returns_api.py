"""The routes under ``/v1/returns``: who may, and what is asked. What people decide: ``reviews_api``; what warehouses
say: ``warehouse_api``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from porchlight.connectors import InboundRequest
from porchlight.domain import ids
from porchlight.domain.returns import Return
from porchlight.errors import InvalidInputError, NotFoundError
from porchlight.ports import Brands, Orders, Returns, Secrets
from porchlight.services.api_keys import authorize
from porchlight.services.assess_return import Assessor, order_key
from porchlight.services.links import Links
from porchlight.services.read_json import read_body
from porchlight.services.request_return import RequestDesk, get_return
from porchlight.services.return_bodies import ReturnBody
from porchlight.services.review_return import Cancellation
from porchlight.services.show_return import show, show_offers

PAGE = 50
_LONGEST = timedelta(days=366)
_CLOCKS_DIFFER = timedelta(minutes=1)
_CURSOR = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.+Z-]{8,30}#rma_[a-z2-7]{20}")
_LISTS = ("shopper", "order", "state", "since")


@dataclass(frozen=True)
class ReturnsApi:
    """One method for each route; ``return_id`` and ``order`` are what the path says."""

    returns: Returns
    orders: Orders
    brands: Brands
    assessor: Assessor
    desk: RequestDesk
    cancellation: Cancellation
    links: Callable[[], Links]
    secrets: Secrets

    def ask(self, request: InboundRequest, now: datetime) -> tuple[dict[str, Any], bool]:
        """The return that was asked for, and whether it is new. Who got a gift is told no amounts."""
        key = authorize(request, "returns:write", self.secrets)
        asked = read_body(ReturnBody, request.body).asked(key.brand)
        found, new = self.desk.request(key.brand, asked, request.headers.get("idempotency-key", ""), now)
        return show(found, gift=asked.gift), new

    def offers(self, request: InboundRequest, now: datetime) -> dict[str, Any]:
        """What can be had for it; nothing is written."""
        key = authorize(request, "returns:read", self.secrets)
        asked = read_body(ReturnBody, request.body).asked(key.brand)
        return show_offers(*self.assessor.offered(key.brand, asked, now), gift=asked.gift)

    def look(self, request: InboundRequest, return_id: str) -> dict[str, Any]:
        """All that is known of one."""
        key = authorize(request, "returns:read", self.secrets)
        return show(get_return(self.returns, key.brand, return_id))

    def listed(self, request: InboundRequest, now: datetime) -> dict[str, Any]:
        """Those of a shopper, of an order, that wait for a person, or that were asked for in a time."""
        brand, query = authorize(request, "returns:read", self.secrets).brand, request.query
        if sum(name in query for name in _LISTS) != 1:
            raise InvalidInputError(f"one of {', '.join(_LISTS)} says which returns are wanted")
        found, more = self._page(brand, query, _cursor(query.get("after", "")), now)
        return {"returns": [show(one) for one in found], "next": more or None}

    def cancel(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """It is called off, while nothing was sent; again is the same."""
        key = authorize(request, "returns:write", self.secrets)
        return show(self.cancellation.cancel(key.brand, return_id, key.id, now))

    def gift(self, request: InboundRequest, order: str) -> dict[str, Any]:
        """A link for whoever gets the order as a gift: it shows no prices; the same order gives the same one."""
        key = authorize(request, "returns:write", self.secrets)
        found = self.orders.get(key.brand, order_key(key.brand, order))
        if found is None:
            raise NotFoundError("no such order")
        return {"order_id": found.order_id, "gift_page": self.links().gift(self.brands.get(key.brand), found)}

    @staticmethod
    def describe() -> dict[str, Any]:
        """The API as OpenAPI 3.1; nothing in it is secret."""
        from porchlight.services.openapi import document  # all bodies of all routes: not for every call

        return document()

    def _page(self, brand: str, query: Mapping[str, str], after: str, now: datetime) -> tuple[list[Return], str]:
        if shopper := query.get("shopper"):
            if "@" in shopper:
                raise InvalidInputError("an email address does not belong into a URL: POST /v1/shoppers/find")
            key = shopper if ids.is_shopper_id(shopper) else ids.shopper_id(brand, shopper)
            at, _, return_id = after.partition("#")
            found = self.returns.of_shopper(
                brand, key, PAGE, (datetime.fromisoformat(at), return_id) if after else None
            )
            return found, _place(found[-1]) if len(found) == PAGE else ""
        if order := query.get("order"):
            return self.returns.of_order(brand, order_key(brand, order)), ""
        if "state" in query:
            if query["state"] != "in_review":
                raise InvalidInputError("in_review is the only state that is listed: it waits for a person")
            return self.returns.in_review(brand, PAGE, after)
        since = _instant(query.get("since", ""), "since")
        until = _instant(query["until"], "until") if "until" in query else now + _CLOCKS_DIFFER
        if not since <= until <= since + _LONGEST:
            raise InvalidInputError("until is after since, and at most a year later")
        return self.returns.asked(brand, since, until, PAGE, after)


def _place(request: Return) -> str:
    return f"{request.requested_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}#{request.return_id}"


def _instant(text: str, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo and found.year < 2200:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidInputError(f"{name} is an instant with an offset")


def _cursor(after: str) -> str:
    if not after:
        return ""
    if not _CURSOR.fullmatch(after):
        raise InvalidInputError("after is not a cursor")
    _instant(after.partition("#")[0], "the instant in after")
    return after
