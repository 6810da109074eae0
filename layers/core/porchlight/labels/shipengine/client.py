"""ShipEngine's (ShipStation's) API for labels: which requests, and what their answers say. Knows no network.

Addresses are as the parcel travels: from the shopper to the facility.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from porchlight.connectors import Call
from porchlight.domain.money import Money
from porchlight.labels.kit import grams_of, money_of, objects_in, text_of
from porchlight.returning import LabelRequest

HOST = "https://api.shipengine.com"
_INLINE = "?label_download_type=inline"
_VOID = frozenset({"label_already_voided"})


class ShipEngineApi:
    """Requests of one account: ``api_key`` and ``services``, by our id of the carrier: ``{"usps": {"carrier_id":
    "se-1", "service_code": "usps_ground_advantage"}}``; the first is used where the carrier has none. ``weight_grams``
    is for parcels of which nobody knows it, ``phone`` for carriers that want one.
    """

    def __init__(self, account: Mapping[str, Any]) -> None:
        self._account = account
        self._base = str(account.get("base_url") or HOST).rstrip("/")

    def service(self, carrier: str) -> dict[str, Any] | None:
        """What is bought for a carrier; None where the account names nothing."""
        services = self._account.get("services")
        if not isinstance(services, dict):
            return None
        found = services.get(carrier) or next(iter(services.values()), None)
        return found if isinstance(found, dict) else None

    def find(self, key: str) -> Call:
        """``GET /v1/labels/external_shipment_id/{key}``."""
        return self._call("GET", f"/v1/labels/external_shipment_id/{quote(key, safe='')}{_INLINE}")

    def buy(self, wanted: LabelRequest, service: Mapping[str, Any], *, code: bool) -> Call:
        """``POST /v1/labels``: the shipment has our key as its external id."""
        grams = grams_of(wanted, self._account)
        shipment = {
            "carrier_id": service.get("carrier_id"),
            "service_code": service.get("service_code"),
            "external_shipment_id": wanted.key,
            "ship_from": self._address(wanted.sender) if wanted.sender else {},
            "ship_to": self._address(wanted.to) if wanted.to else {},
            "packages": [{"weight": {"value": grams, "unit": "gram"}}],
        }
        return self._call(
            "POST",
            "/v1/labels",
            {
                "shipment": shipment,
                "is_return_label": True,
                "rma_number": wanted.return_id,
                "charge_event": "carrier_default",
                "label_format": "pdf",
                "label_download_type": "inline",
                "display_scheme": "paperless" if code else "label",
                "validate_address": "no_validation",
            },
        )

    def void(self, label: str) -> Call:
        """``PUT /v1/labels/{id}/void``."""
        return self._call("PUT", f"/v1/labels/{quote(label, safe='')}/void")

    def _address(self, of: Any) -> dict[str, str]:
        found = {
            "name": of.name,
            "address_line1": of.street,
            "address_line2": getattr(of, "more", ""),
            "city_locality": of.city,
            "state_province": of.region,
            "postal_code": of.postcode,
            "country_code": of.country,
            "phone": str(self._account.get("phone") or ""),
        }
        return {name: value for name, value in found.items() if value}

    def _call(self, method: str, path: str, value: Any = None) -> Call:
        headers = {"Accept": "application/json", "API-Key": str(self._account["api_key"])}
        if value is None:
            return Call(self._base + path, method, headers)
        headers["Content-Type"] = "application/json"
        return Call(self._base + path, method, headers, json.dumps(value).encode())


def is_ready(label: Mapping[str, Any]) -> bool:
    """True for a label with its number."""
    return text_of(label, "status") == "completed" and bool(text_of(label, "tracking_number"))


def label_address(label: Mapping[str, Any]) -> str:
    """The label, inline or where it lies."""
    return text_of(label, "label_download", "pdf") or text_of(label, "label_download", "href")


def code_address(label: Mapping[str, Any]) -> str:
    """The picture of a code, inline or where it lies; "" where there is none."""
    return text_of(label, "paperless_download", "href") or text_of(label, "qr_code_download", "href")


def price(label: Mapping[str, Any]) -> Money | None:
    """What the label cost."""
    return money_of(text_of(label, "shipment_cost", "amount"), text_of(label, "shipment_cost", "currency"))


def is_voided(answer: Mapping[str, Any]) -> bool:
    """True for a label that is void now, or was before."""
    return answer.get("approved") is True or text_of(answer, "reason_code") in _VOID


def blames_address(data: Mapping[str, Any]) -> bool:
    """True where it is refused for the address: errors name the field at fault."""
    for one in objects_in(data, "errors"):
        told = " ".join(text_of(one, name) for name in ("field_name", "error_code", "message")).casefold()
        if "address" in told or "ship_from" in told or "postal_code" in told:
            return True
    return False
