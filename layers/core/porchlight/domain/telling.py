"""Whether a moment is still to be told, and whether now: what has been overtaken is not told, and small news of a delay
waits for the next morning where another message was sent that day.

Pure: what is known of the order, its parcel and its messages comes in, and a decision comes out.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from porchlight.domain import mail_order
from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Case, CaseState
from porchlight.domain.dates import local_day, zone
from porchlight.domain.delays import WEIGHT, Delay, DelayKind
from porchlight.domain.echoes import is_echo
from porchlight.domain.messages import DELAY_MOMENTS, MessageRecord, MessageState, Suppression, overtaken
from porchlight.domain.milestones import LAST_MILE, Milestone, Signal
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.domain.playbooks import AskStep, ClaimStep, CreditStep, LostStep, playbook
from porchlight.domain.remedies import ENDING
from porchlight.domain.returns import GIVEN_UP, Return, ReturnState
from porchlight.domain.rma.said import is_waited_for
from porchlight.domain.shipments import Shipment
from porchlight.domain.signals import current

QUESTIONS = frozenset({Moment.DELAY_QUESTION, Moment.DELAY_OPTION})
_STATEMENTS = frozenset({Moment.DELAY_DECLARED, Moment.DELAY_UPDATED})
_OF_AN_OPEN_ORDER = (
    _STATEMENTS
    | QUESTIONS
    | {Moment.ORDER_CONFIRMED, Moment.DELAY_RECOVERED, Moment.IN_PRODUCTION, Moment.SPLIT_SHIPMENT}
    | {Moment.DAY_CHANGED, Moment.ABROAD, Moment.INSTALLATION_DUE}
)
"""Nobody waits for an order that was cancelled."""

_ON_ITS_WAY = frozenset({Milestone.UNKNOWN, Milestone.PRE_TRANSIT, Milestone.ACCEPTED, Milestone.IN_TRANSIT})
_WHILE_AT: dict[Moment, frozenset[Milestone]] = {
    Moment.ABROAD: _ON_ITS_WAY,
    Moment.DAY_CHANGED: _ON_ITS_WAY,
    Moment.DRIVER_NEAR: _ON_ITS_WAY | {Milestone.OUT_FOR_DELIVERY},
    Moment.PICKUP_REMINDER: frozenset({Milestone.AVAILABLE_FOR_PICKUP}),
    **dict.fromkeys(
        (*(Moment.WELCOME, Moment.SATISFACTION, Moment.REVIEW_REQUEST), *(Moment.REPLENISHMENT, Moment.RELATED_OFFER)),
        frozenset({Milestone.DELIVERED}),
    ),
}
"""Where a parcel has to be for these to be still true."""
_WHILE_RETURN: dict[Moment, frozenset[ReturnState]] = {
    Moment.RETURN_REQUESTED: frozenset({ReturnState.REQUESTED, ReturnState.IN_REVIEW}),
    Moment.RETURN_APPROVED: frozenset(ReturnState) - GIVEN_UP,
    Moment.RETURN_REFUSED: frozenset({ReturnState.REFUSED}),
    Moment.RETURN_LABEL: frozenset({ReturnState.APPROVED}),
    Moment.RETURN_SCANNED: frozenset({ReturnState.IN_TRANSIT}),
    Moment.RETURN_RECEIVED: frozenset(ReturnState) - GIVEN_UP,
    Moment.RETURN_CANCELLED: frozenset({ReturnState.CANCELLED}),
}
_GOING_OUT = frozenset({MessageState.PLANNED, MessageState.SENDING, MessageState.SENT})

MORE_FOLLOWS = timedelta(minutes=15)
"""So long a delay's message waits for the question that its playbook puts at once, or for what is done at once: the
message about that says it all.
"""

CLOCKS_DIFFER = timedelta(minutes=2)
"""So far ahead of ours a courier's clock may be."""

MORNING = time(8)
"""When news that had to wait for the next day is sent, local to where the parcel goes."""


def suppression(
    moment: Moment,
    subject_id: str,
    order: Order,
    shipment: Shipment | None,
    messages: Sequence[MessageRecord],
    case: Case | None,
    now: datetime,
    *,
    request: Return | None = None,
    parcels: Sequence[Shipment] | None = None,
    returns: Sequence[Return] = (),
) -> Suppression | None:
    """Why the news is none any more, or None. Asked when it is planned and again right before it is sent.

    ``case``: what a question is about. ``request``: the return that it is about. ``parcels``: all of the order, None
    where nobody knows; they and the ``returns`` are asked for by few moments.
    """
    back = shipment is not None and shipment.is_return
    if moment in _OF_AN_OPEN_ORDER and order.cancelled_at and not back:
        return Suppression.CANCELLED
    if shipment and overtaken(moment, shipment.milestone):
        return Suppression.OVERTAKEN
    if shipment and moment in _WHILE_AT and shipment.milestone not in _WHILE_AT[moment]:
        return Suppression.OVERTAKEN
    if request and moment in _WHILE_RETURN and request.state not in _WHILE_RETURN[moment]:
        return Suppression.OVERTAKEN
    if request and moment is Moment.RETURN_REMINDER and not is_waited_for(request):
        return Suppression.OVERTAKEN
    if moment is Moment.SPLIT_SHIPMENT and parcels is not None and not _are_several(parcels):
        return Suppression.OVERTAKEN
    if moment is Moment.REFUND_ISSUED and is_echo(subject_id, order, returns, messages, now):
        return Suppression.CONTINUED
    delay = shipment.delay if shipment else order.delay
    told = [message for message in messages if delay and _is_about(message, delay, shipment)]
    if moment is Moment.PICKUP_REMINDER and _is_warned(delay, told):
        return Suppression.CONTINUED
    gone = (
        (moment in _STATEMENTS and _statement_is_over(moment, subject_id, delay, shipment, told))
        or (moment in QUESTIONS and not _is_asked(case, delay, now))
        or (moment is Moment.DELAY_RECOVERED and not _recovery_is_news(subject_id, delay, shipment, told))
        or (moment is Moment.DAY_CHANGED and not _is_last_change(subject_id, delay, shipment))
        or (moment is Moment.DRIVER_NEAR and not _is_near(shipment, now))
        or (moment is Moment.INSTALLATION_DUE and subject_id not in _stages(order))
    )
    return Suppression.OVERTAKEN if gone else None


def hold(
    moment: Moment,
    kind: DelayKind | None,
    brand: BrandConfig,
    order: Order,
    shipment: Shipment | None,
    messages: Sequence[MessageRecord],
    now: datetime,
    *,
    waited: bool = False,
) -> datetime | None:
    """Until when a message about a delay waits; None: it is sent at once. ``messages``: others of the order.

    The shopper gets one such message a day, unless the delay has become a graver one, and none beside a question or a
    remedy. ``waited``: it has waited for those, which did not come.
    """
    delay = shipment.delay if shipment else order.delay
    if moment not in _STATEMENTS or delay is None:
        return None
    if not waited and _more_follows(delay, brand, order, shipment, now):
        return now + MORE_FOLLOWS
    if moment is Moment.DELAY_DECLARED:
        return None
    name = (shipment.zone if shipment else None) or order.destination.zone or brand.zone
    today = local_day(now, name)
    known = [
        message.kind
        for message in messages
        if _is_about(message, delay, shipment)
        and message.state in (MessageState.SENDING, MessageState.SENT)
        and message.moment in _STATEMENTS | QUESTIONS
        and local_day(message.sent_at or message.planned_at, name) == today
    ]
    graver = kind is not None and all(one is not None and WEIGHT[one] < WEIGHT[kind] for one in known)
    if not known or graver:
        return None
    morning = datetime.combine(today + timedelta(days=1), MORNING, tzinfo=zone(name) or now.tzinfo)
    return morning.astimezone(now.tzinfo)


def _are_several(parcels: Sequence[Shipment]) -> bool:
    """True while more than one parcel is still to come."""
    return sum(parcel.is_open and not parcel.is_return for parcel in parcels) > 1


def _is_warned(delay: Delay | None, told: Sequence[MessageRecord]) -> bool:
    """True where the shopper has heard, or is about to, that a parcel goes back if nobody collects it."""
    if delay is None or not delay.is_open or delay.kind is not DelayKind.PICKUP_EXPIRING:
        return False
    return any(one.moment in _STATEMENTS | QUESTIONS and one.state in _GOING_OUT for one in told)


def _is_last_change(subject_id: str, delay: Delay | None, shipment: Shipment | None) -> bool:
    """True while no later change, and no delay, has taken the place of the day that it tells."""
    if shipment is None or shipment.told is None or (delay and delay.is_open):
        return False
    return subject_id == f"{shipment.shipment_id}#{shipment.told.revision}"


def _is_near(shipment: Shipment | None, now: datetime) -> bool:
    said = current(shipment.signals, shipment.milestone_at, now + CLOCKS_DIFFER) if shipment else None
    return said is not None and said[0] is Signal.DRIVER_NEARBY


def _stages(order: Order) -> set[str]:
    """Subjects of what the shop says now: an appointment that was moved is another one."""
    return {stage.subject(order.order_id) for stage in order.stages}


def _is_about(message: MessageRecord, delay: Delay, shipment: Shipment | None) -> bool:
    """True for messages about this delay: the parcel's (or the order's own), since it was declared."""
    parcel = shipment.shipment_id if shipment else None
    return message.moment in DELAY_MOMENTS and message.shipment_id == parcel and message.planned_at >= delay.declared_at


def _statement_is_over(
    moment: Moment, subject_id: str, delay: Delay | None, shipment: Shipment | None, told: Sequence[MessageRecord]
) -> bool:
    """True where the delay has ended, has become what a newer message tells, or was put as a question since."""
    if delay is None or not delay.is_open or (shipment and not shipment.is_awaited):
        return True
    revised = f"{delay.delay_id}#{delay.revision}" if delay.revision else delay.delay_id
    if subject_id != revised:
        return True
    since = delay.updated_at or delay.declared_at
    return any(one.moment in QUESTIONS and one.state in _GOING_OUT and one.planned_at >= since for one in told)


def _is_asked(case: Case | None, delay: Delay | None, now: datetime) -> bool:
    """True while the question is open and its delay still asks it."""
    open_ = case is not None and case.state is CaseState.OPEN and now < case.deadline
    return open_ and delay is not None and delay.is_open and case is not None and delay.case_id == case.case_id


def _recovery_is_news(
    subject_id: str, delay: Delay | None, shipment: Shipment | None, told: Sequence[MessageRecord]
) -> bool:
    """True where the shopper was told of the delay, and no message of the parcel's own says better where it is now."""
    if delay is None or delay.delay_id != subject_id or shipment is None:
        return False
    if not shipment.is_open or shipment.milestone in LAST_MILE:
        return False
    return any(one.moment in _STATEMENTS | QUESTIONS and one.state is MessageState.SENT for one in told)


def _more_follows(delay: Delay, brand: BrandConfig, order: Order, shipment: Shipment | None, now: datetime) -> bool:
    """True where nothing comes before a question to the shopper, or before a remedy that ends it."""
    policy = brand.delays
    if delay.committed or delay.chosen in ENDING:
        return True
    if shipment is None and mail_order.applies(order, policy):
        return isinstance(mail_order.next_step(order, brand, delay.agreed, now), mail_order.Question)
    steps = playbook(delay.kind, order.tier, policy.playbooks, policy.tiers, policy.wait_for_news_days)
    first = next((step for step in steps[delay.step :] if not isinstance(step, CreditStep | ClaimStep)), None)
    return isinstance(first, AskStep | LostStep)
