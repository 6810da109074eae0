"""Carriers that a brand declares: what a mapping may say, how bodies are read by it, and what never goes wrong."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from layers.brand.mappings import declared as declared_in
from porchlight.bodies import NET
from porchlight.carriers.declared import DeclaredCarrier
from porchlight.carriers.declared import parse as reading
from porchlight.carriers.declared.mapping import CarrierMapping, compiled
from porchlight.connectors import Account, InboundRequest
from porchlight.domain.printed import printed
from porchlight.errors import UnreadableBodyError
from tests.connectors.sources import NOW, SCHEMES
from tests.connectors.test_contract import UNREADABLE
from tests.connectors.test_robustness import FAST, VALUES, _broken

BRANDS = Path(__file__).parents[2] / "brand"
SHIPPED = declared_in(BRANDS, ["larkspur", "fjordhus"])
BODY = {
    "parcels": [
        {
            "number": "TP 0001",
            "eta": "2026-03-09",
            "scans": [{"code": "DONE", "at": "2026-03-06T10:00:00+01:00", "text": "Handed over"}],
        }
    ]
}


def mapping(**changed: Any) -> dict[str, Any]:
    """A mapping that reads BODY; a name with ``__`` changes a field further inside."""
    whole: dict[str, Any] = {
        "id": "tern_parcel",
        "name": "Tern Parcel",
        "proof": {"kind": "header", "header": "X-Tern"},
        "parcels": "parcels",
        "number": "number",
        "events": "scans",
        "event": {"code": "code", "description": "text", "time": {"value": "at"}},
        "statuses": {"DONE": "delivered"},
    }
    for name, value in changed.items():
        *outer, last = name.split("__")
        inner = whole
        for key in outer:
            inner = inner[key]
        inner[last] = value
    return whole


def check(**changed: Any) -> dict[str, Any]:
    return compiled(CarrierMapping.model_validate(mapping(**changed)))


def read(body: Any, **changed: Any) -> Any:
    return printed(reading.reports(json.dumps(body).encode(), check(**changed)))


def scan(**changed: Any) -> dict[str, Any]:
    body: dict[str, Any] = deepcopy(BODY)
    body["parcels"][0]["scans"][0].update(changed)
    return body


def when(value: Any, **time: Any) -> str:
    event = read(scan(at=value), event__time={"value": "at", **time})["events"][0]
    return str(event["occurred_at"]) + (" local" if event.get("occurred_at_zone") == "local" else "")


class TestReading:
    def test_a_parcel_with_its_events(self) -> None:
        assert read(BODY) == {
            "carrier": "tern_parcel",
            "tracking_number": "TP 0001",
            "events": [{"occurred_at": "2026-03-06T10:00:00+01:00", "raw_code": "DONE", "canonical": "delivered"}],
            "canonical_status": "delivered",
            "estimated_delivery": None,
        }
        (report,) = reading.reports(json.dumps(BODY).encode(), check())
        assert report.events[0].description == "Handed over"

    def test_a_body_that_is_its_one_parcel_and_its_one_event(self) -> None:
        flat = {"number": "T1", "code": "DONE", "at": "2026-03-06T10:00:00Z"}
        found = read(flat, parcels="@", events="[@]")
        assert (found["tracking_number"], found["canonical_status"]) == ("T1", "delivered")

    def test_several_parcels(self) -> None:
        body = {"parcels": BODY["parcels"] * 2}
        assert [one["tracking_number"] for one in read(body)["shipments"]] == ["TP 0001", "TP 0001"]

    def test_places(self) -> None:
        where = {"city": "hub.town", "region": "hub.state", "country": "'NO'"}
        body = json.dumps(scan(hub={"town": " Bergen ", "state": None})).encode()
        (report,) = reading.reports(body, check(event__place=where))
        place = report.events[0].place
        assert (place.city, place.region, place.postal_code, place.country) == ("Bergen", None, None, "NO")

    @pytest.mark.parametrize("code", ["GONE", "done", "DONE ER", "", None, 7, True, [], {"a": 1}])
    def test_a_code_that_is_not_in_the_table_moves_nothing(self, code: Any) -> None:
        found = read(scan(code=code))
        assert (found["events"][0]["canonical"], found["events"][0]["recognised"]) == ("unknown", False)
        assert found["canonical_status"] is None

    def test_a_notice_is_recognised_and_moves_nothing(self) -> None:
        found = read(BODY, statuses={"DONE": "unknown"})
        assert found["events"][0]["canonical"] == "unknown"
        assert "recognised" not in found["events"][0]
        assert found["canonical_status"] is None

    def test_numbers_are_codes_too(self) -> None:
        assert read(scan(code=10), statuses={"10": "delivered"})["canonical_status"] == "delivered"

    def test_both_axes_and_the_signal(self) -> None:
        rows = {"DONE": {"milestone": "exception", "reason": "customs", "at_fault": "retailer"}}
        event = read(BODY, statuses=rows)["events"][0]
        assert (event["canonical"], event["reason"], event["at_fault"]) == ("exception", "customs", "retailer")
        usual = read(BODY, statuses={"DONE": {"milestone": "exception", "reason": "customs"}})["events"][0]
        assert usual["at_fault"] == "customs"
        near = {"DONE": {"milestone": "out_for_delivery", "signal": "driver_nearby"}}
        assert read(BODY, statuses=near)["events"][0]["signal"] == "driver_nearby"

    @pytest.mark.parametrize(
        ("code", "sub", "raw", "milestone"),
        [
            ("EX", "W1", "EX/W1", "delayed"),
            ("EX", "W2", "EX", "exception"),
            ("EX", None, "EX", "exception"),
            ("EX", "", "EX", "exception"),
            ("GO", "W1", "GO/W1", "unknown"),
            ("", "W1", "/W1", "unknown"),
            (None, None, None, "unknown"),
        ],
    )
    def test_codes_of_several_parts(self, code: Any, sub: Any, raw: str | None, milestone: str) -> None:
        table = {"EX": "exception", "EX/W1": {"milestone": "delayed", "reason": "weather"}}
        event = read(scan(code=code, sub=sub), event__code=["code", "sub"], statuses=table)["events"][0]
        assert (event["raw_code"], event["canonical"]) == (raw, milestone)
        assert event["raw_codes"] == [code or None, sub or None]

    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            ({"day": "eta"}, {"date": "2026-03-09"}),
            ({"at": "eta"}, {"at": "2026-03-09T00:00:00", "zone": "local"}),
            ({"from": "eta", "to": "eta", "zone": "Europe/Oslo"}, {"from": "2026-03-09T00:00:00+01:00"}),
            ({"day": "nothing"}, None),
            ({"day": "number"}, None),
        ],
    )
    def test_estimates_are_an_extra(self, given: dict[str, str], wanted: Any) -> None:
        found = read(BODY, estimate=given)["estimated_delivery"]
        assert found is None if wanted is None else found.items() >= wanted.items()

    def test_bodies_that_are_not_about_parcels(self) -> None:
        assert read({"kind": "ping"}, ignore="kind == 'ping'")["kind"] == "not_tracking"
        assert read({"parcels": []})["shipments"] == []


class TestTimes:
    @pytest.mark.parametrize(
        ("value", "time", "wanted"),
        [
            ("2026-03-06T10:00:00+01:00", {}, "2026-03-06T10:00:00+01:00"),
            ("2026-03-06T10:00:00Z", {}, "2026-03-06T10:00:00Z"),
            ("2026-03-06 10:00", {}, "2026-03-06T10:00:00 local"),
            ("2026-03-06 10:00", {"zone": "Europe/Oslo"}, "2026-03-06T10:00:00+01:00"),
            ("2026-07-06 10:00", {"zone": "Europe/Oslo"}, "2026-07-06T10:00:00+02:00"),
            ("2026-03-06T10:00:00-05:00", {"zone": "Europe/Oslo"}, "2026-03-06T10:00:00-05:00"),
            ("2026-03-06T10:00:00Z", {"zone": "local"}, "2026-03-06T10:00:00 local"),
            (1772791200, {"format": "epoch"}, "2026-03-06T10:00:00Z"),
            ("1772791200", {"format": "epoch"}, "2026-03-06T10:00:00Z"),
            (1772791200.5, {"format": "epoch"}, "2026-03-06T10:00:00.500Z"),
            (1772791200250, {"format": "epoch_ms"}, "2026-03-06T10:00:00.250Z"),
            (1772791200, {"format": "epoch", "zone": "Europe/Oslo"}, "2026-03-06T11:00:00+01:00"),
            ("06.03.2026 10:00", {"format": "%d.%m.%Y %H:%M"}, "2026-03-06T10:00:00 local"),
            ("06.03.26", {"format": "%d.%m.%y", "zone": "Europe/Oslo"}, "2026-03-06T00:00:00+01:00"),
            ("Mar 6 2026 10:00 AM -0500", {"format": "%b %d %Y %I:%M %p %z"}, "2026-03-06T10:00:00-05:00"),
            (20260306, {"format": "%Y%m%d"}, "2026-03-06T00:00:00 local"),
        ],
    )
    def test_as_printed(self, value: Any, time: dict[str, str], wanted: str) -> None:
        assert when(value, **time) == wanted

    def test_a_clock_that_goes_back_gives_one_answer(self) -> None:
        """Half past two comes twice in that night: the first of them, as everywhere in Python, and always the same."""
        assert when("2026-10-25 02:30", zone="Europe/Oslo") == "2026-10-25T02:30:00+02:00"

    def test_date_and_time_apart(self) -> None:
        body = scan(day="06/03/2026", clock="10:00")
        event = read(body, event__time={"value": "join(' ', [day, clock])", "format": "%d/%m/%Y %H:%M"})["events"][0]
        assert event["occurred_at"] == "2026-03-06T10:00:00"

    @pytest.mark.parametrize(
        ("value", "format_"),
        [
            (None, "iso"),
            ("", "iso"),
            ("soon", "iso"),
            ("0001-01-01T00:00:00+14:00", "iso"),
            ("9999-12-31T23:59:59-12:00", "iso"),
            ("2026-03-06T10:00:00", "%d.%m.%Y"),
            ("nan", "epoch"),
            ("-1", "epoch"),
            ("9" * 400, "epoch"),
            (1e308, "epoch_ms"),
            (True, "epoch"),
            ([1], "epoch"),
        ],
    )
    def test_what_is_no_time_is_unreadable(self, value: Any, format_: str) -> None:
        for zone in ("payload", "Pacific/Kiritimati"):
            with pytest.raises(UnreadableBodyError, match="time of an event"):
                when(value, format=format_, zone=zone)


class TestRefusing:
    @pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
    @pytest.mark.parametrize("parcels", ["parcels", "@", "[]", "parcels[?number]"])
    def test_unreadable_bodies(self, body: bytes, parcels: str) -> None:
        with pytest.raises(UnreadableBodyError) as caught:
            reading.reports(body, check(parcels=parcels))
        assert NET not in caught.value.detail

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"parcel": []}, "parcels"),
            ({"parcels": [{"scans": []}]}, "number"),
            ({"parcels": [{"number": "9" * 65, "scans": []}]}, "number"),
            ({"parcels": [{"number": "T1"}]}, "events"),
            ({"parcels": [{"number": "T1", "scans": "none"}]}, "events"),
            ({"parcels": [{"number": "T1", "scans": [{"code": "DONE"}]}]}, "time"),
            ({"parcels": "all"}, "parcels"),
            ({"parcels": [1]}, "parcels"),
        ],
    )
    def test_a_body_that_does_not_fit_the_mapping_says_where(self, body: Any, said: str) -> None:
        with pytest.raises(UnreadableBodyError, match=said):
            read(body)

    def test_an_expression_cannot_blow_a_body_up(self) -> None:
        doubled = "parcels[].[@, @]" + "[] | [].[@, @]" * 12 + "[]"
        with pytest.raises(UnreadableBodyError, match="more parcels"):
            read(BODY, parcels=doubled)
        more = {"parcels": [{**BODY["parcels"][0], "scans": BODY["parcels"][0]["scans"] * 3_000}] * 2}
        with pytest.raises(UnreadableBodyError, match="more events"):
            read(more)

    def test_functions_that_are_given_what_they_do_not_take_find_nothing(self) -> None:
        with pytest.raises(UnreadableBodyError, match="number is missing"):
            read(BODY, number="join('', scans)")
        with pytest.raises(UnreadableBodyError, match="no events"):
            read(BODY, events="sort_by(scans, &length(nothing))")


class TestChecking:
    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"parcels": "parcels["}, "not JMESPath"),
            ({"parcels": ""}, "at least 1"),
            ({"parcels": "a.b c"}, "at character 5"),
            ({"parcels": "'open"}, "not JMESPath"),
            ({"number": "upper(number)"}, "no function upper"),
            ({"number": "join(number)"}, "join.. takes 2, not 1"),
            ({"number": "x" * 301}, "longer than 300"),
            ({"event__code": []}, "at least 1"),
            ({"event__time": {"value": "at", "format": "DD.MM.YYYY"}}, "has to be iso"),
            ({"event__time": {"value": "at", "format": "%d.%m. %H:%M"}}, "year, month and day"),
            ({"event__time": {"value": "at", "format": "%Y-%m-%d %Z"}}, "depends on where"),
            ({"event__time": {"value": "at", "format": "%Y-%m-%d %Q"}}, "not a pattern"),
            ({"event__time": {"value": "at", "zone": "CET5"}}, "IANA zone"),
            ({"event__time": {"value": "at", "zone": "../../etc/passwd"}}, "IANA zone"),
            ({"event__time": {"value": "at", "format": "epoch", "zone": "local"}}, "cannot be local"),
            ({"estimate": {"format": "iso"}}, "has to have day"),
            ({"statuses": {}}, "at least 1"),
            ({"statuses": {"DONE": "deliverd"}}, "delivered"),
            ({"statuses": {"DONE": {"milestone": "delivered", "at_fault": "carrier"}}}, "without a reason"),
            ({"statuses": {" DONE": "delivered"}}, "no space"),
            ({"event__code": ["code", "sub"], "statuses": {"A/B/C": "delivered"}}, "more parts"),
            ({"proof__header": "X Tern"}, "pattern"),
            ({"proof": {"kind": "none"}}, "hmac"),
            ({"proof__networks": ["198.51.100.1/24"]}, "host bits"),
            ({"id": "Tern"}, "pattern"),
            ({"id": "myhermes"}, "evri"),
            ({"colour": "red"}, "Extra inputs"),
        ],
    )
    def test_what_is_wrong_is_said(self, changed: dict[str, Any], said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            check(**changed)

    @pytest.mark.parametrize(
        ("signed", "timestamp"),
        [
            ("{timestamp}.{body}", None),
            ("{body}", {"header": "X-Time"}),
            ("{timestamp}", {"header": "X-Time"}),
            ("{body}{body}", None),
            ("{body}.{url}", None),
            ("{body}.{", None),
            ("body", None),
        ],
    )
    def test_what_is_signed_has_the_body_and_the_timestamp(self, signed: str, timestamp: Any) -> None:
        proof = {"kind": "hmac", "header": "X-Sig", "algorithm": "sha256", "encoding": "hex", "signed": signed}
        with pytest.raises(ValidationError, match="signed"):
            check(proof={**proof, "timestamp": timestamp})

    def test_what_is_compiled_is_plain_json_and_is_read_the_same(self) -> None:
        plain = check(estimate={"from": "eta"}, statuses={"DONE": {"milestone": "delayed", "reason": "weather"}})
        again = json.loads(json.dumps(plain))
        assert again == plain
        assert plain["statuses"] == {"DONE": {"milestone": "delayed", "reason": "weather", "at_fault": "weather"}}
        assert "from" in plain["estimate"]


class TestWhose:
    TERN = DeclaredCarrier("tern_parcel", {"larkspur": check(), "fjordhus": check(statuses={"DONE": "accepted"})})

    def test_each_brand_reads_by_its_own_mapping(self) -> None:
        for brand, milestone in (("larkspur", "delivered"), ("fjordhus", "accepted")):
            own = self.TERN.of_brand(brand)
            assert own is not None
            (report,) = own.parse(json.dumps(BODY).encode())
            assert report.status == milestone
        assert self.TERN.of_brand("northpeak") is None

    def test_an_account_of_a_brand_that_does_not_declare_the_carrier_opens_nothing(self) -> None:
        request = InboundRequest(headers={"x-tern": "s3cret"}, body=b"{}")
        good = [
            brand
            for brand in ("larkspur", "fjordhus", "northpeak")
            if self.TERN.verify(request, Account(account="a", brand=brand, credentials={"secret": "s3cret"}), NOW)
        ]
        assert good == ["larkspur", "fjordhus"]

    def test_it_names_its_credentials(self) -> None:
        tokened = check(proof={"kind": "token"})
        assert self.TERN.credentials == ("secret",)
        both = DeclaredCarrier("tern_parcel", {"larkspur": check(), "fjordhus": tokened})
        assert both.credentials == ("path_token", "secret")


class TestProofs:
    """Beyond the signature matrix, which runs over ``schemes/declared.py``."""

    @pytest.mark.parametrize("name", ["tern_base64", "tern_iso"])
    def test_from_the_future_is_stale_too(self, name: str) -> None:
        scheme = next(scheme for scheme in SCHEMES if scheme.name == name)
        tern = _connector(name)
        ahead = NOW + scheme.tolerance
        assert tern.verify(scheme.request(b"{}", scheme.account(), ahead), scheme.account(), NOW)
        late = scheme.request(b"{}", scheme.account(), ahead + timedelta(seconds=1))
        assert not tern.verify(late, scheme.account(), NOW)

    @pytest.mark.parametrize(
        "stamp", ["", "now", "-5", "9" * 30, "\u0663", "2026-03-06T19:13:00", "2026-03-06\ud80019"]
    )
    def test_absurd_timestamps(self, stamp: str) -> None:
        for name in ("tern_base64", "tern_iso"):
            scheme = next(scheme for scheme in SCHEMES if scheme.name == name)
            request = scheme.request(b"{}", scheme.account())
            changed = replace(request, headers={**request.headers, "x-tern-timestamp": stamp})
            assert not _connector(name).verify(changed, scheme.account(), NOW)

    def test_another_timestamp_than_the_signed_one(self) -> None:
        scheme = next(scheme for scheme in SCHEMES if scheme.name == "tern_base64")
        request = scheme.request(b"{}", scheme.account())
        later = str(int(NOW.timestamp()) + 1)
        moved = replace(request, headers={**request.headers, "x-tern-timestamp": later})
        assert not _connector("tern_base64").verify(moved, scheme.account(), NOW)

    def test_without_its_prefix_a_signature_is_none(self) -> None:
        scheme = next(scheme for scheme in SCHEMES if scheme.name == "tern_sha1")
        request = scheme.request(b"{}", scheme.account())
        bare = request.headers[scheme.header].removeprefix("sha1=")
        assert not _connector("tern_sha1").verify(scheme.with_proof(request, bare), scheme.account(), NOW)

    def test_networks_hold_for_every_proof(self) -> None:
        tern = DeclaredCarrier("tern", {"larkspur": check(proof__networks=["198.51.100.0/24"])})
        account = Account(account="a", brand="larkspur", credentials={"secret": "s3cret"})
        request = InboundRequest(headers={"x-tern": "s3cret"}, body=b"", source_ip="198.51.100.7")
        assert tern.verify(request, account, NOW)
        assert not tern.verify(replace(request, source_ip="203.0.113.1"), account, NOW)


def _connector(name: str) -> Any:
    from tests.connectors.sources import connector

    return connector(name)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    if draw(st.integers(0, 3)) == 0:
        return draw(st.binary(max_size=40)) if draw(st.booleans()) else json.dumps(draw(VALUES)).encode()
    example = draw(st.sampled_from([file.read_bytes() for file in EXAMPLES]))
    return json.dumps(_broken(draw, json.loads(example))).encode()


EXAMPLES = [file for file in sorted(BRANDS.glob("*/carriers/*.json")) if not file.name.endswith(".expect.json")]
EXPRESSIONS = st.sampled_from(
    [
        "@",
        "*",
        "[]",
        "[*].*[]",
        "scans",
        "parcels",
        "consignments[].scans[]",
        "keys(@)",
        "values(@)",
        "sort(@)",
        "max(@)",
        "avg(@)",
        "sort_by(@, &code)",
        "to_number(@)",
        "to_string(@)",
        "join('', @)",
        "ceil(to_number(code))",
        "[?code > sub]",
        "reverse(@)",
        "merge(@, @)",
        "{number: @, code: @, at: @}",
    ]
)


@pytest.mark.parametrize("source", sorted(SHIPPED))
def test_broken_bodies_of_the_shipped_mappings(source: str) -> None:
    tern = DeclaredCarrier(source, SHIPPED[source]).of_brand("larkspur")
    assert tern is not None

    @FAST
    @given(bodies())
    def check_one(body: bytes) -> None:
        try:
            found = tern.parse(body)
        except UnreadableBodyError as error:
            assert NET not in error.detail, error.__cause__  # noqa: PT017
            return
        json.dumps([report.model_dump(mode="json") for report in found], ensure_ascii=False).encode()

    check_one()


@settings(FAST, max_examples=400)
@given(
    body=bodies(),
    parcels=EXPRESSIONS,
    number=EXPRESSIONS,
    events=EXPRESSIONS,
    code=EXPRESSIONS,
    at=EXPRESSIONS,
    zone=st.sampled_from(["payload", "local", "Pacific/Apia"]),
    pattern=st.sampled_from(["iso", "%Y%m%d", "%m/%d/%Y %H:%M"]),
)
def test_whatever_expressions_a_brand_writes(
    body: bytes, parcels: str, number: str, events: str, code: str, at: str, zone: str, pattern: str
) -> None:
    """The carrier's bodies and the brand's expressions together end in reports or in a reason."""
    strange = check(
        parcels=parcels,
        number=number,
        events=events,
        event={"code": [code], "time": {"value": at, "format": pattern, "zone": zone}, "description": code},
        estimate={"at": at, "format": pattern, "zone": zone},
    )
    try:
        reading.reports(body, strange)
    except UnreadableBodyError as error:
        assert NET not in error.detail, error.__cause__  # noqa: PT017
