"""Which carriers there are. A connector is imported when it is first asked for: a webhook pays for its own carrier
only.
"""

from importlib import import_module
from typing import cast

from porchlight.connectors import CarrierConnector

_MODULES = (
    "porchlight.carriers.easypost",
    "porchlight.carriers.ups",
    "porchlight.carriers.usps",
)
_BY_ID = {module.rpartition(".")[2]: module for module in _MODULES}


def carrier_ids() -> tuple[str, ...]:
    """The ids of all carriers, as they stand in ``/webhooks/{carrier}``."""
    return tuple(_BY_ID)


def carrier(carrier_id: str) -> CarrierConnector | None:
    """The connector of a carrier, None where there is none."""
    module = _BY_ID.get(carrier_id)
    return cast(CarrierConnector, import_module(module).CONNECTOR) if module else None
