"""What aggregators share: words, places, summaries, estimates, numbers that name their carrier; EasyPost's client."""

import json
from typing import Any

import pytest

from porchlight.carriers.aggregated import own_code, own_words, place_in, settled
from porchlight.carriers.asking import at_home, told
from porchlight.carriers.easypost import CONNECTOR as EASYPOST
from porchlight.carriers.estimates import estimate, window
from porchlight.carriers.reading import UNRECOGNISED, Reading, event
from porchlight.carriers.wording import OPENINGS, WORDINGS, finer, said
from porchlight.connectors import Account, Answer
from porchlight.domain.carriers import carrier_by_number
from porchlight.domain.milestones import Milestone as M
from tests.connectors.readings import kind
from tests.connectors.scheme import NOW

ACCOUNT = Account(account="main", brand="larkspur", credentials={"api_key": "key"})


def test_every_wording_means_what_its_table_says() -> None:
    for text, reading in WORDINGS.items():
        assert said(text) == reading, text
        assert said(f"{text.upper()}.") == reading, text
    for text, reading in OPENINGS.items():
        assert said(f"{text} Ebonford Sort Facility") == reading, text


@pytest.mark.parametrize(
    ("text", "milestone"),
    [
        ("Your package has been delivered", M.DELIVERED),
        ("Shipment damaged. Contact us", M.DAMAGED),
        ("Delivered, Left with Individual", M.DELIVERED),
        ("Notice Left (No Secure Location Available)", M.DELIVERY_ATTEMPTED),
        ("Order Processed: Ready for UPS", M.PRE_TRANSIT),
        ("Arrived at facility in EBONFORD", M.IN_TRANSIT),
    ],
)
def test_wordings_of_the_wild(text: str, milestone: M) -> None:
    found = said(text)
    assert found is not None
    assert found.milestone is milestone


@pytest.mark.parametrize(
    "text",
    ["", " ", "Not delivered", "We could not say that it was delivered", "Delivered to the moon", "(Delivered)x", "."],
)
def test_no_keyword_is_searched_for(text: str) -> None:
    assert said(text) is None


def test_words_never_contradict() -> None:
    assert finer(Reading(M.DELIVERED), "Out for delivery").milestone is M.DELIVERED
    assert finer(Reading(M.PRE_TRANSIT), "Delivered").milestone is M.PRE_TRANSIT
    assert finer(Reading(M.IN_TRANSIT), "Delivered").milestone is M.IN_TRANSIT
    assert finer(Reading(M.IN_TRANSIT), "Picked up").milestone is M.ACCEPTED


def test_own_codes_and_words() -> None:
    for carrier, code in {
        "canada_post": "0174",
        "dhl_express": "WC",
        "fedex": "OD",
        "royal_mail": "EVGPD",
        "ups": "OT",
        "usps": "OF",
    }.items():
        found = own_code(carrier, code)
        assert found is not None, carrier
        assert found.milestone is M.OUT_FOR_DELIVERY, carrier
    assert own_code("dhl", "failure") == Reading(M.EXCEPTION)
    assert own_code("ups", "??") is None
    assert own_code("pigeon", "OF") is None
    assert own_code("usps", "") is None
    assert own_words("usps", "Arriving late").milestone is M.DELAYED
    assert own_words("pigeon", "A word nobody has met") == UNRECOGNISED


def test_settled() -> None:
    def at(*milestones: M) -> list[Any]:
        return [event(Reading(milestone), NOW.replace(hour=hour), "x") for hour, milestone in enumerate(milestones)]

    assert settled(None, []) is M.UNKNOWN
    assert settled(M.UNKNOWN, []) is M.UNKNOWN
    assert settled(M.UNKNOWN, at(M.IN_TRANSIT)) is M.IN_TRANSIT
    assert settled(M.IN_TRANSIT, at(M.IN_TRANSIT, M.OUT_FOR_DELIVERY)) is M.OUT_FOR_DELIVERY
    assert settled(M.IN_TRANSIT, []) is M.IN_TRANSIT
    assert settled(M.EXCEPTION, at(M.IN_TRANSIT, M.DELIVERY_ATTEMPTED)) is M.DELIVERY_ATTEMPTED
    assert settled(M.EXCEPTION, at(M.DELIVERY_ATTEMPTED, M.IN_TRANSIT)) is M.EXCEPTION
    assert settled(M.DELIVERED, at(M.IN_TRANSIT)) is M.DELIVERED


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Los Angeles, CA, US", ("Los Angeles", "CA", "US")),
        ("Memphis, TN", ("Memphis", "TN", None)),
        ("London, UK", ("London", None, "GB")),
        ("FR", (None, None, "FR")),
        ("Oderweg 2, AMSTERDAM", ("AMSTERDAM", None, None)),
        ("BOCA RATON, FL, 33487, USA", ("BOCA RATON", "FL", "US")),
        ("Albury, NSW", ("Albury", "NSW", None)),
        ("Heathrow Hub, GB", ("Heathrow Hub", None, "GB")),
        ("", (None, None, None)),
        ("12345", (None, None, None)),
    ],
)
def test_places_in_a_line(text: str, place: tuple[str | None, ...]) -> None:
    found = place_in(text)
    assert (found.city, found.region, found.country) == place


def test_estimates() -> None:
    assert estimate("2026-01-05").day is not None  # type: ignore[union-attr]
    assert estimate("2026-01-05T10:00:00").at is not None  # type: ignore[union-attr]
    for nothing in (None, "", "soon", 7.5, {}, "0001-01-01"):
        assert estimate(nothing) is None
    assert window(None, "soon") is None
    mixed = window("2026-01-05T10:00:00", "2026-01-06T10:00:00Z")
    assert mixed is not None
    assert str(mixed.day) == "2026-01-06"


def test_numbers_that_name_their_carrier() -> None:
    assert told("ups:1Z1") == ("ups", "1Z1")
    assert told("dhl_express:55") == ("dhl_express", "55")
    assert told("1Z0000W10300000018") == ("ups", "1Z0000W10300000018")
    assert told("9400100000000000000031") == ("usps", "9400100000000000000031")
    assert told(":1Z0000W10300000018") == ("ups", "1Z0000W10300000018")
    assert told(":55") == ("", "55")
    for plain in ("55", "a b:55", "ups:", "\u00fc:1"):
        assert told(plain) == ("", plain)
    assert carrier_by_number("1Z999AA1234567890") == ""
    assert carrier_by_number("940010000000000000003x") == ""


def test_home_is_exact() -> None:
    hosts = frozenset({"api.example"})
    assert at_home("https://api.example/x", hosts, ACCOUNT)
    assert not at_home("https://api.example:443/x", hosts, ACCOUNT)
    assert not at_home("https://api.example.evil/x", hosts, ACCOUNT)


def test_easypost_is_asked_by_number() -> None:
    (call,) = EASYPOST.client.ask(["ups:1Z 1"], ACCOUNT, "")
    assert call.url == "https://api.easypost.com/v2/trackers?tracking_code=1Z+1"
    assert call.headers["Authorization"] == "Basic a2V5Og=="
    assert call.numbers == ("ups:1Z 1",)


def test_easypost_creates_trackers() -> None:
    subscriptions = EASYPOST.subscriptions
    numbers = ["1Z1", "royal_mail:AA", "usps:94", "odd_lot:7"]
    calls = subscriptions.subscribe(numbers, ACCOUNT, "", "https://us.example")
    assert [json.loads(call.body) for call in calls] == [
        {"tracker": {"tracking_code": "1Z1"}},
        {"tracker": {"tracking_code": "AA", "carrier": "RoyalMail"}},
        {"tracker": {"tracking_code": "94", "carrier": "USPS"}},
        {"tracker": {"tracking_code": "7"}},
    ]
    assert subscriptions.subscribed(Answer(201, {}, b'{"id": "trk_1", "object": "Tracker"}')) == "trk_1"
    assert subscriptions.subscribed(Answer(422, {}, b'{"error": {"code": "TRACKER.CREATE.ERROR"}}')) is None
    assert subscriptions.revive("trk_1", ACCOUNT, "") is None


def test_easypost_says_what_it_has_not() -> None:
    assert kind("easypost", {"trackers": [], "has_more": False}) == "no_result"
    assert kind("easypost", {"error": {"code": "NOT_FOUND"}}) == "no_result"
    assert kind("easypost", {"object": "Event", "description": "batch.created", "result": {}}) == "not_tracking"
