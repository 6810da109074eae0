"""When a message may be heard: quiet hours and days of the country, and of the shopper.

The hours of a day count from its midnight to midnight: where Sundays have other ones, they begin at 00:00 of Sunday.
What the clock does twice or leaves out (summer time) is read off the wall, as people read it.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from porchlight.domain.channels import LOUD, Channel, Purpose
from porchlight.domain.countries import CountryProfile, QuietRule
from porchlight.domain.dates import zone as known_zone
from porchlight.domain.preferences import QuietHours

LONGEST = timedelta(days=10)
"""Whatever the rules, somewhere within so long there is an hour for it."""

_DAY = timedelta(days=1)
_Place = tuple[str, str]
"""Country and region, for the calendar of holidays."""


def next_allowed(
    now: datetime,
    purpose: Purpose,
    channel: Channel,
    profile: CountryProfile,
    region: str | None,
    own: QuietHours | None,
    zone: str | None,
) -> datetime | None:
    """When a message that is ready ``now`` may go out; None: now.

    Service news is quiet by itself in an email. ``region``: the state, by ISO 3166-2 without the country. ``own``: the
    shopper's quiet hours. ``zone``: the shopper's, where it is known. If no hour of ``LONGEST`` is free of the
    country's hours and the shopper's, the country's alone are kept.
    """
    if purpose is Purpose.SERVICE and channel not in LOUD:
        return None
    rule = _rule(purpose, profile, region)
    place = (profile.country, region or "")
    zones = _zones(profile, zone)
    attempts: list[tuple[QuietHours | None, Sequence[ZoneInfo]]] = [(own, zones), (None, zones), (None, zones[:1])]
    for hours, places in attempts:
        found = _first_free(now, rule, place, hours, places)
        if found is not None:
            return None if found == now else found.astimezone(UTC)
    return (now + LONGEST).astimezone(UTC)


def _rule(purpose: Purpose, profile: CountryProfile, region: str | None) -> QuietRule | None:
    if purpose is Purpose.SERVICE:
        return profile.service
    return profile.regions.get(region or "", profile.marketing)


def _zones(profile: CountryProfile, name: str | None) -> Sequence[ZoneInfo]:
    """Where the hour must be allowed: the shopper's zone, else all that the country may mean."""
    names = (name,) if known_zone(name) else profile.zones or (profile.zone,)
    return [found for one in names if (found := known_zone(one))] or [ZoneInfo("UTC")]


def _first_free(
    now: datetime, rule: QuietRule | None, place: _Place, own: QuietHours | None, zones: Iterable[ZoneInfo]
) -> datetime | None:
    """The first instant from ``now`` on that is quiet in none of the zones; None: not within ``LONGEST``."""
    at = now
    while at <= now + LONGEST:
        ends = (_quiet_until(at.astimezone(zone), rule, place, own) for zone in zones)
        latest = max((end.astimezone(UTC) for end in ends if end), default=None)
        if latest is None:
            return at
        at = latest
    return None


def _quiet_until(local: datetime, rule: QuietRule | None, place: _Place, own: QuietHours | None) -> datetime | None:
    """The end of the quiet hour that ``local`` lies in, or of the longest of several; None where it is not quiet."""
    ends = [_end(local, own)] if own else []
    if rule:
        weekday = local.isoweekday()
        if weekday in rule.quiet_weekdays or (rule.holidays and _is_holiday(local.date(), place)):
            return _midnight(local)
        ends.append(_end(local, rule.weekdays.get(weekday, rule.hours)))
    found = [end for end in ends if end]
    return max(found, key=lambda end: end.astimezone(UTC)) if found else None


def _end(local: datetime, hours: QuietHours) -> datetime | None:
    """When these hours end today, or the day itself does; None where ``local`` is outside of them."""
    wall = local.timetz().replace(tzinfo=None, fold=0)
    if hours.start <= hours.end:
        return _at(local, hours.end) if hours.start <= wall < hours.end else None
    if wall < hours.end:
        return _at(local, hours.end)
    return _midnight(local) if wall >= hours.start else None


def _at(local: datetime, end: time) -> datetime:
    return datetime.combine(local.date(), end, tzinfo=local.tzinfo).replace(fold=local.fold)


def _midnight(local: datetime) -> datetime:
    return datetime.combine(local.date() + _DAY, time(), tzinfo=local.tzinfo)


def _is_holiday(day: date, place: _Place) -> bool:
    """True on a public holiday of the region, else of its country; never where they are not known."""
    from porchlight.domain.forecast.free_days import free_days  # calendars of all the world: only where asked for

    country, region = place
    return day.toordinal() in free_days(f"{country}-{region}" if region else country, day.year)
