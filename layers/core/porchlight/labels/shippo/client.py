"""Shippo's API for labels: which requests, and what their answers say. Knows no network.

For returns Shippo wants the addresses as they were on the way out, and turns them round itself (``is_return``). It has
no key that makes a purchase happen once, and finds no transaction by its ``metadata``: the newest are looked through.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from porchlight.connectors import Call
from porchlight.domain.carriers import carrier_id
from porchlight.domain.money import Money
from porchlight.labels.kit import cheapest, grams_of, money_of, names_in, objects_in, street_address, text_of
from porchlight.returning import LabelRequest

HOST = "https://api.goshippo.com"
PAGE = 100
CLOCKS_APART = timedelta(minutes=10)
"""Our clock and Shippo's may differ by so much."""
_USUAL_SIZE = {"length": "30", "width": "25", "height": "10", "distance_unit": "cm"}
_COMING = frozenset({"QUEUED", "WAITING"})
_GIVEN_BACK = frozenset({"REFUNDED", "REFUNDPENDING"})


class ShippoApi:
    """Requests of one account: ``api_token``; ``carrier_accounts`` (a list) and ``services`` (a list of service level
    tokens) narrow what may be bought, ``weight_grams`` and ``parcel`` (length, width, height in cm) are for parcels of
    which nobody knows them, ``phone`` for carriers that want one.
    """

    def __init__(self, account: Mapping[str, Any]) -> None:
        self._account = account
        self._base = str(account.get("base_url") or HOST).rstrip("/")

    def bought(self, since: datetime, page: int) -> Call:
        """``GET /transactions``: what was bought since, the newest first."""
        day = (since - CLOCKS_APART).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._call(
            "GET", "/transactions?" + urlencode({"results": PAGE, "page": page, "object_created_gt": day})
        )

    def create(self, wanted: LabelRequest, *, code: bool) -> Call:
        """``POST /shipments``: rates; nothing is bought by it."""
        grams = grams_of(wanted, self._account)
        size = self._account.get("parcel")
        shipment: dict[str, Any] = {
            "address_from": street_address(wanted.to, self._account) if wanted.to else {},
            "address_to": street_address(wanted.sender, self._account) if wanted.sender else {},
            "parcels": [
                {**_USUAL_SIZE, **(size if isinstance(size, dict) else {}), "weight": str(grams), "mass_unit": "g"}
            ],
            "extra": {"is_return": True, **({"qr_code_requested": True} if code else {})},
            "metadata": wanted.key,
            "async": False,
        }
        if accounts := names_in(self._account, "carrier_accounts"):
            shipment["carrier_accounts"] = list(accounts)
        return self._call("POST", "/shipments/", shipment)

    def buy(self, rate: str, key: str) -> Call:
        """``POST /transactions``."""
        return self._call(
            "POST", "/transactions/", {"rate": rate, "metadata": key, "label_file_type": "PDF_4x6", "async": False}
        )

    def transaction(self, reference: str) -> Call:
        """``GET /transactions/{id}``."""
        return self._call("GET", f"/transactions/{quote(reference, safe='')}")

    def rate(self, rate: str) -> Call:
        """``GET /rates/{id}``: carrier and price of what was bought."""
        return self._call("GET", f"/rates/{quote(rate, safe='')}")

    def refund(self, reference: str) -> Call:
        """``POST /refunds``."""
        return self._call("POST", "/refunds/", {"transaction": reference, "async": False})

    def chosen(self, shipment: Mapping[str, Any], carrier: str) -> str:
        """The cheapest rate of the carrier that is wanted, else of any; "" where there is none."""
        allowed = names_in(self._account, "services")
        rates = [
            one
            for one in objects_in(shipment, "rates")
            if not allowed or text_of(one, "servicelevel", "token") in allowed
        ]
        priced = [
            (cost, text_of(one, "object_id"), carrier_id(text_of(one, "provider")))
            for one in rates
            if (cost := price(one))
        ]
        return cheapest(priced, carrier)

    def _call(self, method: str, path: str, value: Any = None) -> Call:
        headers = {"Accept": "application/json", "Authorization": f"ShippoToken {self._account['api_token']}"}
        if value is None:
            return Call(self._base + path, method, headers)
        headers["Content-Type"] = "application/json"
        return Call(self._base + path, method, headers, json.dumps(value).encode())


def price(rate: Mapping[str, Any]) -> Money | None:
    """Of a rate."""
    return money_of(text_of(rate, "amount"), text_of(rate, "currency"))


def is_coming(transaction: Mapping[str, Any]) -> bool:
    """True while Shippo still works on it."""
    return text_of(transaction, "status") in _COMING


def is_bought(transaction: Mapping[str, Any]) -> bool:
    """True for a label with its number."""
    return text_of(transaction, "status") == "SUCCESS" and bool(text_of(transaction, "tracking_number"))


def is_given_back(transaction: Mapping[str, Any]) -> bool:
    """True once the carrier was asked for the money."""
    return text_of(transaction, "status") in _GIVEN_BACK


def rate_of(transaction: Mapping[str, Any]) -> str:
    """The id of the rate that was bought; it stands there alone, or with what it was."""
    return text_of(transaction, "rate") or text_of(transaction, "rate", "object_id")


def is_newer(transaction: Mapping[str, Any], since: datetime) -> bool:
    """False for what was surely bought before; True where Shippo does not say when."""
    try:
        return datetime.fromisoformat(text_of(transaction, "object_created")) >= since - CLOCKS_APART
    except (ValueError, TypeError):
        return True


def blames_address(data: Mapping[str, Any]) -> bool:
    """True where it is refused for the address: bodies name the field at fault, what was begun has messages."""
    told = " ".join(text_of(one, "text") for one in objects_in(data, "messages")).casefold()
    return "address" in told or (not text_of(data, "object_id") and any(name.startswith("address") for name in data))
