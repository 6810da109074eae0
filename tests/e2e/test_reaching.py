"""The right word, once, where and when each shopper wants it: through the front door, with the clock moved."""

import json
import random
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction
from porchlight.domain.messages import Hold, MessageRecord, MessageState
from porchlight.domain.moments import Moment
from tests.e2e.world import FJORDHUS, LARKSPUR, Purchase, World

FORM = {"content-type": "application/x-www-form-urlencoded"}
OURS = "+18885550142"
"""Larkspur's number, as brand.yaml has it."""
TIMES = 50
SEED = 2206


def zone_at(world: World, hour: int) -> str:
    """A zone in which it is that hour of the day now."""
    offset = (hour - world.now().hour + 12) % 24 - 12
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


def shopper(world: World, order: Purchase) -> str:
    return str(world.app.orders.get(order.brand, order.order_id).shopper_id)


def prefer(world: World, order: Purchase, **chosen: Any) -> None:
    """The brand's own system says what the shopper has chosen there."""
    answer = world.api(order.brand, "PUT", f"/v1/shoppers/{shopper(world, order)}", {"preferences": chosen})
    assert answer.status == 200, answer.body


def sign_up(world: World, order: Purchase, number: str) -> None:
    """The form on the tracking page."""
    page = world.links(order)["tracking"].removeprefix(world.front.url)
    answer = world.running.send("POST", f"{page}/sms", urlencode({"mobile": number, "agreed": "yes"}).encode(), FORM)
    assert answer.status == 200, answer.body  # it leads back to the page
    profile = world.app.profiles.get(order.brand, shopper(world, order))
    assert number in (profile.mobile, profile.mobile_asked)


def texts(world: World, number: str) -> list[str]:
    """What the phone shows."""
    return [one.text for one in world.running.phones.taken if one.to == number]


def reply(world: World, number: str, text: str) -> None:
    """What the shopper writes back, as AWS End User Messaging publishes it."""
    topic = next(arn for arn in topics(world) if "Replies" in arn)
    message = {
        **{"originationNumber": number, "destinationNumber": OURS, "messageKeyword": "KEYWORD", "messageBody": text},
        **{"inboundMessageId": str(uuid4()), "previousPublishedMessageId": str(uuid4())},
    }
    world.client("sns").publish(TopicArn=topic, Message=json.dumps(message))


def topics(world: World) -> list[str]:
    return [one["TopicArn"] for one in world.client("sns").list_topics()["Topics"]]


def held(world: World, order: Purchase, moment: Moment) -> MessageRecord:
    def look() -> list[MessageRecord]:
        return [one for one in world.messages(order) if one.moment is moment and one.not_before]

    return world.awaited(look, f"{moment} is held", order)[0]


def why(world: World, order: Purchase) -> dict[str, str]:
    """What the API answers to "why was this not sent?"."""
    answer = world.api(order.brand, "GET", f"/v1/messages?shipment={order.shipment_id}")
    assert answer.status == 200, answer.body
    return {one["moment"]: one["why"] for one in json.loads(answer.body)["messages"]}


def bought(world: World, brand: str = LARKSPUR, via: str = "ups") -> Purchase:
    order = world.order(brand, via)
    world.place(order)
    world.await_message(order, Moment.ORDER_CONFIRMED)
    return order


def test_quiet_hours_hold_a_text_until_the_morning_and_stop_ends_them(world: World) -> None:
    # Given a shopper who has asked for texts on the tracking page, and for whom it is ten at night
    number, order = "+15032281300", bought(world)
    sign_up(world, order, number)
    prefer(world, order, channels=["sms", "email"], zone=zone_at(world, 22))
    world.ship(order)
    # When the parcel is scanned, Then the text waits for the morning, and says so to whoever asks
    world.scan(order, "accepted")
    waits = held(world, order, Moment.SHIPPED)
    assert (waits.channel, waits.held_for) == ("sms", Hold.QUIET_HOURS)
    assert 9 <= (waits.not_before - world.now()).total_seconds() / 3600 <= 10  # type: ignore[operator]
    assert why(world, order)["shipped"].endswith("for quiet hours.")
    before = len(texts(world, number))
    # When the morning has come
    world.travel(hours=10, minutes=1)
    record = world.await_message(order, Moment.SHIPPED, within=60)
    # Then it is sent, by SMS, in one part
    assert (record.channel, record.provider, record.parts) == ("sms", "aws_sms", 1)
    (text,) = texts(world, number)[before:]
    assert text.startswith("Larkspur: ")
    assert f"{world.front.url}/t/" in text
    # When they write STOP, Then they are told once that it has ended, and the next news goes by email
    reply(world, number, "  stop ")
    world.awaited(lambda: stopped(world, order), "the ledger has it", order)
    world.scan(order, "out")
    record = world.await_message(order, Moment.OUT_FOR_DELIVERY)
    assert record.channel == "email"
    assert len(texts(world, number)) == before + 2
    assert ("sms", "no_consent") in {(one.channel, one.outcome) for one in record.checks}
    # When they write START, Then they get texts again
    reply(world, number, "Start")
    world.awaited(lambda: not stopped(world, order), "the ledger has it", order)
    world.scan(order, "delivered")
    assert world.await_message(order, Moment.DELIVERED).channel == "sms"


def stopped(world: World, order: Purchase) -> bool:
    profile = world.app.profiles.get(order.brand, shopper(world, order))
    standing = profile.standing(Purpose.SERVICE, Channel.SMS)
    return bool(standing and standing.action is ConsentAction.WITHDRAWN)


def test_a_days_digest_is_one_message_about_two_orders(world: World) -> None:
    # Given a shopper with two orders who has asked for one message a day, and for whom it is four in the afternoon
    first = bought(world, FJORDHUS, "easypost")
    second = replace(world.order(FJORDHUS, "easypost"), email=first.email, name=first.name)
    world.place(second)
    world.await_message(second, Moment.ORDER_CONFIRMED)
    assert shopper(world, second) == shopper(world, first)
    prefer(world, first, digest="daily", zone=zone_at(world, 16))
    # When both parcels are scanned, again and again
    for order in (first, second):
        world.ship(order)
        world.scan(order, "accepted")
        assert held(world, order, Moment.SHIPPED).held_for is Hold.DIGEST
    emails = len(world.emails(first))
    # Then there is one email in the evening, which names both
    world.travel(hours=2, minutes=2)

    def states() -> list[str]:
        told = [one for order in (first, second) for one in world.messages(order) if one.moment is Moment.SHIPPED]
        return sorted(one.state for one in told)

    world.awaited(lambda: states() == [MessageState.MERGED, MessageState.SENT], "both are told", first, within=60)
    world.quiet()
    (digest,) = world.emails(first)[emails:]
    assert digest.subject == "2 updates on your orders"
    assert first.number in digest.text
    assert second.number in digest.text
    # And each order says where its news went
    assert any("told by the message" in story["shipped"] for story in (why(world, first), why(world, second)))


def test_a_storm_of_repeated_events_tells_each_thing_once(world: World) -> None:
    """Every event of two orders fifty times more, shuffled: what was told stays told, once."""
    orders = [bought(world) for _ in range(2)]
    for order in orders:
        world.ship(order)
        world.scan(order, "accepted", "out", "delivered")
    for order in orders:
        world.await_message(order, Moment.DELIVERED)
    world.awaited(lambda: world.settled(orders), "every message is settled")
    world.quiet()
    ids = {order.order_id for order in orders}
    told = {order.order_id: world.told(order) for order in orders}
    emails = {order.order_id: len(world.emails(order)) for order in orders}
    news = [one for one in world.bus_events() if one["detail"].get("order_id") in ids and one["detail"].get("moment")]
    assert len(news) >= 3 * len(orders)
    storm = [
        {
            "Source": "porchlight",
            "DetailType": one["detail-type"],
            "Detail": json.dumps(one["detail"]),
            "EventBusName": world.outputs["BusName"],
        }
        for one in news * TIMES
    ]
    random.Random(SEED).shuffle(storm)
    events = world.client("events")
    for start in range(0, len(storm), 10):
        events.put_events(Entries=storm[start : start + 10])
    world.quiet()
    for order in orders:
        assert world.told(order) == told[order.order_id]
        assert len(world.emails(order)) == emails[order.order_id]


def test_who_is_erased_is_not_written_to_and_nothing_of_them_is_left(world: World) -> None:
    order = bought(world)
    world.ship(order)
    cus = shopper(world, order)
    assert world.api(LARKSPUR, "DELETE", f"/v1/shoppers/{cus}").status == 200
    before = len(world.emails(order))
    world.scan(order, "accepted")
    record = world.await_message(order, Moment.SHIPPED, MessageState.SUPPRESSED)
    assert record.reason == "erased"
    assert len(world.emails(order)) == before
    contact = world.app.orders.shopper(LARKSPUR, cus)
    assert contact is None or not (contact.email or contact.name or contact.phone)
    # And the shop's own next word about the order does not bring them back
    world.place(order)
    world.quiet()
    contact = world.app.orders.shopper(LARKSPUR, cus)
    assert contact is None or not contact.email


def test_a_shopper_reads_their_own_language(world: World) -> None:
    order = bought(world)
    prefer(world, order, language="de-AT")
    world.ship(order)
    world.scan(order, "accepted")
    world.await_message(order, Moment.SHIPPED)
    email = world.emails(order)[-1]
    assert '<html lang="de"' in email.html or 'lang="de"' in email.html
    assert "Paket" in email.text or "Bestellung" in email.text
    assert 'lang="de"' in world.page(order)
