"""Who withdraws has the money in time, whatever comes, is missing, or waits for people."""

from typing import Any

import pytest

from porchlight.domain.dates import local_day
from porchlight.domain.facts import refusal_variants
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Destination
from porchlight.domain.return_progress import may_object
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.goods import ItemFound
from porchlight.domain.rma.names import Grade, ReturnMethod
from porchlight.errors import ConflictError, InvalidInputError, PermanentProviderError
from porchlight.services.asked import Asked
from porchlight.services.review_return import PostedBody
from tests.unit.returning import BRAND, World, world
from tests.unit.stories import DAY, NOW, order, usd
from tests.unit.withdrawing import EU, ZONE

SHIRTS = ItemFound(line_id="shirt", quantity=2)
ALL = [
    {"line_id": "shirt", "quantity": 2, "reason": "withdrawal"},
    {"line_id": "hat", "quantity": 1, "reason": "withdrawal"},
]
WHOLE = 24_500
"""All items and what the cheapest shipping would have cost."""
SLOW = {"review_days": 30, "review_default": "refuse"}


def withdrawn(*, provider: str = "own", deadlines: dict[str, Any] | None = None, **says: Any) -> tuple[World, str]:
    """All of an order to Berlin, under a policy whose people take their time."""
    here = world(provider=provider, deadlines=SLOW | (deadlines or {}), **({"methods": ["label"]} | says))
    here.assessor.laws.profile = EU  # type: ignore[attr-defined]
    where = Destination(country="DE", zone=ZONE)
    cost = {"shipping": usd(900), "standard_shipping": usd(500), "total": usd(24_900)}
    here.orders.records[BRAND, "ord_1"] = order(destination=where, **cost)
    return here, here.ask(kind="withdrawal", resolution="refund", lines=ALL, source="withdrawal")


def days_until_paid(here: World) -> int | None:
    """Local days from the statement to the money; None where it does not come within half a year."""
    for _ in range(360):
        if here.moved():
            return (local_day(here.now, ZONE) - local_day(NOW, ZONE)).days
        here.later(hours=12)
    return None


@pytest.mark.parametrize("trigger", ["first_scan", "delivered", "received", "inspected"])
def test_a_question_about_the_goods_holds_the_money_no_longer_than_the_law(trigger: str) -> None:
    # Given that not all of it is found, two days before the last one for the refund
    here, rma = withdrawn(refund_on=trigger)
    here.later(days=12)
    here.inspect(rma, SHIRTS.model_copy(update={"grade": Grade.DAMAGED, "deduct_minor": 3000}))
    review = here.get(rma).review
    assert review
    assert review.stage == "goods"
    # When nobody answers, Then what is left of it is paid on the last day
    assert days_until_paid(here) == 14
    assert here.moved() == {"refund": WHOLE - 3000}


@pytest.mark.parametrize("trigger", ["first_scan", "received", "inspected"])
def test_what_comes_after_the_last_day_is_looked_at_for_a_day(trigger: str) -> None:
    here, rma = withdrawn(refund_on=trigger)
    here.later(days=35)
    assert here.get(rma).state is ReturnState.EXPIRED
    here.receive(rma)
    assert days_until_paid(here) == 36
    assert here.moved() == {"refund": WHOLE}


def test_what_had_expired_is_taken_up_again_by_the_proof_that_it_was_sent() -> None:
    here, rma = withdrawn(refund_on="received")
    here.later(days=35)
    (label,) = here.get(rma).old_labels
    here.carrier(rma, Milestone.ACCEPTED, label.shipment_id)
    assert days_until_paid(here) == 36
    assert here.moved() == {"refund": WHOLE}


def test_what_was_called_off_is_not_taken_up_again_by_a_scan() -> None:
    here, rma = withdrawn(refund_on="received")
    here.cancel(rma)
    (label,) = here.get(rma).old_labels
    here.carrier(rma, Milestone.ACCEPTED, label.shipment_id)
    here.later(days=20)
    assert (here.get(rma).state, here.get(rma).review, here.moved()) == (ReturnState.CANCELLED, None, {})


@pytest.mark.parametrize("method", ["label", "own"])
def test_a_proof_of_posting_is_enough_where_no_carrier_says_anything(method: str) -> None:
    # Given a parcel that is never scanned
    here, rma = withdrawn(refund_on="inspected", methods=[method])
    here.later(days=3)
    for _ in range(2):
        here.reviews.posted(BRAND, rma, PostedBody(note="receipt"), "key-cx", here.now)
    here.run()
    assert (here.get(rma).state, here.rules(rma).count("proof_of_posting")) == (ReturnState.IN_TRANSIT, 1)
    assert days_until_paid(here) == 14
    assert here.moved() == {"refund": WHOLE}


def test_a_proof_of_posting_that_comes_after_the_end_is_looked_at_for_a_day() -> None:
    here, rma = withdrawn(refund_on="received")
    here.later(days=40)
    here.reviews.posted(BRAND, rma, PostedBody(posted_at=NOW + 2 * DAY), "key-cx", here.now)
    here.run()
    assert days_until_paid(here) == 41
    assert here.get(rma).scanned_at == NOW + 2 * DAY


def test_nothing_can_be_posted_that_has_come_or_is_not_waited_for() -> None:
    here, rma = withdrawn(refund_on="received")
    with pytest.raises(InvalidInputError):
        here.reviews.posted(BRAND, rma, PostedBody(posted_at=NOW + DAY), "key-cx", here.now)
    here.receive(rma)
    kept, other = withdrawn(methods=["keep"])
    for at, which in ((here, rma), (kept, other)):
        with pytest.raises(ConflictError) as caught:
            at.reviews.posted(BRAND, which, PostedBody(), "key-cx", at.now)
        assert caught.value.problem == "return-not-waiting"


def test_what_no_person_has_refused_may_be_put_before_one() -> None:
    # Given a withdrawal whose order is called off before it is decided
    here, _ = withdrawn()
    here.returns.records.clear()
    asked = {"kind": "withdrawal", "resolution": "refund", "lines": ALL, "order_id": "ord_1"}
    made, _ = here.requests.request(BRAND, Asked.model_validate(asked), "request-key-2", here.now)
    off = here.orders.records[BRAND, "ord_1"].model_copy(update={"cancelled_at": here.now})
    here.orders.records[BRAND, "ord_1"] = off
    here.run()
    # Then the law's decision is nobody's, and somebody can be asked
    refused = here.get(made.return_id)
    assert (refused.state, refused.decisions[-1].decided_by) == (ReturnState.REFUSED, "law")
    assert refusal_variants(refused) == ["order_cancelled"]
    assert may_object(refused)


@pytest.mark.parametrize("trigger", ["first_scan", "received"])
def test_what_never_left_the_shop_need_not_come_back(trigger: str) -> None:
    # Given a withdrawal before anything was sent
    here, _ = withdrawn(refund_on=trigger)
    here.returns.records.clear()
    here.shipments.records.clear()
    here.orders.parcels.clear()
    rma = here.ask("request-key-2", kind="withdrawal", resolution="refund", lines=ALL, source="withdrawal")
    assert here.get(rma).terms.nothing_sent  # type: ignore[union-attr]
    # When the last day comes, Then people are asked before, and it is paid
    here.later(days=12)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("goods", "never_sent")
    assert days_until_paid(here) == 14
    assert here.moved() == {"refund": WHOLE}


def test_what_left_after_all_is_waited_for_as_long_as_a_person_says_so() -> None:
    here, rma = withdrawn(refund_on="received")
    assert not here.get(rma).terms.nothing_sent  # type: ignore[union-attr]
    assert days_until_paid(here) is None


def test_for_an_empty_box_people_have_their_time() -> None:
    here, rma = withdrawn(refund_on="received", deadlines={"review_days": 10})
    here.later(days=13)
    here.receive(rma, SHIRTS.model_copy(update={"quantity": 0}))
    here.later(days=9)
    assert here.moved() == {}
    assert here.get(rma).review


def test_money_that_failed_is_tried_again_in_time() -> None:
    here, rma = withdrawn(refund_on="first_scan")
    here.later(days=5)
    here.provider.fails = [PermanentProviderError("no", code="card-closed")]
    here.carrier(rma)
    review = here.get(rma).review
    assert review
    assert review.stage == "money"
    assert days_until_paid(here) == 14


def test_without_a_label_they_send_it_as_they_like_after_a_day() -> None:
    # Given a provider that wants an address, which a statement of withdrawal does not have
    here, _ = withdrawn(provider="shop")
    here.labels.needs_address = True
    here.returns.records.clear()
    rma = here.ask("request-key-2", kind="withdrawal", resolution="refund", lines=ALL, source="withdrawal")
    assert here.get(rma).review
    here.later(days=1)
    assert (here.get(rma).method, here.get(rma).state) == (ReturnMethod.OWN, ReturnState.APPROVED)
