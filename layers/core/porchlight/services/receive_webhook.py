"""The front door: verify the raw bytes, make them durable, answer. Reading them happens behind the queue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from porchlight.connectors import Account, InboundRequest
from porchlight.errors import NotFoundError, PayloadTooLargeError, SignatureError
from porchlight.ports import Accounts, Inbound, InboundMessage, Metrics

MAX_BODY = 1_000_000
"""Bytes. No carrier or store sends more; what is larger is refused before it costs anything."""


@dataclass(frozen=True)
class FrontDoor:
    """Takes webhooks."""

    accounts: Accounts
    inbound: Inbound
    metrics: Metrics

    def receive(self, request: InboundRequest, kind: str, source: str, connector: Any, now: datetime) -> InboundMessage:
        """Take a webhook of ``kind`` (``carriers`` or ``stores``); returns what was queued.

        NotFoundError for a source without connector, PayloadTooLargeError, SignatureError (nothing is kept),
        TransientError where the queue refuses: the sender tries again.
        """
        if connector is None:
            raise NotFoundError("no such source")
        if len(request.body) > MAX_BODY:
            self.metrics.count("WebhooksRefused", carrier=source, why="too_large")
            raise PayloadTooLargeError(f"at most {MAX_BODY} bytes are taken")
        account = _verified_account(request, connector, self.accounts.of(kind, source), now)
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


def _verified_account(request: InboundRequest, connector: Any, accounts: Any, now: datetime) -> Account | None:
    """The account whose credentials the request was made with; all are tried, whichever matches first wins."""
    for account in accounts:
        if connector.verify(request, account, now):
            found: Account = account
            return found
    return None
