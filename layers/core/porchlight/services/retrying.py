"""Optimistic writes: read, decide, write; and again from the start while somebody else was quicker."""

from collections.abc import Callable

from porchlight.errors import ConflictError, TransientError

_TRIES = 6


def until_settled[T](attempt: Callable[[], T]) -> T:
    """The result of ``attempt``, which reads anew each time; TransientError if the record never comes to rest."""
    for _ in range(_TRIES):
        try:
            return attempt()
        except ConflictError:
            continue
    raise TransientError("the record keeps changing")
