"""DHL Paket: pairs of ICE and RIC under their standard event code, the way back, pieces and their events."""

import json
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from porchlight.carriers.dhl_parcel_de import statuses as paket
from porchlight.carriers.reading import Reading
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import CODES, agrees, kind, known, read


def _data(name: str, inside: str = "", **said: str) -> str:
    attributes = "".join(f" {key.replace('_', '-')}={quoteattr(value)}" for key, value in said.items())
    return f'<data name="{name}"{attributes}>{inside}</data>'


def _scan(standard: str = "EE", ice: str = "ULFMV", ric: str = "UNLDD", **said: str) -> str:
    fields = {"event_timestamp": "18.03.2026 10:02", **said}
    return _data("piece-event", standard_event_code=standard, ice=ice, ric=ric, **fields)


def _answer(*scans: str, **piece: str) -> str:
    named = {"piece_code": "00340000000000000031", "piece_id": "p-1", **piece}
    inside = _data("piece-shipment", _data("piece-event-list", "".join(scans)), **named)
    return _data("piece-shipment-list", inside, code="0")


def _event(standard: str, ice: str, ric: str, **said: str) -> Any:
    return read("dhl_parcel_de", _answer(_scan(standard, ice, ric, **said)))[0].events[0]


def test_pairs() -> None:
    for pair, reading in paket.PAIRS.items():
        assert agrees(_event("NEW", *pair.split("/")), reading), pair


def test_pairs_that_their_standard_event_code_splits() -> None:
    for key, reading in paket.SPLIT.items():
        ice, ric, standard = key.split("/")
        assert agrees(_event(standard, ice, ric), reading), key
        assert reading != paket.PAIRS[f"{ice}/{ric}"], key


def test_the_standard_event_code_for_a_pair_of_no_list() -> None:
    for standard, reading in paket.STANDARD.items():
        found = _event(standard, "NEWIC", "NEWRC")
        assert agrees(found, reading), standard
        assert (found.raw_code, found.raw_codes) == (standard, (standard, "NEWIC", "NEWRC"))
    assert not _event("QQ", "NEWIC", "NEWRC").recognised


def test_the_tables_are_complete() -> None:
    assert set(paket.PAIRS) == known("dhl_parcel_de")
    listed = json.loads((CODES / "dhl_parcel_de.json").read_text(encoding="utf-8"))["codes"]
    assert {entry["standard_event_code"] for entry in listed} <= set(paket.STANDARD)
    assert set(paket.SPLIT) <= {f"{entry['code']}/{entry['standard_event_code']}" for entry in listed}


@pytest.mark.parametrize(
    ("codes", "wanted"),
    [
        ("ZU DSPSD NTCLM", (M.EXCEPTION, R.PICKUP_EXPIRED, P.CONSIGNEE)),
        ("ZU DLVRD HNDTC", (M.IN_TRANSIT, None, None)),
        ("ZN RETRN NTCCN", (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, P.CONSIGNEE)),
        ("GT STORN NRQRD", (M.UNKNOWN, None, None)),
    ],
)
def test_traps_of_the_standard_event_code(codes: str, wanted: tuple[Any, ...]) -> None:
    found = _event(*codes.split())
    assert (found.milestone, found.reason, found.at_fault) == wanted
    assert found.recognised


@pytest.mark.parametrize(
    ("codes", "there", "back"),
    [
        ("EE ULFMV UNLDD", M.IN_TRANSIT, M.RETURN_IN_TRANSIT),
        ("PO SRTED NRQRD", M.OUT_FOR_DELIVERY, M.RETURN_IN_TRANSIT),
        ("ZN NTDEL NHOME", M.DELIVERY_ATTEMPTED, M.RETURN_IN_TRANSIT),
        ("ZU DLVRD OTHER", M.DELIVERED, M.RETURNED_TO_SENDER),
        ("ZU DMGDS LDMGD", M.DAMAGED, M.DAMAGED),
    ],
)
def test_the_way_back(codes: str, there: M, back: M) -> None:
    assert _event(*codes.split(), ruecksendung="false").milestone is there
    assert _event(*codes.split(), ruecksendung="true").milestone is back
    assert _event(*codes.split()).milestone is there


def test_a_piece_that_went_back() -> None:
    status = {"status_timestamp": "19.02.2026 11:05", "standard_event_code": "ZU", "ice": "DLVRD", "ric": "OTHER"}
    piece = _data("piece-shipment", piece_code="0034", ruecksendung="true", **status)
    (report,) = read("dhl_parcel_de", _data("piece-shipment-list", piece))
    assert report.status is M.RETURNED_TO_SENDER


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        ("18.03.2026 10:02", "2026-03-18T10:02:00"),
        ("18.03.2026 10:02:07", "2026-03-18T10:02:07"),
        ("18.03.2026", "2026-03-18T00:00:00"),
        ("2026-03-18T10:02:07", "2026-03-18T10:02:07"),
        ("2026-03-18T10:02:07+01:00", "2026-03-18T10:02:07+01:00"),
    ],
)
def test_times(printed: str, wanted: str) -> None:
    assert _event("EE", "ULFMV", "UNLDD", event_timestamp=printed).occurred_at.isoformat() == wanted


@pytest.mark.parametrize("printed", ["31.02.2026 10:02", "18.03.26 10:02", "yesterday"])
def test_what_is_no_time_is_refused(printed: str) -> None:
    with pytest.raises(UnreadableBodyError, match="timestamp"):
        _event("EE", "A", "B", event_timestamp=printed)


def test_an_event_without_a_time_is_left_out() -> None:
    (report,) = read("dhl_parcel_de", _answer(_scan(event_timestamp=""), _scan("PO", "SRTED", "NRQRD")))
    assert [event.raw_code for event in report.events] == ["PO"]


def test_events_may_stand_beside_their_piece() -> None:
    lists = "".join(
        _data("piece-event-list", _scan(standard, "NEWIC", "NEWRC"), piece_id=piece)
        for piece, standard in (("p-1", "PO"), ("p-2", "ES"))
    )
    pieces = "".join(_data("piece-shipment", piece_id=piece, piece_code=f"0-{piece}") for piece in ("p-2", "p-1"))
    found = read("dhl_parcel_de", _data("piece-shipment-list", pieces + lists))
    assert [(one.tracking_number, [event.raw_code for event in one.events]) for one in found] == [
        ("0-p-2", ["ES"]),
        ("0-p-1", ["PO"]),
    ]


def test_a_list_of_events_alone_knows_its_number_by_its_identifier() -> None:
    for identifier, number in (("340000000000000062", "00340000000000000062"), ("abc", ""), ("", "")):
        (report,) = read("dhl_parcel_de", _data("piece-event-list", _scan(), piece_identifier=identifier))
        assert report.tracking_number == number
        assert report.status is M.IN_TRANSIT


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"delivery_date": "06.03.2026"}, ("2026-03-06", None)),
        ({"delivery_date": "2026-03-06"}, ("2026-03-06", None)),
        (
            {"delivery_date": "06.03.2026", "delivery_timeframe_from": "09:00", "delivery_timeframe_to": "12:30"},
            ("2026-03-06T09:00:00", "2026-03-06T12:30:00"),
        ),
        (
            {"delivery_date": "06.03.2026", "delivery_timeframe_from": "12:30", "delivery_timeframe_to": "09:00"},
            ("2026-03-06", None),
        ),
        ({"delivery_date": "soon"}, None),
    ],
)
def test_estimates(said: dict[str, str], wanted: tuple[str, str | None] | None) -> None:
    estimate = read("dhl_parcel_de", _answer(_scan(), **said))[0].estimate
    if wanted is None or estimate is None:
        assert estimate is wanted
    else:
        given = [value for value in (estimate.day, estimate.from_, estimate.to) if value]
        assert [value.isoformat() for value in given] == [text for text in wanted if text]


def test_people_are_not_taken() -> None:
    body = _answer(
        _scan(), recipient_name="Quellenhof", recipient_street="Lindenweg 4", pan_recipient_name="Quellenhof"
    )
    found = read("dhl_parcel_de", body)[0].model_dump_json()
    assert "Quellenhof" not in found
    assert "Lindenweg" not in found


def test_answers_without_pieces() -> None:
    for code, wanted in (("100", "no_result"), ("200", "no_result"), ("5", "not_tracking")):
        body = _data("piece-shipment-list", code=code, error="…")
        assert read("dhl_parcel_de", body) == []
        assert kind("dhl_parcel_de", body) == wanted
    assert kind("dhl_parcel_de", b"nothing") == "not_tracking"


@pytest.mark.parametrize("body", ["<html/>", "<data/>", '<piece name="piece-shipment"/>', _data("piece-shipment")])
def test_what_is_no_answer_is_refused(body: str) -> None:
    with pytest.raises(UnreadableBodyError):
        read("dhl_parcel_de", body)


def test_the_way_back_keeps_the_reason() -> None:
    assert paket.reading("ZN", "NTDEL", "NHOME", True) == Reading(M.RETURN_IN_TRANSIT, R.CONSIGNEE_ABSENT, P.CONSIGNEE)
