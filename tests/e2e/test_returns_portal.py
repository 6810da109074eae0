"""The returns portal on the deployed stack: from the number on the receipt to a return that the workflow decides."""

import re
from html import unescape
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from porchlight.domain.moments import Moment
from tests.e2e.world import World
from tests.unit.portal import hidden, texts


def _form(world: World, path: str, **fields: str) -> str:
    """A form that is sent; the page that it leads to."""
    answer = world.running.send("POST", path, urlencode(fields).encode())
    assert answer.status == 200, answer.body
    return answer.body.decode()


def _upload(html: str, picture: bytes) -> str:
    """The form of the bucket, as a browser sends it; where it leads to."""
    form = re.findall(r'<form class="asked"[^>]*enctype[^>]* action="([^"]*)">(.*?)</form>', html, re.DOTALL)[0]
    edge = "edge-of-a-part"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in hidden(form[1]).items()
    ]
    file = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    body = "".join([*parts, file]).encode() + picture + f"\r\n--{edge}--\r\n".encode()
    request = Request(unescape(form[0]), body, {"Content-Type": f"multipart/form-data; boundary={edge}"})
    with urlopen(request, timeout=30) as answer:
        return str(answer.url)


def test_from_the_number_on_the_receipt_to_the_label_and_off_again(world: World) -> None:
    order = world.delivered(lines=(("Linen shirt", "80.00"), ("Wool hat", "30.00")))
    # Given somebody who knows the number, and not the address
    wrong = _form(world, f"/returns/{order.brand}", number=order.number, proof="nobody@x.example")
    assert "did not find that order" in texts(wrong)
    # When the shopper comes with number and address
    items = _form(world, f"/returns/{order.brand}", number=order.number, proof=order.email.upper())
    here = re.findall(r'action="(/r/[^"]*)/choose"', items)[0]
    assert "Linen shirt" in texts(items)
    line, once = order.line_ids[0], hidden(items)["once"]
    query = urlencode({"once": once, f"n-{line}": "1", f"why-{line}": "damaged"})
    offers = world.running.send("GET", f"{here}/choose?{query}").body.decode()
    # And adds a picture, which goes to the bucket and leads back
    back = _upload(offers, b"\xff\xd8\xff\xe0 a picture")
    offers = world.running.send("GET", back.removeprefix(world.running.front.url)).body.decode()
    assert "Picture 1 is here." in texts(offers)
    # And asks, twice
    sent = hidden(offers) | {"resolution": "refund", "method": "label"}
    first, again = (_form(world, here, **sent) for _ in range(2))
    return_id = re.findall(r"rma_\w+", texts(first))[0]
    assert return_id in texts(again)
    # Then it is one return, decided by the workflow as any other
    shown = world.await_return(order, return_id, "approved")
    assert (shown["source"], len(shown["lines"][0]["photos"])) == ("portal", 1)
    page = world.running.send("GET", f"{here}/{return_id}").body.decode()
    assert "Your return is approved." in texts(page)
    assert shown["label"]["tracking_number"] in texts(page)
    world.await_message(order, Moment.RETURN_APPROVED)
    assert f"/{return_id}" in world.emails(order)[-1].text
    # When it is called off on the page
    assert "Cancel this return?" in texts(world.running.send("GET", f"{here}/{return_id}?ask=cancel").body.decode())
    assert "Your return is cancelled." in texts(_form(world, f"{here}/{return_id}", action="cancel"))
    # Then it has ended
    world.await_return(order, return_id, "cancelled")


def test_who_guesses_is_stopped(world: World) -> None:
    tries = [
        world.running.send(
            "POST", "/returns/fjordhus", urlencode({"number": "F-1", "proof": f"{n}12345"}).encode()
        ).status
        for n in range(9)
    ]
    assert tries == [200] * 8 + [429]
