"""EasyPost's API for labels: which requests, and what their answers say. Knows no network.

For returns EasyPost wants the addresses as they were on the way out, and turns them round itself (``is_return``).
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from porchlight.connectors import Call
from porchlight.domain.carriers import carrier_id
from porchlight.domain.money import Money
from porchlight.labels.kit import Said, cheapest, grams_of, money_of, names_in, objects_in, street_address, text_of
from porchlight.returning import LabelRequest

HOST = "https://api.easypost.com"
QR_FORM = "label_qr_code"
BOUGHT_BEFORE = "SHIPMENT.POSTAGE.EXISTS"
IN_DOUBT = frozenset(
    {
        *("SHIPMENT.PURCHASE.IN_PROGRESS", "SHIPMENT.POSTAGE.TIMED_OUT", "SHIPMENT.POSTAGE.NO_RESPONSE"),
        *("TIMEOUT", "RATE_LIMITED"),
    }
)
"""Errors after which the label may be there the next time."""
_GIVEN_BACK = frozenset({"submitted", "refunded"})
_GRAMS_IN_AN_OUNCE = 28.349523125


class EasyPostApi:
    """Requests of one account: ``api_key``; ``carrier_accounts`` (a list) and ``services`` (a list) narrow what may be
    bought, ``weight_grams`` is for parcels of which nobody knows it, ``phone`` for carriers that want one.
    """

    def __init__(self, account: Mapping[str, Any]) -> None:
        self._account = account
        self._base = str(account.get("base_url") or HOST).rstrip("/")

    def find(self, reference: str) -> Call:
        """``GET /v2/shipments/{reference}``: our key, or EasyPost's own id."""
        return self._call("GET", f"/v2/shipments/{quote(reference, safe='')}")

    def create(self, wanted: LabelRequest) -> Call:
        """``POST /v2/shipments``: nothing is bought by it."""
        grams = grams_of(wanted, self._account)
        shipment = {
            "reference": wanted.key,
            "is_return": True,
            "from_address": street_address(wanted.to, self._account) if wanted.to else {},
            "to_address": street_address(wanted.sender, self._account) if wanted.sender else {},
            "parcel": {"weight": round(grams / _GRAMS_IN_AN_OUNCE, 1)},
            "options": {"label_format": "PDF", "invoice_number": wanted.return_id},
        }
        if accounts := names_in(self._account, "carrier_accounts"):
            shipment["carrier_accounts"] = list(accounts)
        return self._call("POST", "/v2/shipments", {"shipment": shipment})

    def buy(self, shipment: str, rate: str) -> Call:
        """``POST /v2/shipments/{id}/buy``."""
        return self._call("POST", f"/v2/shipments/{quote(shipment, safe='')}/buy", {"rate": {"id": rate}})

    def code(self, shipment: str) -> Call:
        """``POST /v2/shipments/{id}/forms``: a QR code of the label that was bought."""
        return self._call("POST", f"/v2/shipments/{quote(shipment, safe='')}/forms", {"form": {"type": QR_FORM}})

    def refund(self, shipment: str) -> Call:
        """``POST /v2/shipments/{id}/refund``."""
        return self._call("POST", f"/v2/shipments/{quote(shipment, safe='')}/refund", {})

    def rate(self, shipment: Mapping[str, Any], carrier: str) -> str:
        """The cheapest rate of the carrier that is wanted, else of any; "" where there is none."""
        allowed = names_in(self._account, "services")
        rates = [one for one in objects_in(shipment, "rates") if not allowed or text_of(one, "service") in allowed]
        priced = [
            (cost, text_of(one, "id"), carrier_id(text_of(one, "carrier")))
            for one in rates
            if (cost := _cost(one)) and text_of(one, "id")
        ]
        return cheapest(priced, carrier)

    def _call(self, method: str, path: str, value: Any = None) -> Call:
        key = b64encode(f"{self._account['api_key']}:".encode()).decode()
        headers = {"Accept": "application/json", "Authorization": f"Basic {key}"}
        if value is None:
            return Call(self._base + path, method, headers)
        return Call(self._base + path, method, {**headers, "Content-Type": "application/json"}, _bytes(value))


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def error_of(said: Said) -> str:
    """EasyPost's code of an error: ``ADDRESS.VERIFY.FAILURE``."""
    return text_of(said.data, "error", "code").upper()


def blames_address(said: Said) -> bool:
    """True where it is refused for the address."""
    code = error_of(said)
    return code.startswith("ADDRESS.") or ".ADDRESS." in code


def is_bought(shipment: Mapping[str, Any]) -> bool:
    """True for a shipment with a label and a number."""
    return bool(text_of(shipment, "tracking_code") and label_address(shipment))


def label_address(shipment: Mapping[str, Any]) -> str:
    """Where the label lies, as PDF if there is one."""
    return text_of(shipment, "postage_label", "label_pdf_url") or text_of(shipment, "postage_label", "label_url")


def code_address(shipment: Mapping[str, Any]) -> str:
    """Where the QR code's picture lies; "" where none was made."""
    forms = [one for one in objects_in(shipment, "forms") if text_of(one, "form_type") == QR_FORM]
    return text_of(forms[-1], "form_url") if forms else ""


def price(shipment: Mapping[str, Any]) -> Money | None:
    """What the label cost."""
    rate = shipment.get("selected_rate")
    return _cost(rate) if isinstance(rate, dict) else None


def is_given_back(shipment: Mapping[str, Any]) -> bool:
    """True once the carrier was asked for the money."""
    return text_of(shipment, "refund_status") in _GIVEN_BACK


def _cost(rate: Mapping[str, Any]) -> Money | None:
    return money_of(text_of(rate, "rate"), text_of(rate, "currency"))
