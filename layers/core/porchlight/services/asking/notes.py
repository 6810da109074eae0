"""Webhooks that ask us to do something are noted behind the queue, and done by the next run."""

from typing import Any

from porchlight.asking import MAX_ERRAND, Errand, Errands
from porchlight.connectors import BodyKind, InboundMessage
from porchlight.errors import UnreadableBodyError

_ASKED_FOR = frozenset({BodyKind.LIFECYCLE, BodyKind.THIN})


def note_errand(errands: Errands, connector: Any, message: InboundMessage, body: bytes) -> bool:
    """Remember what a body without parcels or changes asks us to do; True if it does.

    Raises UnreadableBodyError for an errand that no source would send: it is far too long.
    """
    client = getattr(connector, "client", None)
    if client is None or not hasattr(client, "errands" if message.kind == "stores" else "errand"):
        return False
    what = connector.classify(message.topic, body) if message.kind == "stores" else connector.classify(body)
    if what not in _ASKED_FOR:
        return False
    if len(body) > MAX_ERRAND:
        raise UnreadableBodyError("too long for what it asks us to do")
    errands.put(Errand.of(message, body, what))
    return True
