"""Circuit breakers of providers: when nobody is asked any more, and when one message may try again. Pure rules.

::

    closed ──5 failures in a row, or half of those of a minute──► shut, 30 s … 10 min
       ▲                                                            │ its time is over
       └──────────── the one message was taken ◄──── half open ◄────┘ one message tries
                                                        │ it failed: shut again, twice as long

Only failures say something: a provider that is well is never written about. Each failure brings the successes of its
process since the failure before, so that the share is one of both.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.channels import Channel

IN_A_ROW = 5
"""So many failures of one process in a row shut the breaker."""
LEAST_FAILURES = 5
SHARE = 0.5
WINDOW = timedelta(minutes=1)
SHUT_FIRST, SHUT_MOST = timedelta(seconds=30), timedelta(minutes=10)
PROBE = timedelta(seconds=30)
"""How long the one message may take before another one tries."""


class Gate(StrEnum):
    """Whether a provider may be asked."""

    CLOSED = "closed"
    """It is well."""
    SHUT = "shut"
    HALF_OPEN = "half_open"
    """One message may try: whoever writes ``probed`` first."""


class Breaker(BaseModel):
    """What is known of one provider for one brand and channel. Nothing stored: it is well."""

    model_config = ConfigDict(frozen=True)

    brand: str
    channel: Channel
    provider: str
    window_from: AwareDatetime | None = None
    failed: int = 0
    taken: int = 0
    """Both within the window."""
    shut_until: AwareDatetime | None = None
    shut_times: int = 0
    """In a row: each time it is shut for twice as long."""
    version: int = 0

    def gate(self, now: datetime) -> Gate:
        """Whether it may be asked now. Shut for longer than anybody shuts it, it was by a clock that was wrong."""
        if self.shut_until is None:
            return Gate.CLOSED
        return Gate.SHUT if now < self.shut_until <= now + 2 * SHUT_MOST else Gate.HALF_OPEN


def probed(breaker: Breaker, now: datetime) -> Breaker:
    """One message tries: nobody else does meanwhile."""
    return breaker.model_copy(update={"shut_until": now + PROBE, "version": breaker.version + 1})


def worked(breaker: Breaker) -> Breaker:
    """The provider answered."""
    kept = {"brand", "channel", "provider"}
    return Breaker(**breaker.model_dump(include=kept), version=breaker.version + 1)


def failed(breaker: Breaker, now: datetime, *, in_a_row: int, taken: int, probe: bool, chance: float) -> Breaker:
    """The provider did not answer, or with an error of its own. ``in_a_row``, and ``taken`` since the failure before:
    of this process. ``chance`` (0 to 1) keeps many processes from trying again at the same instant.
    """
    begun = breaker.window_from
    fresh = begun is None or now - begun > WINDOW
    counts = {
        "window_from": now if fresh else begun,
        "failed": (0 if fresh else breaker.failed) + 1,
        "taken": (0 if fresh else breaker.taken) + taken,
    }
    after = breaker.model_copy(update={**counts, "version": breaker.version + 1})
    if breaker.gate(now) is not Gate.CLOSED and not probe:
        return after  # a late answer to what was asked before
    many = after.failed >= LEAST_FAILURES and after.failed >= SHARE * (after.failed + after.taken)
    if not probe and in_a_row < IN_A_ROW and not many:
        return after
    full = min(SHUT_FIRST * 2 ** min(breaker.shut_times, 10), SHUT_MOST)
    shut = now + full * (0.75 + chance / 4)
    return after.model_copy(update={"shut_until": shut, "shut_times": breaker.shut_times + 1})
