"""What dies in the middle, and what cannot be digested."""

import base64
import time
from datetime import timedelta

from local.cloud.waiting import eventually, take_messages
from local.demo import bodies
from local.demo.bodies import Scan
from porchlight.domain.moments import Moment
from porchlight.ports import InboundMessage
from tests.e2e.world import LARKSPUR, Purchase, World

COURSE = ("label", "accepted", "moving", "out", "delivered")
PARCELS = 8
ORDERED = 3
"""The parcels whose shoppers we know, and tell."""
KILLS = 2
"""A message is tried three times: the third of them is let live."""


def event_source(world: World) -> str:
    """The mapping that brings the queue to RecordEvents."""
    found = world.client("lambda").list_event_source_mappings(FunctionName=world.functions["RecordEvents"])
    live = world.client("lambda").list_event_source_mappings(FunctionName=f"{world.functions['RecordEvents']}:live")
    (mapping,) = {one["UUID"] for one in [*found["EventSourceMappings"], *live["EventSourceMappings"]]}
    return str(mapping)


def kill_in_the_middle(world: World, mapping: str) -> bool:
    """Kill the worker while it has a batch, which fails with it; False if all batches were over before."""

    def failed() -> bool:
        found = world.client("lambda").get_event_source_mapping(UUID=mapping)
        return bool(found["LastProcessingResult"] == "FAILED")

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        waiting, taken = world.queued("InboundQueueUrl")
        if not waiting and not taken:
            return False
        if taken and not failed() and world.kill("RecordEvents"):
            return bool(eventually(failed, 0.9))
        time.sleep(0.01)
    return False


def test_a_worker_killed_in_the_middle_of_a_batch_loses_nothing_and_doubles_nothing(world: World) -> None:
    # Given forty scans on the queue, and nobody who takes them yet
    orders = [world.order() for _ in range(PARCELS)]
    known = orders[:ORDERED]
    for order in known:
        world.place(order)
        world.ship(order)
        world.await_message(order, Moment.ORDER_CONFIRMED)
    world.quiet()
    functions, mapping = world.client("lambda"), event_source(world)
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        begin = world.ago(hours=20)
        for n, what in enumerate(COURSE):
            for order in orders:
                scan = Scan(what, begin + timedelta(hours=4 * n), "Portland", "OR")
                for send in world.scanning(order, [scan]):
                    send()
        assert sum(world.queued("InboundQueueUrl")) == PARCELS * len(COURSE)
    finally:
        functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    # When they are taken, and the worker is killed again and again
    killed = sum(kill_in_the_middle(world, mapping) for _ in range(KILLS))
    assert killed, "the worker was too quick to be killed in the middle"
    # Then every scan is there in the end, once
    for order in orders:
        world.await_shipment(order, lambda p: p.event_count == len(COURSE) and not p.is_open, "all is there", 60)
    for order in known:
        world.await_message(order, Moment.DELIVERED)
    world.quiet()
    for order in orders:
        _, events = world.app.shipments.with_events(order.brand, order.shipment_id)
        assert len(events) == len({event.event_id for event in events}) == len(COURSE)
    # And each shopper was told each thing once
    for order in known:
        told = world.told(order)
        assert max(told.values()) == 1
        assert len(world.emails(order)) == told.total()
    assert world.queued("InboundDlqUrl") == (0, 0)
    assert world.queued("StreamFailuresUrl") == (0, 0)


def inbound(world: World, order: Purchase) -> str:
    """What the front door puts on the queue about one scan."""
    body = bodies.ups(order.parcel, world.a_scan("moving", world.ago(hours=1)))
    message = InboundMessage(
        kind="carriers",
        source="ups",
        account=f"{LARKSPUR}-main",
        brand=LARKSPUR,
        received_at=world.now(),
        body=base64.b64encode(body).decode(),
    )
    return message.as_json()


def test_a_poison_message_ends_on_the_dead_letter_queue_and_harms_no_other(world: World) -> None:
    # Given a batch with messages that nobody can read between those that are fine
    world.quiet()
    orders = [world.order() for _ in range(7)]
    good = [inbound(world, order) for order in orders]
    lost = inbound(world, orders[0]).replace('"source":"ups"', '"source":"pigeon"')
    poison = ["not even JSON", '{"kind": "carriers", "surprise": 1}', lost]
    texts = [*good[:2], poison[0], *good[2:5], poison[1], *good[5:], poison[2]]
    entries = [{"Id": str(n), "MessageBody": text} for n, text in enumerate(texts)]
    calls = world.counted("Invocations", "AWS/Lambda", FunctionName=world.functions["RecordEvents"])
    # When it is on the queue
    sqs, queue = world.client("sqs"), world.outputs["InboundQueueUrl"]
    assert not sqs.send_message_batch(QueueUrl=queue, Entries=entries).get("Failed")
    # Then all that is fine is recorded
    for order in orders:
        world.await_shipment(order, lambda parcel: parcel.event_count == 1, "the good message is recorded")
    # And the rest is set aside after three tries, with an alarm
    world.awaited(lambda: world.queued("InboundDlqUrl")[0] == len(poison), "the poison is set aside")
    world.awaited(lambda: world.alarm("InboundDlqDepth") == "ALARM", "the alarm goes off")
    tried = world.counted("Invocations", "AWS/Lambda", FunctionName=world.functions["RecordEvents"]) - calls
    assert tried >= 3
    assert world.queued("InboundQueueUrl") == (0, 0)
    dead = list(take_messages(sqs, world.outputs["InboundDlqUrl"]))
    assert len(dead) == len(poison)
    assert "not even JSON" in [message["body"] for message in dead]
    # And the logs say that it failed, and not what was in it
    assert not [line for _, line in world.logs() if "not even json" in line.lower()]
