"""The shared reading of bodies: XML without its dangers, by two ways that must agree; JSON; US dates; events."""

import json
import pickle
from contextlib import suppress
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from porchlight import bodies
from porchlight.bodies import (
    as_objects,
    clean,
    load_json,
    load_xml,
    moment,
    optional_text,
    us_moment,
    xml_children,
    xml_fields,
)
from porchlight.carriers.reading import MAX_NUMBER, NOWHERE, UNRECOGNISED, Reading, event, phrase, place, report
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone, Party, Reason, Signal
from porchlight.errors import UnreadableBodyError
from tests.connectors.sources import golden

ENTITY = '<!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'
BILLION = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
OURS = [file for _, file in golden("carriers") if file.suffix == ".xml"]


@pytest.mark.parametrize("text", [ENTITY, OUTSIDE, BILLION, "<!DOCTYPE a><a/>", '<!DOCTYPE a SYSTEM "http://x/y"><a/>'])
@pytest.mark.parametrize("encoding", ["", "utf-8", "UTF-8", "us-ascii", "iso-8859-1", "utf-16", "utf-16-le", "cp037"])
def test_a_document_type_is_refused_however_it_is_written(text: str, encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{text}' if encoding else text
    body = declared.encode("utf-8" if encoding == "cp037" else encoding or "utf-8")
    with pytest.raises(UnreadableBodyError):
        load_xml(body)
    if encoding == "cp037":  # the declaration in ASCII, the rest in what it declares
        head, rest = declared.split("?>", 1)
        with pytest.raises(UnreadableBodyError):
            load_xml(f"{head}?>".encode() + rest.encode("cp037"))


@pytest.mark.parametrize(
    ("head", "plain"),
    [
        ("", True),
        ('<?xml version="1.0"?>', True),
        ('<?xml version="1.0" encoding="utf-8" standalone="yes"?>', True),
        ("<?xml version='1.0' encoding = 'ISO-8859-1' ?>", True),
        ('<?xml version="1.0" encoding="utf-16"?>', False),
        ('<?xml version="1.0" encoding="cp037"?>', False),
        ('<?xml version="1.0" encoding="utf-7"?>', False),
        ('<?xml version="1.0" encoding=?>', False),
        ('<?xml version="1.0" encoding encoding="utf-8"?>', False),
        ('<?xml encoding="utf-8"', True),
        ("<!DOCTYPE a>", False),
        ("\x00", False),
    ],
)
def test_the_fast_way_is_taken_where_nothing_can_be_declared(head: str, plain: bool) -> None:
    assert bodies._cannot_declare(f"{head}<a/>".encode()) is plain


@pytest.mark.parametrize("file", OURS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_both_ways_see_the_same(file: object, monkeypatch: pytest.MonkeyPatch) -> None:
    body = file.read_bytes()
    fast = ElementTree.tostring(load_xml(body))
    monkeypatch.setattr(bodies, "_cannot_declare", lambda body: False)
    careful = load_xml(body)
    assert [(node.tag, node.text, dict(node.attrib)) for node in ElementTree.fromstring(fast).iter()] == [
        (node.tag, node.text, dict(node.attrib)) for node in careful.iter()
    ]


@given(st.binary(max_size=200) | st.text("<>/a&;!?=\"' x", max_size=60).map(str.encode))
def test_anything_is_a_tree_or_unreadable(body: bytes) -> None:
    with suppress(UnreadableBodyError):
        assert load_xml(body).tag


def test_namespaces_go_from_tags_and_attributes() -> None:
    root = load_xml(b'<a xmlns="u:1" xmlns:n="u:2" xml:lang="en" n:b="1" c="2"><n:d/>  <e xml:lang="de"/></a>')
    assert (root.tag, dict(root.attrib)) == ("a", {"lang": "en", "b": "1", "c": "2"})
    assert [(child.tag, dict(child.attrib)) for child in root] == [("d", {}), ("e", {"lang": "de"})]
    assert dict(load_xml(b'<a xml:lang="en"/>').attrib) == {"lang": "en"}


def test_depth_has_an_end() -> None:
    assert load_xml(b"<a>" * 60 + b"</a>" * 60).tag == "a"
    for depth in (61, 100_000):
        with pytest.raises(UnreadableBodyError):
            load_xml(b"<a>" * depth + b"</a>" * depth)


def test_fields_are_the_first_of_their_name() -> None:
    root = load_xml(b"<a><b>1</b><c/><b>2</b><d> x <e/></d></a>")
    assert xml_fields(root) == {"b": "1", "c": "", "d": " x "}


def test_json_is_read_as_before() -> None:
    assert load_json(b'\xef\xbb\xbf{"a": 1e3}') == {"a": 1000.0}
    assert load_json('"text"') == "text"
    for broken in (b"", b"NaN", b"[Infinity]", b"{} {}", b"\xff", "\ufeff{}", b"[" * 100_000, b"1" * 5000):
        with pytest.raises(UnreadableBodyError):
            load_json(broken)


def test_lists_of_objects() -> None:
    assert as_objects([{"a": 1}, None, {}], "x") == [{"a": 1}, {}]
    with pytest.raises(UnreadableBodyError, match="an entry of x"):
        as_objects([{}, 1], "x")


@pytest.mark.parametrize(
    ("printed", "moment"),
    [("1/2/2026 3:04 pm", (2026, 1, 2, 15, 4)), ("12/31/2026 12:00:59 AM", (2026, 12, 31, 0, 0, 59))],
)
def test_us_dates(printed: str, moment: tuple[int, ...]) -> None:
    assert us_moment(printed, "x") == datetime(*moment)  # noqa: DTZ001


@pytest.mark.parametrize(
    "printed", ["", "1/2/26 3:04", "1/2/2026", "1/2/2026 3", "1/2/2026 3:04:05:06", "2/30/2026 1:00", 7]
)
def test_what_is_no_us_date(printed: object) -> None:
    with pytest.raises(UnreadableBodyError):
        us_moment(printed, "x")


AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
READINGS = (
    UNRECOGNISED,
    Reading(Milestone.DELAYED, Reason.WEATHER, Party.WEATHER),
    Reading(Milestone.PRE_TRANSIT, signal=Signal.DRIVER_ASSIGNED),
)


@pytest.mark.parametrize("found", READINGS)
@pytest.mark.parametrize("where", [NOWHERE, place("Gent", None, "9000", "BE")])
def test_an_event_that_was_not_validated_is_what_validation_makes(found: Reading, where: Place) -> None:
    made = event(found, AT, "C", "words", ("C", "D"), where)
    checked = TrackingEvent(
        occurred_at=AT,
        raw_code="C",
        raw_codes=("C", "D"),
        description="words",
        milestone=found.milestone,
        reason=found.reason,
        at_fault=found.at_fault,
        recognised=found.recognised,
        signal=found.signal,
        place=where,
    )
    assert made == checked
    assert hash(made) == hash(checked)
    assert repr(made) == repr(checked)
    for options in ({}, {"exclude_defaults": True}, {"exclude_unset": True}):
        assert made.model_dump_json(**options) == checked.model_dump_json(**options)
    assert made.model_copy(update={"description": "other"}).description == "other"
    assert made.model_copy(deep=True) == pickle.loads(pickle.dumps(made)) == made
    assert TrackingEvent.model_validate_json(made.model_dump_json()) == made


def test_places() -> None:
    assert place() is NOWHERE
    assert place("", None, "") is NOWHERE
    assert place("Gent", "", None, "BE") == Place(city="Gent", country="BE")
    assert json.loads(place("Gent").model_dump_json()) == json.loads(Place(city="Gent").model_dump_json())


def test_words_hash_as_their_text() -> None:
    for word in (*Milestone, *Reason, *Party, *Signal):
        assert hash(word) == hash(str(word))
        assert {word: 1}[word.value] == 1


def test_children_by_their_tags() -> None:
    root = load_xml(b"<a><b><c>1</c><d/></b><c>2</c><b><c>3</c></b></a>")
    assert [node.text for node in xml_children(root, "b", "c")] == ["1", "3"]
    assert xml_children(root) == [root]
    assert xml_children(None, "b") == xml_children(root, "c", "b") == []


def test_a_report_that_was_not_validated_is_what_validation_makes() -> None:
    events = (event(READINGS[1], AT, "C"), event(UNRECOGNISED, AT, "D"))
    estimate = DeliveryEstimate(at=AT)
    for made, checked in (
        (
            report("dpd", "1", events, Milestone.DELAYED, estimate),
            TrackingReport(
                carrier="dpd", tracking_number="1", events=events, status=Milestone.DELAYED, estimate=estimate
            ),
        ),
        (report(carrier="dpd", tracking_number=""), TrackingReport(carrier="dpd", tracking_number="")),
    ):
        assert made == checked
        assert repr(made) == repr(checked)
        assert made.model_dump_json(exclude_defaults=True) == checked.model_dump_json(exclude_defaults=True)
        assert TrackingReport.model_validate_json(made.model_dump_json(by_alias=True)) == made


def test_a_number_has_an_end_as_the_model_has_it() -> None:
    assert report("dpd", "9" * MAX_NUMBER).tracking_number == "9" * MAX_NUMBER
    with pytest.raises(UnreadableBodyError):
        report("dpd", "9" * (MAX_NUMBER + 1))
    with pytest.raises(ValidationError):
        TrackingReport(carrier="dpd", tracking_number="9" * (MAX_NUMBER + 1))


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES, st.booleans())
def test_json_is_what_the_standard_library_reads(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    body = text.encode("utf-8", "surrogatepass")
    try:
        wanted = json.loads(body.decode())
    except UnicodeDecodeError:
        with pytest.raises(UnreadableBodyError):
            load_json(body)
        return
    assert repr(load_json(body)) == repr(wanted)
    assert repr(load_json(text)) == repr(wanted)


@given(st.text(alphabet='[]{}",:\\ud8019eE+-.0 tfn\t\x00\ud800x', max_size=30))
def test_broken_json_is_broken_for_both(text: str) -> None:
    def refused(name: str) -> None:
        raise ValueError(name)

    try:
        wanted = json.loads(text, parse_constant=refused)
    except ValueError:
        with pytest.raises(UnreadableBodyError):
            load_json(text)
    else:
        assert repr(load_json(text)) == repr(wanted)


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        (" 2026-01-02T03:04:05Z ", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02 03:04", "2026-01-02T03:04:00"),
        ("20260102T0304", "2026-01-02T03:04:00"),
        (20260102, "2026-01-02T00:00:00"),
        ("2026-01-02\u000003:04", "2026-01-02T03:04:00"),
        ("2026-01-02T03:04:05.1234567+02:00", "2026-01-02T03:04:05.123456+02:00"),
    ],
)
def test_moments(printed: object, wanted: str) -> None:
    assert moment(printed, "x").isoformat() == wanted


@pytest.mark.parametrize(
    "printed", ["", None, True, 1.5, [], "soon", "0001-01-01", "2200-01-01", "1989-12-31T23:59:59Z"]
)
def test_what_is_no_moment(printed: object) -> None:
    with pytest.raises(UnreadableBodyError):
        moment(printed, "x")


@pytest.mark.parametrize(
    ("given_value", "text"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (0, "0"),
        (7, "7"),
        (True, None),
        (" a\u0000b ", "a b"),
        ("x" * 300, "x" * 200),
    ],
)
def test_optional_text(given_value: object, text: str | None) -> None:
    assert optional_text(given_value) == text


@given(st.text(max_size=40) | st.text(alphabet=st.characters(max_codepoint=127), max_size=40))
def test_phrases_are_the_letters_and_digits_of_a_text(text: str) -> None:
    wanted = "".join(char if char.isalnum() else " " for char in text.casefold()).split()
    assert phrase(text) == " ".join(wanted)


@given(
    st.text(max_size=40) | st.text(alphabet="ab \n\t\u00a0\u2028\u0000\u200b\ud800", max_size=20), st.integers(1, 30)
)
def test_clean_text_is_one_printable_line(text: str, limit: int) -> None:
    stripped = text.strip()
    if not stripped.isprintable():
        stripped = " ".join("".join(char if char.isprintable() else " " for char in stripped).split())
    assert clean(text, limit) == stripped[:limit]
    assert clean(text, limit).isprintable()
