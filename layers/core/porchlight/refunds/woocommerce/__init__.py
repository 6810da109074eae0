"""WooCommerce: refunds through its REST API, which asks the shop's payment gateway."""

from porchlight.refunds.kit import RefundKit
from porchlight.refunds.woocommerce.client import WooCommerceSettlements


def connector(kit: RefundKit) -> WooCommerceSettlements:
    """Who carries out what returns settle."""
    return WooCommerceSettlements(kit)
