"""Carriers that a brand declares: a mapping in ``brand/<brand>/carriers/<id>.yaml`` in place of a folder of code.

What is read here is the compiled form that the build of the brand pack has checked (``mapping.compiled``). A brand's
mapping opens the door for that brand's accounts only.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from porchlight.connectors import Account, InboundRequest

if TYPE_CHECKING:
    from porchlight.domain.events import TrackingReport


class DeclaredCarrier:
    """A ``CarrierConnector`` for the carrier ``source``; ``mappings`` are the compiled mappings by brand."""

    def __init__(self, source: str, mappings: Mapping[str, Mapping[str, Any]]) -> None:
        self.id = source
        self.name = str(next(iter(mappings.values()))["name"])
        self.credentials: tuple[str, ...] = tuple(sorted({_credential(one) for one in mappings.values()}))
        self._mappings = mappings

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``proof``; False for an account of a brand that does not declare the carrier."""
        from porchlight.carriers.declared.proof import verified

        mapping = self._mappings.get(account.brand)
        return mapping is not None and verified(mapping["proof"], request, account, now)

    def of_brand(self, brand: str) -> "DeclaredCarrier | None":
        """The carrier as ``brand`` declares it: this one can read bodies."""
        mapping = self._mappings.get(brand)
        return None if mapping is None else DeclaredCarrier(self.id, {brand: mapping})

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcels in a body. LookupError where several brands declare the carrier: take ``of_brand`` first."""
        from porchlight.carriers.declared.parse import reports

        (mapping,) = self._mappings.values()
        return reports(body, mapping)


def _credential(mapping: Mapping[str, Any]) -> str:
    return "path_token" if mapping["proof"]["kind"] == "token" else "secret"
