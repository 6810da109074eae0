"""Tokens, zones and names of carriers: small things that connectors lean on."""

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain import tokens
from porchlight.domain.carriers import carrier_id
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent
from porchlight.domain.milestones import Milestone
from porchlight.domain.zones import zone_of, zone_of_place

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def test_token_round_trip() -> None:
    token = tokens.sign({"s": "shp_1", "n": [1, "\u00e9"]}, "key", LATER)
    assert tokens.read(token, "key", NOW) == {"s": "shp_1", "n": [1, "\u00e9"]}
    assert len(token) < 100
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()


def test_token_expires_to_the_second() -> None:
    token = tokens.sign({"a": 1}, "key", LATER)
    assert tokens.read(token, "key", LATER - timedelta(seconds=1)) == {"a": 1}
    assert tokens.read(token, "key", LATER) is None


def test_token_of_another_key_or_of_no_key() -> None:
    token = tokens.sign({"a": 1}, "key", LATER)
    assert tokens.read(token, "other", NOW) is None
    assert tokens.read(token, "", NOW) is None
    with pytest.raises(ValueError, match="key"):
        tokens.sign({"a": 1}, "", LATER)


def test_every_single_change_of_a_token_is_noticed() -> None:
    token = tokens.sign({"a": 1}, "key", LATER)
    for at, char in enumerate(token):
        for other in "AQgw0.-\u00e9":
            if other != char:
                assert tokens.read(token[:at] + other + token[at + 1 :], "key", NOW) is None
    for cut in range(len(token)):
        assert tokens.read(token[:cut], "key", NOW) is None
    for added in ("=", "A", ".", "\n", " "):
        assert tokens.read(token + added, "key", NOW) is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_tokens_never_raise(text: str) -> None:
    assert tokens.read(text, "key", NOW) is None


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("USPS", "usps"),
        ("UPSDAP", "ups"),
        ("United Parcel Service", "ups"),
        ("FedEx", "fedex"),
        ("FedExDefault", "fedex"),
        ("DHL Express", "dhl_express"),
        ("DHLExpress", "dhl_express"),
        ("Canada Post", "canada_post"),
        ("Royal Mail", "royal_mail"),
        ("  Pigeon Post Ltd. ", "pigeon_post_ltd"),
        ("", ""),
        ("!!", ""),
    ],
)
def test_carrier_names(name: str, wanted: str) -> None:
    assert carrier_id(name) == wanted


def test_zones_of_countries_with_one_clock() -> None:
    assert zone_of("DE") == "Europe/Berlin"
    assert zone_of("JP") == "Asia/Tokyo"
    assert zone_of("US") is None
    assert zone_of("ES") is None
    assert zone_of(None) is None
    assert zone_of("XX") is None


def test_zones_of_places() -> None:
    assert zone_of_place("US", "NY") == zone_of_place("USA", "ny") == "America/New_York"
    assert zone_of_place("DE", "Bayern") == "Europe/Berlin"
    assert zone_of_place("DEU", None) == "Europe/Berlin"
    assert zone_of_place("CA", "AB") == "America/Edmonton"
    divided_or_nowhere = (("US", "TX"), ("US", "IN"), ("US", None), ("CA", "ON"), ("AU", "NSW"))
    for divided in (*divided_or_nowhere, (None, "NY"), ("", ""), ("Mars", "NY")):
        assert zone_of_place(*divided) is None, divided


@pytest.mark.parametrize(
    ("place", "utc"),
    [
        (Place(country="SG"), "2026-03-06T21:16:00+00:00"),
        (Place(city="Leipzig", country="DE"), "2026-03-07T04:16:00+00:00"),
        (Place(country="US", region="CA"), "2026-03-07T13:16:00+00:00"),
        (Place(country="US", region="TX"), "2026-03-07T10:16:00+00:00"),
        (Place(), "2026-03-07T10:16:00+00:00"),
    ],
)
def test_a_local_time_is_read_where_it_was_scanned_else_at_the_destination(place: Place, utc: str) -> None:
    """Given 05:16 local without a zone, for a parcel that goes to New York."""
    event = TrackingEvent(
        occurred_at=datetime.fromisoformat("2026-03-07T05:16:00"),
        raw_code="AR",
        milestone=Milestone.IN_TRANSIT,
        place=place,
    )
    assert event.instant(ZoneInfo("America/New_York")).isoformat() == utc
    assert not event.zone_known, "what is printed stays as it was printed"
    assert event.occurred_at.isoformat() == "2026-03-07T05:16:00"


def test_a_window_with_a_zone_at_one_end_keeps_its_end() -> None:
    aware, local = NOW, NOW.replace(tzinfo=None)
    for begin, end in ((aware, local), (local, aware)):
        found = DeliveryEstimate.model_validate({"from": begin, "to": end})
        assert (found.from_, found.to) == (None, end)
    assert DeliveryEstimate.model_validate({"from": local, "to": local}).from_ == local
    stored = DeliveryEstimate.model_validate({"from": aware, "to": LATER})
    assert DeliveryEstimate.model_validate_json(stored.model_dump_json(by_alias=True)) == stored


def test_zones_agree_with_the_tz_database() -> None:
    places = [Path(path) / "zone.tab" for path in TZPATH]
    spec = find_spec("tzdata")
    if spec and spec.origin:
        places.append(Path(spec.origin).parent / "zoneinfo" / "zone.tab")
    source = next((place for place in places if place.exists()), None)
    if source is None:
        pytest.skip("no tz database with zone.tab on this machine")
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    countries: dict[str, list[str]] = {}
    for row in rows:
        countries.setdefault(row[0], []).append(row[2])
    winter, summer = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)
    for country, names in countries.items():
        zone = zone_of(country)
        if zone is None:
            assert len(names) > 1, f"{country} has one zone and is missing"
            continue
        for moment in (winter, summer):
            clocks = {moment.astimezone(ZoneInfo(name)).utcoffset() for name in (zone, *names)}
            assert len(clocks) == 1, f"{country} has several clocks"
