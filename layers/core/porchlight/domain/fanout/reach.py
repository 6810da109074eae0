"""Rules about one channel, and caps: which channel a message goes out by."""

from collections.abc import Callable
from datetime import datetime, timedelta

from porchlight.domain.channels import Channel, Level, Purpose
from porchlight.domain.consent import ConsentAction
from porchlight.domain.consent_rules import allowed
from porchlight.domain.fanout.situation import Situation
from porchlight.domain.messages import Check, Suppression
from porchlight.domain.outreach import Cap

Said = tuple[Suppression | None, dict[str, str | int | bool]]
_PASSED: Said = (None, {})


def candidates(the: Situation) -> list[Channel]:
    """The channels in the order in which they are tried: the shopper's, else the brand's. What is owed is sent by
    email where nothing that was chosen may carry it.
    """
    if the.only:
        return [the.only]
    offered = the.brand.outreach.providers
    chosen = the.profile.preferences.channels or the.brand.outreach.channels
    order = [channel for channel in dict.fromkeys(chosen) if channel in offered]
    if the.spec.owed and Channel.EMAIL not in order and Channel.EMAIL in offered:
        order.append(Channel.EMAIL)
    return order


def _not_tried(the: Situation, channel: Channel) -> Said:
    return (Suppression.UNREACHABLE, {"tried": True}) if channel in the.excluded else _PASSED


def _carries(the: Situation, channel: Channel) -> Said:
    if channel not in the.spec.channels:
        return Suppression.NOT_CHOSEN, {"by": "moment"}
    if channel is Channel.WHATSAPP:
        sender = the.brand.outreach.whatsapp
        if the.spec.purpose is Purpose.MARKETING:  # its utility templates carry no promotion
            return Suppression.NOT_CHOSEN, {"by": "whatsapp_utility"}
        if sender is None or the.news.moment not in sender.templates:
            return Suppression.NOT_CHOSEN, {"by": "template"}
    return _PASSED


def _has_address(the: Situation, channel: Channel) -> Said:
    contact = the.contacts.get(channel)
    if contact is None:
        return Suppression.NO_ADDRESS, {}
    return _PASSED if contact.address else (Suppression.INVALID_ADDRESS, {})


def _reachable(the: Situation, channel: Channel) -> Said:
    known = the.profile.unreachable.get(channel)
    if known is None or known.address_digest != the.contacts[channel].digest:
        return _PASSED
    return Suppression.UNREACHABLE, {"because": known.reason, "since": known.at.isoformat()}


def _sender_allowed(the: Situation, channel: Channel) -> Said:
    if channel is not Channel.SMS:
        return _PASSED
    country, rule = the.contacts[channel].country, the.countries[channel].sms
    senders = the.brand.outreach.sms.origination
    if not rule.allowed:
        return Suppression.NOT_ALLOWED_THERE, {"country": country or ""}
    sender = senders.get(country or "", senders.get("default", ""))
    named = bool(sender) and not any(letter.isdigit() for letter in sender)
    if named and not rule.alphanumeric:
        return Suppression.NOT_ALLOWED_THERE, {"country": country or "", "sender": "a number is needed"}
    return _PASSED


def _consented(the: Situation, channel: Channel) -> Said:
    """What is owed by law needs nobody's consent."""
    if the.spec.owed and channel is Channel.EMAIL:
        return None, {"owed": True}
    purpose = the.spec.purpose
    needed = the.countries[channel].consents(channel).of(purpose)
    standing = the.profile.standing(purpose, channel)
    service = the.profile.standing(Purpose.SERVICE, channel)
    stopped = service is not None and service.action is ConsentAction.WITHDRAWN
    if purpose is Purpose.CHECK_IN and stopped and not (standing and standing.action is ConsentAction.GRANTED):
        # Who wants no news of parcels here is not asked how it was, unless they have said that they want that.
        return Suppression.NO_CONSENT, {"opt_in": needed.value, "rule": "service_withdrawn"}
    verdict = allowed(channel, needed, standing, the.contacts[channel].digest)
    detail: dict[str, str | int | bool] = {"opt_in": needed.value, "rule": verdict.rule}
    if verdict.consent_id:
        detail["consent_id"] = verdict.consent_id
    return (None, detail) if verdict.allowed else (Suppression.NO_CONSENT, detail)


def _running(the: Situation, channel: Channel) -> Said:
    service = the.spec.purpose is Purpose.SERVICE
    return (Suppression.PAUSED, {}) if channel in the.paused and not service else _PASSED


def is_exempt(the: Situation) -> bool:
    """What is owed, and problems, are counted by caps and never kept back."""
    return the.spec.owed or the.spec.level is Level.PROBLEM


def counting(the: Situation, channel: Channel) -> list[Cap]:
    """The caps that this message would count against."""
    return [
        cap
        for cap in the.brand.outreach.caps
        if cap.channel in (None, channel) and cap.purpose in (None, the.spec.purpose)
    ]


def full_until(the: Situation, cap: Cap) -> datetime | None:
    """When the next message fits under the cap again; None where one does now."""
    since = the.now - timedelta(hours=cap.hours)
    within = sorted(
        one.at
        for one in the.sent
        if one.at > since
        and one.message_id != the.message_id
        and cap.channel in (None, one.channel)
        and cap.purpose in (None, one.purpose)
    )
    if len(within) < cap.at_most:
        return None
    return within[-cap.at_most] + timedelta(hours=cap.hours)


def _under_caps(the: Situation, channel: Channel) -> Said:
    if is_exempt(the):
        return None, {"exempt": True}
    for cap in counting(the, channel):
        if until := full_until(the, cap):
            return Suppression.CAPPED, {"at_most": cap.at_most, "hours": cap.hours, "until": until.isoformat()}
    return _PASSED


REACH: tuple[tuple[str, Callable[[Situation, Channel], Said]], ...] = (
    ("not_tried_before", _not_tried),
    ("carries_moment", _carries),
    ("has_address", _has_address),
    ("reachable", _reachable),
    ("sender_allowed", _sender_allowed),
    ("consent", _consented),
    ("not_paused", _running),
    ("under_caps", _under_caps),
)
"""Name and rule. A name is part of what is stored and explained: it is not renamed."""


def refusal(the: Situation, channel: Channel) -> tuple[Suppression | None, list[Check]]:
    """Why the channel is not used, or None; with the rule that decided (and the consent that it rests on)."""
    kept: list[Check] = []
    for rule, ask in REACH:
        reason, detail = ask(the, channel)
        if reason:
            return reason, [*kept, Check(rule=rule, channel=channel, outcome=reason.value, detail=detail)]
        if rule == "consent":
            kept.append(Check(rule=rule, channel=channel, outcome="passed", detail=detail))
    return None, kept
