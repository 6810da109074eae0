"""What the pages of a withdrawal show, and what its acknowledgement says."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import zone
from porchlight.domain.facts import Scene, View, brand_view, say
from porchlight.domain.law.statement import Draft, Statement
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.returns import Outcome, Return
from porchlight.domain.rma.names import NOTHING_COMES
from porchlight.domain.speech import Speech
from porchlight.domain.words import clean

FIELDS = ("name", "number", "email")
NOTICES = ("too_many", "not_kept")


def instant_in_words(instant: datetime, zone_name: str | None, speech: Speech) -> str:
    """``Thursday 26 November 2026, 10:12 am (UTC+01:00)``: day, time and zone cannot be mistaken."""
    local = instant.astimezone(zone(zone_name)) if zone(zone_name) else instant
    day = speech.dated(local.date(), date.min).bare
    return f"{day}, {speech.clock(local)} (UTC{local:%:z})"


def items_in_words(statement: Statement, order: Order | None) -> str:
    """Which items it is about; empty for all of them."""
    if statement.what:
        return clean(statement.what, 500)
    titles = {line.line_id: clean(line.title, 120) for line in order.lines} if order else {}
    return ", ".join(titles.get(line, line) for line in statement.lines)


def shops_view(shops: Sequence[tuple[str, str]]) -> View:
    """Which shop? ``shops``: address and name of each."""
    named = [{"link": f"withdraw/{at}", "name": clean(name, 60)} for at, name in shops]
    return {"words": say("withdraw.shops", {}), "shops": named}


def form_view(
    brand: BrandConfig,
    draft: Draft,
    faults: frozenset[str] = frozenset(),
    *,
    order: Order | None = None,
    notice: str = "",
) -> View:
    """The first step. ``order``: of the link; its lines can be chosen, and its number stands there."""
    facts = {"brand": clean(brand.name, 60), "reply": clean(brand.sender.reply_to, 120)}
    chosen = set(draft.lines)
    lines = order.lines if order else ()
    return {
        "step": "form",
        "page": say("withdraw.page", facts),
        "words": say("withdraw.form", facts),
        "notice": say(f"withdraw.notices.{notice}", facts) if notice else "",
        "faults": {name: say(f"withdraw.faults.{name}", facts) if name in faults else "" for name in FIELDS},
        "name": draft.name,
        "number": clean(order.number, 64) if order else draft.number,
        "fixed": order is not None,
        "email": draft.email,
        "what": draft.what,
        "lines": [
            {"value": line.line_id, "title": clean(line.title, 120), "chosen": not chosen or line.line_id in chosen}
            for line in lines
        ]
        if len(lines) > 1
        else [],
    }


def check_view(brand: BrandConfig, draft: Draft, order: Order | None) -> View:
    """The second step: what is declared, and one button that declares it."""
    facts = {"brand": clean(brand.name, 60)}
    titles = [clean(line.title, 120) for line in order.lines if line.line_id in draft.lines] if order else []
    hidden = [("name", draft.name), ("number", draft.number), ("email", draft.email), ("what", draft.what)]
    return {
        "step": "check",
        "page": say("withdraw.page", facts),
        "words": say("withdraw.check", facts),
        "rows": _rows(draft.name, clean(order.number, 64) if order else draft.number, draft.email, draft.what, titles),
        "hidden": [
            {"name": name, "value": value} for name, value in (*hidden, *(("line", one) for one in draft.lines))
        ],
    }


def done_view(brand: BrandConfig, statement: Statement, order: Order | None, speech: Speech) -> View:
    """After it: what was declared, and when."""
    at = instant_in_words(statement.declared_at, _zone(brand, order), speech)
    facts = {"brand": clean(brand.name, 60), "declared_at": at, "email": clean(statement.email, 320)}
    rows = _rows(statement.name, statement.number, statement.email, items_in_words(statement, order), ())
    return {"step": "done", "page": say("withdraw.page", facts), "words": say("withdraw.done", facts), "rows": rows}


def _rows(name: str, number: str, email: str, what: str, titles: Sequence[str]) -> list[View]:
    """Label and value of each thing that is declared."""
    found = {"name": name, "number": number, "items": ", ".join(titles) or what, "email": email}
    return [{"label": say(f"withdraw.rows.{key}", {}), "value": value} for key, value in found.items() if value]


def acknowledgement_facts(at: str, name: str, items: str, request: Return | None) -> View:
    """What the words of the acknowledgement are made of. ``at``: day, time and zone of the statement. When the money
    comes is said where the law says it, and not before it is known that it does.
    """
    refused = request is not None and request.assessed is Outcome.REFUSE
    sends = request is not None and not refused and request.method not in NOTHING_COMES
    terms = request.terms if request and sends else None
    return {
        "declared_at": at,
        "stated_name": clean(name, 200),
        "stated_items": items,
        "refund_days": 0 if refused else _refund_days(request),
        "way_back": terms.pays.value if terms else "",
    }


def declared_facts(scene: Scene, request: Return | None, shopper: Shopper | None) -> View:
    """The same facts for a withdrawal that did not come by the page; all empty where ``request`` is None."""
    if request is None:
        return acknowledgement_facts("", "", "", None)
    at = instant_in_words(request.requested_at, scene.zone_of(), scene.speech)
    return acknowledgement_facts(at, shopper.name if shopper else "", "", request)


def _refund_days(request: Return | None) -> int:
    """From the statement to the law's last day; 0 where there is none."""
    if request is None or not (request.facts and request.terms and request.terms.refund_by):
        return 0
    return (request.terms.refund_by - request.facts.asked_on).days


def acknowledgement(
    brand: BrandConfig,
    statement: Statement,
    order: Order | None,
    request: Return | None,
    links: Mapping[str, str],
    speech: Speech,
) -> View:
    """The email: the statement itself, its day and time, and how it goes on."""
    at = instant_in_words(statement.declared_at, _zone(brand, order), speech)
    items = items_in_words(statement, order)
    facts = {
        "brand": clean(brand.name, 60),
        "order_number": clean(statement.number, 60),
        **dict.fromkeys(("first_name", "tracking_number", "carrier", "expected_calendar"), ""),
        **dict.fromkeys(("order_day_on", "now_time"), ""),
        "gift": False,
        **acknowledgement_facts(at, statement.name, items, request),
    }
    page = links.get("returns", "") if request else ""
    return {
        "moment": "withdrawal_received",
        "language": speech.tag,
        "brand": brand_view(brand),
        "words": say("moments.withdrawal_received", facts),
        "labels": say("labels", facts),
        "stop": "",
        "cause": "",
        "facts": facts,
        "items": [],
        "blocks": [],
        "steps": [],
        "lines": [],
        "total": "",
        "links": {"page": page, "unsubscribe": "", "preferences": "", "withdraw": ""},
        "structured": "",
    }


def _zone(brand: BrandConfig, order: Order | None) -> str | None:
    return (order.destination.zone if order else None) or brand.zone
