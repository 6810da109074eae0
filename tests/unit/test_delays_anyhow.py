"""Any interleaving of news, promises, cancellations, time and workflows that die: what holds all the same."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.changes import shipment_changes
from porchlight.domain.dates import DateRange
from porchlight.domain.delays import DelayChange
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.forecast.days import Days
from porchlight.domain.forecast.lives import Quantiles
from porchlight.domain.lateness import next_check
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.shipments import Shipment
from porchlight.ports import InboundMessage
from porchlight.services.dates import Dates
from porchlight.services.delays import DelayWatch
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.record_events import Recorder
from porchlight.services.sweep_due import Sweep
from tests.fakes import (
    NOBODY,
    FakeBrands,
    FakeCodes,
    FakeDue,
    FakeErrands,
    FakeMessages,
    FakeMetrics,
    FakeModels,
    FakeOrders,
    FakeQuarantine,
    FakeShipments,
    FakeSurges,
    FakeWorkflows,
    no_surges,
)
from tests.unit.keeping import PARCEL, placed, shipped
from tests.unit.stories import DAY, NOW, ZONE, brand

HOUR = timedelta(hours=1)
KEY = ("larkspur", PARCEL)


class Usual:
    """A model of a lane that takes three days: from the third on a parcel is likely to miss its promise."""

    version = "larkspur-2026-03-01-abcd"

    def confidence(self, _: object) -> tuple[str, ...]:
        return ()

    def purchase(self, *_: object, **__: object) -> Quantiles:
        return Quantiles(1, 2, 3, 4)

    handover = remaining = purchase

    def late(self, _: object, *, placed: date, today: date, **__: object) -> float:
        return min(0.2 * (today - placed).days, 0.95)

    def crossing(self, _: object, *, placed: date, today: date, promised: date, **__: object) -> date | None:
        found = max(today, placed + 3 * DAY)
        return found if found <= promised else None

    def silence(self, _: object) -> timedelta:
        return timedelta(days=3)

    def days(self, _: object) -> Days:
        return Days()


class World:
    """One parcel, the machinery around it, and a clock."""

    def __init__(self, model: Any) -> None:
        self.now, self.said = NOW, 0
        self.brand = brand()
        brands, self.metrics = FakeBrands(self.brand), FakeMetrics()
        self.orders, self.workflows = FakeOrders(), FakeWorkflows()
        self.shipments = FakeShipments(self.orders)
        self.dates = Dates(FakeModels(model), FakeSurges())
        self.keeper = OrderKeeper(self.orders, self.shipments, brands, NOBODY, self.dates)
        self.recorder = Recorder(
            self.shipments, FakeQuarantine(), brands, FakeCodes(), self.metrics, NOBODY, FakeErrands(), self.dates
        )
        self.watch = DelayWatch(self.shipments, self.orders, brands, self.metrics, self.dates, no_surges())
        self.sweep = Sweep(FakeDue(self.shipments, FakeMessages()), self.watch, self.workflows, self.metrics)
        self.order: dict[str, Any] = {}
        self.taken_up: set[str] = set()
        self.dying = False
        self.say()
        self.keeper.apply("larkspur", "shopify", shipped(), self.now)

    @property
    def parcel(self) -> Shipment:
        return self.shipments.records[KEY]

    def say(self, **update: Any) -> None:
        """The store says something new of the order."""
        self.order |= update
        self.said += 1
        change = placed(**self.order).model_copy(update={"updated_at": self.now + self.said * timedelta(seconds=1)})
        self.keeper.apply("larkspur", "shopify", change, self.now)

    def do(self, what: str, value: Any) -> None:
        self._pass(1 / 60)
        match what:
            case "scan":
                milestone, ago = value
                self._report(TrackingEvent(occurred_at=self.now - ago * HOUR, raw_code="x", milestone=milestone))
            case "estimate":
                self._report(estimate=DeliveryEstimate(day=self.now.date() + value * DAY))
            case "promise":
                day = self.now.date() + value * DAY
                self.say(promise=DateRange(earliest=day, latest=day, zone=ZONE))
            case "cancelled":
                self.say(cancelled_at=self.now if value else None)
            case "dying":
                self.dying = value
            case "hours":
                self._pass(value)

    def _report(self, *events: TrackingEvent, estimate: DeliveryEstimate | None = None) -> None:
        report = TrackingReport(carrier="ups", tracking_number="1Z999", events=events, estimate=estimate)
        about = InboundMessage(kind="carriers", source="ups", account="a", brand="larkspur", received_at=self.now)
        self.recorder.report(self.brand, about, report, self.now)

    def _pass(self, hours: float) -> None:
        """Time goes by. The sweep looks in the minute in which something is due; workflows begin, or die at once."""
        until, looks = self.now + hours * HOUR, 0
        while (due := self.shipments.due_at.get(KEY)) and due <= until:
            self.now = max(self.now, due)
            assert "failed" not in self.sweep.run(self.now)
            self._work()
            assert KEY not in self.shipments.due_at or self.shipments.due_at[KEY] > self.now, "it would be due for ever"
            looks += 1
        assert looks <= 8 + hours / 4
        self.now = until

    def _work(self) -> None:
        for (_, name), payload in list(self.workflows.started.items()):
            if name not in self.taken_up:
                self.taken_up.add(name)
                if not self.dying:
                    self.watch.assess_and_declare("larkspur", PARCEL, self.now, payload["delay_id"])

    def moments(self) -> Iterator[tuple[Moment, Milestone, datetime]]:
        for old, new in self.shipments.history:
            if new.shipment_id == PARCEL:
                for event in shipment_changes(old, new):
                    if event.moment:
                        yield event.moment, new.milestone, event.recorded_at


SCANS = st.sampled_from([m for m in Milestone if m is not Milestone.UNKNOWN] + [Milestone.IN_TRANSIT] * 12)
STORY = st.lists(
    st.one_of(
        st.tuples(st.just("hours"), st.integers(1, 200)),
        st.tuples(st.just("hours"), st.integers(1, 30)),
        st.tuples(st.just("scan"), st.tuples(SCANS, st.integers(-12, 150))),
        st.tuples(st.just("scan"), st.tuples(SCANS, st.integers(0, 3))),
        st.tuples(st.just("estimate"), st.integers(-3, 20)),
        st.tuples(st.just("promise"), st.integers(-5, 20)),
        st.tuples(st.just("cancelled"), st.booleans()),
        st.tuples(st.just("dying"), st.booleans()),
    ),
    max_size=30,
)


@given(STORY, st.booleans())
def test_one_delay_at_a_time_each_on_a_lawful_way_and_never_forgotten(
    story: list[tuple[str, Any]], learned: bool
) -> None:
    world = World(Usual() if learned else None)
    for what, value in story:
        world.do(what, value)
        # Whenever silence alone may change something, the parcel is due; and what has arrived is late for nobody
        outlook = world.dates.outlook(world.parcel, world.brand, world.now)
        if next_check(world.parcel, world.brand.delays, world.now, outlook):
            assert KEY in world.shipments.due_at
        if world.parcel.milestone is Milestone.DELIVERED:
            assert not (world.parcel.delay and world.parcel.delay.is_open)
    # Every delay went a lawful way, and all of it stands in its records
    open_id, ended, seen = "", "", set()
    recovered_at = None
    for decision in world.shipments.decisions[KEY].values():
        match decision.change:
            case DelayChange.DECLARED:
                assert not open_id
                assert decision.delay_id not in seen
                assert decision.at != recovered_at, "said to go on, and to be late, at one moment"
                open_id = decision.delay_id
                seen.add(open_id)
            case DelayChange.UPDATED:
                assert decision.delay_id == open_id
            case DelayChange.RECOVERED | DelayChange.RESOLVED:
                assert decision.delay_id == open_id
                open_id, ended = "", decision.delay_id
                recovered_at = decision.at
            case DelayChange.FALSE_ALARM:
                assert decision.delay_id in (open_id, ended)
                open_id = ""
    delay = world.parcel.delay
    assert open_id == (delay.delay_id if delay and delay.is_open else "")
    declared = {new.delay.delay_id for _, new in world.shipments.history if isinstance(new, Shipment) and new.delay}
    assert declared == seen
    # And the shopper heard of each once, and of nothing that has arrived
    told = list(world.moments())
    assert sum(moment is Moment.DELAY_DECLARED for moment, *_ in told) == len(seen)
    late = {Moment.DELAY_DECLARED, Moment.DELAY_UPDATED}
    assert not [milestone for moment, milestone, _ in told if moment in late and milestone is Milestone.DELIVERED]
