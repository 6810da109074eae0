"""Several messages in one: parcels of an order at the same moment, and a day's digest."""

from collections.abc import Mapping, Sequence
from typing import Any

from porchlight.domain.facts import View, say
from porchlight.domain.moments import Moment


def gathered_view(views: Sequence[View]) -> View:
    """Parcels of one order that came to the same moment together: the first one's view, without what is true of it
    alone.
    """
    first = views[0]
    facts = {**first["facts"], "tracking_number": "", "expected_calendar": ""}
    return {**first, "facts": facts, "steps": [], "structured": None}


def digest_view(views: Sequence[View], spoken: Sequence[Mapping[str, Any]], more: bool) -> View:
    """One message with an item for each of ``views``; ``spoken``: their words. ``more``: there are others that it does
    not list.
    """
    first = views[0]
    facts = {**first["facts"], "tracking_number": "", "expected_calendar": "", "order_number": ""}
    facts |= {"count": len(views), "first_headline": spoken[0]["headline"], "more": more}
    items = [
        {
            "headline": words["headline"],
            "meaning": words["meaning"],
            "status": words["status"],
            "tone": words["tone"],
            "order_number": view["facts"]["order_number"],
            "page": view["links"]["page"],
            "button": words["button"],
        }
        for view, words in zip(views, spoken, strict=True)
    ]
    return {
        **first,
        "moment": Moment.DIGEST.value,
        "words": say(f"moments.{Moment.DIGEST.value}", facts),
        "cause": "",
        "facts": facts,
        "items": items,
        "steps": [],
        "lines": [],
        "total": "",
        "structured": None,
    }
