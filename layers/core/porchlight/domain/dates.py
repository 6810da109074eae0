"""Local dates and honest ranges. A range is two local days at the destination; a single day is a range of one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, model_validator


class DateRange(BaseModel):
    """From the most likely day to the latest one, both local days at the destination, in ``zone`` where it is known."""

    model_config = ConfigDict(frozen=True)

    earliest: date
    latest: date
    zone: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "DateRange":
        if self.latest < self.earliest:
            raise ValueError("latest is before earliest")
        return self


def zone(name: str | None) -> ZoneInfo | None:
    """The zone, or None where the name is missing or unknown (a destination without zone is no error)."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def local_day(instant: datetime, zone_name: str | None) -> date:
    """The calendar day of an aware instant at the destination (UTC where its zone is not known)."""
    return instant.astimezone(zone(zone_name) or UTC).date()


def end_of_day(day: date, zone_name: str | None) -> datetime:
    """The first UTC instant after the local day is over.

    Where the zone is not known, the day is over when it is over everywhere (UTC-12): a promise is never called
    broken early.
    """
    following = day + timedelta(days=1)
    known = zone(zone_name)
    if known is None:
        return datetime(following.year, following.month, following.day, 12, tzinfo=UTC)
    return datetime(following.year, following.month, following.day, tzinfo=known).astimezone(UTC)


def start_of_day(day: date, zone_name: str | None) -> datetime:
    """The UTC instant at which the local day begins; where the zone is not known, when it has begun everywhere
    (UTC-12).
    """
    return end_of_day(day - timedelta(days=1), zone_name)


def working_days_after(instant: datetime, days: int, zone_name: str | None) -> datetime:
    """The same local time ``days`` working days later, as an instant in UTC; weekends count as their Monday."""
    local = instant.astimezone(zone(zone_name) or UTC)
    day = add_working_days(local.date(), days)
    return local.replace(year=day.year, month=day.month, day=day.day).astimezone(UTC)


def add_working_days(day: date, days: int) -> date:
    """The day ``days`` working days (Monday to Friday) after ``day``; 0 moves a weekend day to the next Monday."""
    result = day
    while result.weekday() >= 5:
        result += timedelta(days=1)
    for _ in range(days):
        result += timedelta(days=1)
        while result.weekday() >= 5:
            result += timedelta(days=1)
    return result
