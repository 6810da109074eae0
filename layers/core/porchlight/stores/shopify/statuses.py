"""What Shopify says of a parcel's way: ``shipment_status`` of a fulfilment, ``status`` of a fulfilment event.

Only shown by ``porchlight parse``: what moves a shipment is what its carrier says. REST and webhooks print lower case,
GraphQL upper case.
"""

from porchlight.domain.milestones import Milestone

STATUSES: dict[str, Milestone] = {
    "label_purchased": Milestone.PRE_TRANSIT,
    "label_printed": Milestone.PRE_TRANSIT,
    "ready_for_pickup": Milestone.AVAILABLE_FOR_PICKUP,
    "ready_for_recipient_pickup": Milestone.AVAILABLE_FOR_PICKUP,
    "confirmed": Milestone.PRE_TRANSIT,
    "carrier_picked_up": Milestone.ACCEPTED,
    "in_transit": Milestone.IN_TRANSIT,
    "out_for_delivery": Milestone.OUT_FOR_DELIVERY,
    "attempted_delivery": Milestone.DELIVERY_ATTEMPTED,
    "buyer_action_required": Milestone.EXCEPTION,
    "delayed": Milestone.DELAYED,
    "delivered": Milestone.DELIVERED,
    "picked_up": Milestone.DELIVERED,
    "returning_to_sender": Milestone.RETURN_IN_TRANSIT,
    "failure": Milestone.EXCEPTION,
}
"""``failure``: the request to the fulfilment service failed, the parcel is not lost."""
