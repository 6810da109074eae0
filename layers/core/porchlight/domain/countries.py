"""What a country asks of who writes to its people: quiet hours, opt-in, senders. Data of the brand pack
(``brand/default/countries.yaml``), for a brand to change.
"""

from datetime import time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import OptIn
from porchlight.domain.preferences import QuietHours

_STRICT = ConfigDict(frozen=True, extra="forbid")
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]

NINE_TO_EIGHT = QuietHours(start=time(21), end=time(8))


class QuietRule(BaseModel):
    """Quiet hours, and days that are quiet altogether."""

    model_config = _STRICT

    hours: QuietHours = NINE_TO_EIGHT
    weekdays: dict[Annotated[int, Field(ge=1, le=7)], QuietHours] = {}
    """By ISO weekday, where one has other hours (7: Sunday)."""
    quiet_weekdays: frozenset[Annotated[int, Field(ge=1, le=7)]] = Field(default=frozenset(), max_length=3)
    holidays: bool = False
    """True where public holidays are quiet altogether."""


class Consents(BaseModel):
    """Opt-in by purpose for one channel."""

    model_config = _STRICT

    service: OptIn = OptIn.NONE
    check_in: OptIn = OptIn.NONE
    marketing: OptIn = OptIn.SINGLE

    def of(self, purpose: Purpose) -> OptIn:
        """What the purpose needs."""
        return {Purpose.SERVICE: self.service, Purpose.CHECK_IN: self.check_in, Purpose.MARKETING: self.marketing}[
            purpose
        ]


class SenderRule(BaseModel):
    """What the country's networks let through as the sender of an SMS."""

    model_config = _STRICT

    allowed: bool = True
    alphanumeric: bool = True
    """A name may stand as the sender; False: a number must."""
    registration: str = ""
    """What the brand must register with before it may send (``10DLC``, ``DLT``)."""
    help_line: bool = False
    """The first SMS of a programme must say how to stop and get help."""


class CountryProfile(BaseModel):
    """One country. ``regions``: states with quiet hours of their own. Source: what the rules were read in."""

    model_config = _STRICT

    country: str = Field(pattern=r"^([A-Z]{2}|default)$")
    service: QuietRule | None = QuietRule()
    """For service news by loud channels; None: no hours of its own."""
    marketing: QuietRule = QuietRule()
    """For everything else, by any channel."""
    regions: dict[str, QuietRule] = {}
    """By ISO 3166-2 code without the country; for everything that is not service."""
    opt_in: dict[Channel, Consents] = {}
    sms: SenderRule = SenderRule()
    zone: str | None = None
    """Of countries that have one."""
    zones: tuple[str, ...] = ()
    """Of countries that have several: the first and the last to see the sun. Where the shopper's own is not known, the
    hour must be allowed in all of them.
    """
    source: str = ""

    def consents(self, channel: Channel) -> Consents:
        """What the channel needs here."""
        return self.opt_in.get(channel, Consents())
