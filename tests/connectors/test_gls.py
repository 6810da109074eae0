"""GLS: statuses, event codes, sentences; numbers with and without their check digit; OAuth2."""

from typing import Any

import pytest

from porchlight.carriers.gls import CONNECTOR
from porchlight.carriers.gls import statuses as gls
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R
from tests.connectors.readings import agrees, kind, known, read

AT = "2026-02-11T12:40:09+0100"


def _parcel(**fields: Any) -> dict[str, Any]:
    return {"parcels": [{"requested": "80114420017", "unitno": "80114420017", "events": [], **fields}]}


def _event(code: str, text: str = "") -> Any:
    return read("gls", _parcel(events=[{"code": code, "description": text, "eventDateTime": AT}]))[0].events[0]


@pytest.mark.parametrize("codes", [gls.CODES, gls.NUMBERS])
def test_codes(codes: dict[str, Any]) -> None:
    for code, reading in codes.items():
        assert agrees(_event(code), reading), code


def test_sentences_read_what_no_table_has() -> None:
    for text, reading in gls.SENTENCES.items():
        assert agrees(_event("NEWONE.NORMAL", text), reading), text
    assert _event("INTIAL.NORMAL", "The parcel has been delivered.").milestone is M.ACCEPTED
    assert not _event("INBOUD.STRANGE", "Words of no table").recognised


@pytest.mark.parametrize(
    ("text", "milestone", "reason"),
    [
        ("The parcel has reached the GLS location.", M.IN_TRANSIT, None),
        ("The parcel has left the parcel center.", M.IN_TRANSIT, None),
        (
            "The parcel remains in the GLS depot. It cannot be delivered due to missing address data.",
            M.EXCEPTION,
            R.ADDRESS,
        ),
        (
            "The parcel is stored in the parcel center. It cannot be delivered as the reception is closed.",
            M.DELIVERY_ATTEMPTED,
            R.PREMISES_CLOSED,
        ),
        (
            "The parcel could not be delivered as the consignee is on holidays.",
            M.DELIVERY_ATTEMPTED,
            R.CONSIGNEE_ABSENT,
        ),
        ("The parcel could not be delivered due to the weather condition.", M.DELAYED, R.WEATHER),
        ("The parcel could not be delivered as the recipient refused acceptance.", M.EXCEPTION, R.CONSIGNEE_REFUSED),
        ("The parcel has been delivered at the neighbour\u00b4s (see signature)", M.DELIVERED, None),
        ("The parcel has been delivered at the GLS ParcelShop (see above).", M.AVAILABLE_FOR_PICKUP, None),
        ("Customs clearance is delayed due to a missing invoice.", M.EXCEPTION, R.CUSTOMS),
        ("Inbound damaged", M.DAMAGED, R.DAMAGE),
        ("The parcel has been returned to sender.", M.RETURN_IN_TRANSIT, None),
    ],
)
def test_what_the_sentences_say(text: str, milestone: M, reason: R | None) -> None:
    event = _event("NEWONE.NORMAL", text)
    assert (event.milestone, event.reason) == (milestone, reason)


def test_a_delivery_after_the_return_is_one_to_the_sender() -> None:
    def entry(code: str, text: str, day: int) -> dict[str, str]:
        return {"code": code, "description": text, "eventDateTime": f"2026-02-{day:02}T12:00:00+0100"}

    back = [
        entry("DELIVD.NORMAL", "The parcel has been delivered.", 9),
        entry("NEWONE.BACK", "The parcel has been returned to sender.", 5),
        entry("DELIVD.PARCELSHOP", "", 2),
    ]
    report = read("gls", _parcel(status="DELIVERED", events=back))[0]
    assert [event.milestone for event in report.events] == [
        M.RETURNED_TO_SENDER,
        M.RETURN_IN_TRANSIT,
        M.AVAILABLE_FOR_PICKUP,
    ]
    assert report.status is M.RETURNED_TO_SENDER
    report = read("gls", _parcel(status="FINAL", events=back[::-1]))[0]
    assert report.status is M.RETURNED_TO_SENDER


def test_the_status_enum_is_complete() -> None:
    assert set(gls.STATUSES) == known("gls")


def test_statuses_without_events() -> None:
    for status, reading in gls.STATUSES.items():
        assert read("gls", _parcel(status=status))[0].status is reading.milestone, status
    assert read("gls", _parcel(status="BEAMED"))[0].status is M.UNKNOWN


@pytest.mark.parametrize("status", ["FINAL", "NOTDELIVERED"])
def test_a_status_that_says_only_that_it_is_over_leaves_it_to_the_events(status: str) -> None:
    events = [{"code": "DELIVD.NORMAL", "eventDateTime": AT}]
    assert read("gls", _parcel(status=status, events=events))[0].status is M.DELIVERED


def test_a_shop_is_not_the_receiver() -> None:
    assert gls.STATUSES["DELIVEREDPS"].milestone is M.AVAILABLE_FOR_PICKUP
    assert _event("DELIVD.PARCELSHOP").milestone is M.AVAILABLE_FOR_PICKUP


@pytest.mark.parametrize(
    ("asked", "own", "number"),
    [
        ("604831862623", "60483186262", "604831862623"),
        ("7KM4QX", "80114420017", "80114420017"),
        ("80114420017", "", "80114420017"),
        ("", "80114420017", "80114420017"),
    ],
)
def test_the_number_that_was_asked_for_is_kept_with_its_check_digit(asked: str, own: str, number: str) -> None:
    assert read("gls", _parcel(requested=asked, unitno=own))[0].tracking_number == number


def test_answers_without_parcels() -> None:
    (unknown,) = read("gls", {"parcels": [{"requested": "1", "errorCode": "E_404_01"}]})
    assert (unknown.tracking_number, unknown.events, unknown.status) == ("1", (), M.UNKNOWN)
    assert read("gls", {"parcels": []}) == []
    assert kind("gls", {"parcels": []}) == "no_result"
    for trouble in (
        {"parcels": [{"requested": "1", "errorCode": "E_500_01"}]},
        {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "too many"},
        {"fault": {"faultstring": "The Token has expired"}},
    ):
        assert read("gls", trouble) == []
        assert kind("gls", trouble) == "not_tracking"


def test_it_asks_with_a_token_that_basic_authorization_buys() -> None:
    account = Account(account="a", brand="larkspur", credentials={"client_id": "id", "client_secret": "secret"})
    client = CONNECTOR.client
    bought = client.token(account)
    assert bought is not None
    assert bought.headers["Authorization"] == "Basic aWQ6c2VjcmV0"
    assert bought.body == b"grant_type=client_credentials"
    (call,) = client.ask(["1", "2"], account, "tok")
    assert call.url.endswith("/track-and-trace-v1/tracking/simple/trackids/1,2")
    assert call.headers["Authorization"] == "Bearer tok"
