"""What comes next for a return, whatever happens and in whatever order: it always ends, and nothing is given twice."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.returns import (
    ENDED,
    Decision,
    Label,
    Outcome,
    Return,
    ReturnLine,
    ReturnState,
    Review,
)
from porchlight.domain.rma import answers, dues
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt, RepairStep
from porchlight.domain.rma.moves import settle_news
from porchlight.domain.rma.names import (
    NOTHING_COMES,
    Discrepancy,
    RefundTrigger,
    RepairState,
    Resolution,
    ReturnKind,
    ReturnMethod,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.next_step import NOTHING_TOLD, Do, Parcels, Step, Told, next_step
from porchlight.domain.rma.settlements import Parts
from porchlight.domain.rma.terms import Terms
from porchlight.services.assess_return import fits
from tests.unit.stories import DAY, NOW, order, usd

SHIRT = (ItemFound(line_id="shirt", quantity=1),)
LATE = timedelta(days=400)
GOODS_OUT = {SettlementKind.CREDIT, SettlementKind.EXCHANGE, SettlementKind.REPLACE}


def decided(outcome: Outcome = Outcome.APPROVE, rule: str = "within_window", at: datetime = NOW) -> Decision:
    return Decision(outcome=outcome, rule=rule, policy_version="returns-1", decided_at=at, facts={"execution": "exe"})


def asked(**update: Any) -> Return:
    """One shirt for 100.00 that the policy approves, under the usual terms."""
    values: dict[str, Any] = {
        "brand": "larkspur",
        "return_id": "rma_1",
        "order_id": "ord_1",
        "shopper_id": "cus_1",
        "lines": (ReturnLine(line_id="shirt", quantity=1, reason="too_small"),),
        "requested_at": NOW,
        "policy_version": "returns-1",
        "terms": Terms(policy_version="returns-1", zone="America/New_York"),
        "decisions": (decided(),),
        "parts": Parts(currency="USD", items=10_000, by_line={"ord_1/shirt": 10_000}),
        "refund_amount": usd(10_000),
    }
    return Return(**{**values, **update})


def terms(**update: Any) -> Terms:
    return Terms(policy_version="returns-1", zone="America/New_York", **update)


@dataclass
class Life:
    """A return with its machine and the world around it. ``providers``: what the next settlements come to."""

    request: Return
    now: datetime = NOW
    parcels: Parcels = field(default_factory=Parcels)
    told: Told = NOTHING_TOLD
    providers: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def look(self) -> Step:
        """What the machine does now, with everything written down."""
        self.request = settle_news(self.request, self.parcels, self.now, self.told)
        step = next_step(self.request, self.now, self.told)
        self.told = NOTHING_TOLD
        return step

    def run(self) -> Step:
        """Until it waits or ends."""
        for _ in range(40):
            step = self.look()
            if step.do in (Do.WAIT, Do.REVIEW, Do.CLOSE):
                if step.until:
                    assert step.until > self.now
                if step.do is Do.CLOSE and not self.request.closed_at:
                    self.request = self.request.model_copy(update={"closed_at": self.now})
                return step
            self.done.append(step.kind.value if step.kind else step.do.value)
            self._do(step)
        raise AssertionError(f"it never waits: {self.done}")

    def _do(self, step: Step) -> None:
        if step.do is Do.LABEL:
            outcome = self.labels.pop(0) if self.labels else "made"
            self.told = Told("label", outcome)
            if outcome == "made":
                waiting = self.request.state in (ReturnState.REQUESTED, ReturnState.IN_REVIEW)
                state = ReturnState.APPROVED if waiting else self.request.state
                self.request = self.request.model_copy(update={"label": label(self.now), "state": state})
        elif step.do is Do.VOID:
            self.told = Told("void", "used")
        else:
            assert step.kind
            self._settle(step.kind)

    def _settle(self, kind: SettlementKind) -> None:
        """As ``services.settle_return`` does it, for one order."""
        self.told = Told("settle", kind.value)
        known = order()
        around = dues.Around({known.order_id: known})
        for due in dues.dues(self.request, kind, around):
            one = dues.latest(self.request, due.key)
            if one is None or not one.counts:
                if one and not dues.may_try_again(self.request, one):
                    return
                self.request = dues.intended(self.request, due, self.now)
                one = self.request.settlements[-1]
            if one.state is SettlementState.DONE:
                continue
            state = SettlementState(self.providers.pop(0) if self.providers else "done")
            self.request = dues.told(self.request, one.key, state, self.now, why="declined")
        self.request = dues.executed(self.request, dues.dues(self.request, kind, around), self.now) or self.request

    def wait(self) -> Step:
        """Nothing happens until the deadline."""
        step = self.run()
        assert step.until
        self.now = step.until
        return self.run()

    # what happens
    def scanned(self) -> None:
        scanned = self.parcels.scanned_at or self.now
        self.parcels = replace(self.parcels, scanned_at=scanned, events=self.parcels.events + 1)

    def delivered(self) -> None:
        self.scanned()
        self.parcels = Parcels(self.parcels.scanned_at, self.now, "", self.parcels.events + 1)

    def lost(self) -> None:
        self.scanned()
        self.parcels = replace(self.parcels, lost="lost")

    def received(self, items: tuple[ItemFound, ...] = (), *wrong: Discrepancy) -> None:
        receipts = self.request.receipts
        one = Receipt(receipt_id=str(len(receipts)), received_at=self.now, items=items, discrepancies=wrong)
        self._goods({"receipts": (*receipts, one)}, ReturnState.RECEIVED)

    def inspected(self, *wrong: Discrepancy, off: int = 0) -> None:
        known = self.request.inspections
        item = ItemFound(line_id="shirt", quantity=1, deduct_minor=off)
        one = Inspection(inspection_id=str(len(known)), inspected_at=self.now, items=(item,), discrepancies=wrong)
        self._goods({"inspections": (*known, one)}, ReturnState.INSPECTED)

    def repaired(self, state: RepairState) -> None:
        if self.request.state is not ReturnState.IN_REPAIR:
            return
        ends = {RepairState.REPAIRED: ReturnState.REPAIRED, RepairState.REJECTED: ReturnState.REFUSED}
        steps = (*self.request.repairs, RepairStep(state=state, at=self.now))
        to = ends.get(state, ReturnState.IN_REPAIR)
        self.request = self.request.model_copy(update={"repairs": steps, "state": to})

    def _goods(self, update: dict[str, Any], state: ReturnState) -> None:
        if self.request.is_approved and self.request.state not in ENDED:
            moving = (ReturnState.APPROVED, ReturnState.IN_TRANSIT, ReturnState.RECEIVED)
            update["state"] = state if self.request.state in moving else self.request.state
        self.request = self.request.model_copy(update=update)

    def answered(self, approve: bool, amount: int | None = None) -> None:
        if self.request.review:
            self.request = answers.answer(
                self.request, approve, answers.BY_PERSON, "key-cx", self.now, amount_minor=amount
            )

    def cancelled(self) -> None:
        if answers.may_cancel(self.request) and not self.parcels.scanned_at:
            self.request = answers.cancel(self.request, "shopper", self.now)

    def settled(self, state: SettlementState) -> None:
        """News of a provider about what it had taken."""
        for one in self.request.settlements:
            if one.state is SettlementState.ACCEPTED:
                self.request = dues.told(self.request, one.key, state, self.now, why="declined")
                return

    def given(self) -> Counter[SettlementKind]:
        return Counter(one.kind for one in self.request.settlements if one.counts)

    def rules(self) -> list[str]:
        return [one.rule for one in self.request.decisions]


def label(at: datetime) -> Label:
    return Label(carrier="ups", tracking_number="PLR1", shipment_id="shp_9", reference="PLR1", made_at=at)


# ------------------------------------------------------------------------------------------------------- whatever comes

NEWS = (
    *("scan", "deliver", "lost", "receive", "receive_part", "wrong", "inspect", "empty", "yes", "no", "half"),
    *("cancel", "done", "failed", "repairing", "repaired", "rejected", "time", "reopen"),
)


def happen(life: Life, what: str, step: Step) -> None:
    match what:
        case "scan":
            life.scanned()
        case "deliver":
            life.delivered()
        case "lost":
            life.lost()
        case "receive":
            life.received()
        case "receive_part":
            life.received((ItemFound(line_id="hat", quantity=1),))
        case "wrong":
            life.received(SHIRT, Discrepancy.WRONG_ITEM)
        case "inspect":
            life.inspected(off=1_000)
        case "empty":
            life.inspected(Discrepancy.EMPTY_BOX)
        case "yes" | "no":
            life.answered(what == "yes")
        case "half":
            life.answered(approve=True, amount=5_000)
        case "cancel":
            life.cancelled()
        case "done" | "failed":
            life.settled(SettlementState(what))
        case "repairing":
            life.repaired(RepairState.IN_REPAIR)
        case "repaired" | "rejected":
            life.repaired(RepairState(what))
        case "reopen":
            if answers.may_reopen(life.request) and life.request.closed_at:
                life.request = answers.reopen(life.request, "key-cx", life.now)
        case _:
            life.now = step.until or life.now + DAY


requests = st.builds(
    asked,
    kind=st.sampled_from(ReturnKind),
    resolution=st.sampled_from(Resolution),
    method=st.sampled_from(ReturnMethod),
    difference_minor=st.sampled_from([-2_000, 0, 2_000]),
    terms=st.one_of(
        st.none(),
        st.builds(
            terms,
            refund_on=st.sampled_from(RefundTrigger),
            review_approves=st.booleans(),
            review_days=st.sampled_from([1, 3]),
            refund_by=st.sampled_from([None, (NOW + 14 * DAY).date()]),
        ),
    ),
    review=st.sampled_from(
        [None, Review(stage="request", why="above_review_amount", asked_at=NOW, due_at=NOW + 3 * DAY)]
    ),
)


def sane(request: Return) -> Return:
    """What can be asked for, and a question about it before an approval."""
    keeps = request.method in NOTHING_COMES or request.kind is ReturnKind.CLAIM
    if keeps and not fits(request.kind, request.resolution, request.method):
        request = request.model_copy(update={"resolution": Resolution.REFUND, "method": ReturnMethod.KEEP})
    if request.review is None:
        return request
    asks = decided(Outcome.REVIEW, "above_review_amount")
    return request.model_copy(update={"decisions": (asks,), "state": ReturnState.IN_REVIEW})


@given(
    request=requests.map(sane),
    news=st.lists(st.sampled_from(NEWS), max_size=10),
    providers=st.lists(st.sampled_from(["done", "accepted", "failed"]), max_size=6),
    labels=st.lists(st.sampled_from(["made", "refused"]), max_size=3),
)
def test_whatever_happens_a_return_ends_and_gives_nothing_twice(
    request: Return, news: list[str], providers: list[str], labels: list[str]
) -> None:
    life = Life(request, providers=list(providers), labels=list(labels))
    for what in news:
        happen(life, what, life.run())
        check(life)
    # When nothing happens any more, deadlines bring it to an end
    for _ in range(60):
        step = life.run()
        check(life)
        if step.do is Do.CLOSE:
            break
        assert step.until
        life.now = step.until
    else:
        raise AssertionError(f"never over: {life.request.state} {life.rules()} {life.done}")
    assert life.request.state in ENDED | {ReturnState.FAILED}
    assert life.now < NOW + LATE
    held, let_go = life.given()[SettlementKind.HOLD], {SettlementKind.RELEASE, SettlementKind.CAPTURE}
    if held and life.request.state is not ReturnState.FAILED and not left_undone(life):
        assert sum(life.given()[kind] for kind in let_go) == 1, "what is held is let go or taken"
    # Then nothing moves any more, however often it is asked
    settled = life.request.settlements
    for days in (0, 1, 100):
        life.now += days * DAY
        assert life.run().do is Do.CLOSE
    assert life.request.settlements == settled


def left_undone(life: Life) -> bool:
    """A person has said that a payment is left."""
    money = [one for one in life.request.decisions if one.facts.get("stage") == "money"]
    return any(one.outcome is Outcome.REFUSE for one in money)


def check(life: Life) -> None:
    given_ = life.given()
    assert all(count == 1 for count in given_.values()), given_
    assert not (given_[SettlementKind.RELEASE] and given_[SettlementKind.CAPTURE])
    assert sum(given_[kind] for kind in GOODS_OUT) <= 1
    refunds = [one for one in life.request.settlements if one.kind is SettlementKind.REFUND and one.counts]
    if given_[SettlementKind.CREDIT] or given_[SettlementKind.REPLACE]:
        assert not refunds
    if given_[SettlementKind.EXCHANGE] and refunds:
        assert refunds[0].amount.amount < 10_000  # the rest, not the whole
    if life.request.state is ReturnState.REPAIRED:
        assert not refunds
    assert not life.request.is_approved or life.request.parts is None or life.request.parts.total.amount >= 0
