"""What all providers of SMS are told."""

from porchlight.domain.channels import Purpose
from porchlight.errors import PermanentProviderError
from porchlight.reaching import Outgoing, TextContent


def text_of(message: Outgoing) -> TextContent:
    """The text."""
    if not isinstance(message.content, TextContent):
        raise PermanentProviderError("not a text", code="wrong-content")
    return message.content


def message_type(purpose: Purpose) -> str:
    """Promotional texts go another way in many countries; a check-in sells nothing, but nobody waits for it."""
    return "Transactional" if purpose is Purpose.SERVICE else "Promotional"


def price(text: TextContent) -> str:
    """The most that the text may cost, in US dollars as AWS writes them; "" where there is no limit."""
    return f"{text.max_price_cents / 100:.2f}" if text.max_price_cents else ""
