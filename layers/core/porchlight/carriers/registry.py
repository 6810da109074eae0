"""Which carriers and aggregators there are, and what each can do. A connector is imported when it is first asked for:
a webhook pays for its own carrier only.
"""

from importlib import import_module
from typing import cast

from porchlight.connectors import CarrierConnector

# id: what it can do. "push": calls us; "poll": can be asked; "subscribe": can be told to push; "jwks": signs with
# published keys; "aggregator": reports for carriers other than itself. A test holds each line to its connector.
_CARRIERS = {
    "17track": "push poll subscribe aggregator",
    "aftership": "push poll subscribe aggregator",
    "asendia": "push poll",
    "australia_post": "push poll",
    "bpost": "push poll",
    "canada_post": "push poll",
    "canpar": "push poll",
    "chronopost": "push poll",
    "dhl_ecommerce_us": "push poll",
    "dhl_express": "push poll",
    "dhl_parcel_de": "push",
    "dhl_poland": "push poll",
    "dhl_unified": "push poll subscribe",
    "dpd": "push poll",
    "easypost": "push poll subscribe aggregator",
    "fedex": "push poll",
    "geodis": "push poll",
    "gls": "push poll",
    "hermes_de": "push poll",
    "karrio": "push poll subscribe aggregator",
    "la_poste": "push poll",
    "landmark": "push poll",
    "newgistics": "push poll",
    "ontrac": "push poll",
    "pitney_bowes": "push poll",
    "postnl": "push poll",
    "purolator": "push poll",
    "roadie": "push poll",
    "royal_mail": "push poll",
    "seko": "push poll",
    "sendle": "push poll subscribe",
    "shipengine": "push poll subscribe jwks aggregator",
    "shippo": "push poll subscribe aggregator",
    "shipstation": "push aggregator",
    "spring": "push poll",
    "teleship": "push poll",
    "tnt": "push poll",
    "trackingmore": "push poll subscribe aggregator",
    "ups": "push poll subscribe",
    "usps": "push poll subscribe",
}
_MODULES = {"17track": "seventeen_track"}
"""Folders whose name cannot be the id."""
_COVERS = {
    "dhl_ecommerce_us": frozenset({"dhl_ecommerce", "dhl_ecommerce_us"}),
    "dhl_unified": frozenset(
        {"dhl", "dhl_express", "dhl_ecommerce", "dhl_ecommerce_us", "dhl_parcel_de", "dhl_poland"}
    ),
}
"""The carriers that a source can be asked about, where these are not the one of its own name."""


def carrier_ids() -> tuple[str, ...]:
    """The ids of all carriers, as they stand in ``/webhooks/{carrier}``."""
    return tuple(_CARRIERS)


def abilities(carrier_id: str) -> frozenset[str]:
    """What a source can do, without importing its connector; nothing for a stranger."""
    return frozenset(_CARRIERS.get(carrier_id, "").split())


def covers(source: str, carrier_id: str) -> bool:
    """True if the source is the carrier's own, which may be asked about its parcels; an aggregator is nobody's own."""
    able = abilities(source)
    if "poll" not in able or "aggregator" in able:
        return False
    return carrier_id in _COVERS.get(source, {source})


def carrier(carrier_id: str) -> CarrierConnector | None:
    """The connector of a carrier, None where there is none."""
    if carrier_id not in _CARRIERS:
        return None
    module = import_module(f"porchlight.carriers.{_MODULES.get(carrier_id, carrier_id)}")
    return cast(CarrierConnector, module.CONNECTOR)
