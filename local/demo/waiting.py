"""Waiting for what the story says must come."""

from collections.abc import Callable

from local.cloud.waiting import eventually


class StoryError(Exception):
    """Something did not go as the story has it."""


class NeverCameError(AssertionError):
    """What was waited for did not come in time."""


def awaited[T](look: Callable[[], T], what: str, *, within: float = 30) -> T:
    """The first true thing that ``look`` sees; NeverCameError with ``what`` otherwise."""
    found = eventually(look, within)
    if not found:
        raise NeverCameError(f"not within {within:.0f} s: {what}")
    return found
