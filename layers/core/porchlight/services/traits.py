"""The stream as the source of what is known of shoppers: orders that appear or are cancelled, and returns."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from porchlight.domain.orders import Order
from porchlight.domain.returns import Return
from porchlight.domain.segments import Traits
from porchlight.domain.traits import with_order, with_return, without_order
from porchlight.reaching import Profiles
from porchlight.services.retrying import until_settled


def learn(record: Mapping[str, Any], profiles: Profiles) -> None:
    """Count what a stream record says, once; most records say nothing of it, and are not read any further."""
    change = record["dynamodb"]
    image, before = change.get("NewImage") or {}, (change.get("OldImage") or {}).get("data", {}).get("S")
    if "data" not in image:
        return
    kind, new = image["entity_type"]["S"], image["data"]["S"]
    if kind == "order" and (before is None or (is_cancelled(new) and not is_cancelled(before))):
        order = Order.model_validate_json(new)
        count = with_order if before is None else without_order
        _keep(order.brand, order.shopper_id, partial(_counted, count, order), profiles)
    elif kind == "return" and before is None:
        request = Return.model_validate_json(new)
        _keep(request.brand, request.shopper_id, partial(_counted, with_return, request), profiles)


def is_cancelled(order: str) -> bool:
    """True for the JSON of a cancelled order, as ``Order`` writes it (without what is not there)."""
    return '"cancelled_at":"' in order


def _counted[T](count: Callable[[Traits, T], Traits], what: T, traits: Traits) -> Traits:
    return count(traits, what)


def _keep(brand: str, shopper_id: str, count: Callable[[Traits], Traits], profiles: Profiles) -> None:
    """Write the profile, unless it says so already or was erased."""

    def attempt() -> None:
        profile = profiles.get(brand, shopper_id)
        traits = count(profile.traits)
        if profile.erased_at is None and traits != profile.traits:
            profiles.save(profile.model_copy(update={"traits": traits, "version": profile.version + 1}))

    until_settled(attempt)
