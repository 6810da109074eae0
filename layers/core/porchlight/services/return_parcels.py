"""What the carriers say of a return's parcels, and how much news of it there is."""

from datetime import timedelta

from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import Return
from porchlight.domain.rma.next_step import Parcels
from porchlight.domain.shipments import Shipment
from porchlight.ports import Shipments

_CLOCKS_DIFFER = timedelta(days=1)
"""Carriers say local times without a zone."""
_ASTRAY = frozenset({Milestone.LOST, Milestone.RETURNED_TO_SENDER})


def parcels_of(shipments: Shipments, request: Return) -> Parcels:
    """Of the parcels under all its labels: a scan of a voided one counts as well."""
    labels = (*([request.label] if request.label else []), *request.old_labels)
    keys = dict.fromkeys(one.shipment_id for one in labels if one.shipment_id)
    known = [parcel for key in keys if (parcel := shipments.get(request.brand, key))]
    mine = [parcel for parcel in known if _is_later(parcel, request)]
    scans = [parcel.handed_at for parcel in mine if parcel.handed_at]
    astray = [parcel.milestone.value for parcel in mine if parcel.milestone in _ASTRAY]
    there = [parcel.reached[Milestone.DELIVERED] for parcel in mine if Milestone.DELIVERED in parcel.reached]
    return Parcels(
        scanned_at=min(scans, default=None),
        delivered_at=min(there, default=None),
        lost=astray[-1] if astray else "",
        events=sum(parcel.event_count for parcel in known),
    )


def _is_later(parcel: Shipment, request: Return) -> bool:
    """False for a parcel that was on its way before anything was asked for: it brings something else, under a number
    that was guessed, or that the carrier uses once more. Its goods may be ours all the same: the warehouse sees them.
    """
    first = parcel.handed_at or parcel.reached.get(Milestone.DELIVERED)
    return first is None or first >= request.requested_at - _CLOCKS_DIFFER


def news_of(request: Return, parcels: Parcels) -> int:
    """Counts what can have changed for a workflow that waits."""
    return request.version + parcels.events
