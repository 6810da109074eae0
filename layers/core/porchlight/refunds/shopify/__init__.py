"""Shopify: refunds and store credit through the GraphQL Admin API."""

from porchlight.refunds.kit import RefundKit
from porchlight.refunds.shopify.client import ShopifySettlements


def connector(kit: RefundKit) -> ShopifySettlements:
    """Who carries out what returns settle."""
    return ShopifySettlements(kit)
