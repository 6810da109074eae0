"""A parcel stands still for days: known first, said first, asked about, decided by a person, mended, and counted."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from local.running import Answer
from porchlight.domain.delays import DelayChange
from porchlight.domain.moments import Moment
from tests.e2e.world import LARKSPUR, ONLY_ASKS, Purchase, World


def delay_as_told(world: World, order: Purchase) -> dict[str, Any]:
    """What the API says of a parcel's delay."""
    answer = world.api(LARKSPUR, "GET", f"/v1/shipments/{order.shipment_id}/delay")
    assert answer.status == 200
    found: dict[str, Any] = answer.json()
    return found


def case_of(world: World, order: Purchase) -> dict[str, Any] | None:
    """The open case of a parcel among those that people see."""
    answer = world.api(LARKSPUR, "GET", "/v1/cases")
    assert answer.status == 200
    return next((one for one in answer.json()["cases"] if one["shipment_id"] == order.shipment_id), None)


def test_a_parcel_that_stands_still(world: World) -> None:
    # Given a parcel on its way
    order = world.order(placed_at=world.ago(hours=10))
    world.place(order)
    world.ship(order)
    world.scan(order, "accepted", at=world.ago(hours=5))
    world.scan(order, "moving", at=world.ago(hours=3))
    world.await_message(order, Moment.SHIPPED)
    # When nothing is heard of it for four days
    world.travel(days=4)
    # Then it is suspected, declared once, and the shopper told once, with a new range
    world.await_message(order, Moment.DELAY_DECLARED)
    late = world.await_shipment(order, lambda parcel: parcel.delay and parcel.delay.case_id, "a case is open")
    assert late.delay is not None
    assert late.delay.kind == "stalled"
    assert late.delay.expected is not None
    assert late.promise is not None
    assert late.delay.expected.latest > late.promise.latest
    # And a person of the brand is asked, who sees the numbers behind it
    case = world.awaited(lambda: case_of(world, order), "a person is asked", order)
    assert case is not None
    assert (case["kind"], case["default"]) == ("stalled", "keep_waiting")
    assert case["options"] == ["keep_waiting", "resend", "refund"]
    # When the person answers, twice, then that is one decision, and another one is refused
    path = f"/v1/cases/{case['case_id']}/decision"
    for _ in range(2):
        assert world.api(LARKSPUR, "POST", path, {"decision": "keep_waiting", "note": "asked the hub"}).status == 200
    assert world.api(LARKSPUR, "POST", path, {"decision": "refund"}).status == 409
    world.awaited(lambda: case_of(world, order) is None, "the case is closed", order)
    # When it is scanned again, then that is said, and the delay has recovered
    world.scan(order, "moving", at=world.ago(minutes=5))
    world.await_message(order, Moment.DELAY_RECOVERED)
    world.scan(order, "out", at=world.ago(minutes=3))
    world.scan(order, "delivered", at=world.ago(minutes=1))
    world.await_message(order, Moment.DELIVERED)
    # And every change is explained, in its order, each once
    told = [one["change"] for one in delay_as_told(world, order)["decisions"]]
    changes = [change for change in told if change != DelayChange.STEP]
    assert changes == [DelayChange.SUSPECTED, DelayChange.DECLARED, DelayChange.RECOVERED]
    assert told.count(DelayChange.STEP) >= 2
    assert world.told(order)[Moment.DELAY_DECLARED] == world.told(order)[Moment.DELAY_RECOVERED] == 1
    # And when the day is over everywhere, it counts: how often promises and dates were kept
    before = counted(world)
    world.travel(days=2)
    world.awaited(lambda: counted(world) > before, "the calibration is updated", order, within=90)


def counted(world: World) -> int:
    """Parcels of this month and last behind the rates of the calibration."""
    answer = world.api(LARKSPUR, "GET", "/v1/calibration")
    assert answer.status == 200
    return sum(month["promise"]["n"] for month in answer.json()["months"])


def answered(world: World, order: Purchase, case: str, remedy: str) -> Answer:
    """What the page says to an answer in its form."""
    path, form = f"{world.links(order)['tracking']}/answer", urlencode({"case": case, "answer": remedy})
    return world.running.send("POST", path, form.encode(), {"content-type": "application/x-www-form-urlencoded"})


def test_a_shopper_answers_on_the_page(world: World) -> None:
    # Given a parcel that stands still, and nobody of the brand who answers
    order = world.order(placed_at=world.ago(hours=10))
    world.place(order)
    world.ship(order)
    world.scan(order, "accepted", at=world.ago(hours=5))
    world.await_message(order, Moment.SHIPPED)
    world.travel(days=4)
    world.awaited(lambda: case_of(world, order), "a person is asked", order)
    # When the deadlines of the case and of the wait pass, then the shopper is asked
    world.travel(days=2)
    world.travel(days=2)
    world.await_message(order, Moment.DELAY_QUESTION)
    page = world.page(order)
    asked = re.search(r'name="case" value="(cse_\w+)"', page)
    assert asked
    assert 'value="refund"' in page
    # When the shopper wants the money back (and presses twice), then it comes back once, and the page says so
    for _ in range(2):
        assert answered(world, order, asked[1], "refund").status == 200
    world.awaited(lambda: world.paid(order), "the money is on its way", order)
    world.await_message(order, Moment.REFUNDED)
    world.quiet()
    (paid,) = world.paid(order)
    assert paid.currency == "USD"
    assert 'value="refund"' not in world.page(order)
    # And no more is said about the delay, whatever time passes
    world.travel(days=3)
    world.quiet()
    told = world.told(order)
    assert told[Moment.DELAY_DECLARED] == told[Moment.DELAY_QUESTION] == told[Moment.REFUNDED] == 1


def a_history(world: World, folder: Path) -> Path:
    """Two months of Larkspur's parcels by UPS: most take two or three days on the way, one in six three weeks."""
    end = world.now().date() - timedelta(days=1)
    rows = ["id,created,handed,delivered,promised,o_state,d_state,d_zip5,seller,carrier,service"]
    for number in range(900):
        created = end - timedelta(days=60 - number % 60)
        handed = created + timedelta(days=1)
        delivered = handed + timedelta(days=21 if number % 6 == 0 else 2 + number % 2)
        came = delivered.isoformat() + " 12:00:00" if delivered <= end else ""
        promised = created + timedelta(days=7)
        days = f"{created} 09:00:00,{handed} 10:00:00,{came},{promised}"
        rows.append(f"old-{number},{days},US-OR,US,972,portland,ups,ground")
    folder.mkdir(exist_ok=True)
    (folder / "history.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_history_says_it_before_the_promise_is_broken(world: World, tmp_path: Path) -> None:
    # Given a shop with history, in which what has not come after a few days comes much later
    seeded = world.porchlight(
        "dates", "seed", "--brand", LARKSPUR, "--data", str(a_history(world, tmp_path)), "--replace"
    )
    assert seeded.returncode == 0, seeded.stdout + seeded.stderr
    world.travel(minutes=11)  # functions look at the model again after ten minutes
    order = world.order(placed_at=world.ago(hours=3))
    world.place(order)
    world.ship(order, at=world.ago(hours=1))
    world.scan(order, "accepted", at=world.ago(minutes=30))
    world.await_message(order, Moment.SHIPPED)
    shipped = world.shipment(order)
    assert shipped is not None
    assert shipped.forecast is not None
    assert shipped.promise is not None
    assert shipped.forecast.version.startswith("larkspur-")
    assert shipped.forecast.p80 < shipped.promise.latest
    # When it is scanned each day, and does not come
    for _ in range(6):
        world.travel(days=1)
        world.scan(order, "moving", at=world.ago(minutes=5))
        if world.told(order)[Moment.DELAY_DECLARED]:
            break
    # Then it is said while the promise still holds, with a range from history
    world.await_message(order, Moment.DELAY_DECLARED, within=90)  # the sweep comes each minute
    late = world.shipment(order)
    assert late is not None
    assert late.delay is not None
    assert late.delay.kind == "predicted_late"
    assert late.delay.declared_at.date() < shipped.promise.latest
    assert late.delay.model_version.startswith("larkspur-")
    assert late.delay.expected is not None
    assert late.delay.expected.earliest > shipped.promise.latest
    (told,) = [email for email in world.emails(order) if email.tags["moment"] == Moment.DELAY_DECLARED]
    assert "likely to miss" in told.text
    explained = delay_as_told(world, order)["decisions"]
    assert any(one["facts"].get("late_probability", 0) >= 0.5 for one in explained)


def test_an_order_that_does_not_ship_in_time_may_be_cancelled(world: World) -> None:
    # Given an order to California that was to leave tomorrow
    order = world.order(placed_at=world.ago(hours=2))
    tomorrow = (world.now() + timedelta(days=1)).date()
    line_ids = zip(order.line_ids, order.lines, strict=True)
    body = {
        "number": order.number,
        "placed_at": order.placed_at.isoformat(),
        "currency": "USD",
        "total": "238.00",
        "lines": [{"id": key, "title": what, "quantity": 1, "unit_price": price} for key, (what, price) in line_ids],
        "shopper": {"name": order.name, "email": order.email},
        "destination": {"country": "US", "region": "CA", "postal_prefix": "941"},
        "ship_by": tomorrow.isoformat(),
    }
    assert world.api(LARKSPUR, "PUT", f"/v1/orders/{order.external_id}", body).status == 200
    world.await_message(order, Moment.ORDER_CONFIRMED)
    # When the day comes and nothing has left, then the shopper may wait or cancel, as the Mail Order Rule has it
    world.travel(days=2)
    world.await_message(order, Moment.DELAY_OPTION)
    (notice,) = [email for email in world.emails(order) if email.tags["moment"] == Moment.DELAY_OPTION]
    assert "cancel" in notice.text.lower()
    assert "refund" in notice.text.lower()
    asked = re.search(r'name="case" value="(cse_\w+)"', world.page(order))
    assert asked
    # When the shopper cancels, then the shop is told to stop, and the money comes back, each once
    for _ in range(2):
        assert answered(world, order, asked[1], "cancel").status == 200
    world.await_message(order, Moment.REFUNDED)
    world.quiet()
    (paid,) = world.paid(order)
    (done,) = [done for done in world.refunds.done.values() if done.data["order_id"] == order.order_id]
    assert (paid.amount_minor, paid.currency) == (23800, "USD")
    assert done.kind == "cancel.requested"


def test_who_may_not_decide_is_refused(world: World) -> None:
    assert world.api(ONLY_ASKS, "GET", "/v1/cases").status == 403
    assert world.api(ONLY_ASKS, "POST", "/v1/cases/cse_1/decision", {"decision": "refund"}).status == 403
    assert world.api(ONLY_ASKS, "GET", "/v1/calibration").status == 403
