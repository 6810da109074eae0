"""DHL Shipment Tracking - Unified: one API and one push for the parcels of all DHL divisions."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import path_token, shared_header

if TYPE_CHECKING:
    from porchlight.carriers.dhl_unified.client import DhlUnifiedClient, DhlUnifiedSubscriptions
    from porchlight.domain.events import TrackingReport

HOOK_HEADER: Final = "x-porchlight-hook"
"""The header in which DHL repeats our token, unless the account's credential ``hook_header`` names another."""


class DhlUnified:
    """DHL signs nothing: a push repeats the token that was given at subscription, or comes to an address with a token.

    An account holds ``hook_token``, ``path_token``, or both; with ``api_key`` it can be asked and subscribed to.
    """

    id: Final = "dhl_unified"
    name: Final = "DHL"
    credentials: Final = ("hook_token", "path_token")

    @property
    def client(self) -> "DhlUnifiedClient":
        """See ``client``."""
        from porchlight.carriers.dhl_unified.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "DhlUnifiedSubscriptions":
        """See ``client``."""
        from porchlight.carriers.dhl_unified.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True with the account's token in its header, or in the address."""
        given = account.credentials
        header = (given.get("hook_header") or HOOK_HEADER).lower()
        if shared_header(request.headers.get(header, ""), given.get("hook_token", "")):
            return True
        return path_token(request, account)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The shipments of a push or of an answer."""
        from porchlight.carriers.dhl_unified.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """What a body without shipments is."""
        from porchlight.carriers.dhl_unified.parse import kind

        return kind(body)


CONNECTOR = DhlUnified()
