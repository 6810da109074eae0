"""One order's whole life: ordered, shipped, late, told, found again, delivered, sent back, refunded."""

import json
import re
from typing import Any

from local.inbox import Email
from porchlight.domain.moments import Moment
from tests.e2e.world import Purchase, World

LIFE = [
    Moment.ORDER_CONFIRMED,
    Moment.SHIPPED,
    Moment.DELAY_DECLARED,
    Moment.DELAY_RECOVERED,
    Moment.OUT_FOR_DELIVERY,
    Moment.DELIVERED,
    Moment.RETURN_APPROVED,
    Moment.REFUNDED,
]
STRUCTURED = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def structured(email: Email) -> dict[str, Any]:
    """What mail programs read in an email."""
    found = [json.loads(text) for text in STRUCTURED.findall(email.html)]
    assert len(found) <= 1
    return found[0] if found else {}


def check_form(world: World, order: Purchase, email: Email) -> None:
    """What every email has, whatever it says."""
    links = world.links(order)
    assert email.recipients == [order.email]
    assert email.sender == "Larkspur <orders@larkspur.example>"
    assert email.header("Reply-To") == "hello@larkspur.example"
    stop = email.header("List-Unsubscribe").strip("<>")
    assert stop.startswith(f"{world.front.url}/u/")
    assert stop in email.text  # the same link for people
    assert email.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert 0 < len(email.subject) <= 60
    assert email.preheader
    assert email.tags["brand"] == order.brand
    assert email.tags["order_id"] == order.order_id
    assert email.tags["message_id"] in {message.message_id for message in world.messages(order)}
    for part in (email.html, email.text):
        ways = [world.front.url + links[name] for name in ("tracking", "returns")]  # news of a return leads to it
        assert any(way in part for way in ways)
        assert stop in part
        assert order.number in part
        assert "{{" not in part
        assert "None" not in part
    assert "<" not in email.text
    assert "<title>" in email.html
    assert "larkspur, " in email.text.lower()
    assert "214 Alder Street" in email.html, "the law of most countries asks for the address"
    for personal in order.personal:
        assert personal not in links["tracking"] + links["unsubscribe"]


def test_one_order_lives_its_whole_life(world: World) -> None:
    # Ordered
    order = world.order(placed_at=world.ago(hours=10))
    world.place(order)
    world.await_message(order, Moment.ORDER_CONFIRMED)
    assert "We are packing your order." in world.page(order)
    # Shipped
    world.ship(order)
    world.scan(order, "label", at=world.ago(hours=5))
    world.await_shipment(order, lambda p: p.event_count == 1 and p.shopper_id, "the label is known")
    assert "Your parcel is packed and waiting for the carrier." in world.page(order)
    world.scan(order, "accepted", at=world.ago(hours=3))
    world.await_message(order, Moment.SHIPPED)
    assert "Your parcel is " in world.page(order)
    # Late: four days of silence, and the sweep's own minute
    world.travel(days=4)
    world.await_message(order, Moment.DELAY_DECLARED)
    late = world.await_shipment(order, lambda parcel: parcel.delay, "the delay is declared")
    assert late.delay is not None
    assert late.delay.kind == "stalled"
    assert late.delay.expected.earliest > world.now().date()
    assert late.expected == late.delay.expected
    assert "your parcel has not moved" in world.page(order)
    # Told once, however often the sweep looks
    world.travel(hours=2)
    world.quiet()
    assert world.told(order)[Moment.DELAY_DECLARED] == 1
    # Found again
    world.scan(order, "moving", at=world.ago(minutes=5))
    world.await_message(order, Moment.DELAY_RECOVERED)
    assert "Your parcel is on its way." in world.page(order)
    # Out for delivery, delivered; the carrier repeats itself
    for what, moment, words in (
        ("out", Moment.OUT_FOR_DELIVERY, "Your parcel is on the van."),
        ("delivered", Moment.DELIVERED, "Your parcel was delivered today"),
    ):
        scan = world.a_scan(what, world.ago(minutes=1))
        for _ in range(3):
            for send in world.scanning(order, [scan]):
                send()
        world.await_message(order, moment)
        assert words in world.page(order)
    # Sent back
    return_id = world.returned(order)
    shown = world.await_return(order, return_id, "approved")
    world.await_message(order, Moment.RETURN_APPROVED)
    assert "Your return is approved." in world.page(order)
    assert shown["label"]["tracking_number"] in world.page(order)
    # Scanned, and scanned again
    for _ in range(3):
        world.scan_label(order, shown)
    world.await_return(order, return_id, "refunded")
    world.await_message(order, Moment.REFUNDED)
    assert "We have refunded $149.00." in world.page(order)
    # Refunded, once
    world.quiet()
    (paid,) = world.paid(order)
    assert (paid.brand, paid.amount_minor, paid.currency) == ("larkspur", 14900, "USD")
    assert world.look_at(order.brand, return_id)["refund"]["provider_reference"] == paid.reference
    # And the shopper was told each of it, once, in this order
    emails = world.emails(order)
    assert [email.tags["moment"] for email in emails] == LIFE
    by_moment = dict(zip(LIFE, emails, strict=True))
    for email in emails:
        check_form(world, order, email)
    subjects = {moment: email.subject for moment, email in by_moment.items()}
    assert subjects[Moment.ORDER_CONFIRMED] == f"Order {order.number} is confirmed"
    assert subjects[Moment.SHIPPED].startswith("Shipped: expected ")
    assert subjects[Moment.DELAY_DECLARED].startswith("Your parcel has not moved since ")
    assert subjects[Moment.DELAY_RECOVERED].startswith("Moving again")
    assert subjects[Moment.OUT_FOR_DELIVERY] == "Out for delivery today"
    assert subjects[Moment.DELIVERED].startswith("Delivered today at ")
    assert subjects[Moment.RETURN_APPROVED] == "Your return is approved"
    assert subjects[Moment.REFUNDED] == "Refund of $149.00 is on its way"
    assert "We now expect it" in by_moment[Moment.DELAY_DECLARED].text
    # And mail programs can read it
    confirmed = structured(by_moment[Moment.ORDER_CONFIRMED])
    assert (confirmed["@type"], confirmed["orderNumber"]) == ("Order", order.number)
    for moment in LIFE[1:6]:
        delivery = structured(by_moment[moment])
        assert delivery["@type"] == "ParcelDelivery"
        assert delivery["trackingNumber"] == order.parcel
        assert delivery["partOfOrder"]["orderNumber"] == order.number
        assert delivery["trackingUrl"] == world.front.url + world.links(order)["tracking"]
    told_late = structured(by_moment[Moment.DELAY_DECLARED])
    assert told_late["expectedArrivalFrom"] == late.delay.expected.earliest.isoformat()
    assert told_late["expectedArrivalUntil"] == late.delay.expected.latest.isoformat()
    # And a parcel that simply arrives starts no Standard machine: this one was late and came back, so one of each
    machines = world.client("stepfunctions")
    for name, expected in (("DelayDetectionArn", late.delay.delay_id), ("ReturnsAuthorizationArn", return_id)):
        pages = machines.get_paginator("list_executions").paginate(stateMachineArn=world.outputs[name])
        runs = [run for page in pages for run in page["executions"]]
        mine = [run for run in runs if expected in run["name"] or expected in input_of(world, run["executionArn"])]
        assert [run["status"] for run in mine] == ["SUCCEEDED"], name


def input_of(world: World, execution: str) -> str:
    """What an execution was started with."""
    return str(world.client("stepfunctions").describe_execution(executionArn=execution).get("input", ""))
