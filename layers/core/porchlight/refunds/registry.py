"""Which refund providers there are. A provider is imported when it is first asked for."""

from importlib import import_module
from typing import Any

from porchlight.deciding import Remedies
from porchlight.domain.brands import BrandConfig
from porchlight.domain.rma.names import SettlementKind
from porchlight.errors import NotFoundError
from porchlight.refunds.kit import RefundKit
from porchlight.returning import SettlementProvider

_MODULES = (
    "porchlight.refunds.webhook",
    "porchlight.refunds.shopify",
    "porchlight.refunds.stripe",
    "porchlight.refunds.woocommerce",
)
_BY_ID = {module.rpartition(".")[2]: module for module in _MODULES}
_NEWS = {
    "stripe": "porchlight.refunds.stripe.news",
    "webhook": "porchlight.refunds.webhook.news",
}
"""Providers that tell by themselves what became of a refund."""
_READERS = {"stripe": "porchlight.refunds.stripe"}
"""Providers whose bodies ``porchlight parse`` can read."""


def settlement_provider(brand: BrandConfig, kind: SettlementKind, kit: RefundKit) -> SettlementProvider:
    """Who does ``kind`` for a brand: its provider, or its own system where the provider cannot."""
    own: SettlementProvider = _module(brand.refunds.provider).connector(kit)
    if kind in own.kinds:
        return own
    other: SettlementProvider = _module("webhook").connector(kit)
    return other


def remedies(brand: BrandConfig, kit: RefundKit) -> Remedies:
    """Who carries out what is decided about delays: the brand's own system."""
    made: Remedies = _module("webhook").remedies(kit)
    return made


def provider_ids() -> tuple[str, ...]:
    """The ids of all providers."""
    return tuple(_BY_ID)


def news_connector(provider: str) -> Any:
    """Who reads what a provider tells by itself, None where it tells nothing."""
    module = _NEWS.get(provider)
    return import_module(module).NEWS if module else None


def reader_ids() -> tuple[str, ...]:
    """The ids of the providers whose bodies can be read."""
    return tuple(_READERS)


def refund_reader(provider: str) -> Any:
    """The reader of a provider's bodies, None where there is none."""
    module = _READERS.get(provider)
    return import_module(module).CONNECTOR if module else None


def _module(provider: str) -> Any:
    name = _BY_ID.get(provider)
    if name is None:
        raise NotFoundError("no such refund provider")
    return import_module(name)
