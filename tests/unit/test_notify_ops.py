"""Slack and Teams: who is told of what, once, in which form; and that nothing in it pings or links."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.connectors import Answer
from porchlight.domain.ops import OpsKind, OpsPolicy
from porchlight.domain.ops_cards import TITLES, slack, teams
from porchlight.errors import NO_ANSWER, PermanentProviderError, TransientError
from porchlight.services.notify_ops import OpsDesk
from tests.announced import FakeCaller, FakeOpsLog
from tests.fakes import FakeBrands, FakeSecrets
from tests.unit.stories import NOW, brand
from tests.unit.test_deliver_webhooks import event

SLACK, TEAMS = "https://hooks.slack.com/services/T/B/x", "https://prod.logic.azure.com/workflows/x"


def notice(kind: str = "webhook_dead", **facts: str) -> dict[str, Any]:
    detail = {"kind": kind, "brand": "larkspur", "subject": "oms", "facts": facts}
    return {"id": "e-1", "source": "porchlight.ops", "detail-type": "OpsNotice", "detail": detail}


def alarm(state: str = "ALARM") -> dict[str, Any]:
    """As EventBridge has it."""
    return {
        "id": "e-2",
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "detail": {"alarmName": "porchlight-prod-MessageFailed-1ABC", "state": {"value": state, "reason": "…"}},
    }


class World:
    def __init__(self, *policies: OpsPolicy) -> None:
        self.now, self.paused = NOW, list[float]()
        self.caller, self.log = FakeCaller(), FakeOpsLog()
        names = ("larkspur", "fjordhus")
        found = [
            brand().model_copy(update={"brand_id": name, "ops": policy})
            for name, policy in zip(names, policies or (OpsPolicy(slack=True, teams=True),), strict=False)
        ]
        self.secrets = FakeSecrets(**{f"channels/ops/{name}": {"slack": SLACK, "teams": TEAMS} for name in names})
        self.desk = OpsDesk(
            *(FakeBrands(*found), self.secrets, self.caller, self.log, lambda: self.now),
            *(self._pause, lambda: "https://track.larkspur.example"),
        )
        self.after_pause: Callable[[], object] = lambda: None

    def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.after_pause()

    def bodies(self, url: str = SLACK) -> list[Any]:
        return [json.loads(call.body) for call in self.caller.calls if call.url == url]


class TestWhatIsTold:
    def test_a_case_with_its_number_and_a_link(self) -> None:
        world = World()
        opened = event("DelayCaseOpened")
        opened["detail"] |= {"subject_id": "cse_1", "order_id": "ord_1", "kind": "presumed_lost"}
        assert world.desk.tell(opened) == 2
        (said,) = world.bodies()
        text = said["blocks"][0]["text"]
        assert text["type"] == "mrkdwn"
        assert TITLES[OpsKind.CASE_OPENED] in text["text"]
        for part in ("`cse_1`", "`ord_1`", "`presumed lost`"):
            assert part in text["text"]
        assert "<https://track.larkspur.example/v1/cases/cse_1|" in text["text"]
        (card,) = world.bodies(TEAMS)
        assert card["attachments"][0]["content"]["actions"][0]["url"].endswith("/v1/cases/cse_1")

    def test_a_question_to_the_shopper_is_nothing_for_people(self) -> None:
        world = World()
        asked = event("DelayCaseOpened")
        asked["detail"]["moment"] = "delay_question"
        assert world.desk.tell(asked) == 0

    @pytest.mark.parametrize(
        ("kind", "title"),
        [
            ("ReturnInReview", OpsKind.RETURN_IN_REVIEW),
            ("ReturnReviewDue", OpsKind.RETURN_IN_REVIEW),
            ("ReturnFailed", OpsKind.RETURN_FAILED),
            ("DelayRemedyConflict", OpsKind.CONFLICT),
        ],
    )
    def test_other_events_that_people_should_see(self, kind: str, title: OpsKind) -> None:
        world = World()
        told = event(kind)
        told["detail"]["moment"] = "return_requested"  # the shopper may be told as well
        assert world.desk.tell(told) == 2
        assert TITLES[title] in world.bodies()[0]["text"]

    def test_a_question_about_a_return_says_what_it_is_about_and_is_told_again_a_day_before_its_deadline(self) -> None:
        world = World()
        asked, due = event("ReturnInReview"), event("ReturnReviewDue")
        for one in (asked, due):
            one["detail"] |= {"return_id": "rma_1", "subject_id": "rma_1", "stage": "goods", "why": "empty_box"}
        due["detail"]["id"] = "chg_2"
        assert [world.desk.tell(one) for one in (asked, due)] == [2, 2]
        first, second = (said["blocks"][0]["text"]["text"] for said in world.bodies())
        assert "`goods`" in first
        assert "`empty box`" in first
        assert "a day" not in first
        assert "`a day`" in second

    def test_a_case_about_a_lane_is_a_surge(self) -> None:
        world = World(OpsPolicy(slack=True, on=(OpsKind.DELAY_SURGE,)))
        opened = event("DelayCaseOpened")
        del opened["detail"]["shipment_id"]
        assert world.desk.tell(opened) == 1
        assert TITLES[OpsKind.DELAY_SURGE] in world.bodies()[0]["text"]

    def test_events_that_are_none_of_theirs(self) -> None:
        world = World()
        assert world.desk.tell(event("ShipmentDelivered")) == 0
        assert not world.caller.calls

    def test_only_what_and_where_the_brand_says(self) -> None:
        assert World(OpsPolicy()).desk.tell(notice()) == 0
        assert World(OpsPolicy(slack=True, on=(OpsKind.ALARM,))).desk.tell(notice()) == 0
        world = World(OpsPolicy(teams=True))
        assert world.desk.tell(notice(why="retries_used_up")) == 1
        assert not world.bodies()
        assert len(world.bodies(TEAMS)) == 1

    def test_an_alarm_is_told_to_every_brand_that_wants_it_and_one_address_once(self) -> None:
        world = World(OpsPolicy(slack=True), OpsPolicy(slack=True))
        assert world.desk.tell(alarm()) == 1
        world = World(OpsPolicy(slack=True), OpsPolicy(slack=True))
        world.secrets.values["channels/ops/fjordhus"] = {"slack": "https://hooks.slack.com/services/other"}
        assert world.desk.tell(alarm()) == 2
        assert "porchlight-prod-MessageFailed-1ABC" in world.bodies()[0]["blocks"][0]["text"]["text"]

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("ChannelFailsOver", OpsKind.FAILOVER),
            ("ReputationPaused", OpsKind.REPUTATION),
            ("StreamLag", OpsKind.ALARM),
        ],
    )
    def test_some_alarms_are_of_a_kind_of_their_own(self, name: str, kind: OpsKind) -> None:
        world = World(OpsPolicy(slack=True, on=(kind,)))
        went_off = alarm()
        went_off["detail"]["alarmName"] = f"porchlight-prod-{name}-X1Y2"
        assert world.desk.tell(went_off) == 1
        assert TITLES[kind] in world.bodies()[0]["text"]

    def test_what_tells_itself_is_not_told_by_its_alarm_too(self) -> None:
        world = World()
        went_off = alarm()
        went_off["detail"]["alarmName"] = "porchlight-prod-WebhooksDead-X1Y2"
        assert world.desk.tell(went_off) == 0


class TestOnce:
    def test_one_subject_in_ten_minutes(self) -> None:
        world = World()
        for number in range(30):
            world.desk.tell(notice() | {"id": f"e-{number}"})
        assert world.caller.made() == {SLACK: 1, TEAMS: 1}
        world.now += timedelta(minutes=11)
        assert world.desk.tell(notice() | {"id": "later"}) == 2

    def test_a_repeat_tells_only_the_desk_that_was_not_told(self) -> None:
        world = World()
        world.caller.answers[TEAMS] = 502
        with pytest.raises(TransientError):
            world.desk.tell(notice())
        world.caller.answers[TEAMS] = 202
        assert world.desk.tell(notice()) == 1
        assert world.caller.made() == {SLACK: 1, TEAMS: 2}


class TestTroubles:
    def test_a_short_wait_is_waited_for(self) -> None:
        # Given a desk that is busy for three seconds
        world = World(OpsPolicy(slack=True))
        world.caller.answers[SLACK] = Answer(status=429, headers={"retry-after": "3"}, body=b"")
        world.after_pause = lambda: world.caller.answers.pop(SLACK)
        assert world.desk.tell(notice()) == 1
        assert world.paused == [3]

    @pytest.mark.parametrize("wait", ["30", "", "soon"])
    def test_a_longer_one_is_left_to_the_rule(self, wait: str) -> None:
        world = World(OpsPolicy(slack=True))
        world.caller.answers[SLACK] = Answer(status=429, headers={"retry-after": wait}, body=b"")
        with pytest.raises(TransientError):
            world.desk.tell(notice())
        assert not world.paused
        assert world.caller.made() == {SLACK: 1}

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (500, TransientError),
            (TransientError("TimeoutError", code=NO_ANSWER), TransientError),
            (400, PermanentProviderError),
            (403, PermanentProviderError),
            (302, PermanentProviderError),
        ],
    )
    def test_a_desk_that_fails_keeps_the_other_from_nothing_and_its_address_out_of_the_log(
        self, answer: int | Exception, error: type[Exception]
    ) -> None:
        world = World()
        world.caller.answers[SLACK] = answer
        with pytest.raises(error) as caught:
            world.desk.tell(notice())
        assert len(world.bodies(TEAMS)) == 1
        assert "hooks.slack.com" not in str(caught.value)

    def test_without_an_address_somebody_hears_of_it(self) -> None:
        world = World(OpsPolicy(slack=True))
        world.secrets.values.clear()
        with pytest.raises(PermanentProviderError):
            world.desk.tell(notice())


class TestForms:
    def test_slack(self) -> None:
        said = slack("larkspur", OpsKind.ALARM, {"alarm": "A"})
        assert set(said) == {"text", "blocks"}
        assert [block["type"] for block in said["blocks"]] == ["section", "context"]

    def test_teams(self) -> None:
        said = teams("larkspur", OpsKind.ALARM, {"alarm": "A"})
        assert said["type"] == "message"
        (attachment,) = said["attachments"]
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert (attachment["content"]["type"], attachment["content"]["version"]) == ("AdaptiveCard", "1.4")
        assert attachment["content"]["body"][2]["facts"] == [{"title": "alarm", "value": "A"}]

    @given(st.text(max_size=400))
    def test_nothing_that_is_not_ours_pings_or_links(self, text: str) -> None:
        mean = f"<!channel> <https://evil.example|x> [x](https://evil.example) ```{text}"
        said = slack("larkspur", OpsKind.ALARM, {"alarm": mean})["blocks"][0]["text"]["text"]
        assert "<" not in said
        assert len(said) < 3_000
        assert said.count("`") == 2
        value = teams("larkspur", OpsKind.ALARM, {"alarm": mean})["attachments"][0]["content"]["body"][2]["facts"][0][
            "value"
        ]
        assert "](" not in value
        assert "<" not in value

    def test_every_kind_has_its_title(self) -> None:
        assert set(TITLES) == set(OpsKind)
