"""The front door: verify the raw bytes, make them durable, answer. Reading them happens behind the queue."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from porchlight.connectors import Account, InboundMessage, InboundRequest
from porchlight.errors import NotFoundError, PayloadTooLargeError, SignatureError

if TYPE_CHECKING:  # the front door starts often, and needs no model of a shipment
    from porchlight.ports import Accounts, Inbound, Metrics
    from porchlight.services.published_keys import PublishedKeys

MAX_BODY = 1_000_000
"""Bytes. No carrier or store sends more; what is larger is refused before it costs anything."""


@dataclass(frozen=True)
class FrontDoor:
    """Takes webhooks."""

    accounts: "Accounts"
    inbound: "Inbound"
    metrics: "Metrics"
    keys: "PublishedKeys"

    def receive(self, request: InboundRequest, kind: str, source: str, connector: Any, now: datetime) -> InboundMessage:
        """Take a webhook of ``kind`` (``carriers`` or ``stores``); returns what was queued.

        NotFoundError for a source without connector, PayloadTooLargeError, SignatureError (nothing is kept),
        TransientError where the queue refuses or a published key cannot be had: the sender tries again.
        """
        if connector is None:
            raise NotFoundError("no such source")
        if len(request.body) > MAX_BODY:
            self.metrics.count("WebhooksRefused", carrier=source, why="too_large")
            raise PayloadTooLargeError(f"at most {MAX_BODY} bytes are taken")
        account = self._verified_account(request, connector, self.accounts.of(kind, source), now)
        if account is None:
            self.metrics.count("WebhooksRefused", carrier=source, why="signature")
            raise SignatureError
        message = InboundMessage(
            kind=kind,
            source=source,
            account=account.account,
            brand=account.brand,
            topic=connector.topic(request) if kind == "stores" else "",
            received_at=now,
        )
        self.inbound.put(message, request.body)
        self.metrics.count("WebhooksAccepted", carrier=source)
        return message

    def _verified_account(
        self, request: InboundRequest, connector: Any, accounts: Sequence[Account], now: datetime
    ) -> Account | None:
        """The account whose credentials the request was made with; all are tried, whichever matches first wins."""
        published: str = getattr(connector, "jwks_url", "")
        for account in accounts:
            known = account
            if published:
                key_id = connector.key_id(request)
                url = account.credentials.get("jwks_url") or published
                jwk = self.keys.key(url, key_id, now) if key_id else ""
                known = replace(account, credentials={**account.credentials, "jwk": jwk})
            if connector.verify(request, known, now):
                return account
        return None
