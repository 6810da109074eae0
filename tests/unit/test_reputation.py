"""What SES says of bounces and complaints, and what becomes of everything but service news."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from porchlight.channels.receipts import parse
from porchlight.domain.channels import Channel
from porchlight.domain.messages import MessageRecord, MessageState
from porchlight.domain.moments import Moment
from porchlight.domain.reputation import LEAST_BOUNCED, LEAST_COMPLAINED
from porchlight.errors import NotFoundError
from porchlight.services.consent import ConsentDesk
from porchlight.services.record_feedback import Feedback
from tests.fakes import FakeMessages, FakeMetrics, FakeOrders
from tests.fakes_reaching import FakeEngagement, FakeProfiles
from tests.fakes_sending import FakeReputations

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Desk:
    def __init__(self) -> None:
        self.messages, self.metrics, self.reputations = FakeMessages(), FakeMetrics(), FakeReputations()
        desk = ConsentDesk(FakeProfiles(FakeOrders()), self.metrics)
        self.feedback = Feedback(self.messages, desk, self.reputations, FakeEngagement(), self.metrics)
        record = MessageRecord(
            **{"brand": "larkspur", "message_id": "msg_1", "order_id": "ord_1", "shopper_id": "cus_1"},
            **{"moment": Moment.SHIPPED, "subject_id": "shp_1", "planned_at": NOW, "event_at": NOW},
            state=MessageState.SENT,
        )
        self.messages.plan(record, due_at=None)

    def report(self, kind: str, message: str = "msg_1", **more: Any) -> None:
        tags = {"brand": ["larkspur"], "order_id": ["ord_1"], "message_id": [message]}
        mail = {"timestamp": NOW.isoformat(), "messageId": "0100", "tags": tags}
        for receipt in parse({"eventType": kind, "mail": mail, **more}):
            self.feedback.apply(receipt, NOW)

    @property
    def is_paused(self) -> bool:
        return self.reputations.get("larkspur", Channel.EMAIL, NOW + timedelta(minutes=5)).is_bad


@pytest.mark.parametrize(
    ("kind", "more", "enough"),
    [("Bounce", {"bounce": {"bounceType": "Permanent"}}, LEAST_BOUNCED), ("Complaint", {}, LEAST_COMPLAINED)],
)
def test_enough_of_them_pause_the_brand_and_call_somebody(kind: str, more: dict[str, Any], enough: int) -> None:
    # Given one report less than what means anything
    desk = Desk()
    for _ in range(enough - 1):
        desk.report(kind, **more)
    assert (desk.is_paused, desk.metrics.total("ReputationPaused")) == (False, 0)
    # When one more comes
    desk.report(kind, **more)
    # Then everything but service news is held back, and the alarm's figure is counted
    assert (desk.is_paused, desk.metrics.total("ReputationPaused", channel="email")) == (True, 1)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("Bounce", {"bounce": {"bounceType": "Transient"}}),
        ("Bounce", {"bounce": {"bounceType": "Undetermined"}}),
        ("Bounce", {}),
        ("Delivery", {}),
        ("Open", {}),
        ("Reject", {}),
    ],
)
def test_what_ses_does_not_hold_against_us_pauses_nothing(kind: str, more: dict[str, Any]) -> None:
    desk = Desk()
    for _ in range(50):
        desk.report(kind, **more)
    assert not desk.is_paused
    assert desk.reputations.calls == 0


def test_a_report_about_a_message_that_is_not_ours_counts_for_nothing() -> None:
    desk = Desk()
    for _ in range(50):
        with pytest.raises(NotFoundError):
            desk.report("Complaint", message="msg_of_somebody")
    assert desk.reputations.calls == 0
