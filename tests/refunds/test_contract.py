"""What every refund provider keeps to, over real HTTP: one key is one refund, doubt is asked again, nothing leaks."""

from collections.abc import Iterator

import pytest

from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import PermanentProviderError, TransientError
from porchlight.refunds.registry import provider_ids, settlement_provider
from tests.refunds.peers import AMOUNT, FAILED, PEERS, PENDING, Peer, brand_at, kit_at, provider_at, served, wanted


@pytest.fixture(params=PEERS)
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    with served(PEERS[request.param](request.param)) as found:
        yield found


def test_every_provider_has_a_peer() -> None:
    assert set(provider_ids()) == set(PEERS)


def test_a_refund_is_asked_for_with_its_amount(peer: Peer) -> None:
    answer = provider_at(peer).carry_out(brand_at(peer), wanted())
    assert (answer.state, bool(answer.reference)) == (SettlementState.DONE, True)
    assert peer.amounts == [AMOUNT[peer.provider]]


def test_the_same_key_twice_is_one_refund_with_one_reference(peer: Peer) -> None:
    first, again = (provider_at(peer).carry_out(brand_at(peer), wanted()) for _ in range(2))
    assert first == again
    assert peer.done == 1


def test_another_key_is_another_refund(peer: Peer) -> None:
    for key in ("rfd_1", "rfd_1-2"):
        provider_at(peer).carry_out(brand_at(peer), wanted(key=key))
    assert peer.done == 2


def test_where_nobody_answers_it_may_have_been_done_and_is_not_done_again(peer: Peer) -> None:
    """Given a provider whose answer is lost after it has done it, when it is asked again, then it is still one."""
    peer.mode = "silent"
    with pytest.raises(TransientError):
        provider_at(peer).carry_out(brand_at(peer), wanted())
    peer.mode = "ok"
    assert provider_at(peer).carry_out(brand_at(peer), wanted()).state is SettlementState.DONE
    assert peer.done == 1


@pytest.mark.parametrize("mode", ["busy", "down"])
def test_trouble_is_asked_again(peer: Peer, mode: str) -> None:
    peer.mode = mode
    with pytest.raises(TransientError):
        provider_at(peer).carry_out(brand_at(peer), wanted())
    assert peer.done == 0


def test_nobody_there_is_asked_again(peer: Peer) -> None:
    with served(PEERS[peer.provider](peer.provider)) as other:
        gone = other.url
    peer.url = gone
    with pytest.raises(TransientError):
        provider_at(peer).carry_out(brand_at(peer), wanted())


def test_a_refusal_is_for_good_and_repeats_nothing_of_what_was_said(peer: Peer) -> None:
    peer.mode = "refused"
    with pytest.raises(PermanentProviderError) as caught:
        provider_at(peer).carry_out(brand_at(peer), wanted())
    assert "shopper.example" not in f"{caught.value} {caught.value.detail} {caught.value.problem}"
    assert peer.done == 0


def test_without_a_usable_secret_nothing_is_asked(peer: Peer) -> None:
    made = settlement_provider(brand_at(peer), SettlementKind.REFUND, kit_at(peer, secret={"other": "x"}))
    with pytest.raises(TransientError):
        made.carry_out(brand_at(peer), wanted())
    assert peer.asked == []


def test_a_key_that_is_not_let_in_is_put_right_by_operators(peer: Peer) -> None:
    if peer.provider == "webhook":  # there the brand's own system decides what it takes
        return
    peer.mode = "locked"
    with pytest.raises(TransientError):
        provider_at(peer).carry_out(brand_at(peer), wanted())


def test_what_is_on_its_way_is_accepted_and_looked_at_later(peer: Peer) -> None:
    if peer.provider not in PENDING:  # WooCommerce asks the gateway before it answers
        return
    peer.moved = PENDING[peer.provider]
    provider, brand = provider_at(peer), brand_at(peer)
    answer = provider.carry_out(brand, wanted())
    assert answer.state is SettlementState.ACCEPTED
    assert provider.look(brand, wanted(), answer.reference).state is SettlementState.ACCEPTED
    peer.moved = ""
    assert provider.look(brand, wanted(), answer.reference).state is SettlementState.DONE
    assert peer.done == 1


def test_what_was_taken_and_then_fails_is_told_with_a_word(peer: Peer) -> None:
    provider, brand = provider_at(peer), brand_at(peer)
    reference = provider.carry_out(brand, wanted()).reference
    peer.moved = FAILED[peer.provider]
    answer = provider.look(brand, wanted(), reference)
    assert answer.state is SettlementState.FAILED
    assert answer.why or peer.provider == "webhook"


def test_what_a_provider_cannot_do_goes_to_the_brands_own_system(peer: Peer) -> None:
    """Every kind has somebody who does it."""
    for kind in SettlementKind:
        assert kind in settlement_provider(brand_at(peer), kind, kit_at(peer)).kinds


def test_nothing_personal_is_sent(peer: Peer) -> None:
    provider_at(peer).carry_out(brand_at(peer), wanted())
    for asked in peer.asked:
        assert b"@" not in asked.body.replace(b"@idempotent", b"")
