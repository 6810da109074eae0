"""Which stores there are. A connector is imported when it is first asked for: a webhook pays for its own store only."""

from importlib import import_module
from typing import cast

from porchlight.connectors import StoreConnector

_MODULES = ("porchlight.stores.shopify", "porchlight.stores.woocommerce", "porchlight.stores.bigcommerce")
_BY_ID = {module.rpartition(".")[2]: module for module in _MODULES}


def store_ids() -> tuple[str, ...]:
    """The ids of all stores, as they stand in ``/webhooks/stores/{store}``."""
    return tuple(_BY_ID)


def store(store_id: str) -> StoreConnector | None:
    """The connector of a store, None where there is none."""
    module = _BY_ID.get(store_id)
    return cast(StoreConnector, import_module(module).CONNECTOR) if module else None
