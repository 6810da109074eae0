"""What a UPS activity means: its type, code and three-digit status together, for no one of them is enough.

The status (``011``) is unique and decides, unless it is one of the general ones ("On the Way", "Delay"): then the
code, read in the table of the activity's type, may say more ("origin scan", "severe weather"). RZ is a clearance in
progress with 012 and a clearance completed with 014.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.ups.codes import DELIVERY, EXCEPTIONS, MANIFEST, MOVEMENT, STATUS, UPDATE
from porchlight.domain.milestones import Milestone as M

TYPES = table(
    (M.PRE_TRANSIT, None, "M"),
    (M.CANCELLED, None, "MV"),
    (M.IN_TRANSIT, None, "I DO DD W"),
    (M.ACCEPTED, None, "P"),
    (M.OUT_FOR_DELIVERY, None, "O"),
    (M.DELIVERED, None, "D"),
    (M.EXCEPTION, None, "X"),
    (M.RETURNED_TO_SENDER, None, "RS"),
    (M.UNKNOWN, None, "U NA"),
)
"""The type alone: heard only where an activity carries neither code nor status, or where the type says it all."""

_PLAIN = frozenset({"O", "RS"})
"""Types that mean one thing, whatever their code."""

_GENERAL = frozenset(
    "000 005 010 013 025 029 030 033 039 046 047 048 049 069 076 083 086 087 090 148 158 159 163 164 165".split()
)
"""Statuses that leave it to the code to say what happened (as does a label status on a parcel that was scanned)."""

_TABLES = {"M": MANIFEST, "MV": MANIFEST, "I": MOVEMENT, "P": MOVEMENT, "D": DELIVERY, "X": EXCEPTIONS, "U": UPDATE}

TEXTS = phrases(
    (
        M.PRE_TRANSIT,
        None,
        (
            "shipper created a label ups has not received the package yet",
            "billing information received",
            "order processed ready for ups",
        ),
    ),
    (M.ACCEPTED, None, ("origin scan", "pickup scan", "we have your package", "drop off", "picked up by ups")),
    (
        M.IN_TRANSIT,
        None,
        (
            "in transit",
            "on the way",
            "arrival scan",
            "departure scan",
            "arrived at facility",
            "departed from facility",
            "processing at ups facility",
            "destination scan",
            "import scan",
            "export scan",
            "warehouse scan",
            "loaded on delivery vehicle",
            "out for pickup by delivery partner",
            "package transferred to post office",
            "your package was released by the customs agency",
        ),
    ),
    (M.OUT_FOR_DELIVERY, None, ("out for delivery", "out for delivery today")),
    (M.DELIVERED, None, ("delivered", "delivered by local post office")),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        (
            "delivered to ups access point location and awaiting customer pickup",
            "delivered to ups access point",
            "ready for customer pickup",
        ),
    ),
    (M.RETURN_IN_TRANSIT, None, ("returning to sender", "returning to sender in transit")),
    (M.RETURNED_TO_SENDER, None, ("returned to sender",)),
)
"""The activity's words, for codes that are in no table (UPS coins codes faster than it documents them)."""


@kept
def reading(kind: str, code: str, status: str, text: str = "", service: str = "") -> Reading:
    """What an activity of type ``kind`` means."""
    by_code = _by_code(kind, code, service) if code else None
    by_status = STATUS.get(status)
    if not by_status:
        said = by_code or TEXTS.get(phrase(text))
        return said or (TYPES.get(kind, UNRECOGNISED) if kind in _PLAIN or not (code or status) else UNRECOGNISED)
    general = status in _GENERAL or (by_status.milestone is M.PRE_TRANSIT and kind not in ("", "M", "MV"))
    if not by_code:
        said = TEXTS.get(phrase(text)) if general else None
        return said or by_status
    if general and by_code.milestone is not M.UNKNOWN:
        return by_code
    if not by_status.reason and by_code.milestone is by_status.milestone:
        return by_code
    return by_status


def _by_code(kind: str, code: str, service: str) -> Reading | None:
    """The code in the table of its type; where the service is mail or freight, in the table of that service first."""
    found = _TABLES.get(kind, {}).get(code)
    if not service:
        return found
    from porchlight.carriers.ups.codes_other import FREIGHT_ACTIVITY, FREIGHT_EXCEPTIONS, MAIL

    if service == "freight":
        return FREIGHT_ACTIVITY.get(code) or FREIGHT_EXCEPTIONS.get(code) or found
    return MAIL.get(code) or found
