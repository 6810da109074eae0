"""Labels of returns: made once, whatever breaks on the way; taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from porchlight.domain import ids
from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.names import ReturnKind, ReturnMethod
from porchlight.domain.rma.next_step import NO_LABEL
from porchlight.domain.rma.terms import Terms
from porchlight.errors import (
    NO_ANSWER,
    InvalidInputError,
    PermanentProviderError,
    TransientError,
)
from porchlight.services.return_parcels import parcels_of
from tests.unit import stories
from tests.unit.labelling import ADA, Office
from tests.unit.stories import NOW


class Killed(BaseException):
    """The function was killed."""


# ------------------------------------------------------------------------------------------------------------- making


def test_a_label_is_made_and_the_return_is_approved_with_it() -> None:
    # Given an approved request of a shopper whose address is known
    office = Office()
    # When its label is made
    assert office.make() == "made"
    # Then the provider was asked for what it needs
    (wanted,) = office.labels.calls
    assert (wanted.sender, wanted.carrier, wanted.weight_grams, wanted.since) == (ADA, "usps", 500, None)
    assert wanted.to
    assert wanted.to.name == "Larkspur Returns"
    # And the return is approved, with a label, its parcel and its document
    label = office.request.label
    assert label
    assert (office.request.state, label.provider, label.made_at) == (ReturnState.APPROVED, "shop", NOW)
    parcel = office.shipments.get("larkspur", label.shipment_id)
    assert parcel
    assert (parcel.return_id, parcel.order_id, parcel.tracking_number) == ("rma_1", "ord_1", label.tracking_number)
    assert office.documents.get(label.document).startswith(b"%PDF-")
    assert office.metrics.total("LabelsMade") == 1


def test_the_name_of_a_document_says_nothing_of_the_shopper() -> None:
    office = Office()
    office.make()
    (name,) = office.documents.bodies
    assert name.startswith("labels/larkspur/plr_")
    assert not [one for one in ("rma_1", "cus_1", "Ada", "Ockham") if one in name]


def test_the_parcel_of_a_label_is_asked_about_and_a_number_of_our_own_is_not() -> None:
    # Given a provider's label, and a number that no carrier knows
    bought, own = Office(), Office("own")
    bought.make(), own.make()
    watches = [
        office.shipments.contents("larkspur", office.request.label.shipment_id).watch  # type: ignore[union-attr]
        for office in (bought, own)
    ]
    # Then only the carrier of the first is asked
    assert watches[0]
    assert watches[0].source == "usps"
    assert watches[1] is None


def test_the_carrier_is_the_one_that_brought_the_order_and_the_facility_the_one_of_the_terms() -> None:
    office = Office("own", terms=Terms(policy_version="returns-1", facility="reno"))
    office.shipments.save(stories.parcel(), due_at=None, link=True)
    office.make()
    assert office.request.label
    assert office.request.label.carrier == "ups"
    other = Office(terms=Terms(policy_version="returns-1", facility="reno"))
    other.make()
    assert other.labels.calls[0].to
    assert other.labels.calls[0].to.name == "Larkspur West"


def test_our_own_number_is_the_one_of_the_release_before() -> None:
    # Given a return whose parcel was made by the release before, which was killed before the approval
    office = Office("own")
    number = "PLR" + ids.stable_id("plr", "larkspur", "rma_1").removeprefix("plr_").upper()
    office.make()
    assert office.request.label
    assert office.request.label.tracking_number == number


@pytest.mark.parametrize("method", [ReturnMethod.OWN, ReturnMethod.IN_STORE, ReturnMethod.KEEP, ReturnMethod.DONATE])
def test_without_a_label_of_ours_it_is_approved_all_the_same(method: ReturnMethod) -> None:
    office = Office(method=method)
    assert (office.make(), office.request.state, office.request.label) == ("none", ReturnState.APPROVED, None)
    assert office.labels.calls == []


def test_nothing_comes_back_for_a_claim() -> None:
    office = Office(kind=ReturnKind.CLAIM)
    assert (office.make(), office.request.label) == ("none", None)


def test_only_what_was_approved_gets_a_label() -> None:
    undecided = Office(decisions=())
    with pytest.raises(InvalidInputError):
        undecided.make()
    cancelled = Office(state=ReturnState.CANCELLED)
    assert (cancelled.make(), cancelled.labels.calls) == ("none", [])


# --------------------------------------------------------------------------------------------------- killed, refused


def killed_after(office: Office, step: int) -> None:
    """Everything that has an effect: the process dies right after the ``step``-th (from 0)."""
    done = 0

    def dying[**P, T](effect: Callable[P, T]) -> Callable[P, T]:
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            nonlocal done
            result = effect(*args, **kwargs)
            done += 1
            if done == step + 1:
                raise Killed
            return result

        return call

    for holder, name in (
        (office.returns, "update"),
        (office.shipments, "save"),
        (office.documents, "put"),
        (office.labels, "make"),
        (office.labels, "void"),
    ):
        setattr(holder, name, dying(getattr(holder, name)))


def test_killed_between_any_two_steps_it_is_one_label() -> None:
    # Given the label that is made when nothing happens
    calm = Office()
    calm.make()
    for step in range(5):
        # When the process is killed after any effect, and begins anew
        office = Office()
        killed_after(office, step)
        with pytest.raises(Killed):
            office.make()
        assert office.make() == "made"
        # Then it is the same label, bought once, with one parcel and one document
        assert office.request.label == calm.request.label
        assert len(office.labels.made) == 1
        assert len(office.shipments.records) == 1
        assert len(office.documents.bodies) == 1
        # And whoever asked again said that it may be there
        assert [call.since for call in office.labels.calls[1:]] == [NOW] * (len(office.labels.calls) - 1)
        assert office.make() == "made"
        assert office.metrics.total("LabelsMade") == 1 or step == 4


def test_an_answer_that_was_lost_is_the_same_label() -> None:
    office = Office()
    office.labels.loses = [TransientError("?", code=NO_ANSWER)]
    with pytest.raises(TransientError):
        office.make()
    assert office.request.state is ReturnState.REQUESTED
    assert office.make() == "made"
    assert len(office.labels.made) == 1
    assert office.labels.calls[1].since == NOW


@pytest.mark.parametrize("why", ["address-refused", "no-rate", "not-set-up"])
def test_what_a_provider_refuses_waits_for_a_person_and_is_tried_anew_by_them(why: str) -> None:
    # Given a provider that does not take the address
    office = Office()
    office.labels.fails = [PermanentProviderError(code=why)]
    # When the label is made
    assert office.make() == "refused"
    # Then the return has not failed: a person is asked, and told why
    review = office.request.review
    assert review
    assert (review.why, review.notes, review.due_at > NOW) == (NO_LABEL, (why,), True)
    assert office.request.state is not ReturnState.FAILED
    assert office.metrics.total("LabelsRefused", why=why) == 1
    # And when they have put it right, another label is asked for, under another key
    assert office.make() == "made"
    assert office.request.review is None
    assert len({call.key for call in office.labels.calls}) == 2


def test_without_an_address_or_the_method_nobody_is_asked() -> None:
    office = Office(shopper_id="cus_2")
    assert (office.make(), office.labels.calls) == ("refused", [])
    assert office.request.review
    assert office.request.review.notes == ("no-sender",)
    boxes = Office(method=ReturnMethod.BOX_FREE)
    assert (boxes.make(), boxes.labels.calls) == ("refused", [])


def test_a_gift_is_sent_by_the_one_who_got_it() -> None:
    office = Office(recipient_id="cus_9")
    office.addresses.put("larkspur", "cus_9", "rma_1", ADA.model_copy(update={"name": "Charles"}), NOW)
    office.make()
    assert office.labels.calls[0].sender
    assert office.labels.calls[0].sender.name == "Charles"


def test_a_label_for_what_was_cancelled_meanwhile_is_taken_back() -> None:
    # Given a shopper who cancels while the provider makes the label
    office = Office()
    make = office.labels.make

    def slowly(*args: Any) -> Any:
        made = make(*args)
        office.update(state=ReturnState.CANCELLED)
        return made

    office.labels.make = slowly  # type: ignore[method-assign, assignment]
    # Then it is not paid for, and the return stays cancelled
    assert office.make() == "none"
    assert len(office.labels.voided) == 1
    assert (office.request.state, office.request.label) == (ReturnState.CANCELLED, None)


def test_of_two_labels_at_once_one_is_taken_back() -> None:
    # Given a provider that made another label for a second call at the same moment
    office = Office()
    make = office.labels.make

    def twice(brand: Any, wanted: Any) -> Any:
        first = make(brand, wanted)
        office.labels.make = make  # type: ignore[method-assign]
        office.labels.made.clear()
        office.labels.made["other"] = first
        office.make()
        return first

    office.labels.make = twice  # type: ignore[method-assign]
    assert office.make() == "made"
    assert office.request.label
    assert len(office.labels.voided) == 1
    assert office.request.label.reference not in office.labels.voided


# --------------------------------------------------------------------------------------------------------- taken back


def test_a_label_is_taken_back_once_and_its_scan_still_counts() -> None:
    # Given a label, and a shopper who cancels
    office = Office()
    office.make()
    first = office.request.label
    assert first
    # When it is taken back, twice
    assert (office.void(), office.void()) == ("voided", "voided")
    assert office.labels.voided == [first.reference]
    # Then the return knows of it
    assert office.request.label is None
    assert [(one.reference, one.voided_at) for one in office.request.old_labels] == [(first.reference, NOW)]
    # And when it is used all the same, that is seen
    parcel = office.shipments.get("larkspur", first.shipment_id)
    assert parcel
    seen = stories.after(parcel, [stories.scan(Milestone.IN_TRANSIT, NOW + timedelta(hours=3))])
    office.shipments.save(seen.model_copy(update={"version": parcel.version + 1}), due_at=None)
    assert parcels_of(office.shipments, office.request).scanned_at == NOW + timedelta(hours=3)


def test_a_label_that_was_used_stays() -> None:
    office = Office()
    office.make()
    assert office.request.label
    office.labels.used.add(office.request.label.reference)
    assert office.void() == "used"
    assert office.request.old_labels == ()


def test_killed_while_it_is_taken_back_it_is_taken_back_once() -> None:
    for step in range(2):
        office = Office()
        office.make()
        killed_after(office, step)
        with pytest.raises(Killed):
            office.void()
        assert office.void() == "voided"
        assert len(office.request.old_labels) == 1
        assert office.request.old_labels[0].voided_at


def test_there_is_nothing_to_take_back_where_there_is_no_label() -> None:
    assert Office(method=ReturnMethod.KEEP).void() == "none"
