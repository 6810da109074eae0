"""Which parcels bring a return: no money moves for one that was on its way before anybody asked."""

from datetime import timedelta

import pytest

from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import Label
from porchlight.services.return_parcels import parcels_of
from tests.fakes import FakeOrders, FakeShipments
from tests.unit.stories import DAY, NOW, after, parcel, scan, wanted


@pytest.mark.parametrize(
    ("since", "counts"), [(timedelta(minutes=1), True), (-timedelta(hours=14), True), (-2 * DAY, False)]
)
def test_a_number_of_something_that_was_sent_before_is_no_proof(since: timedelta, counts: bool) -> None:
    # Given a shopper who names a parcel of their own, that the carrier has delivered somewhere
    shipments = FakeShipments(FakeOrders())
    events = [scan(Milestone.IN_TRANSIT, NOW + since), scan(Milestone.DELIVERED, NOW + since + timedelta(hours=1))]
    shipments.save(after(parcel(shipment_id="shp_9", order_id="ord_1"), events), due_at=None)
    label = Label(carrier="ups", tracking_number="1Z9", shipment_id="shp_9", reference="1Z9")
    # Then it is a scan of the return only where it came after the request
    found = parcels_of(shipments, wanted(label=label, requested_at=NOW))
    assert (found.scanned_at is not None, found.delivered_at is not None) == (counts, counts)
    # And whoever waits for news has heard it
    assert found.events == 2
