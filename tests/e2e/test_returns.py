"""Returns: what the rules say, what people say, what happens when nobody says anything; money back once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from tests.e2e.world import ONLY_ASKS, Purchase, World

ROBE = (("Cashmere robe, dusk", "420.00"),)
"""Worth more than a policy decides on alone."""


@pytest.fixture(scope="module")
def order(world: World) -> Purchase:
    """A delivered order of several lines; each test sends another one back."""
    lines = [(f"Stoneware mug, number {n}", f"{20 + n}.00") for n in range(6)]
    return world.delivered(lines=lines)


def test_a_return_outside_of_the_window_is_refused_and_the_shopper_is_told_why(world: World) -> None:
    order = world.order(via="usps", placed_at=world.ago(days=60))
    world.place(order)
    world.ship(order)
    world.scan(order, "accepted", "delivered", at=world.ago(days=45))
    world.await_shipment(order, lambda parcel: parcel.milestone is Milestone.DELIVERED, "it was delivered")
    world.quiet()
    assert not world.messages(order), "what is over already when it is imported is told to nobody"
    return_id = world.returned(order)
    shown = world.await_return(order, return_id, "refused")
    assert shown["decisions"][-1]["rule"] == "window_closed"
    assert shown["decisions"][-1]["facts"]["days_since_delivery"] == 45
    assert (shown["label"], shown["refund"]) == (None, None)
    world.await_message(order, Moment.RETURN_REFUSED)
    email = world.emails(order)[-1]
    assert email.subject == "About your return: we cannot take it back"
    assert "The time for returns, 30 days, has passed" in email.text
    assert "We cannot take this back." in world.page(order)


def test_a_person_decides_where_the_policy_wants_one(world: World) -> None:
    # Given a return that is worth more than the policy decides on
    order = world.delivered(lines=ROBE)
    return_id = world.returned(order)
    shown = world.await_return(order, return_id, "in_review")
    assert shown["decisions"][-1]["rule"] == "above_review_amount"
    path = f"/v1/returns/{return_id}/decision"
    # When somebody decides who may not, or says nothing that is a decision
    assert world.api(ONLY_ASKS, "GET", f"/v1/returns/{return_id}").status == 200
    assert world.api(ONLY_ASKS, "POST", path, {"approve": True}).status == 403
    assert world.running.send("POST", path, b'{"approve": true}').status == 401
    assert world.api(order.brand, "POST", path, {"approve": "perhaps"}).status == 400
    # Then nothing is decided
    assert world.look_at(order.brand, return_id)["state"] == "in_review"
    # When a person approves
    answer = {"approve": True, "note": "A good customer."}
    assert world.api(order.brand, "POST", path, answer).status == 200
    # Then it is approved by that person, and another decision comes too late; the same one again changes nothing
    shown = world.await_return(order, return_id, "approved")
    assert (shown["decisions"][1]["rule"], shown["decisions"][1]["decided_by"]) == ("human_review", "larkspur-shop")
    assert world.api(order.brand, "POST", path, {"approve": False}).status == 409
    assert world.api(order.brand, "POST", path, answer).status == 200
    assert len(world.look_at(order.brand, return_id)["decisions"]) == len(shown["decisions"])
    world.await_message(order, Moment.RETURN_APPROVED)


def test_a_person_who_refuses_ends_it(world: World) -> None:
    order = world.delivered(lines=ROBE)
    return_id = world.returned(order)
    world.await_return(order, return_id, "in_review")
    assert world.api(order.brand, "POST", f"/v1/returns/{return_id}/decision", {"approve": False}).status == 200
    world.await_message(order, Moment.RETURN_REFUSED)
    assert "A person at Larkspur has looked at it." in world.emails(order)[-1].text
    assert world.look_at(order.brand, return_id)["state"] == "refused"


def test_the_same_request_again_is_the_same_return(world: World, order: Purchase) -> None:
    first = world.ask_return(order, 0, key="the-same-key-1")
    again = world.ask_return(order, 0, key="the-same-key-1")
    assert (first.status, again.status) == (202, 200)
    return_id = first.json()["return_id"]
    assert again.json()["return_id"] == return_id
    world.await_return(order, return_id, "approved")
    # But the same key for something else is a mistake, and so is none
    assert world.ask_return(order, 1, key="the-same-key-1").status == 409
    assert world.ask_return(order, 1, key="short").status == 400
    bodies = ({"order": str(order.external_id), "lines": [{"line_id": "nobody's", "quantity": 1, "reason": "x"}]}, {})
    for body in bodies:
        assert world.api(order.brand, "POST", "/v1/returns", body, idempotency_key="long-enough").status == 400
    contents = world.app.orders.contents(order.brand, order.order_id)
    assert contents.return_ids == (return_id,)


def test_of_two_requests_for_the_same_thing_at_the_same_time_one_is_approved(world: World, order: Purchase) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(world.ask_return, order, 2, key=f"at-the-same-time-{n}") for n in (1, 2)]
        answers = [future.result() for future in asked]
    assert [answer.status for answer in answers] == [202, 202]
    ids = [answer.json()["return_id"] for answer in answers]
    assert len(set(ids)) == 2

    def states() -> list[str]:
        return sorted(world.look_at(order.brand, return_id)["state"] for return_id in ids)

    assert world.awaited(lambda: set(states()).isdisjoint({"requested"}) and states(), "both are decided") == [
        "approved",
        "refused",
    ]
    refused = [r for r in (world.look_at(order.brand, i) for i in ids) if r["state"] == "refused"]
    assert refused[0]["decisions"][-1]["rule"] == "quantity_exceeded"


def test_a_refund_desk_with_a_bad_day_pays_once(world: World, order: Purchase) -> None:
    # Given a desk that fails twice before it pays
    return_id = world.returned(order, 3)
    shown = world.await_return(order, return_id, "approved")
    world.quiet()
    before = world.paid(order)
    world.refunds.failures += [500, 503]
    # When the parcel is scanned
    world.scan_label(order, shown)
    shown = world.await_return(order, return_id, "refunded", within=60)
    # Then it was asked until it said yes, under one key, and paid once
    assert not world.refunds.failures
    (paid,) = [paid for paid in world.paid(order) if paid not in before]
    assert paid.key == shown["refund"]["key"]
    assert paid.amount_minor == 2300
    world.await_message(order, Moment.REFUNDED)


def _in_question(world: World, order: Purchase, return_id: str) -> dict[str, Any]:
    shown = world.look_at(order.brand, return_id)
    return shown if shown["review"] else {}


def test_a_refund_desk_that_refuses_is_a_matter_for_people(world: World, order: Purchase) -> None:
    return_id = world.returned(order, 4)
    shown = world.await_return(order, return_id, "approved")
    world.quiet()
    before, told = world.paid(order), world.told(order)[Moment.REFUNDED]
    world.refunds.failures += [422]
    world.scan_label(order, shown)
    shown = world.awaited(lambda: _in_question(world, order, return_id), "people are asked about the money", order)
    assert shown["review"]["stage"] == "money"
    assert [one["state"] for one in shown["settlements"]] == ["failed"]
    assert world.paid(order) == before
    assert world.told(order)[Moment.REFUNDED] == told
    # And a person who has mended it has it asked for again, under another key
    path = f"/v1/returns/{return_id}/decision"
    assert world.api(order.brand, "POST", path, {"approve": True, "note": "The desk is mended."}).status == 200
    shown = world.await_return(order, return_id, "refunded")
    assert [one["state"] for one in shown["settlements"]] == ["failed", "done"]
    assert shown["settlements"][0]["key"] != shown["settlements"][1]["key"]
    assert len(world.paid(order)) == len(before) + 1


def test_what_nobody_decides_the_policy_decides_and_what_nobody_sends_expires(world: World) -> None:
    # Given a return that waits for a person, and one whose parcel is never handed in
    waiting = world.delivered(lines=ROBE)
    forgotten = world.delivered(brand="fjordhus", via="easypost")
    decided, expired = world.returned(waiting), world.returned(forgotten)
    world.await_return(waiting, decided, "in_review")
    label = world.await_return(forgotten, expired, "approved")
    world.await_message(forgotten, Moment.RETURN_APPROVED)
    # When the three days for a decision are over
    world.travel(days=3, minutes=2)
    # Then the policy's default counts, and says so
    shown = world.await_return(waiting, decided, "approved")
    assert shown["decisions"][1]["rule"] == "review_deadline"
    assert shown["decisions"][1]["decided_by"] == "policy"
    path = f"/v1/returns/{decided}/decision"
    assert world.api(waiting.brand, "POST", path, {"approve": False}).status == 409
    world.await_message(waiting, Moment.RETURN_APPROVED)
    # When weeks go by
    paid = world.paid(waiting), world.paid(forgotten)
    world.travel(days=31)
    # Then both have expired, and a scan that comes now moves no money
    for order, return_id in ((waiting, decided), (forgotten, expired)):
        shown = world.await_return(order, return_id, "expired", within=60)
        assert shown["decisions"][-1]["rule"] == "scan_deadline"
        assert "Your return has expired." in world.page(order)
    world.scan_label(forgotten, label)
    world.quiet()
    assert world.look_at(forgotten.brand, expired)["state"] == "expired"
    assert (world.paid(waiting), world.paid(forgotten)) == paid
