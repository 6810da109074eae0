"""One deployment, two brands: neither sees the other's, even where numbers are the same."""

import base64
import json
from dataclasses import replace

from porchlight.domain import tokens
from porchlight.domain.moments import Moment
from tests.e2e.world import FJORDHUS, LARKSPUR, World


def test_the_same_numbers_in_two_brands_are_two_orders_with_two_parcels(world: World) -> None:
    # Given two shops that happen to use the same order number and the same tracking number
    ours = world.order(LARKSPUR, "easypost", "DHLExpress", lines=[("Linen duvet cover, sand", "149.00")])
    theirs = replace(
        world.order(FJORDHUS, "easypost", lines=[("Pendant lamp, brass", "310.00")]),
        external_id=ours.external_id,
        number=ours.number,
        parcel=ours.parcel,
        scans=[],
    )
    world.purchases.append(theirs)
    for order in (ours, theirs):
        world.place(order)
        world.ship(order)
    # When the parcel of one arrives, and the other's is just on its way
    world.scan(ours, "moving", "delivered")
    world.scan(theirs, "moving")
    world.await_message(ours, Moment.DELIVERED)
    world.await_message(theirs, Moment.SHIPPED)
    world.quiet()
    # Then each brand has its own parcel with its own facts
    assert ours.shipment_id != theirs.shipment_id
    found = {order.brand: world.shipment(order) for order in (ours, theirs)}
    assert {brand: parcel and parcel.milestone.value for brand, parcel in found.items()} == {
        LARKSPUR: "delivered",
        FJORDHUS: "in_transit",
    }
    # And each shopper hears from the own brand about the own parcel only
    assert world.told(theirs) == {Moment.ORDER_CONFIRMED: 1, Moment.SHIPPED: 1}
    assert {email.sender.partition("<")[2] for email in world.emails(ours)} == {"orders@larkspur.example>"}
    assert {email.sender.partition("<")[2] for email in world.emails(theirs)} == {"post@fjordhus.example>"}
    # And sees the own page
    pages = {order.brand: world.page(order) for order in (ours, theirs)}
    assert ("Linen duvet cover" in pages[LARKSPUR], "Pendant lamp" in pages[LARKSPUR]) == (True, False)
    assert ("Linen duvet cover" in pages[FJORDHUS], "Pendant lamp" in pages[FJORDHUS]) == (False, True)
    assert "Fjordhus" not in pages[LARKSPUR]
    assert "Larkspur" not in pages[FJORDHUS]


def test_an_api_key_reads_and_decides_on_its_own_brand_only(world: World) -> None:
    # Given a return of Larkspur that waits for a person
    order = world.delivered(lines=[("Cashmere robe, dusk", "420.00")])
    return_id = world.returned(order)
    world.await_return(order, return_id, "in_review")
    # When Fjordhus asks for it, decides on it, or asks for a return of the order, Then there is no such thing
    decision = f"/v1/returns/{return_id}/decision"
    answers = [
        world.api(FJORDHUS, "GET", f"/v1/returns/{return_id}"),
        world.api(FJORDHUS, "POST", decision, {"approve": True}),
        world.ask_return(order, key="another-brands-key", by=FJORDHUS),
    ]
    assert [answer.status for answer in answers] == [404, 404, 404]
    never = world.api(LARKSPUR, "GET", "/v1/returns/rma_aaaaaaaaaaaaaaaaaaaa")
    assert never.json() == answers[0].json(), "an answer that differs would tell that there is one"
    # And it still waits
    assert world.look_at(LARKSPUR, return_id)["state"] == "in_review"


def test_a_link_opens_what_it_was_made_for_and_nothing_else(world: World) -> None:
    # Given an order of each brand
    ours, theirs = world.order(LARKSPUR), world.order(FJORDHUS, "easypost")
    old = world.order(LARKSPUR, placed_at=world.ago(days=400))
    for order in (ours, theirs, old):
        world.place(order)
    world.await_message(ours, Moment.ORDER_CONFIRMED)
    world.awaited(lambda: world.stored(theirs) and world.stored(old), "both orders are there")
    links = world.links(ours)
    token = links["tracking"].removeprefix("/t/")
    assert world.running.send("GET", f"/t/{token}").status == 200
    # When the token is changed to the other brand's order, or signed rightly for an order of another brand,
    body, _, signature = token.partition(".")
    expires, claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert claims == {"k": "t", "b": LARKSPUR, "o": ours.order_id}
    key = world.app.secrets.get("links")["key"]

    def forged(**changed: str) -> str:
        document = json.dumps([expires, claims | changed], separators=(",", ":")).encode()
        return f"{base64.urlsafe_b64encode(document).rstrip(b'=').decode()}.{signature}"

    ahead = world.ago(days=-30)
    others = {
        "the other brand's order, forged": forged(b=FJORDHUS, o=theirs.order_id),
        "a later end, forged": forged(o=ours.order_id + "x"),
        "rightly signed for an order of another brand": tokens.sign(claims | {"b": FJORDHUS}, key, ahead),
        "rightly signed for a brand that there is not": tokens.sign(claims | {"b": "nobody"}, key, ahead),
        "of another use": links["unsubscribe"].removeprefix("/u/"),
        "signed with another key": tokens.sign(claims, "guessed", ahead),
        "expired a moment ago": tokens.sign(claims, key, world.ago(seconds=1)),
        "of an order of long ago": world.links(old)["tracking"].removeprefix("/t/"),
        "without signature": body,
        "an order's id": ours.order_id,
        "an order's number": ours.number,
        "nonsense": "%00%ff" + "a" * 3000,
    }
    answers = {what: world.running.send("GET", f"/t/{other}") for what, other in others.items()}
    # Then none opens anything, and all get the same page, which tells nothing
    assert {what: answer.status for what, answer in answers.items()} == dict.fromkeys(others, 404)
    (body_of_all,) = {answer.body for answer in answers.values()}
    assert b"Larkspur" not in body_of_all
    assert b"Fjordhus" not in body_of_all
    # And the token for a page does not unsubscribe anybody
    assert world.running.send("POST", f"/u/{token}").status == 404
    # And a page says to nobody where it was opened from, and is kept by nobody
    headers = {name.lower(): value for name, value in world.running.send("GET", f"/t/{token}").headers.items()}
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
