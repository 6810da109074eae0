"""What carriers say in English, for the events that come without a code or with one that says too little.

A wording is matched whole, up to its first punctuation, without its subject ("Your package has been …"), and by its
opening words. One that is in neither table means nothing here: no keyword is searched for inside a sentence.
"""

from types import MappingProxyType
from typing import Final

from porchlight.carriers.reading import Reading, phrase, phrases
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R


def _listed(texts: str) -> list[str]:
    return texts.split("; ")


WORDINGS = phrases(
    (
        M.PRE_TRANSIT,
        None,
        _listed(
            "label created; shipping label created; shipment label created; shipment created; order created; order "
            "processed; order information received; order received; shipment information received; shipment "
            "information sent to fedex; shipment information sent to carrier; shipper created a label; shipper "
            "created a label ups has not received the package yet; billing information received; electronic shipment "
            "information received; electronic advice received; electronic notification received; pre shipment; pre "
            "shipment info sent to usps; pre shipment info sent to usps usps awaiting item; info received; "
            "information received; shipping label created usps awaiting item; ready for ups; awaiting pickup; pickup "
            "scheduled"
        ),
    ),
    (
        M.ACCEPTED,
        None,
        _listed(
            "origin scan; pickup scan; picked up; pick up; picked up by carrier; package received; package received "
            "by carrier; parcel received; shipment received; shipment received by carrier; received by carrier; "
            "received by the carrier; drop off; dropped off; shipment picked up; we have your package; your package "
            "has been picked up; in fedex possession; usps in possession of item; accepted at usps origin facility; "
            "accepted at usps facility; accepted at usps origin sort facility; acceptance; acceptance scan; accepted; "
            "accepted by carrier; package acceptance; collected; collected from sender; posted; posting; posting "
            "collection"
        ),
    ),
    (
        M.IN_TRANSIT,
        None,
        _listed(
            "in transit; on the way; on its way; arrival scan; departure scan; destination scan; import scan; export "
            "scan; warehouse scan; arrived; departed; departure; at local fedex facility; at destination sort "
            "facility; at fedex destination facility; left fedex origin facility; arrived at usps origin facility; "
            "arrived at usps regional origin facility; arrived at usps regional facility; arrived at usps facility; "
            "arrived at post office; picked up by shipping partner; sorting complete; processed; forwarded; customs "
            "cleared; cleared customs; clearance completed; customs clearance completed; customs clearance started; "
            "released by customs; loaded on delivery vehicle; international shipment release import; international "
            "shipment release export; shipment acceptance at airline"
        ),
    ),
    (
        M.OUT_FOR_DELIVERY,
        None,
        _listed(
            "out for delivery; on vehicle for delivery; on fedex vehicle for delivery; out with delivery courier; "
            "with delivery courier; with courier for delivery; on board for delivery; onboard for delivery"
        ),
    ),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        _listed(
            "available for pickup; ready for pickup; ready for collection; ready for customer pickup; available for "
            "collection; awaiting collection; awaiting collection at pickup point; held at post office at customer "
            "request; held at location for recipient pickup; arrived at pickup point; delivered to ups access point"
        ),
    ),
    (
        M.DELIVERED,
        None,
        _listed("delivered; delivery completed; proof of delivery; successfully delivered"),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        _listed(
            "delivery attempt; delivery attempted; attempted delivery; delivery attempt made; delivery attempt "
            "unsuccessful; unsuccessful delivery attempt; delivery attempted no access to delivery location; first "
            "attempt made; first delivery attempt made; second delivery attempted; final attempt made; final delivery "
            "attempt made; notice left; delivery notice left; missed delivery; we missed you; attempt fail; failed "
            "delivery attempt; delivery failed; delivery attempt failed; delivery unsuccessful; unable to deliver; "
            "customer not available; recipient not available; recipient not home; customer not available or business "
            "closed; recipient not in or business closed; customer was not available when ups attempted delivery; the "
            "receiver was not available for delivery; the receiver was not available at the time of the first "
            "delivery attempt; the receiver was not available at the time of the second delivery attempt; the "
            "receiver was not available at the time of the final delivery attempt; receiver was not available for "
            "delivery"
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.PREMISES_CLOSED,
        _listed(
            "business closed; notice left business closed; the receiving business was closed; delivery attempted "
            "business closed"
        ),
    ),
    (
        M.DELAYED,
        None,
        _listed("delayed; delay; shipment delayed; delivery delayed; in transit arriving late"),
    ),
    (
        M.DELAYED,
        R.WEATHER,
        _listed("weather delay; delayed due to weather; severe weather conditions"),
    ),
    (
        M.EXCEPTION,
        R.CONSIGNEE_REFUSED,
        _listed("refused; delivery refused; refused by recipient; the receiver refused the delivery"),
    ),
    (
        M.EXCEPTION,
        R.ADDRESS,
        _listed(
            "undeliverable as addressed; insufficient address; incorrect address; address information required; no "
            "such number; addressee unknown; moved left no address; vacant"
        ),
    ),
    (
        M.EXCEPTION,
        R.CUSTOMS,
        _listed("held in customs; held by customs; held at customs; being held by customs; clearance delay"),
    ),
    (
        M.RETURN_IN_TRANSIT,
        None,
        _listed(
            "return to sender; returning to sender; returning package to shipper; return to shipper; returning to "
            "shipper; on its way back to sender"
        ),
    ),
    (
        M.RETURNED_TO_SENDER,
        None,
        _listed(
            "delivered to original sender; delivered to sender; returned to sender; delivered to shipper; returned to "
            "shipper; delivered back to sender"
        ),
    ),
    (
        M.CANCELLED,
        None,
        _listed("cancelled; canceled; shipment cancelled; shipment canceled; label voided"),
    ),
    (
        M.DAMAGED,
        R.DAMAGE,
        _listed("damaged; damage reported; package damaged"),
    ),
    (
        M.LOST,
        R.NETWORK,
        _listed("lost; package lost; shipment lost"),
    ),
)
"""Whole wordings, or wordings up to their first punctuation."""

OPENINGS = phrases(
    (M.EXCEPTION, None, _listed("delivery exception; shipment exception; clearance exception")),
    (
        M.PRE_TRANSIT,
        None,
        _listed(
            "label created; shipping label created; shipping label has been created; information sent; electronic "
            "information; usps has received the electronic"
        ),
    ),
    (
        M.PRE_TRANSIT,
        None,
        _listed("shipper created a label; order processed; pre shipment"),
    ),
    (
        M.ACCEPTED,
        None,
        _listed("picked up at; picked up from; picked up by the; collected from; accepted at"),
    ),
    (
        M.ACCEPTED,
        None,
        _listed("accepted by; received by carrier; received by the carrier; dropped off at"),
    ),
    (
        M.IN_TRANSIT,
        None,
        _listed(
            "arrived at; arrived in; arriving at; departed from; departed the; departed facility; departed usps; "
            "departed fedex; departed shipping; departed post; departed sort; departed origin; departed hub; left "
            "the; left origin; in transit to; in transit from; in transit through; in transit at; in transit on; on "
            "the way to; processed at; processed through; processing at; processed in; processed by; transferred to; "
            "forwarded to; handed over to; customs clearance; dispatched from; dispatched to; delivered to air; "
            "delivered to airline"
        ),
    ),
    (
        M.OUT_FOR_DELIVERY,
        None,
        _listed("out for delivery; on vehicle for delivery; on delivery vehicle"),
    ),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        _listed("available for pickup; ready for pickup; ready for collection"),
    ),
    (
        M.DELIVERED,
        None,
        _listed(
            "delivered in; delivered at; delivered front; delivered left; delivered individual; delivered parcel; "
            "delivered to recipient; delivered to the recipient; delivered to addressee; delivered to neighbor; "
            "delivered to neighbour; delivered to mailbox; delivered to reception; delivered to customer; delivered "
            "to the customer; delivered to final; delivered and; delivered with; delivered signature; delivered "
            "successfully; delivered on"
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        _listed("notice left; delivery attempted; attempted delivery"),
    ),
    (
        M.RETURN_IN_TRANSIT,
        None,
        _listed("returning to sender; returning to shipper; being returned to"),
    ),
    (
        M.RETURNED_TO_SENDER,
        None,
        _listed("returned to sender; returned to shipper; delivered to original sender"),
    ),
)
"""The first words of wordings that go on with a place or a name."""

_SUBJECT: Final = frozenset("your the a package parcel shipment item object order has have been was is now".split())
_LONGEST: Final = max(opening.count(" ") + 1 for opening in OPENINGS)

HEARD = MappingProxyType(
    {
        M.IN_TRANSIT: frozenset(
            {
                M.ACCEPTED,
                M.OUT_FOR_DELIVERY,
                M.AVAILABLE_FOR_PICKUP,
                M.DELIVERY_ATTEMPTED,
                M.DELAYED,
                M.EXCEPTION,
                M.RETURN_IN_TRANSIT,
            }
        ),
        M.EXCEPTION: frozenset(
            {
                M.DELIVERY_ATTEMPTED,
                M.DELAYED,
                M.EXCEPTION,
                M.RETURN_IN_TRANSIT,
                M.RETURNED_TO_SENDER,
                M.CANCELLED,
                M.DAMAGED,
                M.LOST,
            }
        ),
        M.DELIVERY_ATTEMPTED: frozenset({M.DELIVERY_ATTEMPTED}),
        M.RETURN_IN_TRANSIT: frozenset({M.RETURNED_TO_SENDER}),
        M.DELIVERED: frozenset({M.RETURNED_TO_SENDER}),
    }
)
"""Milestones of a wording that are heard under a code: words never contradict, they only say more."""


def whole(text: str) -> Reading | None:
    """The text in the table, whole or up to its first punctuation ("Notice Left (No Secure Location)")."""
    found = WORDINGS.get(phrase(text))
    return found or WORDINGS.get(phrase(_head(text)))


def said(text: str) -> Reading | None:
    """What a carrier's words mean; None where they are not known."""
    if not text:
        return None
    found = whole(text)
    if found:
        return found
    words = phrase(text).split()
    bare = _predicate(words)
    found = WORDINGS.get(" ".join(bare)) or WORDINGS.get(" ".join(_predicate(phrase(_head(text)).split())))
    return found or _opening(words) or (_opening(bare) if len(bare) < len(words) else None)


def _opening(words: list[str]) -> Reading | None:
    """The longest opening of the words that is in the table."""
    for length in range(min(_LONGEST, len(words)), 1, -1):
        found = OPENINGS.get(" ".join(words[:length]))
        if found:
            return found
    return None


def _head(text: str) -> str:
    """The text up to its first comma, bracket, colon or full stop; "" where it has none."""
    cut = min((at for at in map(text.find, ",(;.:") if at > 0), default=0)
    return text[:cut]


def _predicate(words: list[str]) -> list[str]:
    """The words without those that name the parcel."""
    start = 0
    while start < len(words) and words[start] in _SUBJECT:
        start += 1
    return words[start:]


def finer(coarse: Reading, text: str) -> Reading:
    """``coarse``, or what the words say where that is the same more finely (see ``HEARD``)."""
    heard = HEARD.get(coarse.milestone)
    if not heard:
        return coarse
    found = said(text)
    return found if found and found.milestone in heard else coarse
