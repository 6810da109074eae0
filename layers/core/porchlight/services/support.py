"""What shoppers write, passed on to the people who answer: the brand's ``sender.reply_to``."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.ids import stable_id
from porchlight.reaching import Courier, EmailContent, Outgoing

FORWARDED = "X-Porchlight-Forwarded"
"""Marks what we passed on: if it comes back, it goes no further."""

_HEADERS = {"Auto-Submitted": "auto-generated", FORWARDED: "1"}


@dataclass(frozen=True)
class Support:
    """Writes to the brand's own people, in plain English: they are no shoppers."""

    courier: Courier

    def pass_on(
        self,
        brand: BrandConfig,
        subject: str,
        text: str,
        key: str,
        now: datetime,
        *,
        reply_to: str = "",
        attached: bytes = b"",
    ) -> None:
        """Hand it over; raises as the courier does. ``key``: the same gives a message of the same id."""
        html = f"<p>{escape(text).replace(chr(10), '<br>')}</p>"
        self.courier.hand_over(
            Outgoing(
                brand=brand.brand_id,
                channel=Channel.EMAIL,
                message_id=stable_id("fwd", brand.brand_id, key),
                purpose=Purpose.SERVICE,
                to=brand.sender.reply_to,
                content=EmailContent(subject=subject, html=html, text=text, headers=_HEADERS, attached=attached),
                from_name=brand.sender.name,
                from_address=brand.sender.email,
                reply_to=reply_to or brand.sender.reply_to,
            ),
            now,
        )
