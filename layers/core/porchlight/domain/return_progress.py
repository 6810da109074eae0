"""The view of one return: where it is, what comes next, what the shopper needs to send it, what they get."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from porchlight.domain.facts import Scene, View, refusal_variants, say
from porchlight.domain.money import Money
from porchlight.domain.policies import of_order
from porchlight.domain.policy.model import Facility
from porchlight.domain.portal_view import page_parts
from porchlight.domain.returns import GIVEN_UP, SETTLED, Return, ReturnState
from porchlight.domain.rma.answers import BY_PERSON, may_cancel, may_reopen
from porchlight.domain.rma.names import (
    BY_PARCEL,
    NOTHING_COMES,
    RefundTrigger,
    Resolution,
    ReturnKind,
    ReturnMethod,
)
from porchlight.domain.rma.said import paid_on
from porchlight.domain.rma.terms import Terms
from porchlight.domain.words import clean, local_time

_PRINTED = frozenset({ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE})
_OPEN = frozenset({ReturnState.REQUESTED, ReturnState.IN_REVIEW, ReturnState.APPROVED})
_COMING = frozenset({ReturnState.IN_TRANSIT, ReturnState.RECEIVED, ReturnState.INSPECTED, ReturnState.IN_REPAIR})
_NOTES = {"too_late": "too_late", "person": "asked", "sent": "thanks", "no_number": "no_number", "no_carrier": "which"}
_GOODS_FIRST = frozenset({Resolution.EXCHANGE, Resolution.REPAIR})
_LAST_STEP = {
    Resolution.REFUND: "money",
    Resolution.STORE_CREDIT: "credit",
    Resolution.EXCHANGE: "exchanged",
    Resolution.INSTANT_EXCHANGE: "exchanged",
    Resolution.REPLACE: "exchanged",
    Resolution.REPAIR: "repaired",
}
_PARTS = ("items", "shipping", "fee", "deduction", "capped", "bonus")


class Extras(NamedTuple):
    """What the page shows besides the record. ``code``: an SVG, as markup; ``label``: where the PDF is."""

    label: str = ""
    code: str = ""
    facility: Facility | None = None
    """Where it is sent to by own parcel."""
    asked: str = ""
    """``cancel``: it is asked whether that is meant; ``too_late``, ``person``: what came of a button."""
    gift: bool = False


def may_object(request: Return) -> bool:
    """True for a refusal that no person has answered for: that a deadline went by, once more even, is no answer."""
    refused = request.state is ReturnState.REFUSED and may_reopen(request)
    return refused and not any(one.rule == BY_PERSON for one in request.decisions)


def sends_own(request: Return) -> bool:
    """True while the shopper has still to send a parcel of their own, or to tell its number."""
    waits = request.state is ReturnState.APPROVED and not request.scanned_at
    return waits and request.method is ReturnMethod.OWN and request.label is None


def progress_view(scene: Scene, request: Return, links: Mapping[str, str], extras: Extras) -> View:
    """The page of one return. ``links``: ``here`` (this page), ``all`` (the portal), ``tracking``."""
    facts = scene.return_facts(request, scene.order_facts(), gift=extras.gift)
    again = request.review is not None and request.state in GIVEN_UP
    state = f"return_states.{ReturnState.IN_REVIEW.value if again else request.state.value}"
    refused = request.state is ReturnState.REFUSED
    sends = request.state is ReturnState.APPROVED and not request.scanned_at
    until = facts["drop_off_by"] or facts["bring_by"]
    waits = sends and request.method in _PRINTED and request.label is None
    return {
        **page_parts(scene, links),
        "words": say(state, facts),
        "state": request.state.value,
        "why": say("moments.return_refused", facts, refusal_variants(request)) if refused and not again else None,
        "said": say("returns.progress", {"brand": facts["brand"]}),
        "return_id": request.return_id,
        "gets": _gets(scene, request, gift=extras.gift) if request.state in _OPEN | _COMING else [],
        "steps": return_steps(scene, request),
        "drop_off": say("returns.said.drop_off", {"drop_off_by": until}) if sends and until else "",
        "label": extras.label if sends else "",
        "waits": waits,
        "code": extras.code if sends else "",
        "instructions": clean(request.label.instructions, 300) if sends and request.label else "",
        "tracking": facts["return_tracking"] if request.state not in GIVEN_UP else "",
        "carrier": facts["return_carrier"],
        "own": _place(extras.facility) if sends and request.method is ReturnMethod.OWN else [],
        **_amounts(scene, request, hide=extras.gift or refused),
        "lines": _lines(scene, request),
        "timeline": _timeline(scene, request),
        "cancel": f"{links['here']}?ask=cancel" if may_cancel(request) and extras.asked != "cancel" else "",
        "asks": extras.asked == "cancel" and may_cancel(request),
        "note": say(f"returns.progress.{_NOTES[extras.asked]}", {"brand": facts["brand"]})
        if extras.asked in _NOTES
        else "",
        "good": extras.asked in ("person", "sent"),
        "sends_own": sends_own(request),
        "coded": request.method in (ReturnMethod.QR, ReturnMethod.BOX_FREE),
        "objects": may_object(request),
        "action": links["here"],
        "all": links["all"],
    }


def return_steps(scene: Scene, request: Return) -> list[View]:
    """The line of one return: what is done, what is now, what is still to come, in the order in which it happens."""
    begun = ("approved", request.approved_at) if request.approved_at else ("asked", request.requested_at)
    if request.state in GIVEN_UP:
        refused = request.state is ReturnState.REFUSED and request.decisions
        ended = request.decisions[-1].decided_at if refused else request.closed_at or request.cancel_asked_at
        return [_step(scene, *begun, "past"), _step(scene, request.state.value, ended, "trouble")]
    way = [("sent", request.scanned_at), ("back", request.received_at or request.delivered_at)]
    if request.kind is ReturnKind.CLAIM or request.method in NOTHING_COMES:
        way = []
    elif request.method not in BY_PARCEL:
        way = way[1:]
    trigger = (request.terms or Terms(policy_version="")).refund_on
    before = {RefundTrigger.INSTANT: 0, RefundTrigger.FIRST_SCAN: len(way) - 1}.get(trigger, len(way))
    if request.resolution in _GOODS_FIRST:
        before = len(way)
    done = max((one.done_at for one in request.settlements if one.done_at), default=None)
    way.insert(max(before, 0), (_LAST_STEP[request.resolution], done if request.state in SETTLED else None))
    whens = [begun, *way]
    present = max(index for index, (_, at) in enumerate(whens) if at)
    steps = []
    for index, (name, at) in enumerate(whens):
        state = "past" if index < present else "future"
        if index == present:
            failed, last = request.state is ReturnState.FAILED, index == len(whens) - 1
            state = "trouble" if failed else "past" if last else "now"
        steps.append(_step(scene, name, at, state))
    return steps


def _step(scene: Scene, name: str, at: datetime | None, state: str) -> View:
    return {
        "label": say(f"returns.steps.{name}", {}),
        "state": state,
        "state_words": say(f"step_states.{state}", {}),
        "when": scene.short(at) if at else "",
        "after_trouble": False,
    }


def _gets(scene: Scene, request: Return, *, gift: bool) -> list[View]:
    """What the shopper gets, and when."""
    kind, terms = request.resolution, request.terms
    moves = kind in (Resolution.REFUND, Resolution.STORE_CREDIT)
    promised = request.refund_amount or (request.parts.total if request.parts else None)
    amount = scene.speech.money(promised) if moves and promised and not gift else ""
    name = f"returns.gets.{kind.value}_gift" if gift and moves else f"returns.gets.{kind.value}"
    said = [say(name, {"amount": amount, "bonus": ""})]
    if terms and kind is not Resolution.INSTANT_EXCHANGE:
        when = "nothing_back" if request.method in NOTHING_COMES else paid_on(request, terms)
        said.append(say(f"returns.when.{when}", {}))
    return said


def _amounts(scene: Scene, request: Return, *, hide: bool) -> View:
    """What it is made of, where it is made of several things."""
    parts = request.parts
    if parts is None or hide or not parts.total.amount:
        return {"amounts": [], "total": "", "tax": ""}
    found = []
    for name in _PARTS:
        if minor := getattr(parts, name):
            amount = scene.speech.money(Money(amount=abs(minor), currency=parts.currency))
            found.append({"label": say(f"returns.progress.{name}", {}), "amount": amount, "less": minor < 0})
    tax = scene.speech.money(Money(amount=parts.tax, currency=parts.currency)) if parts.tax else ""
    return {
        "amounts": found if len(found) > 1 else [],
        "total": scene.speech.money(parts.total),
        "tax": say("returns.said.tax", {"tax": tax}) if tax else "",
    }


def _lines(scene: Scene, request: Return) -> list[View]:
    counts = of_order(request, scene.order.order_id)
    return [
        {"title": clean(line.title, 120), "quantity": counts[line.line_id]}
        for line in scene.order.lines
        if line.line_id in counts
    ]


def _place(facility: Facility | None) -> list[str]:
    if facility is None:
        return []
    town = " ".join(filter(None, (facility.postcode, facility.city, facility.region)))
    return [clean(one, 200) for one in (facility.name, facility.street, town, facility.country) if one]


def _happened(request: Return) -> Iterator[tuple[datetime, str]]:
    yield request.requested_at, "requested"
    for decision in request.decisions:
        cancelled = decision.rule == "cancelled" and request.state is ReturnState.CANCELLED
        yield decision.decided_at, "cancelled" if cancelled else decision.outcome.value
    for label in (request.label, *request.old_labels):
        if label and label.made_at:
            yield label.made_at, "label"
    for at, name in ((request.scanned_at, "scanned"), (request.delivered_at, "delivered")):
        if at:
            yield at, name
    for receipt in request.receipts:
        yield receipt.received_at, "received"
    for inspection in request.inspections:
        yield inspection.inspected_at, "inspected"
    for one in request.settlements:
        if one.done_at:
            yield one.done_at, one.kind.value


def _timeline(scene: Scene, request: Return) -> list[View]:
    """What happened, newest first, under the day in the shopper's zone."""
    zone_name, today = scene.zone_of(), scene.today()
    days: list[View] = []
    for at, name in sorted(_happened(request), key=lambda one: one[0], reverse=True):
        local, label = local_time(at, zone_name)
        heading = scene.speech.dated(local.date(), today).bare
        if abs((local.date() - today).days) <= 1:
            heading = scene.day(local.date(), today).bare
        if not days or days[-1]["day"] != heading:
            days.append({"day": heading, "events": []})
        days[-1]["events"].append(
            {
                "time": scene.speech.clock(local),
                "zone": label,
                "iso": at.isoformat(timespec="minutes"),
                "title": say(f"returns.happened.{name}", {}),
                "below": "",
                "reason": "",
            }
        )
    return days
