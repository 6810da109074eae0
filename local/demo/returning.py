"""What shoppers and warehouses do about returns: portal and withdrawal page as a browser sends them, a booking."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from local.demo.forms import HEADERS, Form, form_with
from local.demo.people import ORDERS
from local.demo.story import Act
from local.demo.waiting import StoryError, awaited
from local.inbox import Email, Inbox

if TYPE_CHECKING:
    from local.demo.traffic import Traffic

_RETURN = re.compile(rb"rma_[a-z2-7]{20}")


def sends_back(traffic: Traffic, act: Act) -> None:
    """The portal: the order by its number and email address, the first item and why (``act.text``), what for and how
    (``act.form``).
    """
    customer = ORDERS[act.about]
    place, line = f"/returns/{customer.brand}", str(customer.external_id * 100)
    form = _form(place, traffic.running.send("GET", place).body, "proof")
    body = _post(traffic, place, form, ("number", customer.number), ("proof", customer.email))
    form = _form(place, body, f"n-{line}")
    chosen = _filled(place, form, (f"n-{line}", "1"), (f"why-{line}", act.text))
    body = traffic.running.send("GET", f"{form.action}?{chosen.decode()}").body
    form = _form(form.action, body, act.form[0][0])
    body = _post(traffic, form.action, form, *act.form)
    found = _RETURN.search(body)
    if found is None:
        raise StoryError(f"{act.about}'s return was not taken")
    traffic.returns[act.about] = found[0].decode()


def withdraws(traffic: Traffic, act: Act) -> None:
    """The page that each email leads to: withdraw, and confirm. Done when the acknowledgement is there, in writing."""
    customer, home = ORDERS[act.about], traffic.running.front.url
    place = traffic.links(act.about)["withdraw"].removeprefix(home)
    form = _form(place, traffic.running.send("GET", place).body, "email")
    who = (("name", customer.name), ("email", customer.email))
    body = _post(traffic, place, form, *who, ("action", "check"))
    _post(traffic, place, _form(place, body, "action"), ("action", "confirm"))
    awaited(lambda: acknowledgements(traffic, act.about), f"{act.about}'s withdrawal is acknowledged")
    path = f"/v1/returns?order={customer.external_id}"
    (made,) = traffic.api(customer.brand, "GET", path).json()["returns"]
    traffic.returns[act.about] = made["return_id"]


def acknowledgements(traffic: Traffic, who: str) -> list[Email]:
    """Emails that say what was declared, and when: they answer nobody, so that nothing answers them."""
    customer = ORDERS[who]
    return [
        one
        for one in Inbox(traffic.running.cloud.endpoint).emails()
        if customer.email in one.recipients and one.header("Auto-Submitted") and customer.number in one.text
    ]


def books(traffic: Traffic, act: Act) -> None:
    """The warehouse books the box, and says how the item is; the return stays what it is."""
    customer, path = ORDERS[act.about], f"/v1/returns/{traffic.returns[act.about]}"
    item = {"line_id": str(customer.external_id * 100), "quantity": 1}
    before = awaited(lambda: traffic.look(act.about)["closed_at"], f"{act.about}'s return is closed")
    for what, body in (
        ("receive", {"receipt_id": "EAST-20417", "items": [item]}),
        ("inspect", {"inspection_id": "EAST-20418", "items": [{**item, "grade": "new"}]}),
    ):
        answer = traffic.api(customer.brand, "POST", f"{path}/{what}", body)
        if answer.status != 200:
            raise StoryError(f"the warehouse was answered {answer.status}: {answer.body[:300]!r}")
    found = traffic.look(act.about)
    if found["state"] != "refunded" or not found["inspections"] or found["closed_at"] != before:
        raise StoryError(f"{act.about}'s return is {found['state']} after the inspection")


def _form(place: str, page: bytes, name: str) -> Form:
    try:
        return form_with(page, name)
    except ValueError as error:
        raise StoryError(f"{place}: {error}") from None


def _filled(place: str, form: Form, *chosen: tuple[str, str]) -> bytes:
    try:
        return form.filled(*chosen)
    except ValueError as error:
        raise StoryError(f"{place}: {error}") from None


def _post(traffic: Traffic, place: str, form: Form, *chosen: tuple[str, str]) -> bytes:
    """Where the form leads, redirects included."""
    to = urljoin(place, form.action)
    answer = traffic.running.send("POST", to, _filled(place, form, *chosen), HEADERS)
    if answer.status != 200:
        raise StoryError(f"{to} answered {answer.status}")
    return answer.body


PLAYERS = {"sends_back": sends_back, "withdraws": withdraws, "books": books}
"""By the kind of act."""
