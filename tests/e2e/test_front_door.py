"""What is let in, what is not, and that nothing is kept of what is not."""

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from local.demo import bodies, signing
from local.running import Answer
from porchlight.domain.moments import Moment
from tests.e2e.peers import Peer, refuse
from tests.e2e.world import LARKSPUR, World

FORGED = "NOBODYSPARCEL77"


def problem(answer: Answer, status: int) -> dict[str, Any]:
    """The problem details of a refusal."""
    assert answer.status == status, answer.body[:300]
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["status"] == status
    assert said["type"].startswith("https://")
    assert said["title"]
    return said


def forgeries(world: World) -> dict[str, tuple[str, str, bytes, dict[str, str]]]:
    """Requests that prove nothing: (path, carrier, body, headers) by what is wrong with them."""
    scan = bodies.Scan("delivered", world.ago(hours=1), "Nowhere")
    easypost, ups = bodies.easypost(FORGED, "UPS", [scan]), bodies.ups(FORGED, scan)
    piece, keys = bodies.usps(FORGED, [scan]), world.credentials
    good = signing.easypost(easypost, keys.easypost[LARKSPUR])
    usps, usps_headers = signing.usps(piece, keys.usps, world.now())
    wrong, wrong_headers = signing.usps(piece, "not the secret", world.now())
    stale, stale_headers = signing.usps(piece, keys.usps, world.ago(hours=2))
    early, early_headers = signing.usps(piece, keys.usps, world.now() + timedelta(hours=2))
    order = bodies.shopify(1, "#1", "No Body", f"{FORGED}@x.example", [("A", "1.00")], world.ago(hours=1))
    unsigned = dict(signing.JSON)
    cases = {
        "no signature": ("easypost", easypost, unsigned),
        "another secret": ("easypost", easypost, signing.easypost(easypost, "not the secret")),
        "an empty secret": ("easypost", easypost, signing.easypost(easypost, "")),
        "a changed body": ("easypost", easypost + b" ", good),
        "the signature of another scheme": ("easypost", easypost, {**unsigned, "X-Hmac-Signature": "Bearer x"}),
        "USPS without signature": ("usps", usps, unsigned),
        "USPS with another secret": ("usps", wrong, wrong_headers),
        "USPS of two hours ago": ("usps", stale, stale_headers),
        "USPS of two hours ahead": ("usps", early, early_headers),
        "USPS with another's signature": ("usps", usps, {**usps_headers, "X-HMAC": wrong_headers["X-HMAC"]}),
        "UPS without anything": ("ups", ups, unsigned),
        "UPS with a token of its own": ("ups", ups, signing.ups_bearer("eyJhbGciOiJub25lIn0.e30.")),
        "UPS with an empty token": ("ups", ups, signing.ups_bearer("")),
        "UPS with another credential": ("ups", ups, signing.ups_credential("guessed")),
        "UPS with an empty credential": ("ups", ups, signing.ups_credential("")),
        "Shopify without signature": ("stores/shopify", order, {**unsigned, "X-Shopify-Topic": "orders/create"}),
        "Shopify with another secret": ("stores/shopify", order, signing.shopify(order, "guessed", "orders/create")),
    }
    return {what: (f"/webhooks/{to}", to.split("/")[-1], body, headers) for what, (to, body, headers) in cases.items()}


def test_what_is_not_proven_is_refused_counted_and_not_kept(world: World) -> None:
    # Given the stack as it stands
    world.quiet()
    table, objects = world.table(), world.objects()
    carriers = ("easypost", "usps", "ups", "shopify")
    before = {carrier: world.counted("WebhooksRefused", carrier=carrier, why="signature") for carrier in carriers}
    # When webhooks come that are forged, unsigned or stale
    cases = forgeries(world)
    for what, (path, _, body, headers) in cases.items():
        said = problem(world.running.send("POST", path, body, headers), 401)
        # Then each is refused, and told nothing of why
        assert FORGED not in json.dumps(said), what
    # And counted
    for carrier in carriers:
        expected = before[carrier] + sum(of == carrier for _, of, _, _ in cases.values())
        counted = lambda c=carrier: world.counted("WebhooksRefused", carrier=c, why="signature")  # noqa: E731
        world.awaited(lambda e=expected, c=counted: c() == e, f"{carrier}: {expected:.0f} refused")  # type: ignore[misc]
    # And nothing is kept anywhere
    world.quiet()
    assert world.queued("InboundDlqUrl") == (0, 0)
    assert world.table() == table
    assert world.objects() == objects
    assert not [line for _, line in world.logs() if FORGED.lower() in line.lower()]


def test_more_than_a_million_bytes_are_refused_before_they_cost_anything(world: World) -> None:
    body = b'{"pad": "' + b"x" * (1_000_001 - 11) + b'"}'
    assert len(body) == 1_000_001
    headers = signing.easypost(body, world.credentials.easypost[LARKSPUR])
    before = world.objects()
    problem(world.running.send("POST", "/webhooks/easypost", body, headers), 413)
    assert world.objects() == before
    assert world.awaited(lambda: world.counted("WebhooksRefused", carrier="easypost", why="too_large"), "it is counted")


def test_a_large_body_takes_the_way_through_the_bucket(world: World) -> None:
    # Given a body of 900,000 bytes, more than a queue message may hold
    order = world.order(via="easypost")
    scan = world.a_scan("moving", world.ago(hours=1))
    document = json.loads(bodies.easypost(order.parcel, order.carrier, [scan]))
    document["previous_attributes"] = {"pad": ""}
    document["previous_attributes"]["pad"] = "x" * (900_000 - len(signing.compact(document)))
    body, before = signing.compact(document), world.objects()
    assert len(body) == 900_000
    # When it is sent
    world.easypost(body)
    # Then it is read like any other, from the bucket
    world.await_shipment(order, lambda parcel: parcel.event_count == 1, "the event of the large body is there")
    assert len([key for key in world.objects() - before if key.startswith(f"inbound/{LARKSPUR}/")]) == 1


@pytest.mark.parametrize("path", ["/webhooks/pigeon-post", "/webhooks/stores/pigeon-shop"])
def test_an_unknown_source_is_not_found(world: World, path: str) -> None:
    problem(world.running.send("POST", path, b"{}", signing.JSON), 404)


def test_ups_fetches_a_token_and_pushes_with_it_until_it_expires(world: World) -> None:
    # Given the wrong client: no token
    client_id, client_secret = world.credentials.ups_client
    for user, password in ((client_id, "guessed"), ("somebody", client_secret), (client_id, ""), ("", "")):
        body, headers = signing.ups_token_request(user, password)
        answer = world.running.send("POST", "/oauth2/token", body, headers)
        assert (answer.status, answer.json()) == (401, {"error": "invalid_client"})
    # And the right client that asks for something else
    headers["Authorization"] = "Basic " + b64encode(f"{client_id}:{client_secret}".encode()).decode()
    answer = world.running.send("POST", "/oauth2/token", b"grant_type=password", headers)
    assert (answer.status, answer.json()) == (400, {"error": "unsupported_grant_type"})
    # When the right client asks
    body, headers = signing.ups_token_request(client_id, client_secret)
    token = world.running.send("POST", "/oauth2/token", body, headers).json()
    assert token["token_type"] == "Bearer"
    # Then its token opens the door
    order = world.order()
    push = bodies.ups(order.parcel, world.a_scan("moving", world.ago(hours=1)))
    bearer = signing.ups_bearer(token["access_token"])
    assert world.running.send("POST", "/webhooks/ups", push, bearer).status == 200
    world.await_shipment(order, lambda parcel: parcel.event_count == 1, "the push is recorded")
    # But one that was changed does not
    broken = token["access_token"][:-1] + ("A" if token["access_token"][-1] != "A" else "B")
    problem(world.running.send("POST", "/webhooks/ups", push, signing.ups_bearer(broken)), 401)
    # Nor does the same one when its hour is over
    world.travel(seconds=token["expires_in"] + 1)
    problem(world.running.send("POST", "/webhooks/ups", push, bearer), 401)


def test_ups_of_the_first_version_pushes_with_its_credential(world: World) -> None:
    order = world.order()
    push = bodies.ups(order.parcel, world.a_scan("moving", world.ago(hours=1)))
    headers = signing.ups_credential(world.credentials.ups_credential)
    assert world.running.send("POST", "/webhooks/ups", push, headers).status == 200
    world.await_shipment(order, lambda parcel: parcel.event_count == 1, "the push is recorded")


def test_the_order_api_wants_a_key_and_a_whole_order(world: World) -> None:
    order = world.order("fjordhus", "easypost")
    path = f"/v1/orders/{order.external_id}"
    problem(world.running.send("PUT", path, b"{}", signing.JSON), 401)
    problem(world.running.send("PUT", path, b"{}", {**signing.JSON, "x-api-key": "plk_" + "a" * 32}), 401)
    problem(world.api("returns-only", "PUT", path, {}), 403)
    said = problem(world.api("fjordhus", "PUT", path, {"number": order.name, "lines": []}), 400)
    assert "lines" in said["detail"]
    assert order.name not in json.dumps(said)
    assert world.stored(order) is None


def test_a_queue_that_cannot_be_reached_is_a_503_and_the_sender_tries_again(world: World) -> None:
    # Given a queue that answers nobody
    order = world.order()
    world.place(order)
    body = bodies.shopify_fulfillment(order.external_id, order.carrier, order.parcel, order.placed_at)
    headers = signing.shopify(body, world.credentials.shopify, "fulfillments/create")
    endpoint = world.running.cloud.endpoint
    with (
        Peer(endpoint, refuse(503, "ServiceUnavailable")) as peer,
        world.with_environment("ReceiveWebhook", AWS_ENDPOINT_URL_SQS=peer.url),
    ):
        # When a webhook comes, Then it is not acknowledged
        answer = world.running.send("POST", "/webhooks/stores/shopify", body, headers)
        problem(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
        # Nor where we may not write to it, or it is not there: whatever is wrong, it is not the sender's fault
        for code, status in (("AccessDenied", 403), ("AWS.SimpleQueueService.NonExistentQueue", 400)):
            peer.rule = refuse(status, code)
            problem(world.running.send("POST", "/webhooks/stores/shopify", body, headers), 503)
        assert peer.calls >= 3
    # When the sender tries again later
    world.shopify("fulfillments/create", body)
    # Then nothing was lost
    world.await_shipment(order, lambda parcel: parcel.order_id == order.order_id, "the parcel is the order's")
    world.await_message(order, Moment.ORDER_CONFIRMED)
