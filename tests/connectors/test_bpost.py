"""bpost: state codes, aware times, estimates that are none after a delivery."""

from porchlight.carriers.bpost import CONNECTOR
from porchlight.carriers.bpost import statuses as bpost
from porchlight.connectors import Account
from porchlight.domain.milestones import Reason
from tests.connectors.readings import agrees, kind, read


def _item(code: str, more: str = "") -> str:
    state = f"<stateInfo><time>2026-01-22T23:19:29.5+01:00</time><stateCode>{code}</stateCode></stateInfo>"
    return (
        '<itemTracking xmlns="http://schema.post.be/tracking/v1/"><itemCode>3232</itemCode>'
        f"<addressee><name>NOBODY</name></addressee>{more}{state}</itemTracking>"
    )


def test_codes() -> None:
    for code, reading in bpost.CODES.items():
        assert agrees(read("bpost", _item(code))[0].events[0], reading), code
    assert not read("bpost", _item("B03"))[0].events[0].recognised
    worded = _item("B03").replace("</stateInfo>", "<stateDescription>Refused</stateDescription></stateInfo>")
    assert read("bpost", worded)[0].events[0].reason is Reason.CONSIGNEE_REFUSED


def test_times_keep_their_offset_and_people_stay_out() -> None:
    (report,) = read("bpost", _item("T00"))
    assert report.events[0].occurred_at.isoformat() == "2026-01-22T23:19:29.500000+01:00"
    assert "NOBODY" not in report.model_dump_json()


def test_the_delivery_time_of_a_delivered_item_is_no_estimate() -> None:
    when = "<deliveryTime>2026-01-23T09:31:07+01:00</deliveryTime>"
    assert read("bpost", _item("U01", when))[0].estimate is None
    assert read("bpost", _item("T00", when))[0].estimate is not None
    assert read("bpost", _item("T00", "<deliveryTime>soon</deliveryTime>"))[0].estimate is None


def test_answers_without_items() -> None:
    for tag, said in (("businessException", "no_result"), ("systemException", "not_tracking")):
        assert read("bpost", f"<{tag}/>") == []
        assert kind("bpost", f"<{tag}/>") == said


def test_the_question() -> None:
    given = {"account_id": "1", "passphrase": "p"}
    (call,) = CONNECTOR.client.ask(["3232"], Account(account="a", brand="larkspur", credentials=given), "")
    assert call.url == "https://api.parcel.bpost.cloud/services/trackedmail/item/3232/trackingInfo"
    assert call.headers["Authorization"] == "Basic MTpw"
