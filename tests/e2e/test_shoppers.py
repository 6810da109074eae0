"""Who does not want email gets none; only who says so, says so."""

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction
from porchlight.domain.messages import MessageState, Suppression
from porchlight.domain.moments import Moment
from tests.e2e.world import World

ONE_CLICK = (b"List-Unsubscribe=One-Click", {"content-type": "application/x-www-form-urlencoded"})


def unsubscribed(world: World, order_id: str, brand: str) -> bool:
    profile = world.app.profiles.get(brand, world.app.orders.get(brand, order_id).shopper_id)
    standing = profile.standing(Purpose.SERVICE, Channel.EMAIL)
    return bool(standing and standing.action is ConsentAction.WITHDRAWN)


def test_one_click_ends_the_emails_a_look_does_not_and_it_can_be_undone(world: World) -> None:
    # Given a shopper who got an email with a link to unsubscribe
    order = world.order()
    world.place(order)
    world.ship(order)
    world.await_message(order, Moment.ORDER_CONFIRMED)
    (email,) = world.emails(order)
    link = email.header("List-Unsubscribe").strip("<>").removeprefix(world.front.url)
    assert email.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    # When a mail scanner opens it, Then nothing changes
    for method in ("GET", "HEAD", "GET"):
        assert world.running.send(method, link).status in (200, 404 if method == "HEAD" else 200)
    assert b"<form method=" in world.running.send("GET", link).body
    assert not unsubscribed(world, order.order_id, order.brand)
    world.scan(order, "accepted")
    world.await_message(order, Moment.SHIPPED)
    # When the mail program posts to it, once or twice
    for _ in range(2):
        assert world.running.send("POST", link, *ONE_CLICK).status == 200
    assert unsubscribed(world, order.order_id, order.brand)
    # Then the next news is recorded and not told, and the page still shows it
    world.scan(order, "out")
    record = world.await_message(order, Moment.OUT_FOR_DELIVERY, MessageState.SUPPRESSED)
    assert record.reason is Suppression.NO_CONSENT
    assert len(world.emails(order)) == 2
    assert "On the van" in world.page(order) or "on the van" in world.page(order)
    # When they change their mind
    undo = (b"undo=1", ONE_CLICK[1])
    assert world.running.send("POST", link, *undo).status == 200
    world.scan(order, "delivered")
    # Then they are told again
    world.await_message(order, Moment.DELIVERED)
    assert len(world.emails(order)) == 3
