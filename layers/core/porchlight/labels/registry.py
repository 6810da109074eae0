"""Which providers of labels there are, and what each can do. A provider is imported when it is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from porchlight.domain.rma.names import ReturnMethod
from porchlight.errors import PermanentProviderError

if TYPE_CHECKING:  # pages ask what a provider can do, and for nothing else
    from porchlight.labels.kit import Kit
    from porchlight.returning import LabelProvider


class Abilities(NamedTuple):
    """What a provider can do, known without importing it."""

    methods: frozenset[ReturnMethod]
    needs_address: bool


_LABEL, _QR, _BOX_FREE = ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE
_PROVIDERS = {
    "own": Abilities(frozenset({_LABEL, _QR, _BOX_FREE}), needs_address=False),
    "easypost": Abilities(frozenset({_LABEL, _QR}), needs_address=True),
    "shippo": Abilities(frozenset({_LABEL, _QR}), needs_address=True),
    "shipengine": Abilities(frozenset({_LABEL, _QR, _BOX_FREE}), needs_address=True),
}


def provider_ids() -> tuple[str, ...]:
    """The ids of all providers, as ``label_provider`` in a policy names them."""
    return tuple(_PROVIDERS)


def abilities(provider_id: str) -> Abilities | None:
    """What a provider can do; None for a stranger."""
    return _PROVIDERS.get(provider_id)


def label_provider(provider_id: str, kit: "Kit") -> "LabelProvider":
    """The provider, ready to be used; PermanentProviderError where there is none of that name."""
    if provider_id not in _PROVIDERS:
        raise PermanentProviderError("there is no such provider of labels", code="not-set-up")
    made: LabelProvider = import_module(f"porchlight.labels.{provider_id}").PROVIDER(kit)
    return made
