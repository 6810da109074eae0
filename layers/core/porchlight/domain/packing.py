"""Which lines of an order are in which parcel, and from which supplier. Any order of arrival gives the same."""

from collections.abc import Iterable, Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_STORED = ConfigDict(frozen=True)


class ParcelLine(BaseModel):
    """So many of one line of the order."""

    model_config = _STORED

    line_id: str
    quantity: int = Field(ge=1)


class Packing(BaseModel):
    """What one fulfilment put into its parcels; each of them keeps it under the fulfilment's id.

    ``lines`` is empty where the store does not say. ``parcels`` > 1: the lines are spread over so many parcels, and
    nobody says which is where. ``as_of`` is the store's clock: what it said last counts.
    """

    model_config = _STORED

    lines: tuple[ParcelLine, ...] = ()
    supplier: str | None = None
    parcels: int = 1
    cancelled: bool = False
    as_of: AwareDatetime


def latest(first: Packing, second: Packing) -> Packing:
    """The one that counts; at one instant the one that is not cancelled, then anything that always decides."""
    return max(first, second, key=lambda packing: (packing.as_of, not packing.cancelled, packing.model_dump_json()))


def packed_with(packed: Mapping[str, Packing], fulfillment_id: str, packing: Packing) -> dict[str, Packing]:
    """What a parcel holds after a fulfilment was told: ``packed`` itself is not changed."""
    known = packed.get(fulfillment_id)
    return {**packed, fulfillment_id: latest(known, packing) if known else packing}


def is_void(packed: Mapping[str, Packing]) -> bool:
    """True for a parcel that the store has taken back: each of its fulfilments was cancelled."""
    return bool(packed) and all(packing.cancelled for packing in packed.values())


def quantities(packed: Mapping[str, Packing]) -> dict[str, int]:
    """How many of each line are in a parcel (or in the parcels that share a fulfilment); {} where nobody says."""
    found: dict[str, int] = {}
    for packing in packed.values():
        if not packing.cancelled:
            for line in packing.lines:
                found[line.line_id] = found.get(line.line_id, 0) + line.quantity
    return found


def still_to_ship(ordered: Mapping[str, int], parcels: Iterable[Mapping[str, Packing]]) -> dict[str, int]:
    """How many of each ordered line are in no parcel yet; {} where that cannot be known.

    It cannot be known as long as one live fulfilment does not say what it holds. A fulfilment in several parcels counts
    once.
    """
    fulfillments: dict[str, Packing] = {}
    for packed in parcels:
        if not packed:
            return {}
        for fulfillment_id, packing in packed.items():
            fulfillments = packed_with(fulfillments, fulfillment_id, packing)
    if any(not packing.lines and not packing.cancelled for packing in fulfillments.values()):
        return {}
    shipped = quantities(fulfillments)
    left = {line_id: quantity - shipped.get(line_id, 0) for line_id, quantity in ordered.items()}
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}
