"""How a brand stands with a source that it asks: a line for each account, with its breaker and its pace. Pure rules.

A line is shut after failures in a row, and opens by itself: for one call first (half open), and for all if that is
answered. Refused credentials and "too many requests" shut it too. ``chance`` is a number from 0 to 1 that keeps the
lines of a hundred deployments from trying again at the same instant.
"""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

FAILURES_TO_SHUT = 5
SHUT_FIRST, SHUT_MOST = timedelta(minutes=1), timedelta(hours=1)
REFUSED_FOR = timedelta(hours=1)
"""Credentials that are refused are not tried again sooner: an operator has to look at them."""
LONGEST_RETRY_AFTER = timedelta(hours=24)
"""Daily quotas are told by Retry-After; what is longer is a mistake."""
LEASE = timedelta(seconds=58)
"""How long one run has the lines of a source to itself: less than the minute between runs, more than a run takes."""

FAILING, THROTTLED, REFUSED = "failing", "throttled", "refused"


class Line(BaseModel):
    """The line to a source on one account."""

    model_config = ConfigDict(frozen=True)

    of: str = ""
    """A digest of the account's credentials: with others it is another line, and what was refused is tried at once."""
    failures: int = 0
    """In a row."""
    shut_times: int = 0
    """How often it was shut since the last good answer: 0 while it is sound."""
    shut_until: AwareDatetime | None = None
    why: str = ""
    forbidden: bool = False
    """The account was forbidden something, and nothing good has come since: once may be the number's fault."""
    next_call_at: AwareDatetime | None = None
    """The rate limit allows no call before."""


class Exchange(BaseModel):
    """All lines of a brand to one source, and who works with them now."""

    model_config = ConfigDict(frozen=True)

    brand: str
    kind: str
    """``carriers`` or ``stores``."""
    source: str
    lines: dict[str, Line] = Field(default_factory=dict)
    """By account."""
    leased_until: AwareDatetime | None = None
    version: int = 0

    def is_free(self, now: datetime) -> bool:
        """True if no other run works with the lines."""
        return self.leased_until is None or self.leased_until <= now


def is_open(line: Line, now: datetime) -> bool:
    """True if the line may be used; where it was shut before, for one call until that is answered."""
    return line.shut_until is None or line.shut_until <= now


def took_call(line: Line, now: datetime, calls_per_minute: float) -> Line:
    """The line after a call has begun: the next one may begin an even part of a minute later (one a day at least)."""
    return line.model_copy(update={"next_call_at": now + timedelta(minutes=1) / max(1 / 1440, calls_per_minute)})


def good(line: Line) -> Line:
    """The line after an answer, whatever it said of the number."""
    if not line.failures and not line.shut_times and not line.forbidden:
        return line
    return line.model_copy(update={"failures": 0, "shut_times": 0, "shut_until": None, "why": "", "forbidden": False})


def forbidden(line: Line) -> Line:
    """The line after a first "forbidden"."""
    return line.model_copy(update={"forbidden": True})


def bad(line: Line, now: datetime, chance: float) -> Line:
    """The line after a call that nobody answered, or answered with an error of its own."""
    failures = line.failures + 1
    after = line.model_copy(update={"failures": failures})
    if failures < FAILURES_TO_SHUT and not line.shut_times:
        return after
    return _shut(after, now, _growing(line, chance), FAILING)


def throttled(line: Line, now: datetime, retry_after: timedelta | None, chance: float) -> Line:
    """The line after "too many requests": it says until when, or we guess."""
    if retry_after is None:
        return _shut(line, now, _growing(line, chance), THROTTLED)
    return _shut(line, now, min(max(retry_after, timedelta(seconds=1)), LONGEST_RETRY_AFTER), THROTTLED)


def refused(line: Line, now: datetime) -> Line:
    """The line after credentials that are not (or no longer) good."""
    return _shut(line, now, REFUSED_FOR, REFUSED)


def _growing(line: Line, chance: float) -> timedelta:
    """Doubling from the first to the longest, of which half is left to chance."""
    full: timedelta = min(SHUT_FIRST * 2 ** min(line.shut_times, 12), SHUT_MOST)
    return full * (0.5 + chance / 2)


def _shut(line: Line, now: datetime, wait: timedelta, why: str) -> Line:
    return line.model_copy(update={"shut_until": now + wait, "shut_times": line.shut_times + 1, "why": why})
