"""The signature matrix: each way of proving who calls, and each way in which the proof can be wrong."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.demo import signing
from porchlight.carriers.easypost import CONNECTOR as EASYPOST
from porchlight.carriers.ups import CONNECTOR as UPS
from porchlight.carriers.usps import CONNECTOR as USPS
from porchlight.connectors import Account, InboundRequest
from porchlight.runtime.http import request_of
from porchlight.stores.shopify import CONNECTOR as SHOPIFY
from tests.connectors.scheme import TOKEN
from tests.connectors.sources import NOW, SCHEMES, Scheme, connector

BODY = '{"tracking": "1Z", "weight": 614.40, "city": "K\u00f6ln"}'.encode()
every = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
signing_bodies = pytest.mark.parametrize(
    "scheme", [scheme for scheme in SCHEMES if scheme.signs_body], ids=lambda scheme: scheme.name
)
timed = pytest.mark.parametrize(
    "scheme", [scheme for scheme in SCHEMES if scheme.has_time], ids=lambda scheme: scheme.name
)


def _verified(scheme: Scheme, request: InboundRequest, account: Account | None = None) -> bool:
    return connector(scheme.source).verify(request, account or scheme.account(), NOW)


def _named(name: str) -> Scheme:
    return next(scheme for scheme in SCHEMES if scheme.name == name)


@every
def test_good(scheme: Scheme) -> None:
    assert _verified(scheme, scheme.request(BODY, scheme.account()))


@every
def test_missing_header(scheme: Scheme) -> None:
    request = scheme.request(BODY, scheme.account())
    assert not _verified(scheme, scheme.with_proof(request, None))
    assert not _verified(scheme, InboundRequest(headers={}, body=b""))


@every
@pytest.mark.parametrize(
    "forged", ["", " ", "x", "=", "null", "\u00e9", "\ud800", "A" * 44, "0" * 64, "Bearer ", "Bearer .", "Bearer a.b"]
)
def test_forged_header(scheme: Scheme, forged: str) -> None:
    request = scheme.request(BODY, scheme.account())
    assert not _verified(scheme, scheme.with_proof(request, forged))


@every
def test_truncated_and_altered_header(scheme: Scheme) -> None:
    request = scheme.request(BODY, scheme.account())
    given = scheme.proof(request)
    for changed in (given[:-1], given[:-5], given[: len(given) // 2], given + "A", given[1:]):
        assert not _verified(scheme, scheme.with_proof(request, changed))
    last = given.rstrip("=")
    flipped = last[:-2] + ("0" if last[-2] != "0" else "1") + given[len(last) - 1 :]
    assert not _verified(scheme, scheme.with_proof(request, flipped))


@every
def test_wrong_key(scheme: Scheme) -> None:
    request = scheme.request(BODY, scheme.account(**{scheme.secret: "somebody else's"}))
    assert not _verified(scheme, request)


@every
def test_rotation_has_two_accounts_and_each_takes_its_own(scheme: Scheme) -> None:
    old = scheme.account()
    new = scheme.account(**{scheme.secret: scheme.another})
    signed_old, signed_new = scheme.request(BODY, old), scheme.request(BODY, new)
    assert [_verified(scheme, signed_old, account) for account in (old, new)] == [True, False]
    assert [_verified(scheme, signed_new, account) for account in (old, new)] == [False, True]


@every
def test_empty_or_missing_secret_verifies_nothing(scheme: Scheme) -> None:
    """Whatever an attacker computes with an empty key is worth nothing."""
    for account in (scheme.account(**{scheme.secret: ""}), Account(account="a", brand="larkspur", credentials={})):
        assert not _verified(scheme, scheme.request(BODY, scheme.account()), account)
        empty = signing.easypost(BODY, "") | signing.shopify(BODY, "", "orders/create") | signing.ups_credential("")
        assert not _verified(
            scheme, InboundRequest(headers={name.lower(): value for name, value in empty.items()}, body=BODY), account
        )
        body, headers = signing.usps(BODY.decode(), "", NOW)
        assert not _verified(
            scheme, InboundRequest(headers={name.lower(): value for name, value in headers.items()}, body=body), account
        )


@signing_bodies
def test_changed_body(scheme: Scheme) -> None:
    request = scheme.request(BODY, scheme.account())
    changed = request.body.replace(b"1Z", b"2Z")
    assert changed != request.body
    assert not _verified(scheme, replace(request, body=changed))
    if scheme.covers_layout:
        assert not _verified(scheme, replace(request, body=request.body + b" "))


@signing_bodies
def test_body_printed_anew_is_another_body(scheme: Scheme) -> None:
    """Where the signed text lies inside (USPS), printing the envelope anew keeps it; printing that text does not."""
    request = scheme.request(BODY, scheme.account())
    data = json.loads(request.body)
    if not scheme.covers_layout:
        again = json.dumps(data, indent=2).encode()
        assert _verified(scheme, replace(request, body=again))
        data["payload"] = json.dumps(json.loads(data["payload"]))
    printed = json.dumps(data).encode()
    assert not _verified(scheme, replace(request, body=printed))


@every
def test_a_body_that_the_gateway_has_put_into_base64_is_the_same(scheme: Scheme) -> None:
    request = scheme.request(BODY, scheme.account())
    event: dict[str, Any] = {
        "requestContext": {"http": {"method": "POST", "sourceIp": request.source_ip}},
        "headers": dict(request.headers),
        "pathParameters": {"carrier": scheme.source} | ({"token": request.token} if request.token else {}),
        "body": b64encode(request.body).decode(),
        "isBase64Encoded": True,
    }
    assert _verified(scheme, request_of(event))
    changed = b64encode(request.body.replace(b"1Z", b"2Z")).decode()
    assert _verified(scheme, request_of({**event, "body": changed})) == (not scheme.signs_body)


@every
def test_the_published_addresses_are_all_that_may_call(scheme: Scheme) -> None:
    """Where a source publishes whence it calls and signs nothing, the right token from elsewhere is worth nothing."""
    if scheme.header != TOKEN or not scheme.source_ip:
        return
    request = scheme.request(BODY, scheme.account())
    for other in ("203.0.113.9", "", "nonsense", "::1"):
        assert not _verified(scheme, replace(request, source_ip=other))
    moved = scheme.account(networks="203.0.113.0/24 2001:db8::/32")
    assert _verified(scheme, replace(request, source_ip="203.0.113.9"), moved)
    assert not _verified(scheme, request, moved)


@timed
def test_stale(scheme: Scheme) -> None:
    old = scheme.tolerance + timedelta(seconds=1)
    assert not _verified(scheme, scheme.request(BODY, scheme.account(), NOW - old))
    assert _verified(scheme, scheme.request(BODY, scheme.account(), NOW - timedelta(minutes=4)))


def test_usps_from_the_future_is_stale_too() -> None:
    scheme = _named("usps")
    assert not _verified(scheme, scheme.request(BODY, scheme.account(), NOW + timedelta(minutes=6)))


@pytest.mark.parametrize("stamp", ["", "yesterday", "1", "9" * 30, "-5", "2026-03-06", "0001-01-01T00:00:00+14:00"])
def test_usps_signed_but_absurd_timestamp(stamp: str) -> None:
    import hashlib
    import hmac

    secret = _named("usps").credentials["secret"]
    digest = b64encode(hmac.new(secret.encode(), f"{stamp}{{}}".encode(), hashlib.sha256).digest()).decode()
    body = json.dumps({"timestamp": stamp, "payload": "{}"}).encode()
    assert not USPS.verify(InboundRequest(headers={"x-hmac": digest}, body=body), _named("usps").account(), NOW)


def test_usps_older_header_and_epoch_timestamp() -> None:
    import hashlib
    import hmac

    secret = _named("usps").credentials["secret"]
    for stamp in (str(int(NOW.timestamp())), str(int(NOW.timestamp() * 1000)), NOW.replace(tzinfo=None).isoformat()):
        digest = b64encode(hmac.new(secret.encode(), f"{stamp}{{}}".encode(), hashlib.sha256).digest()).decode()
        body = json.dumps({"timestamp": stamp, "payload": "{}"}).encode()
        assert USPS.verify(InboundRequest(headers={"hmac-header": digest}, body=body), _named("usps").account(), NOW)


def test_easypost_official_fixture() -> None:
    """The vendor's own example: NFKD of the secret, any case of the hex."""
    file = Path(__file__).parents[3] / "shared/carriers/payloads/easypost/tracker_updated_signed_fixture.json"
    if not file.exists():
        pytest.skip(f"no reference payloads ({file.name})")
    account = Account(account="a", brand="larkspur", credentials={"webhook_secret": "s\u00e9cret"})
    digest = "38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db"
    for given in (digest, digest.upper()):
        headers = {"x-hmac-signature": f"hmac-sha256-hex={given}"}
        assert EASYPOST.verify(InboundRequest(headers=headers, body=file.read_bytes()), account, NOW)


def test_easypost_without_the_name_of_the_scheme_is_refused() -> None:
    scheme = _named("easypost")
    request = scheme.request(BODY, scheme.account())
    digest = scheme.proof(request).partition("=")[2]
    assert not _verified(scheme, scheme.with_proof(request, digest))


def test_ups_issues_tokens_to_its_own_client_only() -> None:
    account = _named("ups-bearer").account()
    issued = UPS.issue_token("client", "client-secret", account, NOW)
    assert issued is not None
    token, seconds = issued
    assert seconds == 3600
    assert len(token) < 300
    for client, secret in (
        ("client", "wrong"),
        ("other", "client-secret"),
        ("", ""),
        ("client", ""),
        ("", "client-secret"),
    ):
        assert UPS.issue_token(client, secret, account, NOW) is None
    for missing in ("token_key", "client_id", "client_secret"):
        given = {**account.credentials, missing: ""}
        lacking = Account(account="main", brand="larkspur", credentials=given)
        assert UPS.issue_token(given["client_id"], given["client_secret"], lacking, NOW) is None


def test_ups_token_of_one_account_opens_no_other() -> None:
    ours = _named("ups-bearer").account()
    request = _named("ups-bearer").request(BODY, ours)
    for other in (replace(ours, brand="northpeak"), replace(ours, account="second")):
        assert not UPS.verify(request, other, NOW)


def test_shopify_topic_is_read_as_sent() -> None:
    headers = {name.lower(): value for name, value in signing.shopify(b"{}", "s", "Orders/Create").items()}
    assert SHOPIFY.topic(InboundRequest(headers=headers, body=b"{}")) == "orders/create"
    assert SHOPIFY.topic(InboundRequest(headers={}, body=b"{}")) == ""
