"""Answers of Australia Post's tracking API: what each number stands for, an article or a consignment of several.

Times carry an offset, which is that of eastern Australia whatever the place is: an instant, not the local time of a
scan in Chicago. Events have neither codes nor ids; their wording is all there is.
"""

from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    moment,
    only_unreadable,
    optional_object,
    required_text,
)
from porchlight.carriers.australia_post.statuses import reading, status_reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import Place, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

_STATES = frozenset("ACT NSW NT QLD SA TAS VIC WA".split())


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every article in the answer. A number that is not known is a report without events; [] for a refused request."""
    data = as_object(load_json(body), "the body")
    if "tracking_results" in data:
        results = as_objects(data["tracking_results"], "tracking_results")
        return [report for result in results for report in _result(result)]
    if "errors" in data:
        return []
    raise UnreadableBodyError("neither results nor errors of Australia Post")


def kind(body: bytes) -> BodyKind:
    """``no_result`` for a list of results that is empty."""
    known = "tracking_results" in optional_object(load_json(body))
    return BodyKind.NO_RESULT if known else BodyKind.NOT_TRACKING


def _result(result: dict[str, Any]) -> list[TrackingReport]:
    """One report for the number that was asked for; one for each article where it is a consignment of several.
    StarTrack tells some of what happened to a consignment of one beside its article.
    """
    articles = [
        article
        for item in as_objects(result.get("trackable_items"), "trackable_items")
        for article in (as_objects(item.get("items"), "items") or [item])
    ]
    asked = result.get("tracking_id")
    if len(articles) > 1:
        return [_article(article, article.get("article_id") or asked) for article in articles]
    article = articles[0] if articles else {}
    whole = next(iter(as_objects(result.get("consignment"), "consignment")), {})
    scans = as_objects(article.get("events"), "events")
    told = [scan for scan in as_objects(whole.get("events"), "events") if scan not in scans]
    return [_article({"status": whole.get("status"), **article, "events": told + scans}, asked)]


def _article(article: dict[str, Any], number: Any) -> TrackingReport:
    events = tuple(found for entry in as_objects(article.get("events"), "events") if (found := _event(entry)))
    status = status_reading(clean(article.get("status"))).milestone
    return report(
        carrier="australia_post",
        tracking_number=required_text(number, "tracking_id", 64),
        events=events,
        status=summary(events) or status,
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("date"):
        return None
    text = clean(entry.get("description"))
    place = _place(clean(entry.get("location"), 200))
    return event(reading(text), moment(entry["date"], "the date of an event"), "", text, place=place)


def _place(text: str) -> Place:
    """``KEW VIC``; anything else ("CHICAGO (US)", "Transit Scan") is kept as it stands."""
    city, _, state = text.rpartition(" ")
    if city and state in _STATES:
        return place(city=city, region=state, country="AU")
    return place(city=text or None)
