"""Ways to reach a shopper, and what may be sent by each."""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a shopper."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    """To the brand's app (SNS mobile push)."""
    WEB_PUSH = "web_push"
    """To a browser that said yes (VAPID)."""
    WHATSAPP = "whatsapp"


LOUD = frozenset({Channel.SMS, Channel.PUSH, Channel.WEB_PUSH, Channel.WHATSAPP})
"""Channels that make a sound: quiet hours are about them, and about everything that is not service."""


class Purpose(StrEnum):
    """What a message is for. It gates content and consent."""

    SERVICE = "service"
    """About what was ordered."""
    CHECK_IN = "check_in"
    """Asks how it was; sells nothing."""
    MARKETING = "marketing"


class Level(StrEnum):
    """How much a moment matters to the shopper: what the frequency preference goes by."""

    STEP = "step"
    KEY = "key"
    PROBLEM = "problem"
