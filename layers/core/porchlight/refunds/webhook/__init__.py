"""Settlements by a signed webhook: the brand's own system does it and answers. Standard Webhooks 1.0, both ways."""

from porchlight.refunds.kit import RefundKit
from porchlight.refunds.webhook.client import WebhookRemedies, WebhookSettlements


def connector(kit: RefundKit) -> WebhookSettlements:
    """Who carries out what returns settle."""
    return WebhookSettlements(kit.secrets, kit.default_url, kit.orders)


def remedies(kit: RefundKit) -> WebhookRemedies:
    """Who carries out what is decided about delays."""
    return WebhookRemedies(kit.secrets, kit.default_url, kit.orders)
