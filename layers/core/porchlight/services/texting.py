"""Short answers by SMS and WhatsApp that are no news of an order: to sign-ups, and to words that were sent to us."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.domain.addresses import Number
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.ids import stable_id
from porchlight.domain.sms import fit
from porchlight.errors import PermanentProviderError, TransientError
from porchlight.ports import Metrics, Renderer
from porchlight.reaching import Courier, Outgoing, TextContent

_WORTH_IT = timedelta(hours=1)
_MOST_PARTS = 5


@dataclass(frozen=True)
class Texts:
    """Sends the words under ``sms``."""

    courier: Courier
    renderer: Renderer
    metrics: Metrics

    def say(self, brand: BrandConfig, number: Number, word: str, language: str | None, key: str, now: datetime) -> bool:
        """Send the word ``confirm``, ``started``, ``stopped`` or ``help``; False where it could not be. ``key``: the
        same gives a message of the same id.
        """
        if Channel.SMS not in brand.outreach.providers:
            return False
        facts = {"brand": brand.name, "support": str(brand.support_url)}
        fitting = fit((self.renderer.words(brand, "sms", facts, language)[word],), _MOST_PARTS)
        if fitting is None:
            return False
        senders = brand.outreach.sms.origination
        message = Outgoing(
            brand=brand.brand_id,
            channel=Channel.SMS,
            message_id=stable_id("txt", brand.brand_id, number.e164, word, key),
            purpose=Purpose.SERVICE,
            to=number.e164,
            country=number.country,
            content=TextContent(
                text=fitting.text, parts=fitting.segments, max_price_cents=brand.outreach.sms.max_price_cents
            ),
            from_address=senders.get(number.country or "", senders.get("default", "")),
            expires_at=now + _WORTH_IT,
        )
        try:
            self.courier.hand_over(message, now)
        except (PermanentProviderError, TransientError):
            self.metrics.count("TextsNotSent", word=word)
            return False
        return True
