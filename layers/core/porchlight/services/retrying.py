"""Optimistic writes: read, decide, write; and again from the start while somebody else was quicker."""

import random
import time
from collections.abc import Callable

from porchlight.errors import ConflictError, TransientError

_TRIES = 10
_PAUSE_SECONDS = 0.02


def until_settled[T](attempt: Callable[[], T]) -> T:
    """The result of ``attempt``, which reads anew each time; TransientError if the record never comes to rest.
    A conflict with a code of its own is an answer, and passed on.
    """
    for tries in range(_TRIES):
        try:
            return attempt()
        except ConflictError as error:
            if error.problem != ConflictError.code:
                raise
            time.sleep(random.uniform(0, _PAUSE_SECONDS * tries))  # noqa: S311 - apart, not secret
    raise TransientError("the record keeps changing")
