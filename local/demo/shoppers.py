"""What shoppers do who want it otherwise: sign up for texts, choose in the preference centre, write STOP."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from local.demo.forms import HEADERS, form_with
from local.demo.people import ORDERS
from local.demo.story import Act
from local.demo.waiting import StoryError, awaited
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction
from porchlight.domain.moments import Moment
from porchlight.domain.preferences import Profile

if TYPE_CHECKING:
    from local.demo.traffic import Traffic


def clock(traffic: Traffic, act: Act) -> None:
    """The shop's own app knows which clock its user lives by: it is ``act.hour`` o'clock there."""
    profile = _profile(traffic, act.about)
    body = {"preferences": {"zone": zone_at(traffic.running.now(), act.hour)}}
    answer = traffic.api(profile.brand, "PUT", f"/v1/shoppers/{profile.shopper_id}", body)
    if answer.status != 200:
        raise StoryError(f"PUT /v1/shoppers answered {answer.status}: {answer.body[:300]!r}")


def zone_at(now: datetime, hour: int) -> str:
    """A zone in which it is that hour of the day. (East of Greenwich its name has a minus.)"""
    offset = (hour - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


def texts(traffic: Traffic, act: Act) -> None:
    """The form on the tracking page: a number, and a tick."""
    number = ORDERS[act.about].mobile
    _send(traffic, traffic.links(act.about)["tracking"], ("mobile", number), ("agreed", "yes"))
    if not _profile(traffic, act.about).mobile:
        raise StoryError(f"{act.about}'s number was not taken")


def prefers(traffic: Traffic, act: Act) -> None:
    """The preference centre, with one thing or another changed."""
    page = _send(traffic, traffic.links(act.about)["preferences"], *act.form)
    if not set(act.form) <= set(form_with(page, act.form[0][0]).sent):
        raise StoryError(f"{act.about}'s choice was not kept")


def writes(traffic: Traffic, act: Act) -> None:
    """A text back to the brand's number, as AWS publishes it; what it asks for is done when this returns."""
    running = traffic.running
    profile = _profile(traffic, act.about)
    brand = running.app.brands.get(profile.brand)
    message = {
        "originationNumber": profile.mobile,
        "destinationNumber": brand.outreach.sms.origination["default"],
        "messageKeyword": "KEYWORD",
        "messageBody": act.text,
        "inboundMessageId": str(uuid.uuid4()),
        "previousPublishedMessageId": str(uuid.uuid4()),
    }
    topic = running.stack.outputs["RepliesTopic"]
    running.cloud.client("sns").publish(TopicArn=topic, Message=json.dumps(message))

    def stopped() -> bool:
        standing = _profile(traffic, act.about).standing(Purpose.SERVICE, Channel.SMS)
        return standing is not None and standing.action is ConsentAction.WITHDRAWN

    awaited(stopped, f"{act.about} has stopped texts")


def waits(traffic: Traffic, act: Act) -> None:
    """The parcel's message is held: what comes now joins it."""
    brand, order = ORDERS[act.about].brand, traffic.order_id(act.about)
    awaited(
        lambda: [
            one
            for one in traffic.running.app.orders.contents(brand, order).messages
            if one.moment is Moment.SHIPPED and one.bundle_id
        ],
        f"{act.about}'s parcel waits to be told",
    )


def _send(traffic: Traffic, link: str, *chosen: tuple[str, str]) -> bytes:
    """Open a page, fill in its form and send it; the page that it leads back to."""
    home = traffic.running.front.url
    page = traffic.running.send("GET", link.removeprefix(home))
    try:
        form = form_with(page.body, chosen[0][0])
        body = form.filled(*chosen)
    except ValueError as error:
        raise StoryError(f"{link}: {error}") from None
    to = urljoin(link, form.action).removeprefix(home)
    answer = traffic.running.send("POST", to, body, HEADERS)
    if answer.status != 200:
        raise StoryError(f"{to} answered {answer.status}")
    return answer.body


def _profile(traffic: Traffic, who: str) -> Profile:
    app, brand = traffic.running.app, ORDERS[who].brand
    order = app.orders.get(brand, traffic.order_id(who))
    if order is None:
        raise StoryError(f"there is no order of {who}")
    found: Profile = app.profiles.get(brand, order.shopper_id)
    return found


PLAYERS = {"clock": clock, "texts": texts, "prefers": prefers, "writes": writes, "waits": waits}
"""By the kind of act."""
