"""The Mail Order Rule over a whole life: whatever the shop names and the shopper answers, no order waits longer than
was agreed to, and none is cancelled before.
"""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.cases import Case, CaseState
from porchlight.domain.dates import end_of_day
from porchlight.domain.orders import Destination
from porchlight.domain.remedies import Remedy
from porchlight.services.playbook import Todo
from tests.unit.keeping import placed, shipped
from tests.unit.late import ORDER, SECOND, World
from tests.unit.stories import DAY, NOW, ZONE, brand, order

HOUR = timedelta(hours=1)
ACTIONS = st.one_of(
    st.tuples(st.just("revise"), st.one_of(st.none(), st.integers(1, 120))),
    st.tuples(st.just("answer"), st.sampled_from([Remedy.KEEP_WAITING, Remedy.CANCEL])),
    st.tuples(st.just("ship"), st.none()),
)
LIVES = st.lists(st.tuples(st.integers(1, 40 * 24), ACTIONS), max_size=6)


class Life(World):
    """The machine drives the order; the law is kept beside it, from what the shopper was told and has answered."""

    def __init__(self, stated: date | None) -> None:
        super().__init__(of={"ship_by": stated, "destination": Destination(country="US"), "promise": None})
        self.orders.parcels.clear()
        self.shipment_id, self.order_id, self.delay_id = "", ORDER, ""
        self.now, self.said, self.wakes_at = NOW, 0, NOW
        self.todo: Todo | None = None
        self.ends: datetime | None = None
        """When the law ends an order that has not shipped; None for not yet, or never."""
        self.ended_by: str = ""
        self.seen: set[str] = set()
        self.original = stated or NOW.date() + timedelta(days=30)
        self.revise(stated)

    def put(self, **update: Any) -> None:
        self.said += 1
        body = placed(updated_at=NOW + self.said * SECOND, lines=order().lines, total=order().total, **update)
        self.keeper.apply("larkspur", "api", body.model_copy(update={"promise": None}), self.now)

    def revise(self, day: date | None) -> None:
        self.put(ship_by=day, destination=Destination(country="US"))

    @property
    def asked(self) -> Case | None:
        return next((case for case in self.cases.records.values() if case.state is CaseState.OPEN), None)

    def look(self) -> None:
        """The machine's next step, as it is woken by time, news or an answer; before there is one, the sweep's look."""
        if not self.delay_id:
            due = self.orders.due_at.get(("larkspur", ORDER))
            if due is None or due > self.now:
                return
            status = self.order_watch.assess_and_declare("larkspur", ORDER, self.now)
            assert status["outcome"] == "late"
            self.delay_id = status["delay_id"]
        if self.todo and self.todo["do"] in ("end", "remedy"):
            return
        self.todo = self.next(self.now, self.todo["case_id"] if self.todo else "")
        self.wakes_at = self.now + timedelta(seconds=self.todo["seconds"])
        if (case := self.asked) and case.case_id not in self.seen:
            self.seen.add(case.case_id)
            self.learn(case)
        self.check()

    def learn(self, case: Case) -> None:
        """What the law says to a notice that was given."""
        facts = case.facts
        assert case.options == (Remedy.KEEP_WAITING, Remedy.CANCEL)
        revised = facts.get("revised_ship_by")
        day = date.fromisoformat(revised) if isinstance(revised, str) else None
        thirty = self.original + timedelta(days=30)
        assert not facts.get("notice_late"), "whoever looks when it is time is in time"
        if facts.get("continuing"):
            assert self.ends is None
        elif facts["renewed"]:
            assert self.ends
            assert self.now < self.ends
        elif case.default is Remedy.KEEP_WAITING:
            assert day
            assert day <= thirty
            self.ends = end_of_day(day, ZONE)
        else:
            self.ends = end_of_day(thirty, ZONE)

    def answer_now(self, remedy: Remedy) -> None:
        case = self.asked
        if case is None or self.now >= case.deadline:
            return
        self.answer(remedy, self.now)
        revised = case.facts.get("revised_ship_by")
        if remedy is Remedy.CANCEL:
            self.ended_by = "shopper"
        else:
            self.ends = end_of_day(date.fromisoformat(revised), ZONE) if isinstance(revised, str) else None

    def check(self) -> None:
        assert self.todo
        if self.todo["do"] == "remedy":
            assert self.todo["remedy"] == "cancel"
            by_law = self.ends is not None and self.now >= self.ends
            assert by_law or self.ended_by == "shopper"
            decisions = self.orders.decisions["larkspur", ORDER].values()
            (chosen,) = (one for one in decisions if one.step == "cancel_chosen")
            assert chosen.facts["refund_by"]
        elif self.todo["do"] != "end":
            assert self.ends is None or self.now < self.ends, "it waits longer than was agreed to"
            assert self.ended_by != "shopper"

    def until(self, then: datetime) -> None:
        """Time passes; the machine and the sweep are there whenever they are due."""
        while True:
            due = self.orders.due_at.get(("larkspur", ORDER)) if not self.delay_id else None
            if self.todo and self.todo["do"] in ("wait", "case"):
                due = self.wakes_at
            ended = self.todo is not None and self.todo["do"] in ("end", "remedy")
            if self.ends and not ended and min(due or then, then) > self.ends:
                raise AssertionError("it waits longer than was agreed to")
            if due is None or due > then:
                break
            if self.ends == due and not ended:
                assert self.asked, "the shopper can cancel until the end"
            self.now = max(due, self.now)
            self.look()
        self.now = then


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.none(), st.integers(0, 40)), LIVES)
def test_no_order_waits_longer_than_was_agreed_to_and_none_is_cancelled_before(
    days: int | None, happens: list[tuple[int, tuple[str, Any]]]
) -> None:
    life = Life(None if days is None else (NOW + days * DAY).date())
    for hours, (what, value) in [*happens, (100 * 24, ("nothing", None))]:
        life.until(life.now + hours * HOUR)
        if life.todo and life.todo["do"] in ("end", "remedy"):
            return
        if what == "revise":
            life.revise(None if value is None else life.now.date() + timedelta(days=value))
            life.until(life.now)
        elif what == "answer":
            life.answer_now(value)
        elif what == "ship":
            life.keeper.apply("larkspur", "api", shipped(carrier=None), life.now)
            if life.delay_id and life.ended_by != "shopper":
                life.look()
                assert life.todo
                assert life.todo["outcome"] == "recovered"
            return
        life.look()
    # Then: after a hundred days of silence only who agreed to wait without a date still waits
    assert life.todo
    assert life.todo["do"] == "remedy" or (life.order.delay and life.order.delay.agreed)


def test_the_whole_way_of_one_order() -> None:
    # Given: an order that was to ship on Tuesday, 10 March; on the evening of that day the shopper is asked
    life = Life(date(2026, 3, 10))
    life.until(datetime(2026, 3, 11, 0, 0, 1, tzinfo=NOW.tzinfo))
    first = life.asked
    assert first
    assert (first.default, first.facts["revised_ship_by"]) == (Remedy.CANCEL, None)
    # When: the shop names the 30th, Then: a new question with that day, and silence is a yes to it
    life.revise(date(2026, 3, 30))
    life.look()
    second = life.asked
    assert second
    assert (second.case_id != first.case_id, second.default) == (True, Remedy.KEEP_WAITING)
    assert second.facts["revised_ship_by"] == "2026-03-30"
    # Then: the renewed notice comes in the morning of the 30th, and now silence ends the order
    life.until(datetime(2026, 3, 30, 13, 0, 1, tzinfo=NOW.tzinfo))
    third = life.asked
    assert third
    assert (third.facts["renewed"], third.default) == (True, Remedy.CANCEL)
    life.until(datetime(2026, 3, 31, 4, tzinfo=NOW.tzinfo))
    assert life.todo
    assert life.todo["remedy"] == "cancel"


def test_a_brand_outside_of_the_rule_is_asked_by_its_own_playbook() -> None:
    free = brand().delays.model_copy(update={"mail_order_rule": False})
    world = World(brand().model_copy(update={"delays": free}), of={"ship_by": date(2026, 3, 4)})
    world.orders.parcels.clear()
    world.shipment_id, world.order_id = "", ORDER
    at = datetime(2026, 3, 5, 5, tzinfo=NOW.tzinfo)
    world.delay_id = world.order_watch.assess_and_declare("larkspur", ORDER, at)["delay_id"]
    assert world.next(at)["do"] == "wait"
    assert world.cases.records == {}
