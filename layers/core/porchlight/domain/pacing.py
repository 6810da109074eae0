"""The pace that a provider's quota allows: a token bucket that many processes share (GCRA). Pure arithmetic.

One number is stored: the instant at which all tokens that were given out will have been earned. Whoever takes ``n``
tokens moves it by ``n`` times the space between two; if it then lies more than ``AHEAD`` in the future, they are not
to be had. A token is good from its own instant on, so that whoever comes early waits, and for ``GOOD_FOR`` from then:
tokens that nobody used are lost, or a hundred processes could use theirs in the same second.

In any time ``w`` no more than ``per_second * (w + GOOD_FOR) + 1`` lease messages go out; where the clocks of processes
are ``s`` apart, ``per_second * s`` more.
"""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict

SECOND = 1_000_000
"""All instants and times are whole microseconds."""
AHEAD = SECOND
"""As long as this, a message may wait for its token."""
GOOD_FOR = SECOND
LEASES_PER_SECOND = 50
"""A lease is at most this part of a second's tokens: one item takes 1,000 writes a second."""
MOST_WAIT = timedelta(microseconds=AHEAD)


class Lease(BaseModel):
    """Tokens of one process."""

    model_config = ConfigDict(frozen=True)

    begins: int
    size: int
    left: int

    def is_good(self, now: int) -> bool:
        """True while a message may go out by it."""
        return self.left > 0 and now < self.begins + GOOD_FOR


def space(per_second: float) -> int:
    """Between two tokens."""
    return max(1, round(SECOND / per_second))


def wanted(before: Lease | None, per_second: float) -> int:
    """How many tokens a process takes at once: twice as many as it used of the lease before, so that a busy one writes
    rarely and an idle one wastes none.
    """
    most = max(1, int(per_second / LEASES_PER_SECOND))
    used = before.size - before.left if before else 0
    return max(1, min(most, 2 * used))


def first_of(earned: int, size: int, per_second: float) -> int:
    """The instant of the first token of a lease after which all that was given out is earned at ``earned``."""
    return earned - size * space(per_second)
