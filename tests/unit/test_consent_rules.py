"""What the ledger comes to, and what it allows: whatever the order in which records arrive."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, ConsentRecord, ConsentSource, OptIn, Standing
from porchlight.domain.consent_rules import ADDRESSED, allowed, pending, standing

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OLD, NEW = "adr_old", "adr_new"
ASKED, GRANTED, WITHDRAWN = ConsentAction.ASKED, ConsentAction.GRANTED, ConsentAction.WITHDRAWN


def record(
    action: ConsentAction,
    minute: int = 0,
    digest: str = NEW,
    *,
    confirmed: bool = False,
    channel: Channel = Channel.SMS,
    purpose: Purpose = Purpose.MARKETING,
    consent_id: str = "",
) -> ConsentRecord:
    at = NOW + timedelta(minutes=minute)
    return ConsentRecord(
        **{"brand": "larkspur", "shopper_id": "cus_1", "purpose": purpose, "channel": channel, "action": action},
        consent_id=consent_id or f"cns_{action.value}_{minute}_{digest}_{confirmed}",
        source=ConsentSource.TRACKING_PAGE,
        address_digest=digest,
        confirmed=confirmed,
        at=at,
        recorded_at=at,
    )


records = st.lists(
    st.builds(
        record,
        st.sampled_from(ConsentAction),
        st.integers(0, 6),
        st.sampled_from([OLD, NEW]),
        confirmed=st.booleans(),
    ),
    max_size=8,
)
kinds = st.sampled_from(OptIn)
channels = st.sampled_from(Channel)


@given(records, kinds, channels, st.sampled_from([OLD, NEW]), st.booleans())
def test_nothing_is_sent_after_a_withdrawal_that_no_grant_is_newer_than(
    known: list[ConsentRecord], opt_in: OptIn, channel: Channel, digest: str, customer: bool
) -> None:
    last = max((one.at for one in known if one.action is WITHDRAWN), default=None)
    granted = any(one.action is GRANTED and (last is None or one.at > last) for one in known)
    verdict = allowed(channel, opt_in, standing(known), digest, customer=customer)
    if last is not None and not granted:
        assert not verdict.allowed


@given(records, channels, st.sampled_from([OLD, NEW]))
def test_a_double_opt_in_needs_a_grant_that_this_address_has_confirmed(
    known: list[ConsentRecord], channel: Channel, digest: str
) -> None:
    verdict = allowed(channel, OptIn.DOUBLE, standing(known), digest)
    if verdict.allowed:
        proof = next(one for one in known if one.consent_id == verdict.consent_id)
        assert proof.action is GRANTED
        assert proof.confirmed
        assert channel not in ADDRESSED or proof.address_digest == digest


@given(records, st.sampled_from([OptIn.SINGLE, OptIn.DOUBLE]))
def test_consent_for_one_number_is_none_for_another(known: list[ConsentRecord], opt_in: OptIn) -> None:
    assert not allowed(Channel.SMS, opt_in, standing(known), "adr_third").allowed


@given(records, st.randoms())
def test_the_order_of_arrival_is_of_no_account(known: list[ConsentRecord], shuffle: object) -> None:
    mixed = list(known)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    assert standing(mixed) == standing(known)
    assert pending(mixed, NEW, NOW) == pending(known, NEW, NOW)


@given(records)
def test_what_is_pending_was_asked_and_is_answered_by_nothing_newer(known: list[ConsentRecord]) -> None:
    for one in pending(known, NEW, NOW):
        assert one.action is ASKED
        assert one.address_digest == NEW
        later = [other for other in known if other.at >= one.at and other.action is not ASKED]
        assert not any(other.action is WITHDRAWN or other.address_digest == NEW for other in later)


@pytest.mark.parametrize(
    ("opt_in", "known", "customer", "expected", "rule"),
    [
        (OptIn.NONE, [], False, True, "no_opt_in_needed"),
        (OptIn.NONE, [record(WITHDRAWN)], True, False, "withdrawn"),
        (OptIn.SOFT, [], True, True, "customer"),
        (OptIn.SOFT, [], False, False, "no_customer"),
        (OptIn.SOFT, [record(GRANTED)], False, True, "granted"),
        (OptIn.SOFT, [record(WITHDRAWN)], True, False, "withdrawn"),
        (OptIn.SOFT, [record(WITHDRAWN), record(ASKED, 1)], True, False, "withdrawn"),
        (OptIn.SINGLE, [], True, False, "never_asked"),
        (OptIn.SINGLE, [record(ASKED)], True, False, "not_confirmed"),
        (OptIn.SINGLE, [record(GRANTED)], True, True, "granted"),
        (OptIn.SINGLE, [record(GRANTED, digest=OLD)], True, False, "another_address"),
        (OptIn.SINGLE, [record(GRANTED), record(WITHDRAWN, 1)], True, False, "withdrawn"),
        (OptIn.SINGLE, [record(WITHDRAWN), record(GRANTED, 1)], True, True, "granted"),
        (OptIn.SINGLE, [record(GRANTED), record(WITHDRAWN)], True, False, "withdrawn"),
        (OptIn.DOUBLE, [record(GRANTED)], True, False, "not_confirmed"),
        (OptIn.DOUBLE, [record(ASKED), record(GRANTED, 1, confirmed=True)], True, True, "granted"),
        (OptIn.DOUBLE, [record(GRANTED, 1, confirmed=True), record(ASKED, 2)], True, True, "granted"),
        (OptIn.DOUBLE, [record(GRANTED, 1, confirmed=True), record(GRANTED, 2)], True, True, "granted"),
        (OptIn.DOUBLE, [record(GRANTED, 1, OLD, confirmed=True), record(GRANTED, 2)], True, False, "not_confirmed"),
    ],
)
def test_each_opt_in(opt_in: OptIn, known: list[ConsentRecord], customer: bool, expected: bool, rule: str) -> None:
    for order in permutations(known):
        verdict = allowed(Channel.SMS, opt_in, standing(order), NEW, customer=customer)
        assert (verdict.allowed, verdict.rule) == (expected, rule)


def test_the_verdict_names_the_record_that_it_rests_on() -> None:
    grant = record(GRANTED, consent_id="cns_7")
    assert allowed(Channel.SMS, OptIn.SINGLE, standing([grant]), NEW).consent_id == "cns_7"


def test_a_device_has_said_yes_itself_and_has_no_address() -> None:
    yes = Standing(action=GRANTED, consent_id="cns_1", at=NOW)
    assert allowed(Channel.PUSH, OptIn.SINGLE, yes, "adr_any").allowed
    assert not allowed(Channel.SMS, OptIn.SINGLE, yes, "adr_any").allowed


def test_a_confirmation_ends_what_it_answers_and_nothing_else() -> None:
    # Given sign-ups of two purposes, when one is confirmed, then the other still waits
    service = record(ASKED, purpose=Purpose.SERVICE)
    marketing = record(ASKED)
    yes = record(GRANTED, 5, purpose=Purpose.SERVICE, confirmed=True)
    assert pending([service, marketing, yes], NEW, NOW) == [marketing]
    assert pending([service, marketing], NEW, NOW + timedelta(days=1)) == []
    assert pending([service, marketing], OLD, NOW) == []
