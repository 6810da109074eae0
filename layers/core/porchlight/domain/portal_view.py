"""The views of the returns portal: find an order, say what comes back, choose what to get. How a return goes on:
``domain.return_progress``.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from porchlight.domain.facts import Scene, View, brand_view, say
from porchlight.domain.money import Money
from porchlight.domain.orders import OrderLine
from porchlight.domain.returns import Return, ReturnLine
from porchlight.domain.rma.names import NOTHING_COMES, Resolution, ReturnMethod
from porchlight.domain.rma.said import settled_on
from porchlight.domain.rma.terms import Terms
from porchlight.domain.words import clean

FAULTS = (
    *("nothing", "reason", "mixed", "too_many", "resolution", "method", "together", "address", "country", "email"),
    *("wanted", "not_delivered", "photo", "key"),
)
"""What may be wrong with what was sent."""
FIND_FAULTS = ("wrong", "too_many", "empty")
EXCHANGES = frozenset({Resolution.EXCHANGE, Resolution.INSTANT_EXCHANGE})
MOST_PHOTOS = 5
PHOTO_BYTES = 8_000_000
ADDRESS = {
    **{"name": "name", "street": "address-line1", "more": "address-line2", "city": "address-level2"},
    **{"region": "address-level1", "postcode": "postal-code"},
}
"""Fields of ``returning.SenderAddress`` without the country, and what browsers call them."""


class Line(NamedTuple):
    """One line of the order as it may come back. ``reasons``: those with which it may."""

    line: OrderLine
    left: int
    terms: Terms
    reasons: Sequence[str]
    refused: str = ""
    """Why it may not (or not for every reason): a code."""


class Choice(NamedTuple):
    """Something that can be had, with the amount for it and the bonus in that."""

    resolution: Resolution
    methods: Sequence[ReturnMethod]
    terms: Terms
    amount: Money
    bonus: Money
    fees: Mapping[ReturnMethod, Money] = {}
    """Of single ways back, taken off ``amount``; {} where all of them cost the same, which is off already."""


class Form(NamedTuple):
    """What was chosen so far, and what is asked for besides."""

    lines: Sequence[ReturnLine]
    key: str
    resolution: str = ""
    method: str = ""
    typed: Mapping[str, str] = {}
    photos: Mapping[int, str] = {}
    """Lines by the numbers of the pictures that are there."""
    uploads: Sequence[tuple[str, str, Mapping[str, str]]] = ()
    """A form for one more picture of a line: its id, the address and the fields."""
    asks_address: bool = False
    asks_country: bool = False
    claim: bool = False
    """Nothing came: no way back is chosen."""
    fault: str = ""


def shops_view(shops: Sequence[tuple[str, str]]) -> View:
    """``/returns`` where several brands are at home. ``shops``: id and name."""
    named = [{"link": f"returns/{brand}", "name": clean(name, 60)} for brand, name in shops]
    return {"words": say("returns.shops", {}), "shops": named}


def find_view(brand: str, language: str, number: str = "", fault: str = "") -> View:
    """The form that finds an order. ``fault``: one of ``FIND_FAULTS``."""
    facts = {"brand": brand}
    return {
        "language": language,
        "page": say("returns.page", facts),
        "words": say("returns.find", facts),
        "number": clean(number, 60),
        "fault": say(f"returns.find.{fault}", facts) if fault in FIND_FAULTS else "",
    }


def expired_view(again: str, language: str) -> View:
    """For links that are not valid (any more): the same for all of them. ``again``: where an order is found."""
    return {"language": language, "words": say("returns.expired", {}), "again": again}


def items_view(
    scene: Scene,
    lines: Sequence[Line],
    returns: Sequence[Return],
    links: Mapping[str, str],
    key: str,
    *,
    gift: bool,
    fault: str = "",
    chosen: Mapping[str, tuple[int, str]] | None = None,
) -> View:
    """What comes back, and why. ``links``: ``here`` (this page), ``tracking`` and ``withdraw`` where there are such;
    ``key`` makes one request of many clicks; ``chosen``: how many and why, by line, where it was sent before.
    """
    rows = [_row(scene, one, *(chosen or {}).get(one.line.line_id, (0, "")), gift=gift) for one in lines]
    return {
        **page_parts(scene, links),
        "words": say("returns.items", _facts(scene)),
        "gift": gift,
        "lines": rows,
        "any": any(row["reasons"] for row in rows),
        "action": f"{links['here']}/choose",
        "key": key,
        "returns": [
            {
                "words": say(
                    f"return_states.{one.state.value}", scene.return_facts(one, scene.order_facts(), gift=gift)
                ),
                "link": f"{links['here']}/{one.return_id}",
            }
            for one in returns
        ],
        "fault": _fault(fault),
    }


def _row(scene: Scene, one: Line, count: int, why: str, *, gift: bool) -> View:
    closes = scene.speech.dated(one.terms.closes_on, scene.today()).bare
    until = say("returns.said.until", {"closes_on": closes}) if closes else say("returns.items.open", _facts(scene))
    gone = one.line.quantity - one.left
    return {
        "id": one.line.line_id,
        "title": clean(one.line.title, 120),
        "price": "" if gift else scene.speech.money(one.line.unit_price),
        "until": "" if one.refused else until,
        "refused": _why_not(scene, one, closes) if one.refused else None,
        "taken": say("returns.said.taken", {"count": gone}) if gone else "",
        "quantity": say("returns.said.quantity", {"count": one.left}),
        "counts": [{"value": n, "chosen": n == count} for n in range(1, min(one.left, 100) + 1)],
        "reasons": [
            {"value": reason, "label": say(f"returns.reasons.{reason}", {}), "chosen": reason == why}
            for reason in one.reasons
        ],
    }


def _why_not(scene: Scene, one: Line, closes: str) -> View:
    if one.refused == "window_closed" and closes:
        return {"meaning": say("returns.said.closed", {"closes_on": closes})}
    return say("moments.return_refused", scene.order_facts(), [one.refused])


def refused_view(scene: Scene, rule: str, links: Mapping[str, str]) -> View:
    """Nothing can be had: why, and who to turn to."""
    return {
        **page_parts(scene, links),
        "words": say("returns.refused", _facts(scene)),
        "why": say("moments.return_refused", scene.order_facts(), [rule]),
        "change": links["here"],
    }


def offers_view(scene: Scene, choices: Sequence[Choice], form: Form, links: Mapping[str, str], *, gift: bool) -> View:
    """What can be had for it, and how it comes back."""
    titles = {line.line_id: clean(line.title, 120) for line in scene.order.lines}
    resolutions = {choice.resolution for choice in choices}
    credit = gift and Resolution.STORE_CREDIT in resolutions
    exchanges = form.lines if EXCHANGES & resolutions else ()
    return {
        **page_parts(scene, links),
        "words": say("returns.offers", _facts(scene)),
        "fault": _fault(form.fault),
        "faulty": form.fault,
        "lines": [{"title": titles.get(line.line_id, ""), "quantity": line.quantity} for line in form.lines],
        "change": links["here"],
        "action": links["here"],
        "hidden": hidden(form),
        "resolutions": [_resolution(scene, choice, form, gift=gift) for choice in choices],
        "methods": [] if form.claim else _methods(scene, choices, form, gift=gift),
        **_terms_said(scene, choices),
        "wanted": [
            {
                "name": f"wanted-{line.line_id}",
                "label": say("returns.said.wanted", {"item": titles.get(line.line_id, "")}),
                "value": form.typed.get(f"wanted-{line.line_id}", ""),
            }
            for line in exchanges
        ],
        "address": [
            {
                "name": name,
                "label": say(f"returns.offers.{name}", _facts(scene)),
                "value": form.typed.get(name, ""),
                "autocomplete": autocomplete,
            }
            for name, autocomplete in ADDRESS.items()
            if form.asks_address
        ],
        "asks_country": form.asks_address and form.asks_country,
        "country": form.typed.get("country", ""),
        "recipient": {name: form.typed.get(f"recipient_{name}", "") for name in ("name", "email")} if credit else None,
        "photos": [say("returns.said.photo_there", {"number": n}) for n in form.photos],
        "photos_text": say("returns.said.photos_text", _LIMITS),
        "uploads": [
            {"id": line_id, "title": titles.get(line_id, ""), "action": action, "fields": dict(fields)}
            for line_id, action, fields in form.uploads
        ],
    }


def hidden(form: Form) -> list[View]:
    """The fields by which what was chosen goes on to the next page."""
    fields = {"once": form.key}  # the bucket says ``key`` when it leads back
    for line in form.lines:
        fields |= {f"n-{line.line_id}": str(line.quantity), f"why-{line.line_id}": line.reason}
    fields |= {f"photo-{number}": line_id for number, line_id in form.photos.items()}
    return [{"name": name, "value": value} for name, value in fields.items()]


def _resolution(scene: Scene, choice: Choice, form: Form, *, gift: bool) -> View:
    kind, bonus = choice.resolution.value, choice.bonus
    with_words = gift and choice.resolution in (Resolution.REFUND, Resolution.STORE_CREDIT)
    moves = choice.resolution in (Resolution.REFUND, Resolution.STORE_CREDIT) and not gift
    facts = {
        "amount": scene.speech.money(choice.amount) if moves else "",
        "bonus": scene.speech.money(bonus) if moves and bonus.amount else "",
    }
    name = f"returns.gets.{kind}_gift" if with_words else f"returns.gets.{kind}"
    nothing_back = all(method in NOTHING_COMES for method in choice.methods)
    when = "nothing_back" if nothing_back else settled_on(choice.resolution, choice.methods, choice.terms)
    fee = choice.terms.fee if moves and not nothing_back else None
    return {
        "value": kind,
        "label": say(name, facts),
        "text": say(f"{name}_text", facts),
        "when": say(f"returns.when.{when}", {}) if choice.resolution is not Resolution.INSTANT_EXCHANGE else "",
        "fee": say("returns.said.fee", {"fee": scene.speech.money(fee)}) if fee and fee.amount else "",
        "chosen": kind == form.resolution,
    }


def _methods(scene: Scene, choices: Sequence[Choice], form: Form, *, gift: bool) -> list[View]:
    methods = list(dict.fromkeys(method for choice in choices for method in choice.methods))
    fees = {} if gift else {method: fee for choice in choices for method, fee in choice.fees.items()}
    return [
        {
            "value": method.value,
            "label": say(f"returns.methods.{method.value}", {}),
            "text": say(f"returns.methods.{method.value}_text", {}),
            "fee": say("returns.said.fee_method", {"fee": scene.speech.money(fees[method])}) if method in fees else "",
            "chosen": method.value == form.method or len(methods) == 1,
        }
        for method in methods
    ]


def _terms_said(scene: Scene, choices: Sequence[Choice]) -> View:
    """Who pays for the way back, whether a person looks at it, by when the law wants the money."""
    if not choices:
        return {"pays": "", "review": "", "by_law": ""}
    terms = choices[0].terms
    parcel = any(method not in NOTHING_COMES for choice in choices for method in choice.methods)
    fee = any(choice.terms.fee and choice.terms.fee.amount for choice in choices)
    by_law = scene.speech.dated(terms.refund_by, scene.today()).on
    return {
        "pays": say(f"returns.offers.pays_{terms.pays.value}", _facts(scene)) if parcel and not fee else "",
        "review": say("returns.said.review", {"count": terms.review_days}) if terms.review else "",
        "by_law": say("returns.said.by_law", {"refund_by_on": by_law}) if terms.refund_by else "",
    }


def page_parts(scene: Scene, links: Mapping[str, str]) -> View:
    """What all pages of the portal have."""
    return {
        "language": scene.speech.tag,
        "brand": brand_view(scene.brand),
        "page": say("returns.page", _facts(scene)),
        "order_number": clean(scene.order.number, 60),
        "links": {name: links.get(name, "") for name in ("tracking", "withdraw")},
    }


def _facts(scene: Scene) -> View:
    return {"brand": clean(scene.brand.name, 60)}


def _fault(fault: str) -> View | str:
    return say(f"returns.faults.{fault}", _LIMITS) if fault in FAULTS else ""


_LIMITS = {"most": MOST_PHOTOS, "megabytes": PHOTO_BYTES // 1_000_000}
