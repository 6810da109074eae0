"""When a message goes out: at once, or held."""

from datetime import datetime, time, timedelta

from porchlight.domain.channels import Channel, Level, Purpose
from porchlight.domain.countries import QuietRule
from porchlight.domain.dates import zone
from porchlight.domain.fanout.situation import Situation
from porchlight.domain.messages import Hold
from porchlight.domain.preferences import Digest, QuietHours
from porchlight.domain.quiet import next_allowed
from porchlight.domain.telling import hold as hold_delay

_DAY = timedelta(days=1)
_NEVER_QUIET = QuietRule(hours=QuietHours(start=time(0), end=time(0)))


def held(the: Situation, channel: Channel) -> tuple[datetime, Hold] | None:
    """Until when it waits, and what for; None: it goes out now.

    What gathers several messages comes first, quiet hours last: whatever waits, it ends outside of them.
    """
    at, why = the.now, None
    # The same on another channel, or its own attempt that is in doubt, is no other message.
    news = (the.news.moment, the.news.subject_id)
    others = [one for one in the.messages if (one.moment, one.subject_id) != news]
    if until := hold_delay(
        *(the.news.moment, the.news.kind, the.brand, the.order, the.shipment, others, the.now),
        waited=the.released,
    ):
        at, why = until, Hold.ONE_A_DAY
    elif not the.released and in_digest(the):
        at, why = _digest_time(the), Hold.DIGEST
    elif not the.released and gathers(the):
        at, why = the.now + timedelta(minutes=the.spec.gather_minutes), Hold.GATHER
    if quiet := _quiet_until(the, channel, at):
        # A digest that would fall into quiet hours still is a digest.
        at, why = quiet, why if why in (Hold.DIGEST, Hold.GATHER) else Hold.QUIET_HOURS
    return (at, why) if why else None


def _quiet_until(the: Situation, channel: Channel, at: datetime) -> datetime | None:
    own = the.profile.preferences.quiet
    purpose, urgent = the.spec.purpose, the.spec.urgent and the.brand.outreach.urgent_passes_quiet_hours
    rules = the.countries[channel]
    if purpose is Purpose.SERVICE and urgent:
        rules = rules.model_copy(update={"service": _NEVER_QUIET})
    # Where a country has several zones a guess is not good enough: the hour is asked for in all of them.
    place, name = the.order.destination, the.own_zone if rules.zones else the.zone
    region = place.region if place.country == rules.country else None
    return next_allowed(at, purpose, channel, rules, region, own, name)


def in_digest(the: Situation) -> bool:
    """True where it waits for the day's one message: never a problem, nor what is of use only now."""
    spec = the.spec
    calm = spec.purpose is Purpose.SERVICE and spec.level is not Level.PROBLEM
    return calm and not spec.urgent and not spec.owed and the.profile.preferences.digest is Digest.DAILY


def gathers(the: Situation) -> bool:
    """True where other parcels of the order may come to the same moment within minutes."""
    return bool(the.spec.gather_minutes and the.news.shipment_id and the.parcel_count > 1)


def _digest_time(the: Situation) -> datetime:
    """The next time of the day at which digests go out, local to the shopper."""
    place = zone(the.zone) or the.now.tzinfo
    local = the.now.astimezone(place)
    at = datetime.combine(local.date(), the.brand.outreach.digest_at, tzinfo=place)
    if at <= local:
        at = datetime.combine(local.date() + _DAY, the.brand.outreach.digest_at, tzinfo=place)
    return at.astimezone(the.now.tzinfo)


def follow_up_at(the: Situation, wait: timedelta, since: datetime) -> datetime:
    """When a moment that follows another one is due: after its wait, at its own time of the day where it has one."""
    due = since + wait
    if the.spec.at is None:
        return due
    place = zone(the.zone) or the.now.tzinfo
    local = due.astimezone(place)
    at = datetime.combine(local.date(), the.spec.at, tzinfo=place)
    if at < local:
        at = datetime.combine(local.date() + _DAY, the.spec.at, tzinfo=place)
    return at.astimezone(the.now.tzinfo)
