"""Sendle: its tracking API, and the pushes of a parcel that was subscribed to (unsigned)."""

from typing import TYPE_CHECKING

from porchlight.carriers.unsigned import Unsigned

if TYPE_CHECKING:
    from porchlight.carriers.sendle.client import SendleSubscriptions


class Sendle(Unsigned):
    """Signs nothing, but can be told to push."""

    @property
    def subscriptions(self) -> "SendleSubscriptions":
        """How Sendle is told to push."""
        from porchlight.carriers.sendle.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = Sendle("sendle", "Sendle")
