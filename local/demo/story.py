"""Nine days in the life of two brands, as the front door sees them: what is sent on which day, and what must come of
it.

Larkspur sells through Shopify and ships with UPS, USPS and through EasyPost; Fjordhus has a shop system of its own (the
generic order API) and EasyPost. Order #1001 lives its whole life: ordered, shipped, late, told, delivered, returned,
refunded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.demo.bodies import Scan
from porchlight.domain.messages import Moment

DAYS = 9
L, F = "larkspur", "fjordhus"
SENT = "sent"


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


@dataclass(frozen=True)
class Chapter:
    """A moment of the story: what is sent, and which messages must then stand as they are here."""

    title: str
    at: datetime
    acts: tuple[Act, ...]
    messages: dict[tuple[str, Moment], str] = field(default_factory=dict)
    """(who, moment) → state"""
    needs_time: bool = False
    """Rests on the clock: where time cannot be moved, it is waited for as long as the sweep takes."""


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
        (("Pendant lamp Lyng, brass", "310.00"),), "DHLExpress", "JD0146000011110001",
    ),
    "jonas": Customer(
        F, 70202, "F-70202", "Jonas Lindqvist", "jonas@post.example",
        (("Wall shelf Fjell, ash", "129.00"),), "DHLExpress", "JD0146000011110002",
    ),
}  # fmt: skip


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
        eu("accepted", 8.2, "Bergen", "NO"),
        eu("moving", 8.6, "Gothenburg", "SE"),
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
        (Act("order", "jonas", at=at(6.5)),),
        {("maya", Moment.DELAY_DECLARED): SENT, ("jonas", Moment.ORDER_CONFIRMED): SENT},
        needs_time=True,
    )
    yield Chapter(
        "It moves again",
        at(7.6),
        (Act("ups", "maya", (us("moving", 7.5, "Bend", "OR"),)), Act("parcel", "jonas", at=at(7.5))),
        {("maya", Moment.DELAY_RECOVERED): SENT},
    )
    yield Chapter(
        "Out for delivery",
        at(8.2),
        (Act("ups", "maya", (us("out", 8.1, "Portland", "OR"),), times=2),),
        {("maya", Moment.OUT_FOR_DELIVERY): SENT},
    )
    yield Chapter(
        "Delivered; and nothing is heard of Sigrid's lamp",
        at(8.7),
        (
            Act("ups", "maya", (us("delivered", 8.4, "Portland", "OR"),), times=3),
            Act("easypost", "jonas", jonas, due=at(12)),
        ),
        {("maya", Moment.DELIVERED): SENT, ("jonas", Moment.SHIPPED): SENT, ("sigrid", Moment.DELAY_DECLARED): SENT},
        needs_time=True,
    )
    yield Chapter(
        "Maya sends one thing back, Priya her robe; a person decides about the robe",
        at(9),
        (Act("return", "maya"), Act("return", "priya"), Act("decide", "priya")),
        {("maya", Moment.RETURN_APPROVED): SENT, ("priya", Moment.RETURN_APPROVED): SENT},
    )
    yield Chapter(
        "The carrier scans Maya's return: refunded",
        at(9),
        (Act("scan_return", "maya"),),
        {("maya", Moment.REFUNDED): SENT},
    )
