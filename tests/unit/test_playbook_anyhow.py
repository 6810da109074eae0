"""Playbooks under any order of news, answers, deadlines, deaths and repeats: each remedy at most once, never for what
had arrived, and every wait ends.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import CaseState
from porchlight.domain.delays import DelayChange
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Destination, Order
from porchlight.domain.promises import ShipDaySaid, said_with
from porchlight.domain.remedies import ENDING, Remedy, RemedyState
from porchlight.domain.steps import record_of
from porchlight.errors import ConflictError, InvalidInputError, PermanentProviderError, TransientError
from porchlight.services.order_delays import Dispatches
from porchlight.services.playbook import Todo
from tests.fakes import NO_HISTORY
from tests.unit.late import DAY, LATE, NOW, ORDER, World, with_playbooks

OPTIONS = st.lists(st.sampled_from(["keep_waiting", "cancel", "resend", "refund"]), min_size=1, max_size=4, unique=True)


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    """Any step."""
    kind = draw(st.sampled_from(["wait", "open_case", "ask_shopper", "credit", "claim", "presume_lost"]))
    step: dict[str, Any] = {"step": kind}
    if kind in ("wait", "open_case", "ask_shopper"):
        step["days"] = draw(st.integers(1, 5))
    if kind in ("open_case", "ask_shopper"):
        step["options"] = draw(OPTIONS)
        step["default"] = draw(st.sampled_from(step["options"]))
    if kind == "credit":
        step |= {"currency": "USD", "amount_minor": draw(st.sampled_from([0, 500]))}
    if kind == "presume_lost":
        step["then"] = draw(st.sampled_from(["resend", "refund"]))
    return step


BOOKS = st.lists(steps(), min_size=1, max_size=4)
WHAT = st.one_of(
    st.tuples(st.just("hours"), st.integers(1, 150)),
    st.tuples(st.just("scan"), st.sampled_from([Milestone.EXCEPTION, Milestone.OUT_FOR_DELIVERY, Milestone.DELIVERED])),
    st.tuples(st.just("answer"), st.sampled_from(sorted(Remedy))),
    st.tuples(st.just("fail"), st.sampled_from([TransientError, PermanentProviderError])),
    st.tuples(st.just("die"), st.integers(1, 6)),
    st.tuples(st.just("sweep"), st.just(0)),
    st.tuples(st.just("twice"), st.just(0)),
)


class DeathError(BaseException):
    """The function is killed: nothing catches it but the machine, which calls again."""


class Machine(World):
    """The state machine over the world: it is told what to do, waits, is woken, and calls again what was killed."""

    def __init__(self, config: BrandConfig, *, slow: bool, of: Mapping[str, Any] | None = None) -> None:
        super().__init__(config, of=of)
        self.now = LATE
        self.todo: Todo | None = None
        self.case = ""
        self.writes_left = 10_000
        self.slow, self.paused, self.twice = slow, False, False
        self.running = True
        self.until = LATE
        for store, names in ((self.shipments, ["save"]), (self.cases, ["open", "update"]), (self.orders, ["save"])):
            for name in names:
                self._mortal(store, name)
        self._mortal(self.remedies, "carry_out")
        self.declare()

    def _mortal(self, store: Any, name: str) -> None:
        """Before and after each effect the function may die."""
        real = getattr(store, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self._live()
            found = real(*arguments, **named)
            self._live()
            return found

        setattr(store, name, call)

    def _live(self) -> None:
        self.writes_left -= 1
        if self.writes_left == 0:
            raise DeathError

    def until_done(self, task: Any) -> Any:
        """A task of the machine: what dies or is refused for now is called again; sometimes one is called twice."""
        while True:
            try:
                found = task()
            except DeathError:
                self.writes_left = 10_000
                continue
            if not self.twice:
                return found
            self.twice = False

    def run(self) -> None:
        """On until the machine waits, or ends."""
        for _ in range(60):
            if not self.running or self.waiting():
                return
            if self.todo is None:
                self.todo = self.until_done(lambda: self.next(self.now, self.case))
                self.case = self.todo["case_id"]
            if self.todo["do"] == "end":
                self.running, self.todo = False, None
            elif self.todo["do"] == "remedy":
                if self.slow and not self.paused:
                    self.paused = True
                    return  # other things happen before it is carried out
                self.paused = False
                try:
                    self.until_done(lambda: self.carry_out(self.now))
                except TransientError:
                    return  # asked again later
                self.todo = None
            else:
                assert self.todo["seconds"] >= 1
                self.until = self.now + timedelta(seconds=self.todo["seconds"])
                if self.wait(self.todo, "token"):
                    self.todo = None
        assert self.waiting() or not self.running, "it goes round in circles"

    def waiting(self) -> bool:
        """For news, an answer or a deadline; once that is over it takes the next step."""
        if self.todo is None or self.todo["do"] not in ("wait", "case"):
            return False
        if self.now >= self.until:
            self.todo = None
        return self.todo is not None

    def wake(self) -> None:
        """News: whoever waits looks again."""
        if self.todo and self.todo["do"] != "remedy":
            self.todo = None

    def do(self, what: str, value: Any) -> None:
        match what:
            case "hours":
                self.now += timedelta(hours=value)
            case "scan":
                self.until_done(lambda: self.hear(value))
                self.wake()
            case "answer":
                for case in [one for one in self.cases.records.values() if one.state is CaseState.OPEN]:
                    try:
                        self.until_done(
                            lambda one=case: self.answers.answer("larkspur", one.case_id, value, "shopper", self.now)
                        )
                    except (ConflictError, InvalidInputError):
                        continue
                    self.wake()
            case "fail":
                self.remedies.fails.append(value("as it happens"))
            case "die":
                self.writes_left = value
            case "sweep":
                revision = self.delay.revision
                self.until_done(lambda: self.sweep(self.now))
                if self.delay.is_unattended(self.now):
                    self.running = True
                if self.delay.revision != revision or self.running:
                    self.wake()
            case "twice":
                self.twice = True

    def hear(self, milestone: Milestone) -> None:
        """News from outside."""
        self.news(milestone, self.now)

    def arrived(self) -> bool:
        return self.shipment.milestone is Milestone.DELIVERED


class OrderMachine(Machine):
    """The same for an order that was not dispatched."""

    def __init__(self, config: BrandConfig, country: str, *, slow: bool) -> None:
        of = {"ship_by": (NOW + 4 * DAY).date(), "destination": Destination(country=country)}
        super().__init__(config, slow=slow, of=of)

    def declare(self, now: datetime = LATE) -> None:
        self.orders.parcels.clear()
        self.shipment_id, self.order_id = "", ORDER
        self.delay_id = self.order_watch.assess_and_declare("larkspur", ORDER, now)["delay_id"]

    def hear(self, milestone: Milestone) -> None:
        """The order leaves, is cancelled by the store, or the shop names another day of shipping."""
        found, day = self.order, (self.now + 9 * DAY).date()
        if milestone is Milestone.DELIVERED:
            self.orders.parcels["larkspur", ORDER] = ["shp_1"]
        elif milestone is Milestone.OUT_FOR_DELIVERY:
            found = found.model_copy(update={"cancelled_at": self.now})
        else:
            said = said_with(found.ship_days, ShipDaySaid(day=day, said_at=self.now))
            found = found.model_copy(update={"ship_by": day, "ship_days": said})
        settled = Dispatches(self.orders, self.shipments, NO_HISTORY).settled(found, self.brand, self.now)
        written = settled.order.model_copy(update={"version": self.order.version + 1})
        self.orders.save(written, due_at=settled.due_at, decisions=settled.decisions)

    def sweep(self, now: datetime) -> None:
        """An order's delay has no graver kind."""


def _was_refused(order: Order | None, remedy: Remedy) -> bool:
    record = record_of(order.delay, remedy) if order and order.delay else None
    return record is not None and record.state is RemedyState.REFUSED


@settings(max_examples=200, deadline=None)
@given(BOOKS, st.sampled_from(["US", "DE"]), st.booleans(), st.lists(WHAT, max_size=20))
def test_the_same_holds_for_orders_that_were_not_dispatched(
    book: list[dict[str, Any]], country: str, slow: bool, story: list[tuple[str, Any]]
) -> None:
    machine = OrderMachine(with_playbooks(not_dispatched=book), country, slow=slow)
    machine.run()
    for what, value in [*story, *[("hours", 24 * 6)] * 40]:
        machine.do(what, value)
        machine.run()
    delay = machine.delay
    # Then every wait has ended; only who agreed to wait without a date is asked again and again
    agreed = delay.agreed
    assert not machine.running or (country == "US" and delay.is_open and agreed and agreed.until is None)
    # And each remedy was carried out once, and one at most of those that end a delay
    assert all(count == 1 for count in Counter(task.remedy for task in machine.remedies.done.values()).values())
    done = {record.key for record in delay.remedies if record.state is RemedyState.DONE}
    assert set(machine.remedies.done) == done
    ending = [record for record in delay.remedies if record.remedy in ENDING and record.state is RemedyState.DONE]
    assert len(ending) <= 1
    # And none was begun for an order that had left, or that the store had cancelled
    for old, new in machine.orders.history:
        begun = new.delay.committed if new.delay else None
        if begun and not (old and old.delay and old.delay.committed):
            assert not new.dispatched_at
            assert not new.cancelled_at or _was_refused(old, Remedy.CANCEL), "but for money that is still owed"
    assert machine.order.refunded.amount <= machine.order.total.amount
    told = [event.id for event in machine.published() if event.moment]
    assert len(told) == len(set(told))


@settings(max_examples=300, deadline=None)
@given(BOOKS, BOOKS, st.booleans(), st.lists(WHAT, max_size=20))
def test_each_remedy_at_most_once_never_for_what_has_arrived_and_every_wait_ends(
    stalled: list[dict[str, Any]], lost: list[dict[str, Any]], slow: bool, story: list[tuple[str, Any]]
) -> None:
    machine = Machine(with_playbooks(stalled=stalled, presumed_lost=lost), slow=slow)
    # When anything happens in any order
    machine.run()
    for what, value in [*story, *[("hours", 24 * 6)] * 20]:
        machine.do(what, value)
        machine.run()
    # Then every wait has ended
    assert not machine.running
    # And each remedy was carried out once, under one key, for one amount
    delay = machine.delay
    assert all(count == 1 for count in Counter(task.remedy for task in machine.remedies.done.values()).values())
    done = {record.key for record in delay.remedies if record.state is RemedyState.DONE}
    assert set(machine.remedies.done) == done
    # Of those that end a delay, one at most; none was begun when the parcel had arrived, and what came after is noted
    ending = [record for record in delay.remedies if record.remedy in ENDING and record.state is RemedyState.DONE]
    assert len(ending) <= 1
    for old, new in machine.shipments.history:
        begun = new.delay.committed if new.delay else None
        if begun and not (old and old.delay and old.delay.committed):
            assert new.milestone is not Milestone.DELIVERED
    assert not (ending and delay.recovered_at), "nobody is told that it goes on"
    assert bool(ending) or not delay.conflict_at
    assert delay.conflict_at or not (ending and machine.arrived())
    # And no more than was paid is given back
    assert machine.order.refunded.amount <= machine.order.total.amount
    # And no question of it is left open, none was put twice, and the shopper was told of each thing once
    assert all(case.state is not CaseState.OPEN for case in machine.cases.records.values())
    told = [event.id for event in machine.published() if event.moment]
    assert len(told) == len(set(told))
    changes = Counter(one.change for one in machine.shipments.decisions["larkspur", "shp_1"].values())
    assert changes[DelayChange.DECLARED] == 1
