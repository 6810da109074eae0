"""Nine days in the life of two brands, as the front door sees them: what is sent on which day, and what must come of
it.

Larkspur sells through Shopify and ships with UPS, USPS, through EasyPost, and with a courier that its folder declares;
Fjordhus has a shop system of its own (the generic order API) and EasyPost, asks FedEx, and has DHL push. Order #1001
lives its whole life: ordered, shipped, late, told, delivered, returned by the portal, refunded, inspected.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.demo.bodies import Scan
from local.demo.people import CHOOSE
from porchlight.domain.moments import Moment

DAYS = 9
SENT, HELD, MERGED = "sent", "held", "merged"
BY_SMS = "sent by sms"
"""How a message stands: by email, where no channel is named."""
BY_THE_HOUR = frozenset({Moment.PICKUP_REMINDER, Moment.WELCOME, Moment.RETURN_REMINDER, Moment.DAY_CHANGED})
"""What follows by itself some days later, and whether a range of days moves: it depends on the hour at which the story
is played.
"""


@dataclass(frozen=True)
class Act:
    """One thing that somebody sends: ``kind`` is what ``traffic.Traffic`` knows how to send."""

    kind: str
    about: str = ""
    scans: tuple[Scan, ...] = ()
    due: datetime | None = None
    times: int = 1
    """How often the sender repeats itself."""
    at: datetime | None = None
    hour: int = 0
    """What o'clock it is where the shopper is."""
    form: tuple[tuple[str, str], ...] = ()
    """What is filled in or chosen on a page."""
    text: str = ""


@dataclass(frozen=True)
class Chapter:
    """A moment of the story: what is sent, and which messages must then stand as they are here."""

    title: str
    at: datetime
    acts: tuple[Act, ...]
    messages: dict[tuple[str, Moment], str] = field(default_factory=dict)
    """(who, moment) → state"""
    merged: frozenset[tuple[str, Moment]] = frozenset()
    """What is told by another message, beside those above."""
    needs_time: bool = False
    """Rests on the clock: where time cannot be moved, it is waited for as long as the sweep takes."""
    needs_a_night: bool = False
    """Hours pass in it: left out where time cannot be moved."""


def chapters(end: datetime) -> Iterator[Chapter]:
    """The story, so that it ends at ``end``."""

    def at(day: float) -> datetime:
        return end - timedelta(days=DAYS - day)

    def us(what: str, day: float, city: str, region: str) -> Scan:
        return Scan(what, at(day), city, region)

    def eu(what: str, day: float, city: str, country: str) -> Scan:
        return Scan(what, at(day), city, "", country, zone="Europe/Oslo")

    ines: tuple[Scan, ...] = (
        us("label", 0.6, "Portland", "OR"),
        us("accepted", 1.0, "Portland", "OR"),
        us("moving", 2, "Boise", "ID"),
    )
    ines += (us("attempted", 3.1, "Denver", "CO"),)
    theo: tuple[Scan, ...] = (us("accepted", 1.1, "Portland", "OR"), us("moving", 2.1, "Salem", "OR"))
    theo += (us("out", 3.0, "Eugene", "OR"), us("delivered", 3.2, "Eugene", "OR"))
    hanna = (eu("accepted", 7.55, "Bergen", "NO"), eu("delivered", 8.6, "Hamburg", "DE"))
    priya = (
        us("accepted", 1.2, "Portland", "OR"),
        us("out", 4.0, "Tacoma", "WA"),
        us("delivered", 4.2, "Tacoma", "WA"),
    )
    sigrid = (eu("accepted", 1.1, "Bergen", "NO"), eu("moving", 2.2, "Oslo", "NO"), eu("address", 3.3, "Oslo", "NO"))
    jonas = (
        eu("label", 7.5, "Bergen", "NO"),
        eu("accepted", 8.1, "Bergen", "NO"),
        eu("moving", 8.6, "Gothenburg", "SE"),
    )
    liv = (
        eu("label", 7.5, "Bergen", "NO"),
        eu("accepted", 7.55, "Bergen", "NO"),
        eu("moving", 8.1, "Oslo", "NO"),
        eu("delivered", 8.65, "Oslo", "NO"),
    )

    yield Chapter(
        "Orders come in; some doors stay shut",
        at(0),
        (
            Act("order", "maya", times=3, at=at(0)),
            Act("order", "theo", at=at(0)),
            Act("order", "priya", at=at(0)),
            Act("order", "sigrid", times=2, at=at(0)),
            Act("forged"),
            Act("no_signature"),
            Act("unknown_carrier"),
            Act("unreadable"),
            Act("not_tracking"),
        ),
        {(who, Moment.ORDER_CONFIRMED): SENT for who in ("maya", "theo", "priya", "sigrid")},
    )
    yield Chapter(
        "Parcels leave; one order is heard of after its parcel",
        at(1.3),
        (
            Act("shipped", "maya", at=at(0.9)),
            Act("ups", "maya", (us("label", 0.9, "Portland", "OR"), us("accepted", 1.0, "Portland", "OR")), times=2),
            Act("shipped", "theo", times=2, at=at(0.9)),
            Act("usps", "theo", theo[:1], due=at(4)),
            Act("shipped", "priya", at=at(1)),
            Act("usps", "priya", priya[:1]),
            Act("easypost", "ines", ines[:2], due=at(4)),
            Act("shipped", "ines", at=at(0.6)),
            Act("order", "ines", at=at(0.2)),
            Act("parcel", "sigrid", at=at(1)),
            Act("easypost", "sigrid", sigrid[:1], due=at(5)),
        ),
        {(who, Moment.SHIPPED): SENT for who in ("maya", "theo", "priya", "ines", "sigrid")}
        | {("ines", Moment.ORDER_CONFIRMED): SENT},
    )
    yield Chapter(
        "On the road; then a batch arrives back to front",
        at(3.4),
        (
            Act("ups", "maya", (us("moving", 2.0, "Medford", "OR"),)),
            Act("usps", "theo", theo[:4], times=2),
            Act("usps", "theo", theo[:3]),
            Act("usps", "theo", theo[:2]),
            Act("easypost", "ines", ines[:4], times=2),
            Act("easypost", "ines", ines[:3]),
            Act("easypost", "sigrid", sigrid, times=2),
        ),
        {
            ("theo", Moment.DELIVERED): SENT,
            ("ines", Moment.DELIVERY_ATTEMPTED): SENT,
            ("sigrid", Moment.EXCEPTION): SENT,
        },
    )
    yield Chapter(
        "A parcel shop, a robe at the door",
        at(4.3),
        (
            Act("easypost", "ines", (*ines, us("pickup", 4.0, "Denver", "CO"))),
            Act("usps", "priya", priya[:2]),
        ),
        {("ines", Moment.AVAILABLE_FOR_PICKUP): SENT, ("priya", Moment.OUT_FOR_DELIVERY): SENT},
    )
    yield Chapter(
        "Priya has her robe; Inês has her mug and enough email",
        at(4.3),
        (
            Act("usps", "priya", priya),
            Act("unsubscribe", "ines"),
            Act("easypost", "ines", (*ines, us("pickup", 4.0, "Denver", "CO"), us("delivered", 4.25, "Denver", "CO"))),
        ),
        {("priya", Moment.DELIVERED): SENT, ("ines", Moment.DELIVERED): "suppressed"},
    )
    yield Chapter(
        "Nothing is heard of Maya's parcel: the sweep says so",
        at(6.6),
        tuple(Act("order", who, at=at(6.5)) for who in ("jonas", "liv", "hanna")),
        {("maya", Moment.DELAY_DECLARED): SENT}
        | {(who, Moment.ORDER_CONFIRMED): SENT for who in ("jonas", "liv", "hanna")},
        needs_time=True,
    )
    yield Chapter(
        "A case is open for Maya's parcel: a person of Larkspur asks the hub, and waits with her",
        at(6.6),
        (Act("answer_case", "maya"),),
    )
    yield Chapter(
        "It moves again; two parcels leave that nobody will call about unasked",
        at(7.6),
        (
            Act("ups", "maya", (us("moving", 7.5, "Bend", "OR"),)),
            Act("scanned", "liv", liv),
            Act("scanned", "jonas", jonas, due=at(10)),
            Act("parcel", "liv", at=at(7.5)),
            Act("parcel", "jonas", at=at(7.5)),
            Act("parcel", "hanna", at=at(7.5)),
            Act("easypost", "hanna", hanna[:1]),
        ),
        {("maya", Moment.DELAY_RECOVERED): SENT, ("hanna", Moment.SHIPPED): SENT},
    )
    yield Chapter(
        "FedEx is asked about Liv's blanket; DHL is told to push, and wants to know whether that was us",
        at(7.8),
        (Act("wants_to_know", "jonas"),),
        {("liv", Moment.SHIPPED): SENT},
        needs_time=True,
    )
    yield Chapter(
        "Out for delivery; DHL has its answer, and pushes",
        at(8.2),
        (
            Act("ups", "maya", (us("out", 8.1, "Portland", "OR"),), times=2),
            Act("pushed", "jonas"),
            *(Act("order", who, at=at(8.1)) for who in ("noor", *CHOOSE)),
        ),
        {
            ("maya", Moment.OUT_FOR_DELIVERY): SENT,
            ("jonas", Moment.SHIPPED): SENT,
        }
        | {(who, Moment.ORDER_CONFIRMED): SENT for who in ("noor", *CHOOSE)},
    )
    yield Chapter(
        "The right word, once, where and when each shopper wants it: an evening",
        at(8.2),
        (
            # Ten at night for Ada, who wants texts; the afternoon for Selma, who wants one message a day.
            Act("clock", "ada", hour=22),
            Act("texts", "ada"),
            Act("prefers", "ada", form=(("channel_1", "sms"), ("channel_2", "email"))),
            Act("clock", "selma", hour=16),
            Act("prefers", "selma", form=(("digest", "daily"),)),
            Act("shipped", "ada", at=at(8.15)),
            Act("ups", "ada", (us("accepted", 8.19, "Portland", "OR"),)),
            Act("parcel", "greta", at=at(8.15)),
            Act("easypost", "greta", (eu("accepted", 8.19, "Bergen", "NO"),)),
            Act("parcel", "selma", at=at(8.15)),
            Act("easypost", "selma", (eu("accepted", 8.18, "Bergen", "NO"),)),
            Act("waits", "selma"),
            Act("parcel", "selma_again", at=at(8.15)),
            Act("easypost", "selma_again", (eu("accepted", 8.19, "Bergen", "NO"),)),
        ),
        {(who, Moment.SHIPPED): HELD for who in ("ada", "greta", "selma")} | {("greta", Moment.SPLIT_SHIPMENT): SENT},
        frozenset((who, Moment.SHIPPED) for who in ("greta", "selma_again")),
        needs_a_night=True,
    )
    yield Chapter(
        "Delivered, by UPS's word and by FedEx's answer; and nothing is heard of Sigrid's lamp",
        at(8.7),
        (
            Act("ups", "maya", (us("delivered", 8.4, "Portland", "OR"),), times=3),
            Act("look_again", "liv"),
            Act("pushed", "jonas"),
            Act("easypost", "hanna", hanna),
        ),
        {(who, Moment.DELIVERED): SENT for who in ("maya", "liv", "hanna")} | {("sigrid", Moment.DELAY_DECLARED): SENT},
        needs_time=True,
    )
    yield Chapter(
        "The morning after: Ada has her text, Greta one email about two parcels, Selma one about two orders",
        at(8.7),
        (),
        {("ada", Moment.SHIPPED): BY_SMS, ("greta", Moment.SHIPPED): SENT, ("selma", Moment.SHIPPED): SENT},
        needs_time=True,
        needs_a_night=True,
    )
    yield Chapter(
        "Ada writes STOP: what is on the van comes by email",
        at(8.7),
        (Act("writes", "ada", text="Stop"), Act("ups", "ada", (us("out", 8.69, "Portland", "OR"),))),
        {("ada", Moment.OUT_FOR_DELIVERY): SENT},
        needs_a_night=True,
    )
    yield Chapter(
        "Noor would rather have SMS: the form on the tracking page",
        at(8.7),
        (Act("texts", "noor"),),
    )
    yield Chapter(
        "A courier of Portland calls, by a mapping in the brand's own folder; Noor's phone rings",
        at(8.7),
        (Act("shipped", "noor", at=at(8.6)), Act("millrace", "noor", (us("out", 8.66, "Portland", "OR"),))),
        {("noor", Moment.OUT_FOR_DELIVERY): BY_SMS},
    )
    yield Chapter(
        "It says something that nobody knows: listed, and taken for nothing",
        at(8.7),
        (Act("millrace", "noor", (us("gate", 8.68, "Portland", "OR"),)), Act("nobody_knows", "noor")),
    )
    yield Chapter(
        "Maya sends one thing back by the portal, Theo his hooks for credit, Priya her robe: a person is asked",
        at(9),
        (
            Act("sends_back", "maya", form=(("resolution", "refund"), ("method", "qr")), text="too_large"),
            Act("return", "theo", form=(("resolution", "store_credit"),)),
            Act("return", "priya"),
        ),
        {(who, Moment.RETURN_APPROVED): SENT for who in ("maya", "theo")} | {("priya", Moment.RETURN_REQUESTED): SENT},
    )
    yield Chapter(
        "The person says yes to the robe; Hanna, in Germany, withdraws, and has that in writing at once",
        at(9),
        (Act("decide", "priya"), Act("withdraws", "hanna")),
        {(who, Moment.RETURN_APPROVED): SENT for who in ("priya", "hanna")},
    )
    yield Chapter(
        "The carriers scan what Maya and Theo send: refunded and credited, and that says it all",
        at(9),
        (Act("scan_return", "maya"), Act("scan_return", "theo")),
        {("maya", Moment.REFUNDED): SENT, ("theo", Moment.CREDIT_ISSUED): SENT}
        | {(who, Moment.RETURN_SCANNED): "suppressed" for who in ("maya", "theo")},
    )
    yield Chapter(
        "The warehouse has Maya's: as good as new, and nothing more to pay",
        at(9),
        (Act("books", "maya"),),
        {("maya", Moment.RETURN_RECEIVED): "suppressed"},
    )
