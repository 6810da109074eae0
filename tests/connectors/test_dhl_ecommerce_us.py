"""DHL eCommerce Americas: event ids, American clocks, numbers, the XML of Global Mail."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from porchlight.carriers.dhl_ecommerce_us import CONNECTOR
from porchlight.carriers.dhl_ecommerce_us import statuses as americas
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Signal
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, read


def _scan(code: int | str = 600, **fields: Any) -> dict[str, Any]:
    place = {"location": "SPRINGFORD, OH, US", "country": "US", "postalCode": "44000"}
    return {"date": "2026-07-14", "time": "13:12:00", "timeZone": "ET", "primaryEventId": code, **place, **fields}


def _webhook(*scans: dict[str, Any], **package: Any) -> dict[str, Any]:
    named = {"dhlPackageId": "7700000000000011", "trackingId": "9300000000000000000011", **package}
    return {"packages": [{"package": named, "events": list(scans)}]}


def _event(**fields: Any) -> Any:
    return read("dhl_ecommerce_us", _webhook(_scan(**fields)))[0].events[0]


def _xml(scan: str) -> str:
    return f"<track><shipment><trackingnumber>77</trackingnumber><event>{scan}</event></shipment></track>"


def test_event_ids() -> None:
    for code, reading in americas.CODES.items():
        assert agrees(_event(primaryEventId=int(code)), reading), code
        assert agrees(_event(primaryEventId=code), reading), code
        scan = f"<code>{code}</code><date>1/31/2026</date><time>12:40 PM</time>"
        assert agrees(read("dhl_ecommerce_us", _xml(scan))[0].events[0], reading), code
    assert not _event(primaryEventId=998, primaryEventDescription="WHATEVER").recognised
    assert _event(primaryEventId=998, primaryEventDescription="OUT FOR DELIVERY").milestone is M.OUT_FOR_DELIVERY


def test_the_next_stop_is_a_signal() -> None:
    assert (_event(primaryEventId=558).milestone, _event(primaryEventId=558).signal) == (
        M.OUT_FOR_DELIVERY,
        Signal.DRIVER_NEARBY,
    )


@pytest.mark.parametrize(
    ("label", "country", "printed"),
    [
        ("ET", "US", "2026-07-14T13:12:00-04:00"),
        ("CT", "US", "2026-07-14T13:12:00-05:00"),
        ("MT", "US", "2026-07-14T13:12:00-06:00"),
        ("PT", "US", "2026-07-14T13:12:00-07:00"),
        ("pt", "US", "2026-07-14T13:12:00-07:00"),
        ("HT", "US", "2026-07-14T13:12:00-10:00"),
        ("EST", "US", "2026-07-14T13:12:00-05:00"),
        ("EDT", "US", "2026-07-14T13:12:00-04:00"),
        ("CST", "US", "2026-07-14T13:12:00-06:00"),
        ("CST", "CN", "2026-07-14T13:12:00"),
        ("IST", "US", "2026-07-14T13:12:00"),
        ("UTC", "CN", "2026-07-14T13:12:00+00:00"),
        ("+08:00", "CN", "2026-07-14T13:12:00+08:00"),
        ("+99:00", "CN", "2026-07-14T13:12:00"),
        ("LT", "US", "2026-07-14T13:12:00"),
        ("", "US", "2026-07-14T13:12:00"),
    ],
)
def test_clocks(label: str, country: str, printed: str) -> None:
    assert _event(timeZone=label, country=country, location="").occurred_at.isoformat() == printed


def test_winter_has_another_offset_than_summer() -> None:
    assert _event(date="2026-01-14").occurred_at.isoformat() == "2026-01-14T13:12:00-05:00"
    assert _event(time="13:12:00Z").occurred_at.isoformat() == "2026-07-14T13:12:00+00:00"
    assert _event(time="").occurred_at.isoformat() == "2026-07-14T00:00:00-04:00"


@pytest.mark.parametrize(
    ("printed", "label", "wanted"),
    [
        ("7/1/2026", "12:05 AM ET", "2026-07-01T00:05:00-04:00"),
        ("7/1/2026", "12:05 PM CST", "2026-07-01T12:05:00-06:00"),
        ("1/31/2026", "7:34 PM", "2026-01-31T19:34:00"),
        ("1/31/2026", "", "2026-01-31T00:00:00"),
    ],
)
def test_clocks_of_global_mail(printed: str, label: str, wanted: str) -> None:
    scan = f"<code>600</code><date>{printed}</date><time>{label}</time><country>US</country>"
    assert read("dhl_ecommerce_us", _xml(scan))[0].events[0].occurred_at.isoformat() == wanted


@pytest.mark.parametrize(
    ("location", "country", "wanted"),
    [
        ("SPRINGFORD, OH, US", "", ("SPRINGFORD", "OH", "US")),
        ("SPRINGFORD, OH", "US", ("SPRINGFORD", "OH", "US")),
        ("SHENZHEN, CN", "", ("SHENZHEN", None, "CN")),
        ("LAMPVILLE, CA", "", ("LAMPVILLE", "CA", None)),
        ("SHENZHEN", "CHN", ("SHENZHEN", None, "CN")),
        ("", "", (None, None, None)),
    ],
)
def test_places(location: str, country: str, wanted: tuple[str | None, ...]) -> None:
    place = _event(location=location, country=country, postalCode="0").place
    assert (place.city, place.region, place.country) == wanted
    assert place.postal_code is None


def test_the_number_that_the_shopper_was_given_comes_first() -> None:
    assert read("dhl_ecommerce_us", _webhook())[0].tracking_number == "9300000000000000000011"
    assert read("dhl_ecommerce_us", _webhook(trackingId=""))[0].tracking_number == "7700000000000011"
    bare = {"packageId": "LAMP-000-11", "events": [_scan()]}
    assert read("dhl_ecommerce_us", bare)[0].tracking_number == "LAMP-000-11"
    assert read("dhl_ecommerce_us", {"packages": [bare]})[0].status is M.DELIVERED


def test_both_texts_of_an_event_are_its_words() -> None:
    both = {"primaryEventDescription": "DELIVERED", "secondaryEventDescription": "FRONT DOOR"}
    assert _event(**both).description == "DELIVERED: FRONT DOOR"
    assert _event(primaryEventDescription="DELIVERED", secondaryEventDescription="DELIVERED").description == "DELIVERED"
    assert _event(secondaryEventDescription="FRONT DOOR").description == "FRONT DOOR"


def test_people_are_not_taken() -> None:
    body = _webhook(_scan())
    body["packages"][0]["recipient"] = {"name": "T Fernwood", "address1": "4 Mill Lane", "signedForName": "FERNWOOD"}
    found = read("dhl_ecommerce_us", body)[0].model_dump_json().upper()
    assert "FERNWOOD" not in found
    assert "MILL LANE" not in found


def test_answers_without_packages() -> None:
    problem = {"type": "https://api.dhlecs.com/docs/errors/x", "title": "X", "invalidParams": []}
    missing = {**problem, "status": 404}
    for body, wanted in (
        ({"packages": []}, "no_result"),
        (missing, "no_result"),
        (problem, "not_tracking"),
        ("<track><error><code>400</code></error></track>", "no_result"),
        ("<track><error><code>401</code></error></track>", "not_tracking"),
    ):
        assert read("dhl_ecommerce_us", body) == []
        assert kind("dhl_ecommerce_us", body) == wanted
    assert kind("dhl_ecommerce_us", b"nothing") == "not_tracking"


@pytest.mark.parametrize("body", ["<html/>", {"packages": [{"events": []}]}, _xml("<date>31.1.2026</date>")])
def test_what_is_no_body_of_it_is_refused(body: object) -> None:
    with pytest.raises(UnreadableBodyError):
        read("dhl_ecommerce_us", body)


def test_it_asks_with_a_token_that_the_client_buys() -> None:
    account = Account(account="a", brand="larkspur", credentials={"client_id": "id", "client_secret": "s&t"})
    bought = CONNECTOR.client.token(account)
    assert bought is not None
    assert bought.url == "https://api.dhlecs.com/auth/v4/accesstoken"
    assert parse_qs(bought.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id"],
        "client_secret": ["s&t"],
    }
    first, second = CONNECTOR.client.ask(["93", "94"], account, "tok")
    assert first.url == "https://api.dhlecs.com/tracking/v4/package/open?trackingId=93"
    assert first.headers["authorization"] == "Bearer tok"
    assert second.numbers == ("94",)
