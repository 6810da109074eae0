"""The consent ledger: what a shopper has agreed to, what was shown, and when. Append-only; where things stand follows
from the newest record of each purpose and channel.
"""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.channels import Channel, Purpose

_STORED = ConfigDict(frozen=True)


class ConsentAction(StrEnum):
    """What a record says."""

    ASKED = "asked"
    """Signed up where double opt-in is asked for: counts for nothing until confirmed."""
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class ConsentSource(StrEnum):
    """Where it came from."""

    CHECKOUT = "checkout"
    TRACKING_PAGE = "tracking_page"
    PREFERENCE_CENTRE = "preference_centre"
    KEYWORD = "keyword"
    """STOP, START and their like, by SMS or WhatsApp."""
    ONE_CLICK = "one_click"
    """RFC 8058, or the page behind the same link."""
    CONFIRMATION = "confirmation"
    """The answer to a double opt-in."""
    COMPLAINT = "complaint"
    IMPORT = "import"
    API = "api"


class ConsentRecord(BaseModel):
    """One entry of the ledger. Never changed and never deleted while the brand must prove it."""

    model_config = _STORED

    brand: str
    shopper_id: str
    consent_id: str
    purpose: Purpose
    channel: Channel
    action: ConsentAction
    source: ConsentSource
    wording: str = Field(default="", max_length=2_000)
    """What was shown, word for word."""
    language: str = ""
    proof: str = Field(default="", max_length=200)
    """What can prove it: id of the message, form or import; never an address."""
    address_digest: str = ""
    """Of the number or address that it is about: consent does not move to another one."""
    confirmed: bool = False
    """The address itself has said so: by the answer to a double opt-in, or by a word sent from it."""
    at: AwareDatetime
    recorded_at: AwareDatetime


class Standing(BaseModel):
    """Where a purpose on a channel stands (``consent_rules.standing``)."""

    model_config = _STORED

    action: ConsentAction
    consent_id: str
    at: AwareDatetime
    address_digest: str = ""
    confirmed: bool = False


def standing_key(purpose: Purpose, channel: Channel) -> str:
    """``marketing/sms``."""
    return f"{purpose.value}/{channel.value}"


class OptIn(StrEnum):
    """What a country asks for before a purpose may use a channel."""

    NONE = "none"
    """May be sent until the shopper says no."""
    SOFT = "soft"
    """To customers, about what is like what they bought, until they say no (Art. 13 (2) of Directive 2002/58/EC)."""
    SINGLE = "single"
    DOUBLE = "double"
    """Single, and confirmed by a message to the same address."""
