"""Why was this sent, and why was that not: one look."""

from datetime import timedelta
from typing import Any

import pytest

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.fanout.reasons import HELD, SUPPRESSED, why
from porchlight.domain.messages import Check, Hold, MessageRecord, MessageState, Suppression, Told
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.preferences import Digest, Frequency
from porchlight.errors import InvalidInputError, NotFoundError
from porchlight.services.explain_messages import MOST_TOLD, MessageExplainer
from tests.unit.stories import NOW
from tests.unit.test_fanout_life import City


@pytest.fixture
def city() -> City:
    return City()


def told(city: City, **asked: str) -> dict[str, Any]:
    explainer = MessageExplainer(city.orders, city.shipments, city.catalogues)
    return explainer.ask("larkspur", **(asked or {"shipment": "shp_1"}))


def record(**changed: Any) -> MessageRecord:
    known: dict[str, Any] = {
        **{"brand": "larkspur", "message_id": "msg_1", "order_id": "ord_1", "shopper_id": "cus_1"},
        **{"moment": Moment.SHIPPED, "subject_id": "shp_1", "state": MessageState.PLANNED, "channel": "sms"},
        **{"planned_at": NOW, "event_at": NOW},
    }
    return MessageRecord(**(known | changed))


class TestStory:
    def test_what_was_sent_says_how_and_by_which_consent(self, city: City) -> None:
        city.tell()
        (one,) = told(city)["messages"]
        assert (one["outcome"], one["channel"], one["why"]) == ("sent", "sms", "Sent by sms (ses).")
        assert {"rule": "first_that_may", "channel": "sms", "outcome": "chosen", "detail": {}} in one["checks"]
        assert "shopper_id" not in one

    def test_nothing_is_left_out_of_what_fits(self, city: City) -> None:
        city.tell()
        assert "left_out" not in told(city)

    def test_what_was_not_says_why(self, city: City) -> None:
        city.prefer(frequency=Frequency.ONLY_PROBLEMS)
        city.tell()
        (one,) = told(city)["messages"]
        assert (one["outcome"], one["reason"]) == ("suppressed", "frequency")
        assert one["why"] == "The shopper has asked for only problems, and this is a key moment."

    def test_of_thousands_the_newest_are_told_and_how_many_are_not(self, city: City) -> None:
        for number in range(MOST_TOLD + 50):
            at = NOW + timedelta(seconds=number)
            city.messages.plan(record(message_id=f"msg_{number}", subject_id=f"x{number}", planned_at=at), due_at=None)
        found = told(city, order="ord_1")
        assert (len(found["messages"]), found["left_out"]) == (MOST_TOLD, 50)
        assert found["messages"][-1]["message_id"] == f"msg_{MOST_TOLD + 49}"

    def test_what_is_held_says_until_when(self, city: City) -> None:
        city.prefer(digest=Digest.DAILY)
        city.add_parcel(2, milestone=Milestone.ACCEPTED)
        city.tell(Moment.SHIPPED, 2)
        (one,) = told(city, shipment="shp_2")["messages"]
        assert one["outcome"] == "held"
        assert one["why"] == "Held until 2026-03-02 23:00 UTC, for the shopper's daily digest."

    def test_what_was_merged_says_into_what(self, city: City) -> None:
        city.add_parcel(2)
        city.tell(number=1)
        city.tell(number=2)
        city.sweep(NOW + timedelta(minutes=6))
        (one,) = told(city, shipment="shp_2")["messages"]
        (lead,) = told(city)["messages"]
        assert (one["outcome"], lead["outcome"]) == ("merged", "sent")
        assert one["why"] == f"It is told by the message {lead['message_id']}, which is sent."

    def test_moments_that_nothing_was_decided_about_say_so(self, city: City) -> None:
        city.tell()
        untold = {one["moment"]: one["why"] for one in told(city)["moments"]}
        assert untold["delivered"] == "Nothing has happened yet that it would tell."
        assert untold["pickup_reminder"] == "It follows available for pickup, which has not happened."
        assert "switched off" in untold["related_offer"]
        assert "out_for_delivery" not in untold
        assert {*untold, "out_for_delivery", "digest"} == {moment.value for moment in Moment}

    def test_an_order_tells_of_all_its_parcels(self, city: City) -> None:
        city.add_parcel(2)
        city.tell(number=1)
        city.tell(number=2)
        assert len(told(city, order="ord_1")["messages"]) == 2
        assert len(told(city)["messages"]) == 1

    def test_only_what_is_there_and_one_thing_at_a_time(self, city: City) -> None:
        for asked in ({"shipment": "shp_9"}, {"order": "ord_9"}):
            with pytest.raises(NotFoundError):
                told(city, **asked)
        for asked in ({"shipment": "", "order": ""}, {"shipment": "shp_1", "order": "ord_1"}):
            with pytest.raises(InvalidInputError):
                told(city, **asked)


class TestSentences:
    def test_there_is_one_for_every_reason_and_every_hold(self) -> None:
        assert set(SUPPRESSED) == set(Suppression)
        assert set(HELD) == set(Hold)

    @pytest.mark.parametrize("reason", Suppression)
    def test_none_shows_a_gap(self, reason: Suppression) -> None:
        bare = record(state=MessageState.SUPPRESSED, reason=reason)
        checked = record(
            state=MessageState.SUPPRESSED,
            reason=reason,
            checks=(Check(rule="r", channel=Channel.SMS, outcome=reason.value, detail={"at_most": 2, "hours": 24}),),
        )
        for one in (bare, checked):
            assert "{" not in why(one)
            assert why(one).endswith(".")

    def test_every_channel_is_named_where_none_could_be_used(self) -> None:
        checks = (
            Check(rule="consent", channel=Channel.SMS, outcome="no_consent"),
            Check(rule="has_address", channel=Channel.EMAIL, outcome="no_address"),
        )
        one = record(state=MessageState.SUPPRESSED, reason=Suppression.NO_CHANNEL, checks=checks)
        assert why(one) == "No channel could be used: sms: no consent, email: no address."

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({}, "Decided, and about to be sent."),
            ({"state": MessageState.SENDING}, "Handed over by sms; whether it was taken is not known yet."),
            (
                {"state": MessageState.FAILED, "failure": "address-refused"},
                "By sms it failed for good (address-refused); see the next channel's message, if any.",
            ),
            (
                {"state": MessageState.SENT, "fallback_of": "msg_0", "delivered_at": NOW, "provider": "ses"},
                "Sent by sms (ses) after the channel before it failed or was not confirmed, delivered 2026-03-02 12:00"
                " UTC.",
            ),
            (
                {"state": MessageState.MERGED, "merged_into": Told(order_id="ord_1", message_id="msg_9")},
                "It is told by the message msg_9.",
            ),
        ],
    )
    def test_each_state(self, changed: dict[str, Any], expected: str) -> None:
        assert why(record(**changed)) == expected

    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            ("withdrawn", "The shopper has said no to it by sms."),
            ("never_asked", "The shopper has not agreed to it by sms (double opt-in: never asked)."),
        ],
    )
    def test_a_no_is_not_the_same_as_no_answer(self, rule: str, expected: str) -> None:
        detail: dict[str, str | int | bool] = {"opt_in": "double", "rule": rule}
        check = Check(rule="consent", channel=Channel.SMS, outcome="no_consent", detail=detail)
        assert why(record(state=MessageState.SUPPRESSED, reason=Suppression.NO_CONSENT, checks=(check,))) == expected

    def test_purposes_are_named(self) -> None:
        detail = {"purpose": Purpose.MARKETING.value}
        check = Check(rule="purpose_wanted", outcome="unsubscribed", detail=detail)
        one = record(state=MessageState.SUPPRESSED, reason=Suppression.UNSUBSCRIBED, checks=(check,))
        assert why(one) == "The shopper has switched off marketing messages."
