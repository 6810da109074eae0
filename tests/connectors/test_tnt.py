"""TNT: status codes, summaries, a number that was used twice."""

from urllib.parse import parse_qs

from porchlight.bodies import load_xml
from porchlight.carriers.tnt import CONNECTOR
from porchlight.carriers.tnt import statuses as tnt
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party
from tests.connectors.readings import agrees, kind, read


def _consignment(
    summary: str, code: str = "", day: str = "20260206", clock: str = "0841", number: str = "77", text: str = ""
) -> str:
    fields = {"StatusCode": code, "StatusDescription": text, "LocalEventDate": day, "LocalEventTime": clock}
    status = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return (
        f"<Consignment><ConsignmentNumber>{number}</ConsignmentNumber><Signatory>NOBODY</Signatory>"
        f"<SummaryCode>{summary}</SummaryCode>{f'<StatusData>{status}</StatusData>' if code else ''}</Consignment>"
    )


def _answer(*consignments: str) -> str:
    return f"<TrackResponse>{''.join(consignments)}</TrackResponse>"


def test_codes() -> None:
    for code, reading in tnt.CODES.items():
        assert agrees(read("tnt", _answer(_consignment("INT", code)))[0].events[0], reading), code
    assert not read("tnt", _answer(_consignment("INT", "QQQ")))[0].events[0].recognised


def test_sentences_read_what_no_table_has() -> None:
    for text, reading in tnt.WORDS.items():
        assert agrees(read("tnt", _answer(_consignment("INT", "QQQ", text=text)))[0].events[0], reading), text
    (report,) = read("tnt", _answer(_consignment("EXC", "CNH", text="Customer Not Home. Follow Up Actions Underway")))
    assert (report.events[0].milestone, report.events[0].at_fault) == (M.DELIVERY_ATTEMPTED, Party.CONSIGNEE)
    assert report.status is M.DELIVERY_ATTEMPTED
    (report,) = read("tnt", _answer(_consignment("INT", "QQQ", text="Delivered.")))
    assert report.events[0].milestone is M.DELIVERED


def test_summaries() -> None:
    for summary, reading in tnt.SUMMARIES.items():
        assert read("tnt", _answer(_consignment(summary)))[0].status is reading.milestone, summary
    assert read("tnt", _answer(_consignment("INT", "OD")))[0].status is M.OUT_FOR_DELIVERY
    assert read("tnt", _answer(_consignment("DEL", "NR")))[0].status is M.DELIVERED
    assert read("tnt", _answer(_consignment("EXC", "TR")))[0].status is M.EXCEPTION
    assert read("tnt", _answer(_consignment("EXC", "NR")))[0].status is M.DELAYED
    assert read("tnt", _answer(_consignment("")))[0].status is M.UNKNOWN


def test_times_are_local() -> None:
    (report,) = read("tnt", _answer(_consignment("INT", "OD")))
    assert report.events[0].occurred_at.isoformat() == "2026-02-06T08:41:00"
    assert "NOBODY" not in report.model_dump_json()


def test_a_number_that_was_used_twice_gives_two_reports() -> None:
    found = read("tnt", _answer(_consignment("DEL", "OK"), _consignment("EXC", "AA"), _consignment("CNF", number="78")))
    assert [(report.tracking_number, report.status) for report in found] == [
        ("77", M.DELIVERED),
        ("77", M.EXCEPTION),
        ("78", M.UNKNOWN),
    ]


def test_answers_without_consignments() -> None:
    body = "<TrackResponse><Error><Code>9000</Code></Error></TrackResponse>"
    assert read("tnt", body) == []
    assert kind("tnt", body) == "not_tracking"


def test_the_question() -> None:
    given = {"username": "u", "password": "p", "country": 'N"L'}
    (call,) = CONNECTOR.client.ask(["1", "<2>"], Account(account="a", brand="larkspur", credentials=given), "")
    sent = load_xml(parse_qs(call.body.decode())["xml_in"][0].encode())
    assert [node.text for node in sent.iter("ConsignmentNumber")] == ["1", "<2>"]
    assert sent.find("SearchCriteria").attrib["originCountry"] == 'N"L'
    assert call.headers["Authorization"] == "Basic dTpw"
