"""`porchlight shipment show`: the story of a parcel: what the carrier said, what was decided, what was told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Json, Region, Stage, opened
from local.console import Output

if TYPE_CHECKING:
    from porchlight.deciding import Decisions
    from porchlight.domain.delays import DelayDecision
    from porchlight.domain.messages import MessageRecord
    from porchlight.domain.orders import Order
    from porchlight.domain.returns import Return
    from porchlight.domain.shipments import Shipment, StoredEvent
    from porchlight.domain.watching import Watch
    from porchlight.ports import OrderContents, Orders, Returns, Shipments

commands = typer.Typer(name="shipment", help="Look into one parcel, or put its carrier right.", no_args_is_help=True)

type Row = tuple[datetime, str, str]


@dataclass(frozen=True)
class Story:
    """A parcel with everything that hangs on it; no contact points: those stay with the shopper."""

    shipment: Shipment
    events: Sequence[StoredEvent]
    order: Order | None = None
    messages: Sequence[MessageRecord] = ()
    returns: Sequence[Return] = ()
    waits: Sequence[str] = ()
    """Which workflows wait for news of it; their tokens are nobody's business."""
    watch: Watch | None = None
    """How its carrier is asked about it."""
    decisions: Sequence[DelayDecision] = ()
    """What was decided about its delays, and about its order's."""

    def document(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "shipment": self.shipment.model_dump(mode="json", by_alias=True),
            "events": [stored.model_dump(mode="json", by_alias=True) for stored in self._in_order()],
            "order": self.order.model_dump(mode="json") if self.order else None,
            "messages": [message.model_dump(mode="json") for message in self.messages],
            "returns": [request.model_dump(mode="json") for request in self.returns],
            "decisions": [decision.model_dump(mode="json") for decision in self.decisions],
            "workflows_waiting": list(self.waits),
            "watch": self.watch.model_dump(mode="json", exclude_defaults=True) if self.watch else None,
        }

    def facts(self) -> dict[str, str]:
        """The parcel as it stands now, in words."""
        parcel, delay = self.shipment, self.shipment.delay
        found = {
            "shipment": parcel.shipment_id,
            "brand": parcel.brand,
            "carrier": f"{parcel.carrier} {parcel.tracking_number}",
            "order": f"{self.order.number} ({parcel.order_id})" if self.order else parcel.order_id or "not known yet",
            "return": parcel.return_id or "",
            "now": _joined(_words(parcel.milestone), _cause(parcel.reason, parcel.at_fault)),
            "since": _when(parcel.milestone_at) if parcel.milestone_at else "",
            "last seen": _joined(_when(parcel.last_event_at), parcel.last_place.label())
            if parcel.last_event_at
            else "",
            "promised": _days(parcel.promise),
            "promised first": _days(parcel.first_promise) if parcel.first_promise != parcel.promise else "",
            "expected": _days(parcel.expected),
            "number": f"another parcel's since {_when(parcel.next_from)}: {parcel.next_id}" if parcel.next_id else "",
            "corrected": f"the carrier was wrong; the order's parcel is {parcel.moved_to}" if parcel.moved_to else "",
            "read anew": f"{parcel.replays} times" if parcel.replays else "",
        }
        if delay and not (delay.recovered_at or delay.resolved_at):
            found["delay"] = f"open since {_when(delay.declared_at)}: {_words(delay.kind)}"
        found["waiting"] = ", ".join(self.waits)
        found["asked"] = _watched(self.watch) if self.watch else ""
        return {name: value for name, value in found.items() if value}

    def told(self) -> list[Row]:
        """What happened, in the order it happened."""
        return sorted(self._happened(), key=lambda row: row[0])

    def _in_order(self) -> list[StoredEvent]:
        from porchlight.domain.dates import zone

        assumed = zone(self.shipment.zone)
        return sorted(self.events, key=lambda stored: (stored.event.instant(assumed), stored.event_id))

    def _happened(self) -> Iterator[Row]:
        from porchlight.domain.dates import zone

        if self.order:
            yield self.order.placed_at, "order", _joined(f"placed, {self.order.number}", self.order.total.label())
            if self.order.cancelled_at:
                yield self.order.cancelled_at, "order", "cancelled"
        assumed = zone(self.shipment.zone)
        for stored in self._in_order():
            event = stored.event
            late = "" if stored.received_at.date() == event.instant(assumed).date() else "reached us later"
            what = _joined(
                _words(event.milestone),
                _cause(event.reason, event.at_fault),
                event.place.label(),
                f"code {event.raw_code}" + ("" if event.recognised else " (in no table of ours)"),
                "local time, zone not given" if not event.zone_known else "",
                late,
            )
            yield event.instant(assumed), stored.source, what
        yield from (_decision(decision) for decision in self.decisions)
        if (delay := self.shipment.delay) and not self.decisions:  # of a release that kept no records
            promised = f"promised for {delay.promised:%a %d %b}" if delay.promised else ""
            new = f"now expected {_days(delay.expected)}"
            policy = f"policy {delay.policy_version}" if delay.policy_version else ""
            yield delay.declared_at, "delay", _joined(f"declared: {_words(delay.kind)}", promised, new, policy)
            if delay.recovered_at:
                yield delay.recovered_at, "delay", "recovered: it moves again"
            if delay.resolved_at:
                yield delay.resolved_at, "delay", "closed: nothing more is expected"
        for message in self.messages:
            yield from _message(message)
        for request in self.returns:
            yield from _return(request)


def _decision(decision: DelayDecision) -> Row:
    """One decision about a delay, with the numbers behind it."""
    said = {"step": _words(decision.step), "declared": f"declared: {_words(decision.kind)}"}
    numbers = [f"{_words(name)} {value}" for name, value in decision.facts.items() if value not in (None, "")]
    what = _joined(
        said.get(decision.change.value) or f"{_words(decision.change)}: {_words(decision.kind)}",
        f"by {decision.by}",
        f"now expected {_days(decision.expected)}" if decision.expected and decision.change != "step" else "",
        f"policy {decision.policy_version}" if decision.policy_version else "",
        f"model {decision.model_version}" if decision.model_version else "",
        ", ".join(numbers),
        decision.note,
    )
    return decision.at, "delay", what


def _message(message: MessageRecord) -> Iterator[Row]:
    name, kind = _words(message.moment), message.channel
    if message.state == "suppressed":
        yield message.planned_at, kind, f"{name}: not told ({_words(message.reason or 'no reason recorded')})"
        return
    yield message.planned_at, kind, f"{name}: planned"
    if message.sent_at:
        seconds = (message.sent_at - message.event_at).total_seconds()
        tries = f", at attempt {message.attempt}" if message.attempt > 1 else ""
        yield message.sent_at, kind, f"{name}: sent, {seconds:.0f} s after the news{tries}"
    elif message.state == "failed":
        at = message.sending_since or message.planned_at
        yield at, kind, f"{name}: failed ({message.failure or 'no reason recorded'})"
    elif message.sending_since and message.state == "sending":
        yield message.sending_since, kind, f"{name}: handed over, no answer yet (in doubt)"


def _return(request: Return) -> Iterator[Row]:
    lines = ", ".join(f"{line.quantity} × {line.line_id} ({line.reason})" for line in request.lines)
    yield request.requested_at, "return", _joined(f"requested: {lines}", request.return_id)
    for decision in request.decisions:
        rule = f"{_words(decision.rule)}, {decision.policy_version}"
        yield decision.decided_at, "return", f"{_words(decision.outcome)} by {decision.decided_by} ({rule})"
    if request.failure:
        at = request.decisions[-1].decided_at if request.decisions else request.requested_at
        yield at, "return", f"failed at {request.failure}"
    if request.scanned_at:
        yield request.scanned_at, "return", "the carrier has scanned the parcel"
    for one in request.settlements:
        yield one.intended_at, "refund", f"{_words(one.kind)} of {one.amount.label()} asked for"
        if one.done_at:
            reference = one.reference or "no reference"
            yield one.done_at, "refund", f"{_words(one.kind)} of {one.amount.label()} done ({reference})"


@commands.command()
def show(
    what: Annotated[
        str, typer.Argument(metavar="ID", help="shp_… or ord_…; a tracking number; or the store's own order id.")
    ],
    brand: Annotated[
        str | None, typer.Option("--brand", "-b", help="Only this brand; all of the pack without it.")
    ] = None,
    carrier: Annotated[
        str | None, typer.Option("--carrier", "-c", help="ID is a tracking number of this carrier.")
    ] = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """The parcel as it stands, and its story: events, delays with all that was decided, messages, returns.

    An order shows each of its parcels. Nobody's name or address is shown; times are UTC.
    Exit code 1 if nothing is found.
    """
    from local.stack import brand_ids

    output, known = Output(json), brand_ids()
    if brand is not None and brand not in known:
        raise typer.BadParameter(f"there is no brand {brand!r}; there are {', '.join(known)}", param_hint="--brand")
    with opened(output, stage, region) as stack:
        app = stack.app()
        look = Look(app.shipments, app.orders, app.returns, app.decisions)
        stories = look.up((brand,) if brand else known, what, carrier)
    if json:
        output.document({"shipments": [story.document() for story in stories]})
        if not stories:
            raise typer.Exit(1)
        return
    if not stories:
        output.fail(
            f"Nothing is known under {what!r}. A tracking number may need --carrier; an order is found by its id "
            "in the store, not by the number the shopper was told. A webhook that could not be read is in quarantine: "
            "porchlight quarantine list"
        )
    for story in stories:
        facts = story.facts()
        for name, value in facts.items():
            output.say(f"{name:<14}  {value}")
        rows = [{"when": _when(at), "who": who, "what": text} for at, who, text in story.told()]
        output.say("")
        output.report("What happened (UTC)", rows)
        output.say("")


@commands.command()
def correct(
    shipment_id: Annotated[str, typer.Argument(metavar="ID", help="The parcel under the wrong carrier: shp_…")],
    carrier: Annotated[str, typer.Option("--carrier", "-c", help="The carrier that really has it.")],
    stage: Stage = None,
    region: Region = None,
) -> None:
    """Put a carrier right that the store named wrongly: the order gets the parcel with this number at CARRIER.

    The correction stands, also when the store names the wrong carrier again. Doing it twice changes nothing.
    """
    from local.stack import brand_ids
    from porchlight.domain.carriers import carrier_id
    from porchlight.services.correct_carrier import CarrierDesk
    from porchlight.services.keep_orders import OrderKeeper

    output = Output()
    if carrier_id(carrier) != carrier:
        raise typer.BadParameter(f"did you mean {carrier_id(carrier)!r}?", param_hint="--carrier")
    with opened(output, stage, region) as stack:
        app = stack.app()
        desk = CarrierDesk(OrderKeeper(app.orders, app.shipments, app.brands, app.lookout, app.dates))
        owner = next((brand for brand in brand_ids() if app.shipments.get(brand, shipment_id)), None)
        if owner is None:
            output.fail(f"There is no parcel {shipment_id}.")
        right = desk.correct(owner, shipment_id, carrier, app.clock())
    found = right.shipment_id
    output.say(f"{found} at {carrier} is the order's parcel now. Look: porchlight shipment show {found}")


@dataclass(frozen=True)
class Look:
    """Finds parcels."""

    shipments: Shipments
    orders: Orders
    returns: Returns
    decisions: Decisions

    def up(self, brands: Sequence[str], what: str, carrier: str | None) -> list[Story]:
        """The parcels that `what` may mean, in each of the brands."""
        stories = [
            story for brand in brands for key in self._ids(brand, what, carrier) if (story := self._story(brand, key))
        ]
        for story in stories:  # grows: a number that was used again leads to the later parcel
            after = story.shipment.next_id
            if after and after not in {known.shipment.shipment_id for known in stories}:
                stories += filter(None, (self._story(story.shipment.brand, after),))
        return stories

    def _ids(self, brand: str, what: str, carrier: str | None) -> Sequence[str]:
        from porchlight.carriers.registry import carrier_ids
        from porchlight.domain.ids import order_id, shipment_id

        if carrier:
            return [shipment_id(brand, carrier, what)]
        if what.startswith("shp_"):
            return [what]
        if what.startswith("ord_"):
            return self.orders.contents(brand, what).shipment_ids
        by_number = [shipment_id(brand, name, what) for name in carrier_ids()]
        by_order = self.orders.contents(brand, order_id(brand, what)).shipment_ids
        return list(dict.fromkeys((*by_number, *by_order)))  # several sources may be one carrier's

    def _story(self, brand: str, shipment_id: str) -> Story | None:
        from porchlight.ports import OrderContents

        shipment, events, watch = self.shipments.contents(brand, shipment_id)
        if shipment is None:
            return None
        known: OrderContents = OrderContents()
        if shipment.order_id:
            known = self.orders.contents(brand, shipment.order_id)
        returns = [found for key in known.return_ids if (found := self.returns.get(brand, key))]
        return Story(
            shipment=shipment,
            events=events,
            order=known.order,
            messages=[m for m in known.messages if m.shipment_id in (None, shipment_id)],
            returns=returns,
            waits=[wait.purpose for wait in self.shipments.waits(brand, shipment_id)],
            watch=watch,
            decisions=[
                *self.decisions.of_shipment(brand, shipment_id),
                *(self.decisions.of_order(brand, shipment.order_id) if shipment.order_id else ()),
            ],
        )


def _watched(watch: Watch) -> str:
    """How a parcel is asked about, in words: ``fedex, asking, last answer …, next …``."""
    return _joined(
        watch.source,
        _words(watch.state),
        _words(watch.why),
        f"subscribed until {_when(watch.subscribed_until)}" if watch.subscribed_until else "",
        f"last answer {_when(watch.asked_at)}" if watch.asked_at else "",
        f"{watch.failures} asks without an answer" if watch.failures else "",
        f"next {_when(watch.due_at)}" if watch.due_at else "",
    )


def _words(value: object) -> str:
    return str(value).replace("_", " ")


def _cause(reason: object, at_fault: object) -> str:
    if not reason:
        return ""
    return _words(reason) + (f" ({_words(at_fault)})" if at_fault and at_fault != reason else "")


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _when(at: datetime | None) -> str:
    from datetime import UTC

    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else ""


def _days(days: Any) -> str:
    """`Thu 12 Nov`, or `Thu 12 Nov to Fri 13 Nov`."""
    if days is None:
        return ""
    first, last = f"{days.earliest:%a %d %b}", f"{days.latest:%a %d %b}"
    return first if first == last else f"{first} to {last}"
