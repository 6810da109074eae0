"""The journal: which changes of parcels are learned from, and what is written down of them."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.dates import DateRange
from porchlight.domain.events import DeliveryEstimate, TrackingEvent
from porchlight.domain.forecast.lives import Forecast, Life, Route
from porchlight.domain.journal import JournalEntry, entry_of
from porchlight.domain.milestones import Milestone
from porchlight.domain.packing import Packing
from porchlight.domain.shipments import Shipment, StoredEvent
from porchlight.services.keep_journal import entry_in
from tests.fakes import FakeShipments
from tests.unit.stories import DAY, NOW, ZONE, after, parcel, scan

TODAY = date(2026, 3, 6)
HOUR = timedelta(hours=1)
ROUTE = Route(carrier="ups", service="ground", origin="US-OR", destination="US-NY")
PROMISED = DateRange(earliest=date(2026, 3, 4), latest=date(2026, 3, 5), zone=ZONE)
FORECAST = Forecast(
    moment="purchase",
    **{level: date(2026, 3, 6) for level in ("p10", "p50", "p80", "p90")},
    made_at=NOW,
    version="larkspur-2026-03-01-4f1c",
)


def known(**update: Any) -> Shipment:
    """A parcel of an order that was placed on Monday at 7 in New York."""
    return parcel(**{"placed_at": NOW, "route": ROUTE, "first_promise": PROMISED, **update})


def moving(*more: StoredEvent, **update: Any) -> Shipment:
    scans = [scan(Milestone.PRE_TRANSIT, NOW + HOUR), scan(Milestone.ACCEPTED, NOW + DAY)]
    return after(known(**update), [*scans, *more])


def delivered(**update: Any) -> Shipment:
    return moving(scan(Milestone.DELIVERED, NOW + 3 * DAY), **update)


def entry(old: Shipment | None, new: Shipment) -> JournalEntry:
    found = entry_of(old, new, TODAY)
    assert found
    return found


class TestWhatIsWritten:
    def test_an_order_that_waits_for_its_carrier(self) -> None:
        found = entry(None, known(version=4))
        assert (found.brand, found.shipment_id, found.version, found.recorded_on) == ("larkspur", "shp_1", 4, TODAY)
        assert (found.route, found.placed, found.placed_hour) == (ROUTE, date(2026, 3, 2), 7)
        assert (found.promised, found.first_promised) == (date(2026, 3, 6), date(2026, 3, 5))
        assert (found.handed, found.delivered, found.ended) == (None, None, False)

    def test_the_first_scan_hands_it_over_and_a_label_does_not(self) -> None:
        announced = after(known(), [scan(Milestone.PRE_TRANSIT, NOW + HOUR)])
        assert entry_of(known(), announced, TODAY) is None
        assert entry(announced, moving()).handed == date(2026, 3, 3)

    @pytest.mark.parametrize("milestone", [Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY])
    def test_a_later_scan_hands_it_over_where_the_first_is_missing(self, milestone: Milestone) -> None:
        assert entry(known(), after(known(), [scan(milestone, NOW + DAY)])).handed == date(2026, 3, 3)

    def test_days_are_those_of_the_destination(self) -> None:
        evening = datetime(2026, 3, 4, 3, tzinfo=UTC)  # Tuesday, 10 in the evening in New York
        found = after(known(placed_at=evening - DAY), [scan(Milestone.ACCEPTED, evening)])
        assert (entry(None, found).placed, entry(None, found).handed) == (date(2026, 3, 2), date(2026, 3, 3))

    def test_a_delivery_brings_all_that_was_said_of_it(self) -> None:
        van = scan(Milestone.OUT_FOR_DELIVERY, NOW + 2 * DAY)
        estimate = {"estimate": DeliveryEstimate(day=date(2026, 3, 4)), "estimate_at": NOW + DAY}
        told: dict[str, Any] = {"forecasts": {"purchase": FORECAST}, **estimate}
        found = entry(moving(van, **told), moving(van, scan(Milestone.DELIVERED, NOW + 3 * DAY), **told))
        assert (found.delivered, found.out_for_delivery) == (date(2026, 3, 5), date(2026, 3, 4))
        assert (found.silence_hours, found.estimated) == (24, date(2026, 3, 4))
        assert found.forecasts == {"purchase": FORECAST}

    def test_before_it_nothing_of_that_is_written(self) -> None:
        found = entry(known(), moving(forecasts={"purchase": FORECAST}, estimate=DeliveryEstimate(day=TODAY)))
        assert (found.forecasts, found.estimated, found.silence_hours) == ({}, None, None)

    def test_what_a_carrier_estimates_with_the_delivery_is_no_estimate(self) -> None:
        """Given carriers that put the day of delivery where the estimate stood, then the one before counts."""
        before = moving(estimate=DeliveryEstimate(day=date(2026, 3, 4)), estimate_at=NOW + DAY)
        flattered = delivered(estimate=DeliveryEstimate(day=date(2026, 3, 5)), estimate_at=NOW + 3 * DAY)
        assert entry(before, flattered).estimated == date(2026, 3, 4)
        assert entry(None, flattered).estimated is None

    def test_a_delivery_that_is_taken_back(self) -> None:
        back = scan(Milestone.OUT_FOR_DELIVERY, NOW + 4 * DAY)
        withdrawn = moving(scan(Milestone.DELIVERED, NOW + 3 * DAY), back)
        assert entry(delivered(), withdrawn).delivered is None
        assert not entry(delivered(), withdrawn).ended

    @pytest.mark.parametrize("milestone", [Milestone.RETURNED_TO_SENDER, Milestone.CANCELLED, Milestone.LOST])
    def test_an_end_that_is_no_delivery(self, milestone: Milestone) -> None:
        found = entry(moving(), moving(scan(milestone, NOW + 5 * DAY)))
        assert (found.ended, found.delivered) == (True, None)

    def test_what_is_delivered_on_the_way_back_is_delivered_to_the_sender(self) -> None:
        back = (scan(Milestone.RETURN_IN_TRANSIT, NOW + 4 * DAY), scan(Milestone.DELIVERED, NOW + 8 * DAY))
        found = entry(moving(), moving(*back))
        assert (found.ended, found.delivered) == (True, None)

    def test_what_was_delivered_first_stays_delivered(self) -> None:
        damaged = moving(scan(Milestone.DELIVERED, NOW + 3 * DAY), scan(Milestone.RETURN_IN_TRANSIT, NOW + 9 * DAY))
        assert entry(None, damaged).delivered == date(2026, 3, 5)

    def test_a_parcel_that_the_store_took_back(self) -> None:
        packed = {"f1": Packing(cancelled=True, as_of=NOW)}
        assert entry(known(), known(packed=packed)).ended

    def test_what_is_not_sent_because_its_order_was_cancelled_has_ended(self) -> None:
        """Given a label of a cancelled order: it waits for no carrier. One that is under way is learned from."""
        assert entry(known(), known(order_cancelled=True)).ended
        assert entry_of(moving(), moving(order_cancelled=True), TODAY) is None
        sent_all_the_same = entry(known(order_cancelled=True), moving(order_cancelled=True))
        assert (sent_all_the_same.handed, sent_all_the_same.ended) == (date(2026, 3, 3), False)

    @pytest.mark.parametrize("gone", [{"moved_to": "shp_2"}, {"order_id": None}, {"return_id": "rma_1"}])
    def test_one_that_is_no_longer_the_orders_has_ended(self, gone: dict[str, Any]) -> None:
        found = entry(delivered(), delivered(**gone))
        assert (found.ended, found.delivered) == (True, None)
        assert entry_of(delivered(**gone), delivered(**gone, version=9), TODAY) is None

    def test_a_new_promise_is_written_and_the_first_one_stays(self) -> None:
        later = DateRange(earliest=date(2026, 3, 9), latest=date(2026, 3, 9), zone=ZONE)
        found = entry(known(), known(promise=later))
        assert (found.promised, found.first_promised) == (date(2026, 3, 9), date(2026, 3, 5))
        assert found.life().promised == date(2026, 3, 5)


def test_a_life_is_three_entries() -> None:
    """Given an uneventful parcel, told scan by scan, then its order, its first scan and its delivery are written down:
    what docs/costs.md reckons with.
    """
    story = [(Milestone.PRE_TRANSIT, 1), (Milestone.ACCEPTED, 20)]
    story += [(Milestone.IN_TRANSIT, 20 + 7 * number) for number in range(1, 8)]
    story += [(Milestone.OUT_FOR_DELIVERY, 80), (Milestone.DELIVERED, 84)]
    scans = [scan(milestone, NOW + hours * HOUR) for milestone, hours in story]
    versions = [after(known(version=count + 1), scans[:count]) for count in range(len(scans) + 1)]
    written = [entry_of(old, new, TODAY) for old, new in zip([None, *versions], versions, strict=False)]
    assert [bool(one) for one in written] == [number in (0, 2, len(scans)) for number in range(len(versions))]


class TestWhatIsNot:
    @pytest.mark.parametrize(
        "unknown",
        [{"order_id": None}, {"placed_at": None}, {"route": None}, {"return_id": "rma_1"}, {"moved_to": "shp_2"}],
    )
    def test_parcels_of_no_order_and_returns(self, unknown: dict[str, Any]) -> None:
        assert entry_of(None, delivered(**unknown), TODAY) is None

    @pytest.mark.parametrize("placed_at", ["0001-01-01T12:00Z", "1970-01-01T00:00Z", "2090-01-01T00:00Z"])
    def test_orders_without_a_date_of_their_own(self, placed_at: str) -> None:
        """Given a store that writes the first day there is where it knows none: no parcel takes two thousand years."""
        placed = datetime.fromisoformat(placed_at)
        assert entry_of(known(placed_at=placed), delivered(placed_at=placed, backfilled=True), TODAY) is None
        assert entry(delivered(), delivered(placed_at=placed)).ended, "what was learned of it before is taken back"

    def test_a_change_that_teaches_nothing(self) -> None:
        seen = moving(scan(Milestone.IN_TRANSIT, NOW + 2 * DAY), version=7, expected=PROMISED)
        assert entry_of(moving(), seen, TODAY) is None

    def test_old_orders_until_all_is_known_of_them(self) -> None:
        old = {"backfilled": True}
        assert entry_of(None, known(**old), TODAY) is None
        assert entry_of(known(**old), moving(**old), TODAY) is None
        unscanned = after(known(**old), [scan(Milestone.DELIVERED, NOW + DAY)])
        assert entry_of(None, unscanned, TODAY) is None
        assert entry(moving(**old), delivered(**old)).delivered == date(2026, 3, 5)


def test_the_engine_is_told_what_was_written() -> None:
    found = entry(None, delivered())
    assert found.life() == Life(
        "shp_1",
        ROUTE,
        date(2026, 3, 2),
        promised=date(2026, 3, 5),
        handed=date(2026, 3, 3),
        delivered=date(2026, 3, 5),
        placed_hour=7,
        silence_hours=48,
    )


def test_an_entry_holds_nothing_personal() -> None:
    found = entry(None, delivered(tracking_number="1ZSECRET", shopper_id="cus_secret", order_id="ord_secret"))
    assert "secret" not in found.model_dump_json().lower()


class TestTheStream:
    @staticmethod
    def record(old: Shipment | None, new: Shipment, entity_type: str = "shipment") -> dict[str, Any]:
        images: dict[str, Any] = {"OldImage": old, "NewImage": new}
        shown = {
            name: {"entity_type": {"S": entity_type}, "data": {"S": one.model_dump_json(exclude_defaults=True)}}
            for name, one in images.items()
            if one
        }
        return {"dynamodb": shown}

    def test_a_change_becomes_the_entry_of_the_day_on_which_it_is_written(self) -> None:
        found = entry_in(self.record(moving(), delivered()), FakeShipments(), NOW + 30 * DAY)
        assert found == entry_of(moving(), delivered(), date(2026, 4, 1))

    def test_other_records_and_removals_say_nothing(self) -> None:
        removed: dict[str, Any] = {"dynamodb": {"OldImage": {"entity_type": {"S": "shipment"}}}}
        empty: dict[str, Any] = {"dynamodb": {"NewImage": {"entity_type": {"S": "shipment"}}}}
        for record in (self.record(None, delivered(), "order"), removed, empty):
            assert entry_in(record, FakeShipments(), NOW) is None

    def test_a_change_that_was_held_up_takes_back_nothing_newer(self) -> None:
        """Given a first scan that is put back after the delivery was written down, then the delivery is written."""
        shipments = FakeShipments()
        shipments.records["larkspur", "shp_1"] = delivered(version=7)
        record = self.record(known(), moving(version=3))
        record["dynamodb"]["ApproximateCreationDateTime"] = NOW.timestamp()
        in_time = entry_in(record, shipments, NOW + timedelta(minutes=59))
        assert in_time
        assert (in_time.version, in_time.delivered) == (3, None)
        late = entry_in(record, shipments, NOW + timedelta(minutes=61))
        assert late
        assert (late.version, late.delivered) == (7, date(2026, 3, 5))

    def test_what_a_person_moved_while_changes_were_held_up_has_ended(self) -> None:
        """Given a parcel that was taken from its order, and a stream that tells of it hours later."""
        shipments = FakeShipments()
        shipments.records["larkspur", "shp_1"] = moving(version=4, moved_to="shp_2")
        record = self.record(moving(version=3), moving(version=4, moved_to="shp_2"))
        record["dynamodb"]["ApproximateCreationDateTime"] = NOW.timestamp()
        late = entry_in(record, shipments, NOW + 2 * HOUR)
        assert late
        assert (late.version, late.ended) == (4, True)

    def test_an_entry_is_read_as_it_was_written(self) -> None:
        found = entry(None, delivered(forecasts={"purchase": FORECAST}))
        assert JournalEntry.model_validate_json(found.model_dump_json(exclude_defaults=True)) == found
        assert "larkspur-2026-03-01-4f1c" in json.dumps(found.model_dump(mode="json"))


class TestTheLongestGap:
    def test_between_movements_up_to_the_delivery(self) -> None:
        scans = [
            (Milestone.ACCEPTED, 0),
            (Milestone.IN_TRANSIT, 10),
            (Milestone.EXCEPTION, 40),
            (Milestone.DELIVERED, 61),
        ]
        found = after(known(), [scan(milestone, NOW + hours * HOUR) for milestone, hours in scans])
        assert found.longest_gap_hours == 51, "a trouble is no movement"

    def test_none_before_there_are_two(self) -> None:
        assert known().longest_gap_hours is None
        assert after(known(), [scan(Milestone.ACCEPTED, NOW)]).longest_gap_hours is None

    def test_what_is_scanned_after_the_delivery_is_no_gap(self) -> None:
        late = scan(Milestone.IN_TRANSIT, NOW + 3 * DAY + 2 * HOUR)
        assert moving(scan(Milestone.DELIVERED, NOW + 3 * DAY), late).longest_gap_hours == 48

    @given(st.data())
    def test_whatever_order_the_news_come_in(self, data: st.DataObject) -> None:
        kinds = st.sampled_from(
            [Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY, Milestone.DELIVERED, Milestone.EXCEPTION]
        )
        told = data.draw(st.lists(st.tuples(kinds, st.integers(0, 400)), unique=True, max_size=8))
        facts = [self.fact(number, milestone, hours) for number, (milestone, hours) in enumerate(told)]
        shuffled = data.draw(st.permutations(facts))
        found = after(known(), facts).longest_gap_hours
        assert after(known(), shuffled).longest_gap_hours == found
        assert found is None or 0 <= found <= 400

    @staticmethod
    def fact(number: int, milestone: Milestone, hours: int) -> StoredEvent:
        at = NOW + hours * HOUR
        event = TrackingEvent(occurred_at=at, raw_code=milestone.value, milestone=milestone)
        return StoredEvent(event_id=f"evt_{number}", event=event, received_at=at, source="ups")
