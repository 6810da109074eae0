"""The email provider refuses, is busy, does not answer, or we die before we have written down what it said."""

from collections.abc import Iterator
from contextlib import contextmanager

from porchlight.domain.changes import DomainEvent
from porchlight.domain.messages import MessageState
from porchlight.domain.moments import Moment
from porchlight.services.plan_messages import Planner
from tests.e2e.peers import Peer, lose_answer, lose_request, pass_on, refuse
from tests.e2e.world import World


@contextmanager
def provider(world: World) -> Iterator[Peer]:
    """Somebody between us and SES."""
    with (
        Peer(world.running.cloud.endpoint) as peer,
        world.with_environment("SendMessage", AWS_ENDPOINT_URL_SESV2=peer.url),
    ):
        yield peer


def test_a_provider_that_refuses_for_good_is_recorded_counted_and_called_about(world: World) -> None:
    # Given that SES does not know the brand's domain any more
    world.quiet()
    ses, failed = world.client("sesv2"), world.counted("Messages", channel="email", outcome="failed")
    ses.delete_email_identity(EmailIdentity="larkspur.example")
    try:
        # When there is something to tell
        order = world.order()
        world.place(order)
        record = world.await_message(order, Moment.ORDER_CONFIRMED, MessageState.FAILED)
        world.quiet()
    finally:
        ses.create_email_identity(EmailIdentity="larkspur.example")
    # Then it is not tried again, the reason is on record, it is counted, and the alarm goes off
    assert (record.failure, record.attempt) == ("MessageRejected", 1)
    assert world.emails(order) == []
    world.awaited(lambda: world.counted("Messages", channel="email", outcome="failed") > failed, "it is counted")
    world.awaited(lambda: world.alarm("MessageFailed") == "ALARM", "the alarm goes off")
    # And other news of the same order goes out as soon as SES takes it
    world.ship(order)
    world.scan(order, "accepted", "delivered")
    world.await_message(order, Moment.DELIVERED)
    assert len(world.emails(order)) == 1


def test_a_provider_that_is_busy_is_asked_again_and_takes_it_once(world: World) -> None:
    world.quiet()
    retries = world.counted("MessageRetries", channel="email")
    with provider(world) as peer:
        peer.plan = [refuse(429, "TooManyRequestsException"), refuse(503, "ServiceUnavailable"), pass_on]
        order = world.order()
        world.place(order)
        record = world.await_message(order, Moment.ORDER_CONFIRMED, within=45)
    assert record.attempt == 1, "a refusal for now is no attempt"
    assert peer.calls >= 3  # news of other orders may come by, too
    assert len(world.emails(order)) == 1
    assert world.counted("MessageRetries", channel="email") >= retries + 2


def test_a_provider_that_stays_busy_is_asked_again_by_the_sweep_until_it_takes_it(world: World) -> None:
    # Given a provider that is busy for longer than the machine tries
    world.quiet()
    order = world.order()
    with provider(world) as peer:
        peer.rule = refuse(429, "TooManyRequestsException")
        world.place(order)
        world.await_message(order, Moment.ORDER_CONFIRMED, MessageState.PLANNED)
        for _ in range(8):  # each of the machine's pauses is over sooner
            world.travel(seconds=31)
        tries = sum(order.order_id.encode() in body for body in peer.heard)
        assert tries > 3
        # Then nothing is given up: the sweep has it
        assert world.messages(order)[0].state is MessageState.PLANNED
        assert world.emails(order) == []
        # And when the provider is well again, it goes out, once
        peer.rule = pass_on
        world.travel(minutes=7)
        world.await_message(order, Moment.ORDER_CONFIRMED, within=60)
    world.quiet()
    assert len(world.emails(order)) == 1


def test_a_sender_that_dies_after_the_provider_took_it_is_settled_by_the_providers_own_report(world: World) -> None:
    # Given a worker that is killed between SES's answer and our record, and an answer that gets lost
    world.quiet()
    killed = []
    with provider(world) as peer:
        peer.plan = [lose_answer(lambda: killed.append(world.kill("SendMessage"))), lose_answer()]
        orders = [world.order(), world.order()]
        for order in orders:
            world.place(order)
            # When the message is on its way, Then SES's report settles it
            record = world.await_message(order, Moment.ORDER_CONFIRMED)
            assert record.provider_id == world.emails(order)[0].message_id
        world.quiet()
    assert killed[0] >= 1
    # And it is sent once, also when the sweep has had its turn
    world.travel(minutes=7)
    world.awaited(lambda: world.counted("Invocations", "AWS/Lambda", FunctionName=world.functions["SweepDue"]), "sweep")
    world.quiet()
    for order in orders:
        assert len(world.emails(order)) == 1
        assert world.told(order) == {Moment.ORDER_CONFIRMED: 1}


def test_the_sweep_sends_what_nobody_sent(world: World) -> None:
    # Given a message that SES never heard of, though we asked
    order, forgotten = world.order(), world.order()
    world.place(forgotten)
    world.ship(forgotten)
    world.await_message(forgotten, Moment.ORDER_CONFIRMED)
    world.quiet()
    with provider(world) as peer:
        peer.plan = [lose_request]
        world.place(order)
        world.await_message(order, Moment.ORDER_CONFIRMED, MessageState.SENDING)
        world.quiet()
    assert world.emails(order) == []
    # And one that was planned when the machine died
    rules = world.client("events").list_rules(EventBusName=world.outputs["BusName"])["Rules"]
    told = [r["Name"] for r in rules if '"moment"' in r["EventPattern"]]
    assert len(told) == 1
    world.client("events").disable_rule(Name=told[0], EventBusName=world.outputs["BusName"])
    try:
        world.scan(forgotten, "accepted")
        parcel = world.await_shipment(forgotten, lambda p: p.event_count == 1, "the scan is recorded")
        news = [e for e in world.awaited(lambda: shipped(world, parcel.shipment_id), "the bus has heard") if e]
        ports = world.app
        planner = Planner(ports.deliberation, ports.messages, ports.gatherer, ports.laboratory, ports.metrics)
        assert len(planner.plan(DomainEvent.model_validate(news[0]), world.now())) == 1
        world.quiet()
    finally:
        world.client("events").enable_rule(Name=told[0], EventBusName=world.outputs["BusName"])
    assert world.messages(forgotten)[-1].state is MessageState.PLANNED
    # When they have become due, and the minute of the sweep has come
    world.travel(minutes=7)
    world.awaited(lambda: world.alarm("PollMissing") == "OK", "an alarm sees that schedules run", within=90)
    # Then both are sent, once
    for one, moment in ((order, Moment.ORDER_CONFIRMED), (forgotten, Moment.SHIPPED)):
        world.await_message(one, moment)
    world.quiet()
    assert len(world.emails(order)) == 1
    assert len(world.emails(forgotten)) == 2


def shipped(world: World, shipment_id: str) -> list[object]:
    """What the bus has heard of a parcel that left."""
    return [
        event["detail"]
        for event in world.bus_events()
        if event["detail-type"] == "ShipmentShipped" and event["detail"]["shipment_id"] == shipment_id
    ]
