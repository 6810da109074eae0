"""What the carriers say of a return's parcels, and how much news of it there is."""

from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import Return
from porchlight.domain.rma.next_step import Parcels
from porchlight.ports import Shipments

_ASTRAY = frozenset({Milestone.LOST, Milestone.RETURNED_TO_SENDER})


def parcels_of(shipments: Shipments, request: Return) -> Parcels:
    """Of the parcels under all its labels: a scan of a voided one counts as well."""
    labels = (*([request.label] if request.label else []), *request.old_labels)
    keys = dict.fromkeys(one.shipment_id for one in labels if one.shipment_id)
    known = [parcel for key in keys if (parcel := shipments.get(request.brand, key))]
    scans = [parcel.handed_at for parcel in known if parcel.handed_at]
    astray = [parcel.milestone.value for parcel in known if parcel.milestone in _ASTRAY]
    there = [parcel.reached[Milestone.DELIVERED] for parcel in known if Milestone.DELIVERED in parcel.reached]
    return Parcels(
        scanned_at=min(scans, default=None),
        delivered_at=min(there, default=None),
        lost=astray[-1] if astray else "",
        events=sum(parcel.event_count for parcel in known),
    )


def news_of(request: Return, parcels: Parcels) -> int:
    """Counts what can have changed for a workflow that waits."""
    return request.version + parcels.events
