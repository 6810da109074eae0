"""JSON bodies of a declared carrier, read by its compiled mapping: JMESPath finds values, the table reads codes.

A body that does not fit the mapping is unreadable, so that it is quarantined and seen: nothing is guessed or left out.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jmespath import compile as compiled
from jmespath.visitor import TreeInterpreter

from porchlight.bodies import as_objects, clean, load_json, only_unreadable, required_text, sane
from porchlight.carriers.reading import UNRECOGNISED, Reading, event, place, report, summary
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone, Party, Reason, Signal
from porchlight.errors import UnreadableBodyError

MAX_PARCELS = 1_000
MAX_EVENTS = 5_000
"""In one body, over all parcels. Bodies have a limit; an expression that repeats things must not get around it."""

SEPARATOR = "/"
"""Between the parts of a code that is made of several: ``EX/W1``."""

_NOT_EVALUATED = (ValueError, TypeError, ArithmeticError, AttributeError, LookupError)
"""What jmespath raises where a value is not of the type that a function wants; its own errors are ValueErrors."""


@only_unreadable
def reports(body: bytes, mapping: Mapping[str, Any]) -> list[TrackingReport]:
    """Every parcel in the body; [] for one that the mapping's ``ignore`` knows."""
    data = load_json(body)
    if mapping.get("ignore") and value(mapping["ignore"], data):
        return []
    parcels = _objects(mapping["parcels"], data, "parcels", MAX_PARCELS)
    found, left = [], MAX_EVENTS
    for parcel in parcels:
        found.append(_parcel(parcel, mapping, left))
        left -= len(found[-1].events)
    return found


def _parcel(parcel: dict[str, Any], mapping: Mapping[str, Any], most: int) -> TrackingReport:
    number = required_text(value(mapping["number"], parcel), "the parcel's number", 64)
    entries = _objects(mapping["events"], parcel, "events", most)
    events = tuple(_event(entry, mapping) for entry in entries)
    return report(mapping["id"], number, events, summary(events), _estimate(parcel, mapping.get("estimate")))


def _event(entry: dict[str, Any], mapping: Mapping[str, Any]) -> TrackingEvent:
    fields = mapping["event"]
    codes = tuple(clean(value(expression, entry), 100) for expression in fields["code"])
    code, found = reading(codes, mapping["statuses"])
    where = fields.get("place", {})
    return event(
        found,
        moment(value(fields["time"]["value"], entry), fields["time"], "the time of an event"),
        code,
        clean(value(fields["description"], entry)) if "description" in fields else "",
        codes if len(codes) > 1 else (),
        place(**{name: clean(value(expression, entry), 200) for name, expression in where.items()}),
    )


def reading(codes: tuple[str, ...], statuses: Mapping[str, Mapping[str, str]]) -> tuple[str, Reading]:
    """The code that was found, and what it means: all parts joined, else the longest beginning that the table has."""
    parts = list(codes)
    while parts and not parts[-1]:
        parts.pop()
    for length in range(len(parts), 0, -1):
        code = SEPARATOR.join(parts[:length])
        if code in statuses:
            return code, _reading(statuses[code])
    return SEPARATOR.join(parts), UNRECOGNISED


def _reading(row: Mapping[str, str]) -> Reading:
    return Reading(
        Milestone(row["milestone"]),
        Reason(row["reason"]) if "reason" in row else None,
        Party(row["at_fault"]) if "at_fault" in row else None,
        signal=Signal(row["signal"]) if "signal" in row else None,
    )


def _estimate(parcel: dict[str, Any], wanted: Mapping[str, Any] | None) -> DeliveryEstimate | None:
    """The estimate as given. It is an extra: one that cannot be read is none."""
    if not wanted:
        return None
    found: dict[str, date | datetime] = {}
    for name in ("day", "at", "from", "to"):
        given = value(wanted[name], parcel) if name in wanted else None
        if given in (None, ""):
            continue
        try:
            at = moment(given, wanted, "an estimate")
        except UnreadableBodyError:
            continue
        found[name] = at.date() if name == "day" else at
    return DeliveryEstimate.model_validate(found) if found else None


def moment(given: Any, how: Mapping[str, Any], what: str) -> datetime:
    """A printed moment by ``format`` and ``zone`` of the mapping: aware where a zone is printed or declared.

    A printed offset counts before a declared zone; the zone ``local`` says that printed offsets mean nothing.
    """
    found = sane(_read(given, how["format"], what), what)
    zone = how["zone"]
    if zone == "local":
        return found.replace(tzinfo=None)
    if zone != "payload":
        place = ZoneInfo(zone)
        if how["format"].startswith("epoch"):
            found = found.astimezone(place)
        elif found.tzinfo is None:
            found = found.replace(tzinfo=place)
        # The offset alone: what is stored and read again is the same.
        return found.replace(tzinfo=timezone(found.utcoffset() or timedelta()))
    return found


def _read(given: Any, pattern: str, what: str) -> datetime:
    text = str(given) if isinstance(given, float) else clean(given, 60)
    try:
        if pattern == "iso":
            return datetime.fromisoformat(text)
        if pattern.startswith("epoch"):
            return datetime.fromtimestamp(float(text) / (1000 if pattern == "epoch_ms" else 1), UTC)
        return datetime.strptime(text, pattern)  # noqa: DTZ007 (aware where the pattern has %z)
    except (ValueError, OverflowError, OSError):
        raise UnreadableBodyError(f"{what} is not in the form {pattern}") from None


def _objects(expression: str, data: Any, what: str, most: int) -> list[dict[str, Any]]:
    found = value(expression, data)
    if found is None:
        raise UnreadableBodyError(f"there are no {what} where the mapping looks for them")
    entries = as_objects(found, what)
    if len(entries) > most:
        raise UnreadableBodyError(f"more {what} than one body can have")
    return entries


def value(expression: str, data: Any) -> Any:
    """What the expression finds; None for nothing, and where a function is given what it does not take."""
    try:
        return _search(expression)(data)
    except _NOT_EVALUATED:
        return None


@cache
def _search(expression: str) -> Callable[[Any], Any]:
    """The expression, parsed once: mappings are few and their own."""
    tree = compiled(expression).parsed
    interpreter = TreeInterpreter()
    return lambda data: interpreter.visit(tree, data)
