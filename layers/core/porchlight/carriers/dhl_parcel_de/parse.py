"""DHL Paket bodies: nested ``data`` elements whose attributes say everything.

``piece-shipment`` (for business customers) and ``piece-status-public`` (for everybody) hold a piece; its events are
nested in it, or stand beside it under the same ``piece-id``, or are missing: then the piece's own status is the event.
Times are ``18.03.2026 10:02``, local. Names, streets and post codes of people are attributes of the piece and stay
there.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from porchlight.bodies import clean, load_xml, moment, only_unreadable, optional_day, required_text, sane
from porchlight.carriers.countries import country_code
from porchlight.carriers.dhl_parcel_de.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PIECES = frozenset({"piece-shipment", "pieceshipment", "piece-status-public"})
_LISTS = frozenset({"piece-event-list", "pieceeventlist"})
_EVENTS = frozenset({"piece-event", "pieceevent"})
_KNOWN = _PIECES | _LISTS | {"piece-shipment-list", "pieceshipmentlist", "piece-status-public-list", "signature-list"}
_NOTHING_FOUND = frozenset({"100", "200"})


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every piece in the body."""
    root = load_xml(body)
    named = [(node.get("name", ""), node) for node in root.iter("data")]
    if root.tag != "data" or not any(name in _KNOWN or "error" in node.attrib for name, node in named):
        raise UnreadableBodyError("not an answer of DHL Paket's tracking")
    lists = [node for name, node in named if name in _LISTS]
    pieces = [node for name, node in named if name in _PIECES]
    if pieces:
        return [_piece(piece, lists) for piece in pieces]
    return [_bare(node) for node in lists]


def kind(body: bytes) -> BodyKind:
    """NO_RESULT for an answer that found no piece, else NOT_TRACKING."""
    try:
        codes = {node.get("code") for node in load_xml(body).iter("data")}
    except UnreadableBodyError:
        return BodyKind.NOT_TRACKING
    return BodyKind.NO_RESULT if codes & _NOTHING_FOUND else BodyKind.NOT_TRACKING


def _piece(piece: "Element", lists: "list[Element]") -> TrackingReport:
    events = [node for node in piece.iter("data") if node.get("name") in _EVENTS]
    mine = piece.get("piece-id")
    if not events and mine:
        beside = (node for node in lists if node.get("piece-id") == mine)
        events = [node for found in beside for node in found if node.get("name") in _EVENTS]
    back = piece.get("ruecksendung") == "true"
    read = tuple(found for node in events or (piece,) if (found := _event(node, back)))
    number = piece.get("piece-code") or piece.get("searched-piece-code") or piece.get("piece-identifier")
    return report(
        carrier="dhl_parcel_de",
        tracking_number=required_text(number, "piece-code", 64),
        events=read,
        status=summary(read) or Milestone.UNKNOWN,
        estimate=_estimate(piece),
    )


def _bare(events: "Element") -> TrackingReport:
    """A list of events without its piece: the number is known without its two leading zeros, or not at all."""
    read = tuple(found for node in events if node.get("name") in _EVENTS and (found := _event(node, False)))
    identifier = clean(events.get("piece-identifier"), 65)
    return report(
        carrier="dhl_parcel_de",
        tracking_number=f"00{identifier}" if len(identifier) == 18 and identifier.isdigit() else "",
        events=read,
        status=summary(read) or Milestone.UNKNOWN,
    )


def _event(node: "Element", back: bool) -> TrackingEvent | None:
    """An event, or the status of a piece; None without a time. ``back``: the piece returns to its sender."""
    said = node.get
    printed = clean(said("event-timestamp") or said("status-timestamp") or said("last-event-timestamp"), 40)
    if not printed:
        return None
    standard, ice, ric = (clean(said(name), 20).upper() for name in ("standard-event-code", "ice", "ric"))
    back = said("ruecksendung") == "true" if said("event-timestamp") else back
    text = said("event-status") or said("event-text") or said("event-short-status") or said("status")
    where = place(clean(said("event-location"), 200), country=country_code(clean(said("event-country"), 60)))
    found = reading(standard, ice, ric, back)
    return event(found, _moment(printed), standard or ice, clean(text), (standard, ice, ric), where)


def _moment(text: str) -> datetime:
    """``18.03.2026 10:02``, with or without seconds, or the day alone; ISO 8601 as well."""
    if text[2:3] != ".":
        return moment(text, "event-timestamp")
    try:
        printed = f"{text[6:10]}-{text[3:5]}-{text[:2]} {text[11:]}"
        return sane(datetime.fromisoformat(printed.strip()), "event-timestamp")
    except ValueError:
        raise UnreadableBodyError("event-timestamp is not a date and time") from None


def _estimate(piece: "Element") -> DeliveryEstimate | None:
    """The announced day, or the window on it."""
    text = clean(piece.get("delivery-date"), 40)
    if text[2:3] == ".":
        text = f"{text[6:10]}-{text[3:5]}-{text[:2]}"
    day = optional_day(text)
    if not day:
        return None
    try:
        start, end = (
            datetime.fromisoformat(f"{day}T{clean(piece.get(name), 8)}")
            for name in ("delivery-timeframe-from", "delivery-timeframe-to")
        )
        if start < end:
            return DeliveryEstimate.model_validate({"from": start, "to": end})
    except (ValueError, TypeError):
        pass
    return DeliveryEstimate(day=day)
