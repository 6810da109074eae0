"""The routes under ``/v1/shoppers``, and ``/v1/consents``: who may, and what is asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from porchlight.connectors import InboundRequest
from porchlight.errors import PayloadTooLargeError
from porchlight.ports import Secrets
from porchlight.services.api_keys import authorize
from porchlight.services.import_consents import Consents, import_consents
from porchlight.services.read_json import read_json
from porchlight.services.receive_webhook import MAX_BODY
from porchlight.services.shoppers import ShopperDesk, ShopperUpdate, Sought


@dataclass(frozen=True)
class ShopperApi:
    """One method for each route; ``shopper``: the id in the path, ours or the shop's."""

    shoppers: ShopperDesk
    secrets: Secrets

    def find(self, request: InboundRequest) -> dict[str, Any]:
        """Ids by customer id or address."""
        key = authorize(request, "shoppers:read", self.secrets)
        return self.shoppers.find(key.brand, _read(Sought, request))

    def show(self, request: InboundRequest, shopper: str) -> dict[str, Any]:
        """All that is known about one."""
        key = authorize(request, "shoppers:read", self.secrets)
        return self.shoppers.show(key.brand, shopper)

    def update(self, request: InboundRequest, shopper: str, now: datetime) -> dict[str, Any]:
        """Preferences, attributes, devices."""
        key = authorize(request, "shoppers:write", self.secrets)
        return self.shoppers.update(key.brand, shopper, _read(ShopperUpdate, request), now)

    def erase(self, request: InboundRequest, shopper: str, now: datetime) -> dict[str, Any]:
        """Forget the person; again changes nothing."""
        key = authorize(request, "shoppers:erase", self.secrets)
        return self.shoppers.erase(key.brand, shopper, now)

    def ledger(self, request: InboundRequest, shopper: str) -> dict[str, Any]:
        """What one has agreed to and withdrawn."""
        key = authorize(request, "shoppers:read", self.secrets)
        return self.shoppers.consents(key.brand, shopper)

    def consents(self, request: InboundRequest, now: datetime) -> dict[str, Any]:
        """Existing consents; each is taken or refused by itself."""
        key = authorize(request, "consents:write", self.secrets)
        return import_consents(self.shoppers.desk, key.brand, _read(Consents, request), now)


def _read[B: BaseModel](kind: type[B], request: InboundRequest) -> B:
    if len(request.body) > MAX_BODY:
        raise PayloadTooLargeError(f"at most {MAX_BODY} bytes are taken")
    return read_json(kind, request.body)
