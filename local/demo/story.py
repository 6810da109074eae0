"""Nine days in the life of two brands, as the front door sees them: what is sent on which day, and what must come of
it.

Larkspur sells through Shopify and ships with UPS, USPS, through EasyPost, and with a courier that its folder declares;
Fjordhus has a shop system of its own (the generic order API) and EasyPost, asks FedEx, and has DHL push. Order #1001
lives its whole life: ordered, shipped, late, told, delivered, returned, refunded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.demo.bodies import Scan
from porchlight.domain.moments import Moment

DAYS = 9
L, F = "larkspur", "fjordhus"
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


@dataclass(frozen=True)
class Customer:
    """An invented person and what they bought."""

    brand: str
    external_id: int
    number: str
    name: str
    email: str
    lines: tuple[tuple[str, str], ...]
    carrier: str
    parcel: str
    tags: str = ""
    second: str = ""
    """Another parcel of the same order."""
    language: str = "en"
    country: str = "NO"
    """Where Fjordhus sends it."""
    mobile: str = ""

    @property
    def parcels(self) -> tuple[str, ...]:
        """Tracking numbers."""
        return (self.parcel, self.second) if self.second else (self.parcel,)


ORDERS = {
    "maya": Customer(
        L, 5001001, "#1001", "Maya Okafor", "maya@mail.example",
        (("Linen duvet cover, sand", "149.00"), ("Wool throw, moss", "89.00")), "UPS", "1Z999AA10123456784",
    ),
    "theo": Customer(
        L, 5001002, "#1002", "Theo Brandt", "theo@mail.example",
        (("Oak coat hooks, set of 4", "46.00"),), "USPS", "9400100000000000000017",
    ),
    "ines": Customer(
        L, 5001003, "#1003", "Inês Duarte", "ines@mail.example",
        (("Stoneware mug, rain", "24.00"), ("Stoneware bowl, rain", "28.00")), "FedEx", "799900000017",
    ),
    "priya": Customer(
        L, 5001004, "#1004", "Priya Raman", "priya@mail.example",
        (("Cashmere robe, dusk", "420.00"),), "USPS", "9400100000000000000024", "tier:elite",
    ),
    "sigrid": Customer(
        F, 70201, "F-70201", "Sigrid Aune", "sigrid@post.example",
        (("Pendant lamp Lyng, brass", "310.00"),), "PostNord", "00373500000000000019",
    ),
    "jonas": Customer(
        F, 70202, "F-70202", "Jonas Lindqvist", "jonas@post.example",
        (("Wall shelf Fjell, ash", "129.00"),), "DHLExpress", "JD0146000011110001",
    ),
    "liv": Customer(
        F, 70203, "F-70203", "Liv Haugen", "liv@post.example",
        (("Wool blanket Dovre, grey", "119.00"),), "FedEx", "799900000031",
    ),
    "noor": Customer(
        L, 5001005, "#1005", "Noor Haddad", "noor@mail.example",
        (("Reading lamp, linen shade", "76.00"),), "Millrace Couriers", "MRC0044120081",
        mobile="(503) 555-0143",
    ),
    "ada": Customer(
        L, 5001006, "#1006", "Ada Whitlock", "ada@mail.example",
        (("Travel blanket, slate", "98.00"),), "UPS", "1Z999AA10123456793", mobile="(503) 555-0142",
    ),
    "greta": Customer(
        F, 70204, "F-70204", "Greta Winkler", "greta@post.example",
        (("Stuhl Vik, Eiche", "189.00"), ("Stuhl Vik, Esche", "189.00")), "PostNord", "00373500000000000026",
        second="00373500000000000033", language="de", country="DE",
    ),
    "selma": Customer(
        F, 70205, "F-70205", "Selma Dahl", "selma@post.example",
        (("Candle holder Lys, iron", "39.00"),), "PostNord", "00373500000000000040",
    ),
    "selma_again": Customer(
        F, 70206, "F-70206", "Selma Dahl", "selma@post.example",
        (("Candles Lys, twelve", "24.00"),), "PostNord", "00373500000000000057",
    ),
}  # fmt: skip
CHOOSE = ("ada", "greta", "selma", "selma_again")
"""Who wants it otherwise than the brand: by another channel, in another language, once a day."""


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
        (Act("order", "jonas", at=at(6.5)), Act("order", "liv", at=at(6.5))),
        {("maya", Moment.DELAY_DECLARED): SENT} | {(who, Moment.ORDER_CONFIRMED): SENT for who in ("jonas", "liv")},
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
        ),
        {("maya", Moment.DELAY_RECOVERED): SENT},
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
        ),
        {(who, Moment.DELIVERED): SENT for who in ("maya", "liv")} | {("sigrid", Moment.DELAY_DECLARED): SENT},
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
        "Maya sends one thing back, Priya her robe, which a person has to decide about",
        at(9),
        (Act("return", "maya"), Act("return", "priya")),
        {("maya", Moment.RETURN_APPROVED): SENT, ("priya", Moment.RETURN_REQUESTED): SENT},
    )
    yield Chapter(
        "The person says yes to the robe",
        at(9),
        (Act("decide", "priya"),),
        {("priya", Moment.RETURN_APPROVED): SENT},
    )
    yield Chapter(
        "The carrier scans Maya's return: refunded, and that says it all",
        at(9),
        (Act("scan_return", "maya"),),
        {("maya", Moment.REFUNDED): SENT, ("maya", Moment.RETURN_SCANNED): "suppressed"},
    )
