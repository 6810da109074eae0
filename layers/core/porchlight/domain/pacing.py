"""The pace that a provider's quota allows: a token bucket that many processes share (GCRA). Pure arithmetic.

One number is stored: the instant at which all tokens that were given out will have been earned. Whoever takes ``n``
tokens moves it by ``n`` times the space between two; where it lies more than ``AHEAD`` in the future already, none are
to be had. The tokens are good from where it lay before, so that whoever comes early waits, and for ``GOOD_FOR`` from
then: what nobody used is lost, or a hundred processes could use theirs in the same second.

In any time ``w`` no more than ``per_second * (w + GOOD_FOR)`` messages and one lease go out; where the clocks of
processes are ``s`` apart, ``per_second * s`` more.
"""

from pydantic import BaseModel, ConfigDict

SECOND = 1_000_000
"""All instants and times are whole microseconds."""
AHEAD = SECOND
"""As long as this, a message may wait for its token."""
GOOD_FOR = SECOND
FAR = 600 * SECOND
"""No clock that can be trusted is so far ahead of another one."""
LEASES_PER_SECOND = 50
"""A lease is at most this part of a second's tokens: one item takes 1,000 writes a second."""


class Lease(BaseModel):
    """Tokens of one process."""

    model_config = ConfigDict(frozen=True)

    begins: int
    size: int
    left: int

    def has(self, tokens: int, now: int) -> bool:
        """True while a message of so many tokens may go out by it."""
        return self.left >= tokens and self.begins - AHEAD <= now < self.begins + GOOD_FOR


def space(per_second: float) -> int:
    """Between two tokens."""
    return max(1, round(SECOND / per_second))


def wanted(before: Lease | None, tokens: int, per_second: float) -> int:
    """How many tokens a process takes at once for a message that takes ``tokens``: some more than the last time where
    it used all of these, else as many as it used; so that a busy one writes rarely and an idle one wastes none.
    """
    if before is None:
        return tokens
    size = before.size + tokens if before.left < tokens else before.size - before.left
    return max(tokens, min(size, int(per_second / LEASES_PER_SECOND)))


def astray(now: int, length: int) -> int:
    """What lies beyond was written by a clock that was wrong, and counts for nothing: all would wait for it."""
    return now + AHEAD + FAR + 20 * length


def moved(earned: int | None, now: int, length: int) -> int | None:
    """Where the stored instant lies after a lease of this length; None where the lease would begin too late. What
    ``adapters/dynamodb/quotas.py`` asks of the table in one conditional update.
    """
    if earned is None or earned < now or earned > astray(now, length):
        return now + length
    return earned + length if earned <= now + AHEAD else None
