"""Where a parcel was left: the proof of delivery that carriers give in words, without names or signatures.

Carriers put it into the words of the delivery ("Delivered, Front Door/Porch"). Only what is said plainly counts; a
name that stands there is not read.
"""

import html
from enum import StrEnum


class LeftAt(StrEnum):
    """Where, in our words."""

    FRONT_DOOR = "front_door"
    MAILBOX = "mailbox"
    NEIGHBOUR = "neighbour"
    RECEPTION = "reception"
    LOCKER = "locker"
    SAFE_PLACE = "safe_place"
    GARAGE = "garage"
    PERSON = "person"


_SAID: tuple[tuple[LeftAt, tuple[str, ...]], ...] = (
    (LeftAt.NEIGHBOUR, ("neighbor", "neighbour", "nachbar", "voisin", "vecino", "vizinho", "vicino", "buren", "nabo")),
    (LeftAt.LOCKER, ("parcel locker", "package locker", "packstation", "paczkomat", "pakketautomaat", "pakkeboks")),
    (LeftAt.FRONT_DOOR, ("front door", "porch", "haustür", "voordeur")),
    (LeftAt.MAILBOX, ("mailbox", "mail box", "letterbox", "letter box", "briefkasten", "boîte aux lettres", "buzón")),
    (LeftAt.MAILBOX, ("brievenbus", "postkasse", "caixa de correio", "cassetta postale")),
    (LeftAt.RECEPTION, ("front desk", "reception", "mail room", "mailroom", "concierge", "empfang", "receptie")),
    (LeftAt.SAFE_PLACE, ("safe place", "safeplace", "agreed location", "ablageort", "wunschort")),
    (LeftAt.GARAGE, ("garage",)),
    (LeftAt.PERSON, ("left with individual", "handed to resident", "delivered to recipient in person")),
)


def left_at(words: str) -> LeftAt | None:
    """Where the carrier's words of a delivery say that the parcel was left; None where they do not."""
    said = html.unescape(words).casefold()
    return next((where for where, phrases in _SAID if any(phrase in said for phrase in phrases)), None)
