"""`make bench`: counts, and writes docs/benchmarks.md. Nothing here fails for being slow; what is not equal fails."""

import hashlib
import hmac
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.counting import ROOT, each, instructions, said
from tests.bench.history import learned
from tests.bench.rush import rush
from tests.bench.stub import SECRET, aws
from tests.bench.sweep import EACH_RUN, KINDS, filled, idle, swept
from tests.bench.telling import CASES, Bench

HERE = Path(__file__).parent
sys.path.insert(0, str(ROOT / "layers/brand"))

from build import build  # noqa: E402

OURS, KARRIO = HERE / "parse_ours.py", HERE / "parse_karrio.py"
DECODE, RECEIVE, PROMISE = HERE / "decode.py", HERE / "receive.py", HERE / "promise.py"
SWEEP = HERE / "sweep_count.py"
FIXTURES = ROOT / "tests/connectors/fixtures"
SOURCES = {
    "canada_post": ("canadapost", "xml", HERE / "bodies/canada_post.xml"),
    "dhl_express": ("mydhl", "json", HERE / "bodies/dhl_express.json"),
    "dhl_unified": ("dhl_universal", "list of json", HERE / "bodies/dhl_unified.json"),
    "easypost": ("easypost", "numbered json", HERE / "bodies/easypost.json"),
    "fedex": ("fedex", "json", HERE / "bodies/fedex.json"),
    "gls": ("gls", "json", HERE / "bodies/gls.json"),
    "la_poste": ("laposte", "json", FIXTURES / "la_poste/colissimo_pickup_then_returned.json"),
    "purolator": ("purolator", "xml", HERE / "bodies/purolator.xml"),
    "royal_mail": ("royalmail", "list of json", FIXTURES / "royal_mail/events_redelivered_window.json"),
    "ups": ("ups", "numbered json", HERE / "bodies/ups.json"),
    "usps": ("usps", "numbered json", HERE / "bodies/usps.json"),
}
"""Source: karrio's extension, what its proxy makes of an answer (``parse_karrio.FORMS``), a body that both read."""

FIGURES = report.Figures()
HOT = 20
"""Rounds of the hot path: many enough that the first, which is another one, does not matter."""


@pytest.mark.parametrize("source", SOURCES)
def test_a_parser(source: str) -> None:
    extension, form, file = SOURCES[source]
    theirs = json.loads(said(KARRIO, extension, form, str(file), "0").splitlines()[-1])
    ours = json.loads(said(OURS, source, str(file), "0"))
    assert _trimmed(ours) == _trimmed(theirs), "the same parcel, the same events"
    assert len(ours) == 1

    row = report.Row(
        f"`{source}`",
        each(lambda times: instructions(OURS, [source, str(file), str(times)]), 20),
        each(lambda times: instructions(KARRIO, [extension, form, str(file), str(times)]), 3),
        1 / 20,
        (f"{file.stat().st_size / 1000:.1f} kB", str(len(ours[0]["events"]))),
    )
    FIGURES.parsers.append(row)
    print(f"{source}: {row.ours:,} : {row.theirs:,} = {row.ratio:.3f}")


def _trimmed(parcels: list[dict[str, object]]) -> str:
    """As it can be compared: karrio keeps the space around words."""
    return json.dumps(parcels).replace(' "]', '"]')


def test_what_decoding_takes() -> None:
    """For the report: nobody who makes Python objects of JSON can be below this."""
    sizes = {source: file.stat().st_size for source, (_, _, file) in SOURCES.items() if file.suffix == ".json"}
    source = max(sizes, key=lambda one: sizes[one])
    file = str(SOURCES[source][2])
    FIGURES.decoding = source, each(lambda times: instructions(DECODE, [file, str(times)]), 20)


def test_the_front_door(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("\n".join(_event(number) for number in range(HOT + 1)))
    totals: dict[str, tuple[int, int]] = {}
    with aws() as (environment, calls):
        for what in ("ours", "twin", "none"):
            said(RECEIVE, what, str(file), str(HOT + 1), **environment)
            if what != "none":
                FIGURES.calls[what] = _hot_calls(calls)
            calls.clear()
            one, many = (instructions(RECEIVE, [what, str(file), str(times)], environment) for times in (1, HOT + 1))
            calls.clear()
            totals[what] = one, (many - one) // HOT
    read = totals["none"][1]  # reading the event from the file, which is not the handler's
    for path, index, aim in (("cold", 0, 0.6), ("hot", 1, 0.5)):
        ours, theirs = (totals[what][index] - index * read for what in ("ours", "twin"))
        FIGURES.door.append(report.Row(path, ours, theirs, aim))
        print(f"{path}: {ours:,} : {theirs:,} = {ours / theirs:.3f}")


def _hot_calls(calls: list[str]) -> int:
    """How many calls each webhook makes, once the secret is there."""
    counted: Mapping[str, int] = Counter(calls)
    assert counted["AmazonSQS.SendMessage"] == HOT + 1, "each is made durable"
    assert counted["secretsmanager.GetSecretValue"] == 1
    return (len(calls) - 1) // (HOT + 1)


def _event(number: int) -> str:
    """The gateway's event of a webhook of EasyPost; each is another one."""
    tracker = json.loads((HERE / "bodies/easypost.json").read_bytes())
    body = json.dumps({"id": f"evt_{number}", "object": "Event", "description": "tracker.updated", "result": tracker})
    signature = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    path = "/webhooks/easypost"
    return json.dumps(
        {
            "version": "2.0",
            "routeKey": "POST /webhooks/{carrier}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"content-type": "application/json", "x-hmac-signature": f"hmac-sha256-hex={signature}"},
            "requestContext": {
                "http": {"method": "POST", "path": path, "sourceIp": "203.0.113.9"},
                "stage": "$default",
            },
            "pathParameters": {"carrier": "easypost"},
            "body": body,
            "isBase64Encoded": False,
        }
    )


def test_a_promise(tmp_path: Path) -> None:
    """Questions of product pages, with a model that has learned from a history of a real size."""
    model = tmp_path / "model"
    lanes = learned(model)
    pack = build(ROOT / "brand", tmp_path, check=False).parent
    path = {"PYTHONPATH": f"{ROOT}/layers/core:{pack}"}
    milliseconds = float(said(PROMISE, str(model), "2000", **path))
    hot = each(lambda times: instructions(PROMISE, [str(model), str(times)], path), 100)
    FIGURES.promise = report.Promise(hot, milliseconds, lanes, model.stat().st_size)
    print(f"promise: {hot:,}, {milliseconds} ms; a model of {lanes} lanes")


def test_a_message(tmp_path: Path) -> None:
    bench = Bench(build(ROOT / "brand", tmp_path, check=False).parent, tmp_path)
    told = {"plan": bench.plan("email, English"), **{f"send: {case}": bench.send(case) for case in CASES}}
    for what, one in told.items():
        print(f"{what}: {one}")
    FIGURES.told = told


def test_a_rush() -> None:
    """A million messages in ten minutes are 1,667 in a second."""
    senders, offered = (350, 20), (1_667, 95)
    bucket = rush(12_000, 2_000, senders[0], offered[0], whole=False)
    whole = rush(300, 100, senders[1], offered[1], whole=True)
    for one, messages in ((bucket, 12_000), (whole, 300)):
        print(f"rush: {one.peak} in a second of {one.rate:.0f}, {one.busiest} writes, {one.refused} came again")
        assert len(one.sent) == messages
        assert one.peak <= one.allowed
    assert len(whole.told) == 300
    FIGURES.rushes = report.Rushes(bucket, whole, senders, offered)


def test_the_sweep() -> None:
    """300,000 timers, and ten times as many, of which as many are due."""
    timers = {}
    for count in (300_000, 3_000_000):
        found = timers[count] = swept(filled(count, 60_000), each_run=EACH_RUN, killed_in=5)
        print(f"sweep, {count:,} timers: {found}")
        assert (found.missed, found.double) == (0, 0)
        assert found.ratio <= 1.05
    first, tenfold = timers.values()
    assert (tenfold.items_read, tenfold.requests) == (first.items_read, first.requests)
    kinds = {}
    for kind in KINDS:
        said(SWEEP, kind, "1", "1")
        taken = each(lambda times, kind=kind: instructions(SWEEP, [kind, str(times), "100"]), 50)
        kinds[kind] = swept(filled(1000, 1000, [kind]), each_run=1000), taken
        print(f"{kind}: {taken:,}")
    FIGURES.sweeps = report.Sweeps(timers, kinds, idle(300_000))


def test_the_report() -> None:
    """Last: the page is written when everything has been measured."""
    if (
        len(FIGURES.parsers) == len(SOURCES)
        and FIGURES.door
        and FIGURES.decoding[0]
        and FIGURES.promise
        and FIGURES.sweeps
        and FIGURES.told
        and FIGURES.rushes
    ):
        report.write(FIGURES)
        print(f"written: {report.PAGE.relative_to(ROOT)}")
