"""What every provider of labels keeps to: one label for one key whatever happens on the way, our own errors, no address
in any of them.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porchlight.adapters.http import HttpCaller
from porchlight.adapters.safe_http import SafeCaller
from porchlight.domain.money import Money
from porchlight.domain.policy.model import Facility
from porchlight.domain.rma.names import ReturnMethod
from porchlight.errors import NO_ANSWER, THROTTLED, PermanentProviderError, PorchlightError, TransientError
from porchlight.labels.kit import Kit
from porchlight.labels.registry import abilities, label_provider, provider_ids
from porchlight.returning import LabelMade, LabelProvider, LabelRequest, SenderAddress
from tests.fakes import FakeSecrets
from tests.labels.peers import BAD_STREET, PDF, PEERS, PNG, Peer
from tests.unit import stories

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BRAND = stories.brand()
ADA = SenderAddress(
    name="Ada Byron", street="12 Ockham Lane", more="Flat 3", city="Guildford", postcode="97401", country="US"
)
BACK = Facility(
    name="Larkspur Returns", street="9 Dock Road", city="Newark", region="NJ", postcode="07101", country="US"
)
every_provider = pytest.mark.parametrize("provider_id", sorted(PEERS))


def wanted(**update: Any) -> LabelRequest:
    """A label for a parcel of a pound, by UPS."""
    values: dict[str, Any] = {
        **{"key": "plr_aaaaaaaaaaaaaaaaaaaa", "brand": "larkspur", "return_id": "rma_1", "carrier": "ups"},
        **{"method": ReturnMethod.LABEL, "sender": ADA, "to": BACK, "weight_grams": 454},
    }
    return LabelRequest(**{**values, **update})


AGAIN = {"since": NOW}
"""Asked for before: it may be there."""


@pytest.fixture
def peer(provider_id: str) -> Iterator[Peer]:
    with PEERS[provider_id]() as made:
        yield made


def at(peer: Peer) -> LabelProvider:
    secrets = FakeSecrets(**{"labels/larkspur": {peer.provider: peer.account}})
    return label_provider(peer.provider, Kit(secrets, HttpCaller, lambda: SafeCaller(loopback=True)))


def trouble(peer: Peer, request: LabelRequest) -> PorchlightError:
    with pytest.raises(PorchlightError) as caught:
        at(peer).make(BRAND, request)
    said = f"{caught.value} {caught.value.detail} {caught.value.problem}"
    assert not [one for one in (*ADA.model_dump().values(), BAD_STREET) if one and len(one) > 2 and one in said]
    return caught.value


def test_what_a_provider_can_do_is_known_without_it() -> None:
    assert set(provider_ids()) == {"own", *PEERS}
    for one in provider_ids():
        made, known = label_provider(one, None), abilities(one)  # type: ignore[arg-type]
        assert known
        assert (made.methods, made.needs_address) == (known.methods, known.needs_address)
    assert abilities("pigeon") is None
    with pytest.raises(PermanentProviderError):
        label_provider("pigeon", None)  # type: ignore[arg-type]


@every_provider
def test_a_label_has_carrier_number_price_and_a_pdf(peer: Peer, provider_id: str) -> None:
    # When a label is wanted from a shopper to the facility
    made = at(peer).make(BRAND, wanted())
    # Then the parcel goes that way, by the carrier that is wanted, at its best price
    assert (made.carrier, made.tracking_number) == ("ups", "1Z0000000000000001")
    assert made.cost == Money(amount=758, currency="USD")
    assert (made.document, made.kind, made.code) == (PDF, "application/pdf", "")
    assert peer.sent_from() == ("Guildford", "Newark")
    assert peer.bought == [wanted().key]
    assert made.reference


@every_provider
def test_the_same_key_is_the_same_label_and_another_key_another(peer: Peer, provider_id: str) -> None:
    first = at(peer).make(BRAND, wanted())
    assert at(peer).make(BRAND, wanted(**AGAIN)) == first
    other = at(peer).make(BRAND, wanted(key="plr_bbbbbbbbbbbbbbbbbbbb", **AGAIN))
    assert other.tracking_number != first.tracking_number
    assert len(peer.bought) == 2


@every_provider
@pytest.mark.parametrize("what", ["lost", "garbage", "silent", "down", "throttled"])
def test_whatever_goes_wrong_at_whichever_request_there_is_one_label_in_the_end(
    peer: Peer, provider_id: str, what: str
) -> None:
    # Given how many requests a label takes
    at(peer).make(BRAND, wanted(key="plr_count"))
    steps, peer.bought[:] = len(peer.requests), []
    for step in range(steps):
        # When one of them goes wrong
        key = f"plr_{what}{step}"
        peer.trouble = {len(peer.requests) + step: what}
        caught = trouble(peer, wanted(key=key))
        # Then it is to be asked again
        assert isinstance(caught, TransientError)
        assert caught.problem in (NO_ANSWER, THROTTLED)
        # And asked again, it is one label
        made = at(peer).make(BRAND, wanted(key=key, **AGAIN))
        assert (made.document, peer.bought.count(key)) == (PDF, 1)


@every_provider
def test_an_answer_that_is_lost_twice_is_one_label_as_well(peer: Peer, provider_id: str) -> None:
    peer.trouble = dict.fromkeys(range(1, 40, 2), "lost")
    made: LabelMade | None = None
    for tries in range(12):
        try:
            made = at(peer).make(BRAND, wanted(since=NOW if tries else None))
            break
        except TransientError:
            peer.trouble = {one: what for one, what in peer.trouble.items() if one >= len(peer.requests)}
            if tries == 3:
                peer.trouble = {}
    assert made
    assert peer.bought == [wanted().key]


@every_provider
def test_an_address_that_is_refused_is_told_and_nothing_is_bought(peer: Peer, provider_id: str) -> None:
    caught = trouble(peer, wanted(sender=ADA.model_copy(update={"street": BAD_STREET})))
    assert (type(caught), caught.problem, peer.bought) == (PermanentProviderError, "address-refused", [])


@every_provider
def test_without_a_rate_or_service_nothing_is_bought(peer: Peer, provider_id: str) -> None:
    peer.rates = False
    caught = trouble(peer, wanted())
    assert isinstance(caught, PermanentProviderError)
    assert (caught.problem in ("no-rate", "not-set-up"), peer.bought) == (True, [])


@every_provider
def test_without_a_facility_nobody_is_asked(peer: Peer, provider_id: str) -> None:
    assert (trouble(peer, wanted(to=None)).problem, peer.requests) == ("no-facility", [])


@every_provider
def test_an_account_that_is_not_known_or_not_there_is_not_set_up(peer: Peer, provider_id: str) -> None:
    peer.trouble = {0: (402, {"error": {"code": "PAYMENT_REQUIRED"}})}
    assert trouble(peer, wanted()).problem == "not-set-up"
    peer.known = False
    assert trouble(peer, wanted()).problem == "not-set-up"
    secrets: list[dict[str, Any]] = [{}, {"labels/larkspur": {}}]
    secrets += [{"labels/larkspur": {provider_id: {"base_url": peer.url}}}]
    for stored in secrets:
        provider = label_provider(provider_id, Kit(FakeSecrets(**stored), HttpCaller, HttpCaller))
        with pytest.raises(PermanentProviderError) as caught:
            provider.make(BRAND, wanted())
        assert caught.value.problem == "not-set-up"


@every_provider
def test_a_code_is_a_picture_and_where_there_is_none_the_label_is_given_back(peer: Peer, provider_id: str) -> None:
    # Given a shopper without a printer
    made = at(peer).make(BRAND, wanted(method=ReturnMethod.QR))
    assert (made.document, made.kind) == (PNG, "image/png")
    assert made == at(peer).make(BRAND, wanted(method=ReturnMethod.QR, **AGAIN))
    # When the carrier has no codes
    peer.codes = False
    caught = trouble(peer, wanted(key="plr_cccc", method=ReturnMethod.QR))
    # Then the label that nobody can print is not paid for
    assert (type(caught), caught.problem) == (PermanentProviderError, "method-not-offered")
    assert len(peer.given_back) == 1
    assert made.reference not in peer.given_back


@every_provider
def test_a_label_is_taken_back_once_and_one_that_was_used_is_not(peer: Peer, provider_id: str) -> None:
    provider = at(peer)
    made, used = provider.make(BRAND, wanted()), provider.make(BRAND, wanted(key="plr_used"))
    assert provider.void(BRAND, made.reference) is True
    assert provider.void(BRAND, made.reference) is True
    peer.used.add(used.reference)
    assert provider.void(BRAND, used.reference) is False
    assert peer.given_back == [made.reference]


@every_provider
@pytest.mark.parametrize("what", ["silent", "down", "throttled", "garbage"])
def test_a_void_that_is_not_answered_is_to_be_asked_again(peer: Peer, provider_id: str, what: str) -> None:
    provider = at(peer)
    made = provider.make(BRAND, wanted())
    peer.trouble = {len(peer.requests): what}
    with pytest.raises(TransientError):
        provider.void(BRAND, made.reference)
    assert provider.void(BRAND, made.reference) is True


@every_provider
def test_documents_are_fetched_without_the_key_of_the_account(peer: Peer, provider_id: str) -> None:
    at(peer).make(BRAND, wanted())
    for _, path, headers, _ in peer.requests:
        if path.startswith("/papers/"):
            assert not {"authorization", "api-key"} & headers.keys()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = ("id", "rates", "status", "results", "tracking_code", "postage_label", "label_download", "object_id", "error")


@every_provider
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    status=st.sampled_from([200, 201, 400, 404, 422]), value=st.dictionaries(st.sampled_from(_FIELDS), _JSON) | _JSON
)
def test_whatever_is_answered_only_our_own_errors_come_out(
    peer: Peer, provider_id: str, status: int, value: Any
) -> None:
    first = len(peer.requests)
    peer.trouble = dict.fromkeys(range(first, first + 30), (status, json.loads(json.dumps(value))))
    for ask in (lambda: at(peer).make(BRAND, wanted(**AGAIN)), lambda: at(peer).void(BRAND, "x")):
        with suppress(PorchlightError):
            ask()


def test_shippo_finds_a_label_among_all_that_was_bought_meanwhile() -> None:
    with PEERS["shippo"]() as peer:
        first = at(peer).make(BRAND, wanted())
        peer.others = 350  # type: ignore[attr-defined]
        assert at(peer).make(BRAND, wanted(**AGAIN)) == first


def test_a_code_without_a_picture_is_made_by_us() -> None:
    # Given a carrier that gives what is to be told or shown at the counter, and no picture
    with PEERS["shipengine"]() as peer:
        at(peer).make(BRAND, wanted(method=ReturnMethod.BOX_FREE))
        told = {"href": None, "handoff_code": "A1B2", "instructions": "At any counter"}
        next(iter(peer.labels.values()))["paperless_download"] = told  # type: ignore[attr-defined]
        made = at(peer).make(BRAND, wanted(method=ReturnMethod.BOX_FREE, **AGAIN))
    assert (made.code, made.document, made.instructions) == ("A1B2", b"", "At any counter")


def test_our_own_number_needs_nobody() -> None:
    own = label_provider("own", None)  # type: ignore[arg-type]
    first = own.make(BRAND, wanted(sender=None, to=None))
    assert (first.tracking_number, first.carrier, first.document) == ("PLR" + "A" * 20, "ups", b"")
    assert own.make(BRAND, wanted(sender=None, to=None, since=NOW)) == first
    assert own.make(BRAND, wanted(key="plr_bbbbbbbbbbbbbbbbbbbb")).tracking_number != first.tracking_number
    assert own.make(BRAND, wanted(method=ReturnMethod.BOX_FREE)).code == first.tracking_number
    assert own.void(BRAND, first.reference) is True
