"""What has a good signature and cannot be read: kept with its reason, shown, tried again after a fix."""

import json
from typing import Any

from local.demo import bodies, signing
from porchlight.domain.moments import Moment
from porchlight.ports import InboundMessage
from porchlight.services.record_events import quarantine_body
from tests.e2e.world import LARKSPUR, World


def listed(world: World) -> dict[str, dict[str, Any]]:
    """What `porchlight quarantine list` shows, by id."""
    done = world.porchlight("quarantine", "list", "--json")
    assert done.returncode == 0, done.stderr
    return {entry["quarantine_id"]: entry for entry in json.loads(done.stdout)["entries"]}


def kept(world: World) -> dict[str, Any]:
    """What is in quarantine, by id."""
    return {entry.quarantine_id: entry for entry in world.app.quarantine.list(LARKSPUR)}


def test_a_body_that_cannot_be_read_is_kept_with_its_reason_and_comes_back_until_it_can_be(world: World) -> None:
    # Given a webhook that is signed well and broken off in the middle
    secret = world.credentials.easypost[LARKSPUR]
    body = b'{"object": "Event", "description": "tracker.updated", "result": {"tracking_code": "EZ12'
    before, counted = kept(world), world.counted("WebhooksQuarantined", carrier="easypost")
    # When it comes, Then it is acknowledged all the same
    assert world.running.send("POST", "/webhooks/easypost", body, signing.easypost(body, secret)).status == 202
    # And kept, byte for byte, with the reason
    (entry_id,) = world.awaited(lambda: kept(world).keys() - before.keys(), "the body is in quarantine")
    entry, stored = world.app.quarantine.get(LARKSPUR, entry_id)
    assert stored == body
    assert entry.reason
    assert (entry.source, entry.brand, entry.size, entry.redrives) == ("easypost", LARKSPUR, len(body), 0)
    # And shown to those who look after it, counted, and called about
    assert listed(world)[entry_id]["reason"] == entry.reason
    shown = world.porchlight("quarantine", "show", entry_id, "--brand", LARKSPUR)
    assert "EZ12" in shown.stdout
    assert world.counted("WebhooksQuarantined", carrier="easypost") == counted + 1
    assert world.awaited(lambda: world.alarm("WebhookQuarantined") == "ALARM", "the alarm goes off")
    # When it is redriven and still cannot be read
    done = world.porchlight("quarantine", "redrive", entry_id, "--json")
    assert (done.returncode, json.loads(done.stdout)["queued"]) == (0, 1), done.stderr
    # Then it comes back, with one more try
    world.awaited(lambda: entry_id in kept(world) and kept(world)[entry_id].redrives == 1, "it is back")
    assert world.queued("InboundDlqUrl") == (0, 0)


def test_a_body_that_can_be_read_after_a_fix_is_recorded_once_and_gone(world: World) -> None:
    # Given a body in quarantine that the parser has learnt to read since
    order = world.order(via="easypost")
    world.place(order)
    world.ship(order)
    scan = world.a_scan("out", world.ago(minutes=30))
    body = bodies.easypost(order.parcel, order.carrier, [scan])
    message = InboundMessage(
        kind="carriers", source="easypost", account=f"{LARKSPUR}-main", brand=LARKSPUR, received_at=world.ago(minutes=9)
    )
    entry = quarantine_body(world.app.quarantine, world.app.metrics, message, body, "no such code", world.now())
    assert entry.quarantine_id in listed(world)
    # When it is redriven
    done = world.porchlight("quarantine", "redrive", entry.quarantine_id)
    assert done.returncode == 0, done.stderr + done.stdout
    # Then it is recorded, the shopper is told, and it is out of quarantine
    world.await_message(order, Moment.OUT_FOR_DELIVERY)
    assert entry.quarantine_id not in listed(world)
    # And once more is no error of anybody's, but there is nothing to do
    again = world.porchlight("quarantine", "redrive", entry.quarantine_id)
    assert again.returncode == 1
    assert "not in quarantine" in again.stdout
    parcel = world.shipment(order)
    assert parcel is not None
    assert parcel.event_count == 1
