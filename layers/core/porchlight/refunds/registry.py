"""Which refund providers there are. A provider is imported when it is first asked for."""

from importlib import import_module
from typing import Any

from porchlight.deciding import Remedies
from porchlight.domain.brands import BrandConfig
from porchlight.errors import NotFoundError
from porchlight.ports import Orders, RefundProvider, Secrets

_MODULES = ("porchlight.refunds.webhook",)
_BY_ID = {module.rpartition(".")[2]: module for module in _MODULES}
_READERS = {"stripe": "porchlight.refunds.stripe"}
"""Providers whose bodies can be read, though no refund is asked for there yet."""


def refund_provider(
    brand: BrandConfig, secrets: Secrets, default_url: str, orders: Orders | None = None
) -> RefundProvider:
    """The provider of a brand. In ``orders`` it finds the shop's own id of an order."""
    made: RefundProvider = _module(brand).CONNECTOR(secrets, default_url, orders)
    return made


def remedies(brand: BrandConfig, secrets: Secrets, default_url: str, orders: Orders | None = None) -> Remedies:
    """Who carries out what is decided about delays: the same provider."""
    made: Remedies = _module(brand).REMEDIES(secrets, default_url, orders)
    return made


def _module(brand: BrandConfig) -> Any:
    name = _BY_ID.get(brand.refunds.provider)
    if name is None:
        raise NotFoundError("no such refund provider")
    return import_module(name)


def reader_ids() -> tuple[str, ...]:
    """The ids of the providers whose bodies can be read."""
    return tuple(_READERS)


def refund_reader(provider: str) -> Any:
    """The reader of a provider's bodies, None where there is none."""
    module = _READERS.get(provider)
    return import_module(module).CONNECTOR if module else None
