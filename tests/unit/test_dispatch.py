"""Has an order left by its day? Which day that is, what still has to leave, and the life of the delay."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import DateRange
from porchlight.domain.delay_facts import delay_facts
from porchlight.domain.delays import DelayChange, DelayKind
from porchlight.domain.dispatch import assess_order, holdings, next_look, order_range, ship_by, to_ship
from porchlight.domain.facts import Scene
from porchlight.domain.forecast.lives import Forecast
from porchlight.domain.milestones import Milestone, Party
from porchlight.domain.order_delays import declare_order, reopened, settle_order, suspect_order
from porchlight.domain.orders import Destination, Order, OrderLine
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.promises import ShipDaySaid, said_with
from porchlight.domain.remedies import Remedy, RemedyRecord, RemedyState
from tests.unit.stories import DAY, NOW, ZONE, after, brand, order, parcel, scan, usd

BERLIN = {"country": "DE", "zone": "Europe/Berlin", "cutoff": "14:00"}
NORWAY = Destination(country="NO", zone="Europe/Oslo")
LATE = datetime(2026, 3, 5, 5, tzinfo=UTC)
"""Wednesday, 4 March, is over in New York: two working days after the order."""
PROMISE = DateRange(earliest=date(2026, 3, 5), latest=date(2026, 3, 6), zone=ZONE)


def shop(**delays: Any) -> BrandConfig:
    base = brand()
    return base.model_copy(update={"delays": base.delays.model_copy(update=delays)})


def berlin(**delays: Any) -> BrandConfig:
    known = shop(**delays).model_dump(mode="json")
    return BrandConfig.model_validate(known | {"dates": {"origins": {"berlin": BERLIN}}})


def packed(*lines: tuple[str, int], cancelled: bool = False) -> Packing:
    return Packing(lines=tuple(ParcelLine(line_id=a, quantity=n) for a, n in lines), cancelled=cancelled, as_of=NOW)


def open_order(**update: Any) -> Order:
    """An order to New York whose delay was declared."""
    late = order(promise=PROMISE, **update)
    suspicion = assess_order(late, [], shop(), LATE)
    assert suspicion
    return declare_order(late, suspicion, shop(), LATE)[0]


class TestTheDay:
    def test_what_the_shop_said_counts(self) -> None:
        assert ship_by(order(ship_by=date(2026, 4, 1)), shop()) == date(2026, 4, 1)

    @pytest.mark.parametrize(
        ("placed", "day"),
        [
            # Given: packed in Berlin until 14:00, two working days
            (datetime(2026, 3, 2, 12, 59, tzinfo=UTC), date(2026, 3, 4)),  # Monday, 13:59
            (datetime(2026, 3, 2, 13, 1, tzinfo=UTC), date(2026, 3, 5)),  # Monday, 14:01: as of Tuesday
            (datetime(2026, 3, 1, 23, 30, tzinfo=UTC), date(2026, 3, 4)),  # already Monday there
            (datetime(2026, 3, 6, 14, tzinfo=UTC), date(2026, 3, 11)),  # Friday afternoon: as of Monday
            (datetime(2026, 3, 7, 20, tzinfo=UTC), date(2026, 3, 11)),  # Saturday night
            (datetime(2026, 12, 31, 20, tzinfo=UTC), date(2027, 1, 5)),  # Thursday evening: as of Friday
        ],
    )
    def test_else_so_many_working_days_after_the_order_where_it_is_packed(self, placed: datetime, day: date) -> None:
        assert ship_by(order(placed_at=placed), berlin()) == day

    def test_holidays_of_the_origin_are_no_working_days(self) -> None:
        assert ship_by(order(), shop(), lambda day: day == date(2026, 3, 3)) == date(2026, 3, 5)

    def test_the_same_day_may_be_meant(self) -> None:
        assert ship_by(order(), shop(ship_working_days=0)) == date(2026, 3, 2)


class TestWhatIsLeft:
    def test_without_parcels_all_of_it(self) -> None:
        assert to_ship(order(), []) == {"shirt": 2, "hat": 1}

    def test_shipped_in_part_only_the_rest(self) -> None:
        held = holdings([parcel(packed={"f1": packed(("shirt", 1))})], {})
        assert to_ship(order(), held) == {"shirt": 1, "hat": 1}

    def test_a_parcel_of_which_nobody_says_what_it_holds_may_hold_all(self) -> None:
        assert to_ship(order(), holdings([parcel()], {})) == {}

    def test_what_left_without_a_number_has_left(self) -> None:
        held = holdings([parcel(packed={"f1": packed(("shirt", 2))})], {"f2": packed(("hat", 1))})
        assert to_ship(order(), held) == {}

    def test_a_parcel_that_was_taken_back_holds_nothing(self) -> None:
        taken = parcel(packed={"f1": packed(("shirt", 2), ("hat", 1), cancelled=True)})
        assert to_ship(order(), holdings([taken], {})) == {"shirt": 2, "hat": 1}

    def test_unless_it_moves_all_the_same(self) -> None:
        taken = parcel(packed={"f1": packed(("shirt", 2), cancelled=True)})
        moving = after(taken, [scan(Milestone.IN_TRANSIT, NOW)])
        assert to_ship(order(), holdings([moving], {})) == {}

    def test_parcels_of_returns_and_wrong_ones_do_not_count(self) -> None:
        strangers = [parcel(return_id="rma_1"), parcel(moved_to="shp_2")]
        assert to_ship(order(), holdings(strangers, {})) == {"shirt": 2, "hat": 1}

    def test_what_never_ships_is_not_waited_for(self) -> None:
        card = OrderLine(line_id="card", title="Gift card", quantity=1, unit_price=usd(100), ships=False)
        assert to_ship(order(lines=(*order().lines, card)), []) == {"shirt": 2, "hat": 1}
        assert assess_order(order(lines=(card,)), [], shop(), LATE + 90 * DAY) is None


class TestSuspicion:
    def test_silence_after_the_day(self) -> None:
        assert assess_order(order(), [], shop(), LATE - timedelta(seconds=1)) is None
        found = assess_order(order(promise=PROMISE), [], shop(), LATE)
        assert found
        assert (found.kind, found.since, found.fault) == (DelayKind.NOT_DISPATCHED, LATE, Party.RETAILER)
        assert found.facts | {"ship_by": "2026-03-04", "pieces_to_ship": 3, "pieces_ordered": 3} == found.facts

    @pytest.mark.parametrize(
        "update",
        [
            {"cancelled_at": NOW},
            {"backfilled": True},
            {"dispatched_at": NOW},
            {"refunds": {"r1": usd(24_000)}},
        ],
    )
    def test_nobody_waits(self, update: dict[str, Any]) -> None:
        gone = order(**update)
        assert assess_order(gone, [], shop(), LATE + 9 * DAY) is None
        assert next_look(gone, shop(), LATE) is None

    def test_a_part_of_the_money_back_is_no_end(self) -> None:
        assert assess_order(order(refunds={"r1": usd(100)}), [], shop(), LATE)

    def test_all_has_left(self) -> None:
        assert assess_order(order(), holdings([parcel()], {}), shop(), LATE) is None

    def test_what_is_to_be_sent_again_has_the_next_working_day(self) -> None:
        # Given: a parcel that was taken back on Friday, 6 March
        again = reopened(order(dispatched_at=NOW), datetime(2026, 3, 6, 15, tzinfo=UTC))
        # Then: Monday is over before it is late again
        assert next_look(again, shop(), LATE) == datetime(2026, 3, 10, 4, tzinfo=UTC)

    def test_reopening_what_had_not_left_changes_nothing(self) -> None:
        assert reopened(order(), NOW) == order()


@given(
    st.integers(0, 3 * 365 * 24 * 60).map(
        lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(["US", "NO", None]),
    st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2028, 1, 31))),
    st.integers(0, 90 * 24),
)
def test_an_order_is_looked_at_exactly_when_it_becomes_late(
    placed: datetime, country: str | None, stated: date | None, hours: int
) -> None:
    """However long it is silent: before the time of its look it is never late, from then on always."""
    late = order(placed_at=placed, ship_by=stated, destination=Destination(country=country), promise=None)
    look = next_look(late, berlin(), placed)
    assert look
    assert assess_order(late, [], berlin(), look - timedelta(microseconds=1)) is None
    assert assess_order(late, [], berlin(), look + hours * timedelta(hours=1))


@given(
    st.lists(st.sampled_from([("shirt", 1), ("shirt", 2), ("hat", 1)]), max_size=4),
    st.integers(0, 30),
)
def test_a_delay_is_never_declared_for_what_has_left(lines: list[tuple[str, int]], days: int) -> None:
    held = holdings([], {str(number): packed(line) for number, line in enumerate(lines)})
    found = assess_order(order(), held, shop(), LATE + days * DAY)
    shirts = sum(count for line, count in lines if line == "shirt")
    missing = {"shirt": max(2 - shirts, 0), "hat": max(1 - len([1 for line, _ in lines if line == "hat"]), 0)}
    assert bool(found) == any(missing.values())
    if found:
        assert found.facts["pieces_to_ship"] == sum(missing.values())


class TestRanges:
    def test_without_history_it_comes_after_the_promise(self) -> None:
        assert order_range(order(promise=PROMISE, destination=NORWAY), shop(), LATE) == DateRange(
            earliest=date(2026, 3, 9), latest=date(2026, 3, 11), zone="Europe/Oslo"
        )

    def test_with_history_the_forecast_moves_by_the_days_that_it_leaves_late(self) -> None:
        days = {"p10": date(2026, 3, 5), "p50": date(2026, 3, 6), "p80": date(2026, 3, 9), "p90": date(2026, 3, 10)}
        forecast = Forecast(moment="purchase", made_at=NOW, version="larkspur-1", **days)
        # Given: it was to leave on the 4th, and the shop says on Monday, the 16th
        late = order(destination=NORWAY, forecast=forecast, ship_by=date(2026, 3, 16))
        first = ShipDaySaid(day=date(2026, 3, 4), said_at=NOW)
        late = late.model_copy(update={"ship_days": (first, ShipDaySaid(day=late.ship_by, said_at=LATE))})
        assert order_range(late, shop(), LATE) == DateRange(
            earliest=date(2026, 3, 18), latest=date(2026, 3, 22), zone="Europe/Oslo"
        )

    def test_no_day_is_named_where_the_law_asks_for_one_and_the_shop_has_none(self) -> None:
        stated = order(ship_by=date(2026, 3, 4))
        assert order_range(stated, shop(), LATE) is None
        assert order_range(stated, shop(mail_order_rule=False), LATE)


class TestLife:
    def test_suspected_then_declared_under_one_id(self) -> None:
        late = order(promise=PROMISE)
        suspicion = assess_order(late, [], shop(), LATE)
        assert suspicion
        noted, (first,) = suspect_order(late, suspicion, shop().delays, LATE)
        declared, (second,) = declare_order(noted, suspicion, shop(), LATE)
        assert declared.delay
        assert (first.change, second.change) == (DelayChange.SUSPECTED, DelayChange.DECLARED)
        assert first.delay_id == second.delay_id == declared.delay.delay_id == suspicion.delay_id
        assert (second.order_id, second.shipment_id) == ("ord_1", None)
        assert declared.suspected is None
        # Twice is once
        assert suspect_order(noted, suspicion, shop().delays, LATE) == (noted, ())
        assert declare_order(declared, suspicion, shop(), LATE) == (declared, ())

    def test_it_recovers_when_all_has_left_and_not_before(self) -> None:
        late = open_order()
        part = holdings([parcel(packed={"f1": packed(("shirt", 2))})], {})
        assert settle_order(late, part, shop(), LATE + DAY) == (late, ())
        rest = [*part, {"f2": packed(("hat", 1))}]
        mended, (decision,) = settle_order(late, rest, shop(), LATE + DAY)
        assert mended.delay
        assert (mended.delay.recovered_at, mended.dispatched_at) == (LATE + DAY, LATE + DAY)
        assert (decision.change, decision.by) == (DelayChange.RECOVERED, "store")
        assert next_look(mended, shop(), LATE + DAY) is None

    @pytest.mark.parametrize("update", [{"cancelled_at": LATE}, {"refunds": {"r1": usd(24_000)}}])
    def test_it_is_resolved_when_nobody_waits_any_more(self, update: dict[str, Any]) -> None:
        ended, (decision,) = settle_order(open_order().model_copy(update=update), [], shop(), LATE + DAY)
        assert ended.delay
        assert ended.delay.resolved_at == LATE + DAY
        assert decision.change is DelayChange.RESOLVED

    def test_a_suspicion_that_proves_to_be_none_is_dropped(self) -> None:
        suspicion = assess_order(order(), [], shop(), LATE)
        assert suspicion
        noted, _ = suspect_order(order(), suspicion, shop().delays, LATE)
        dropped, (decision,) = settle_order(noted, holdings([parcel()], {}), shop(), LATE)
        assert (dropped.suspected, decision.change) == (None, DelayChange.CLEARED)

    def test_another_day_of_shipping_is_told_anew_once(self) -> None:
        late = open_order(destination=NORWAY)
        named = late.model_copy(update={"ship_by": date(2026, 3, 20)})
        told, (decision,) = settle_order(named, [], shop(), LATE + DAY)
        assert told.delay
        assert late.delay
        assert (told.delay.revision, decision.change, decision.by) == (1, DelayChange.UPDATED, "store")
        assert told.delay.expected
        assert told.delay.expected.earliest == date(2026, 3, 23)
        assert told.delay.before == late.delay.expected
        assert settle_order(told, [], shop(), LATE + DAY) == (told, ())

    def test_a_range_that_is_over_is_told_anew(self) -> None:
        late = open_order(destination=NORWAY)
        over = next_look(late, shop(), LATE)
        assert over
        suspicion = assess_order(late, [], shop(), over)
        assert suspicion
        told, (decision,) = declare_order(late, suspicion, shop(), over)
        assert decision.change is DelayChange.UPDATED
        assert told.delay
        assert told.delay.expected
        assert told.delay.expected.earliest > over.date()

    def test_shipped_though_the_money_is_given_back_is_noted_once(self) -> None:
        late = open_order()
        assert late.delay
        done = RemedyRecord(key="rmd_1", remedy=Remedy.CANCEL, state=RemedyState.DONE, intended_at=LATE)
        ended = late.delay.model_copy(update={"remedies": (done,), "resolved_at": LATE})
        refunded = late.model_copy(update={"delay": ended})
        assert next_look(refunded, shop(), LATE) is None
        noted, (decision,) = settle_order(refunded, holdings([parcel()], {}), shop(), LATE + DAY)
        assert decision.change is DelayChange.CONFLICT
        assert decision.facts["key"] == "rmd_1"
        assert settle_order(noted, holdings([parcel()], {}), shop(), LATE + 2 * DAY)[1] == ()


class TestWhatIsSaid:
    """What the shopper is told comes next (``domain.delay_facts``)."""

    def next_of(self, late: Order, config: BrandConfig) -> tuple[str, bool]:
        assert late.delay
        view = delay_facts(Scene(config, late, LATE, relative=False), late.delay)
        return view["asks_day"], view["asks_refund"]

    def test_under_the_rule_the_shopper_is_asked_when_the_notice_is_due(self) -> None:
        assert self.next_of(open_order(), shop()) == ("Wednesday 1 April", True)

    def test_elsewhere_by_the_playbook(self) -> None:
        assert self.next_of(open_order(destination=NORWAY), shop()) == ("Tuesday 10 March", True)


@given(st.permutations([(date(2026, 3, 4), 0), (None, 1), (date(2026, 3, 9), 2), (date(2026, 3, 9), 3)]))
def test_days_of_shipping_are_kept_in_turn_whatever_the_order_of_arrival(said: list[tuple[date | None, int]]) -> None:
    kept: tuple[ShipDaySaid, ...] = ()
    for day, hours in [*said, *said]:
        kept = said_with(kept, ShipDaySaid(day=day, said_at=NOW + timedelta(hours=hours)))
    assert [one.day for one in kept] == [date(2026, 3, 4), None, date(2026, 3, 9)]
