"""Notices for people of the brand, in Slack and Teams: cases, conflicts, providers and endpoints that fail, alarms.

Nothing waits for a notice. One subject is told once in ten minutes at each desk; what a desk did not take comes again
with its event, and lies among the failures of rules after that.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from porchlight.announcing import OpsLog, OpsNotice
from porchlight.asking import Caller
from porchlight.connectors import Answer, Call
from porchlight.domain.ops import OpsKind
from porchlight.domain.ops_cards import slack, teams
from porchlight.errors import NotFoundError, PermanentProviderError, PorchlightError, TransientError
from porchlight.ports import Brands, Secrets

ALARMS = "aws.cloudwatch"
NOTICES = "porchlight.ops"
PAUSE = 5
"""Seconds: what a desk asks us to wait is waited for here, if it is no longer; else the event comes again later."""

_EVENTS = {
    "DelayCaseOpened": OpsKind.CASE_OPENED,
    "ReturnInReview": OpsKind.RETURN_IN_REVIEW,
    "ReturnReviewDue": OpsKind.RETURN_IN_REVIEW,
    "ReturnFailed": OpsKind.RETURN_FAILED,
    "DelayRemedyConflict": OpsKind.CONFLICT,
}
ALARM_KINDS: Mapping[str, OpsKind | None] = {
    "ChannelFailsOver": OpsKind.FAILOVER,
    "ProviderShut": OpsKind.FAILOVER,
    "ReputationPaused": OpsKind.REPUTATION,
    "MessagesBounce": OpsKind.REPUTATION,
    **dict.fromkeys(("WebhooksDead", "WebhookEndpointOff", "LaneBreaksDown", "RemedyConflicts", "ReturnsFailed")),
}
"""Alarms (by their names in the template) that are told as another kind; None: what they are about tells itself, to the
brand that it concerns. The rest is told as an alarm.
"""

_CARDS = {"slack": slack, "teams": teams}


@dataclass(frozen=True)
class OpsDesk:
    """Tells people."""

    brands: Brands
    secrets: Secrets
    caller: Caller
    ops_log: OpsLog
    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    public_url: Callable[[], str]

    def tell(self, event: Mapping[str, Any]) -> int:
        """Tell whoever wants to know of an event (in the bus's envelope); how many desks were told.

        The first error of a desk is raised after all were tried.
        """
        told, errors, places = 0, list[PorchlightError](), set[str]()
        event_id = str(event["detail"].get("id") or event["id"])
        for notice in self._notices(event):
            policy = self.brands.get(notice.brand).ops
            if notice.kind not in policy.on:
                continue
            for desk in policy.desks:
                try:
                    told += self._tell(desk, notice, event_id, places)
                except PorchlightError as error:
                    errors.append(error)
        if errors:
            raise errors[0]
        return told

    def _notices(self, event: Mapping[str, Any]) -> Iterator[OpsNotice]:
        detail = event["detail"]
        if event["source"] == ALARMS:
            state = str(detail["state"]["value"])
            facts = {"alarm": str(detail["alarmName"]), "state": state}
            named = (kind for name, kind in ALARM_KINDS.items() if f"-{name}-" in facts["alarm"])
            if (kind := next(named, OpsKind.ALARM)) is None:
                return
            for brand in self.brands.ids():
                subject = f"{facts['alarm']}#{state}"
                yield OpsNotice(kind=kind, brand=brand, subject=subject, facts=facts)
        elif event["source"] == NOTICES:
            notice = OpsNotice.model_validate(detail)
            yield notice.model_copy(update={"facts": {"about": notice.subject, **notice.facts}})
        elif (kind := _EVENTS.get(event["detail-type"])) and not _asks_the_shopper(kind, detail):
            parts = {
                name: str(detail[f"{name}_id"]) for name in ("order", "shipment", "return") if f"{name}_id" in detail
            }
            if kind is OpsKind.CASE_OPENED and not parts:
                kind = OpsKind.DELAY_SURGE
            facts = {**({"case": detail["subject_id"]} if kind in _CASES else {}), **parts}
            for name in ("kind", "stage", "why"):
                if found := detail.get(name):
                    facts[name] = str(found).replace("_", " ")
            subject = detail["subject_id"]
            if event["detail-type"] == "ReturnReviewDue":
                facts["left"], subject = "a day", f"{subject}#due"
            yield OpsNotice(kind=kind, brand=detail["brand"], subject=subject, facts=facts)

    def _tell(self, desk: str, notice: OpsNotice, event_id: str, places: set[str]) -> int:
        url = self._address(desk, notice.brand)
        subject = f"{notice.kind}#{notice.subject}"
        if url in places or not self.ops_log.claim(notice.brand, desk, subject, event_id, self.clock()):
            return 0
        body = json.dumps(_CARDS[desk](notice.brand, OpsKind(notice.kind), notice.facts, self._link(notice)))
        call = Call(url, "POST", {"content-type": "application/json"}, body.encode())
        answer = self.caller.make(call)
        if answer.status == 429 and (seconds := _seconds(answer)) <= PAUSE:
            self.pause(seconds)
            answer = self.caller.make(call)
        if answer.status == 429 or answer.status >= 500:
            raise TransientError(f"{desk} answered {answer.status}")
        if not 200 <= answer.status < 300:
            raise PermanentProviderError(f"{desk} answered {answer.status}")
        places.add(url)
        self.ops_log.told(notice.brand, desk, subject, event_id, self.clock())
        return 1

    def _address(self, desk: str, brand: str) -> str:
        try:
            return str(self.secrets.get(f"channels/ops/{brand}")[desk])
        except (NotFoundError, KeyError):
            raise PermanentProviderError(f"the address of {desk} is missing") from None

    def _link(self, notice: OpsNotice) -> str:
        return f"{self.public_url()}/v1/cases/{notice.subject}" if notice.kind in _CASES else ""


def _asks_the_shopper(kind: OpsKind, detail: Mapping[str, Any]) -> bool:
    return kind is OpsKind.CASE_OPENED and bool(detail.get("moment"))


_CASES = (OpsKind.CASE_OPENED, OpsKind.DELAY_SURGE)


def _seconds(answer: Answer) -> float:
    given = answer.headers.get("retry-after", "").strip()
    return float(given) if given.isdecimal() else PAUSE + 1
