"""GLS bodies: parcels with their events (Track And Trace V1), or with the field names of the elder interface.

Times print their offset without a colon (``+0200``); the elder interface prints local time.
"""

from datetime import datetime
from typing import Any

from porchlight.bodies import as_object, as_objects, clean, load_json, moment, only_unreadable, optional_text
from porchlight.carriers.gls.statuses import STATUSES, reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_UNKNOWN = "E_404_01"
_HISTORY_SAYS_MORE = frozenset({"FINAL", "NOTDELIVERED"})


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel; one that GLS does not know has no events."""
    return [_report(parcel) for parcel in _parcels(body) if parcel.get("errorCode") in (None, "", _UNKNOWN)]


def kind(body: bytes) -> BodyKind:
    """An empty list, or trouble with the question."""
    nothing = as_object(load_json(body), "the body").get("parcels") == []
    return BodyKind.NO_RESULT if nothing else BodyKind.NOT_TRACKING


def _parcels(body: bytes) -> list[dict[str, Any]]:
    data = as_object(load_json(body), "the body")
    if "parcels" in data:
        return as_objects(data["parcels"], "parcels")
    if "unitno" in data:
        return [data]
    if "fault" in data or "errors" in data or {"title", "status"} <= data.keys():
        return []
    raise UnreadableBodyError("no parcels")


def _report(parcel: dict[str, Any]) -> TrackingReport:
    events = tuple(found for entry in as_objects(parcel.get("events"), "events") if (found := _event(entry)))
    turned = [found.instant() for found in events if found.milestone is Milestone.RETURN_IN_TRANSIT]
    if turned:
        events = _sent_back(events, min(turned))
    return report(carrier="gls", tracking_number=_number(parcel), events=events, status=_status(parcel, events))


def _sent_back(events: tuple[TrackingEvent, ...], turned: datetime) -> tuple[TrackingEvent, ...]:
    """The events, a delivery after the return began being one to the sender."""
    return tuple(
        found.model_copy(update={"milestone": Milestone.RETURNED_TO_SENDER})
        if found.milestone is Milestone.DELIVERED and found.instant() >= turned
        else found
        for found in events
    )


def _number(parcel: dict[str, Any]) -> str:
    """GLS's own number of the parcel: references may stand for several. The asked-for number, where it is the same
    with its check digit.
    """
    own, asked = (clean(parcel.get(key), 65) for key in ("unitno", "requested"))
    own = own or clean(parcel.get("trackid"), 65)
    number = asked if not own or (asked[:-1] == own) else own
    if not number:
        raise UnreadableBodyError("the number of a parcel is missing")
    if len(number) > 64:
        raise UnreadableBodyError("the number of a parcel is too long")
    return number


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    at = entry.get("eventDateTime") or entry.get("timestamp")
    if not at:
        return None
    code, text = clean(entry.get("code"), 80), clean(entry.get("description"))
    where = place(
        city=optional_text(entry.get("city") or entry.get("location")),
        postal_code=optional_text(entry.get("postalCode")),
        country=optional_text(entry.get("country")),
    )
    return event(reading(code, text), moment(at, "the time of an event"), code, text, place=where)


def _status(parcel: dict[str, Any], events: tuple[TrackingEvent, ...]) -> Milestone:
    """GLS's own status, which runs ahead of the events, unless it says only that it is over."""
    own = clean(parcel.get("status"), 40)
    found = STATUSES.get(own)
    if found and own not in _HISTORY_SAYS_MORE:
        back = own == "DELIVERED" and any(event.milestone is Milestone.RETURNED_TO_SENDER for event in events)
        return Milestone.RETURNED_TO_SENDER if back else found.milestone
    return summary(events) or (found.milestone if found else Milestone.UNKNOWN)
