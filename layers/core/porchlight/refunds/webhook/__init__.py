"""Refunds by a signed webhook: the brand's own system moves the money and answers. Standard Webhooks 1.0."""

from porchlight.refunds.webhook.client import WebhookRefunds, WebhookRemedies

CONNECTOR = WebhookRefunds
REMEDIES = WebhookRemedies
