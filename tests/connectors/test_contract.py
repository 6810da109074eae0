"""What every connector has to satisfy, whichever source it is for."""

import re
from pathlib import Path

import pytest

from local.cli.parse import read_payload
from porchlight.bodies import NET
from porchlight.carriers.registry import carrier, carrier_ids
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError
from porchlight.stores.registry import store, store_ids
from tests.connectors.sources import FIXTURES, SCHEMES, all_ids, connector, expected, golden, pushing

UNREADABLE = (
    b"",
    b"not json",
    b"[1, 2",
    b"\xff\xfe\x00",
    b"{}",
    b"null",
    b"true",
    b"17",
    b'"text"',
    b"NaN",
    b'{"trackingNumber": NaN}',
    b"[[[[1]]]]",
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"1" * 10_000,
    b'{"payload": 7}',
    b'{"payload": "not json either"}',
    b'{"trackingNumber": ""}',
    b'{"trackingNumber": {"deep": 1}}',
    b'{"trackingNumber": "' + b"9" * 65 + b'"}',
    b'{"object": "Tracker"}',
    b'{"trackResponse": []}',
    b'{"trackers": 5}',
    b" " * 2_000_001,
)


@pytest.mark.parametrize("source", all_ids())
def test_says_who_it_is(source: str) -> None:
    found = connector(source)
    assert found.id == source
    assert re.fullmatch(r"[a-z0-9][a-z0-9_]{1,20}", found.id)
    assert found.name
    assert found.credentials


def test_those_who_insist_on_200_get_it() -> None:
    assert {source for source in all_ids() if getattr(connector(source), "answers_with", 202) == 200} == {
        "ups",
        "17track",
        "bigcommerce",
    }


def test_unknown_sources_have_no_connector() -> None:
    assert carrier("pigeon-post") is None
    assert store("") is None
    assert not set(carrier_ids()) & set(store_ids())


@pytest.mark.parametrize("source", all_ids())
def test_every_source_has_a_scheme_and_fixtures(source: str) -> None:
    assert any(scheme.source == source for scheme in SCHEMES) == (source in pushing())
    assert len(list((FIXTURES / source).glob("*.expect.json"))) >= 3


@pytest.mark.parametrize(("source", "file"), golden("carriers"), ids=lambda value: getattr(value, "stem", value))
def test_golden_carrier_body(source: str, file: Path) -> None:
    assert read_payload(source, file.read_bytes()) == expected(file)


@pytest.mark.parametrize(("source", "file"), golden("stores"), ids=lambda value: getattr(value, "stem", value))
def test_golden_store_body(source: str, file: Path) -> None:
    shop = store(source)
    assert shop is not None
    wanted = expected(file)
    found = shop.parse(wanted["topic"], file.read_bytes())
    assert [change.model_dump(mode="json") for change in found] == wanted["changes"]


@pytest.mark.parametrize(("source", "file"), golden("carriers"), ids=lambda value: getattr(value, "stem", value))
def test_events_are_stable_and_honest(source: str, file: Path) -> None:
    parser = carrier(source)
    assert parser is not None
    first, second = parser.parse(file.read_bytes()), parser.parse(file.read_bytes())
    for report, again in zip(first, second, strict=True):
        ids = [event.event_id(report.carrier, report.tracking_number) for event in report.events]
        assert ids == [event.event_id(again.carrier, again.tracking_number) for event in again.events]
        assert len(set(ids)) == len(ids)
        for event in report.events:
            assert event.zone_known == (event.occurred_at.utcoffset() is not None)
            assert event.milestone in Milestone
            assert event.recognised or event.milestone is Milestone.UNKNOWN
            assert not (event.at_fault and not event.reason)


@pytest.mark.parametrize("source", carrier_ids())
@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_unreadable_bodies_are_refused_with_a_reason(source: str, body: bytes) -> None:
    parser = carrier(source)
    assert parser is not None
    with pytest.raises(UnreadableBodyError) as caught:
        parser.parse(body)
    assert NET not in caught.value.detail
    assert len(caught.value.detail) < 200


@pytest.mark.parametrize("source", store_ids())
@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_unreadable_store_bodies_are_refused_under_every_topic(source: str, body: bytes) -> None:
    shop = store(source)
    assert shop is not None
    for topic in shop.topics:
        with pytest.raises(UnreadableBodyError) as caught:
            shop.parse(topic, body)
        assert NET not in caught.value.detail


@pytest.mark.parametrize("source", store_ids())
def test_unused_topics_change_nothing(source: str) -> None:
    shop = store(source)
    assert shop is not None
    assert shop.parse("app/uninstalled", b"whatever") == []
    assert shop.parse("", b"whatever") == []


@pytest.mark.parametrize(("source", "file"), golden("stores"), ids=lambda value: getattr(value, "stem", value))
def test_a_body_under_a_topic_of_another_kind_is_refused(source: str, file: Path) -> None:
    """Topics are headers and not signed: an order replayed as a refund must not become one."""
    shop = store(source)
    assert shop is not None
    own = expected(file)["topic"].partition("/")[0]
    for topic in shop.topics:
        if topic.partition("/")[0] != own:
            with pytest.raises(UnreadableBodyError, match="look like"):
                shop.parse(topic, file.read_bytes())
