"""Rules about a moment as a whole: where one says no, it is told by no channel. Asked one after the other."""

from collections.abc import Callable

from porchlight.domain.channels import Level, Purpose
from porchlight.domain.experiments import Arm, arm_of
from porchlight.domain.fanout.situation import Situation
from porchlight.domain.messages import Check, MessageState, Suppression
from porchlight.domain.milestones import TERMINAL, Milestone
from porchlight.domain.preferences import Frequency
from porchlight.domain.segments import names_of
from porchlight.domain.telling import suppression

_GOING_OUT = frozenset({MessageState.SENDING, MessageState.SENT})
_ENOUGH = {
    Frequency.EVERY_STEP: frozenset(Level),
    Frequency.KEY_MOMENTS: frozenset({Level.KEY, Level.PROBLEM}),
    Frequency.ONLY_PROBLEMS: frozenset({Level.PROBLEM}),
}
_CALM = frozenset({Milestone.DELIVERED})

Said = tuple[Suppression | None, dict[str, str | int | bool]]
_PASSED: Said = (None, {})


def _erased(the: Situation) -> Said:
    erased_at = the.profile.erased_at
    # Who buys again is a customer again.
    return (Suppression.ERASED, {}) if erased_at and the.order.placed_at <= erased_at else _PASSED


def _offered(the: Situation) -> Said:
    return _PASSED if the.spec.enabled else (Suppression.MOMENT_OFF, {})


def _still_true(the: Situation) -> Said:
    found = suppression(
        *(the.news.moment, the.news.subject_id, the.order, the.shipment, the.messages, the.case, the.now),
        request=the.request,
        parcels=the.parcels if len(the.parcels) == the.parcel_count else None,
        returns=the.returns,
    )
    return found, {}


def _fresh(the: Situation) -> Said:
    age = the.now - the.news.event_at
    detail: dict[str, str | int | bool] = {"stale_hours": the.spec.stale_hours}
    return (Suppression.STALE, detail) if age > the.spec.stale_after else (None, detail)


def _wanted(the: Situation) -> Said:
    if the.spec.owed or the.spec.purpose not in the.profile.preferences.off:
        return _PASSED
    return Suppression.UNSUBSCRIBED, {"purpose": the.spec.purpose.value}


def _often_enough(the: Situation) -> Said:
    frequency = the.profile.preferences.frequency
    detail: dict[str, str | int | bool] = {"frequency": frequency.value, "level": the.spec.level.value}
    service = the.spec.purpose is Purpose.SERVICE
    if the.spec.owed or not service or the.spec.level in _ENOUGH[frequency]:
        return None, detail
    return Suppression.FREQUENCY, detail


def segments_of(the: Situation) -> list[str]:
    """The brand's groups that the shopper is in; the order's tier counts where no other is known."""
    traits = the.profile.traits
    if traits.tier is None and the.order.tier:
        traits = traits.model_copy(update={"tier": the.order.tier})
    return names_of(the.brand.outreach.segments, traits, the.now)


def _in_segment(the: Situation) -> Said:
    names = set(segments_of(the))
    if the.spec.only and not names & set(the.spec.only):
        return Suppression.SEGMENT, {"only": ",".join(the.spec.only)}
    if found := next((name for name in the.spec.never if name in names), None):
        return Suppression.SEGMENT, {"never": found}
    return _PASSED


def _calm(the: Situation) -> Said:
    """Nobody whose order is in trouble is asked how it was, or sold anything; nor twice for one order."""
    if the.spec.purpose is Purpose.SERVICE:
        return _PASSED
    order = the.order
    if order.cancelled_at or (order.delay and order.delay.is_open) or order.refunded.amount:
        return Suppression.TROUBLE, {"order": order.order_id}
    if the.return_count:
        return Suppression.TROUBLE, {"returns": the.return_count}
    if the.parcel_count > len(the.parcels):
        return Suppression.CONTINUED, {"parcels": the.parcel_count}  # not all were looked at
    for parcel in the.parcels:
        if parcel.is_return:
            return Suppression.TROUBLE, {"return_parcel": parcel.shipment_id}
        if (parcel.delay and parcel.delay.is_open) or parcel.milestone in TERMINAL - _CALM:
            return Suppression.TROUBLE, {"parcel": parcel.shipment_id}
        if parcel.milestone not in _CALM:
            return Suppression.CONTINUED, {"parcel": parcel.shipment_id}
    for one in the.messages:
        # The same on another channel is no other message.
        another = one.moment is the.news.moment and one.subject_id != the.news.subject_id
        if another and one.state in _GOING_OUT:
            return Suppression.CONTINUED, {"message_id": one.message_id}
    return _PASSED


def _in_the_test(the: Situation) -> Said:
    if the.spec.owed:
        return _PASSED
    for name, experiment in the.brand.outreach.experiments.items():
        if experiment.moment is not the.news.moment:
            continue
        held = arm_of(name, experiment, the.order.shopper_id) is Arm.HELD_OUT
        detail: dict[str, str | int | bool] = {"experiment": name, "version": experiment.version}
        return (Suppression.HELD_OUT, detail) if held else (None, detail)
    return _PASSED


GATES: tuple[tuple[str, Callable[[Situation], Said]], ...] = (
    ("not_erased", _erased),
    ("moment_offered", _offered),
    ("still_true", _still_true),
    ("fresh", _fresh),
    ("purpose_wanted", _wanted),
    ("frequency", _often_enough),
    ("segment", _in_segment),
    ("no_trouble", _calm),
    ("experiment", _in_the_test),
)
"""Name and rule. A name is part of what is stored and explained: it is not renamed."""


def gates(the: Situation) -> tuple[Suppression | None, list[Check]]:
    """The first reason not to tell it at all, and what was asked up to there."""
    checks: list[Check] = []
    for rule, ask in GATES:
        reason, detail = ask(the)
        checks.append(Check(rule=rule, outcome=reason.value if reason else "passed", detail=detail))
        if reason:
            return reason, checks
    return None, checks


NOT_AT_ALL = frozenset(
    {
        *(Suppression.ERASED, Suppression.MOMENT_OFF, Suppression.OVERTAKEN, Suppression.CANCELLED),
        *(Suppression.STALE, Suppression.UNSUBSCRIBED, Suppression.FREQUENCY, Suppression.SEGMENT),
        *(Suppression.TROUBLE, Suppression.CONTINUED, Suppression.HELD_OUT),
    }
)
"""What a gate can say; all other reasons are of single channels."""
