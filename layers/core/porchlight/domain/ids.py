"""Identifiers. They are hashes of what identifies a thing, so that a repeat meets itself and nothing personal shows.

Tracking numbers and order numbers stay out of logs, URLs and execution names; these ids go there instead.
"""

import hashlib
import re
from base64 import b32encode
from datetime import UTC, datetime

from porchlight.domain.carriers import family

BRAND_ID_PATTERN = r"^[a-z][a-z0-9-]{1,30}$"
_SHOPPER_ID = re.compile(r"cus_[a-z2-7]{20}")


def stable_id(prefix: str, *parts: str) -> str:
    """``prefix_`` plus 20 base-32 characters (100 bits) of SHA-256 over the parts, each delimited."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{b32encode(digest[:13]).decode().lower()[:20]}"


def number_key(tracking_number: str) -> str:
    """A tracking number as it identifies: people and stores print it in groups, carriers in one."""
    return "".join(tracking_number.split()).upper()


def shipment_id(brand: str, carrier: str, tracking_number: str, use: int = 1) -> str:
    """The id of one parcel of one brand: ``shp_…``, the same for carriers of one family. ``use`` counts how often the
    carrier has used the number.
    """
    again = (str(use),) if use > 1 else ()
    return stable_id("shp", brand, family(carrier), number_key(tracking_number), *again)


def body_id(source: str, account: str, received_at: datetime, body: bytes) -> str:
    """The id of a raw body as it arrived: ``raw_…``; the same delivery to us has the same one."""
    digest = hashlib.sha256(body).hexdigest()
    return stable_id("raw", source, account, received_at.astimezone(UTC).isoformat(), digest)


def order_id(brand: str, external_id: str) -> str:
    """The id of an order: ``ord_…`` from the id that the store or OMS uses."""
    return stable_id("ord", brand, external_id)


def shopper_id(brand: str, key: str) -> str:
    """The id of a shopper: ``cus_…`` from the store's customer id, or the lower-cased email where there is none."""
    return stable_id("cus", brand, key.strip().lower())


def is_shopper_id(key: str) -> bool:
    """True for an id of ours: payment providers name their customers ``cus_…`` too, and shops take that over."""
    return _SHOPPER_ID.fullmatch(key) is not None


def return_id(brand: str, order: str, request_key: str) -> str:
    """The id of a return (RMA): ``rma_…``; the same request key gives the same return."""
    return stable_id("rma", brand, order, request_key)
