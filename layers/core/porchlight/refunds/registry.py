"""Which refund providers there are. A provider is imported when it is first asked for."""

from importlib import import_module

from porchlight.domain.brands import BrandConfig
from porchlight.errors import NotFoundError
from porchlight.ports import Orders, RefundProvider, Secrets

_MODULES = ("porchlight.refunds.webhook",)
_BY_ID = {module.rpartition(".")[2]: module for module in _MODULES}


def refund_provider(
    brand: BrandConfig, secrets: Secrets, default_url: str, orders: Orders | None = None
) -> RefundProvider:
    """The provider of a brand. In ``orders`` it finds the shop's own id of an order."""
    module = _BY_ID.get(brand.refunds.provider)
    if module is None:
        raise NotFoundError("no such refund provider")
    made: RefundProvider = import_module(module).CONNECTOR(secrets, default_url, orders)
    return made
