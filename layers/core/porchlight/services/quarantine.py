"""Looking at quarantined bodies, and trying them again after a fix."""

from dataclasses import dataclass

from porchlight.connectors import InboundMessage
from porchlight.errors import NotFoundError
from porchlight.ports import Inbound, Quarantine, Quarantined


@dataclass(frozen=True)
class QuarantineDesk:
    """What ``porchlight quarantine`` does."""

    quarantine: Quarantine
    inbound: Inbound

    def redrive(self, brand: str, quarantine_id: str) -> Quarantined:
        """Queue the body again, then forget the entry. Dying in between queues it twice and records nothing twice."""
        found = self.quarantine.get(brand, quarantine_id)
        if found is None:
            raise NotFoundError("no such entry")
        entry, body = found
        message = InboundMessage(
            kind=entry.kind,
            source=entry.source,
            account=entry.account,
            brand=entry.brand,
            topic=entry.topic,
            received_at=entry.received_at,
            redrives=entry.redrives + 1,
            number=entry.number,
            carriers=entry.carriers,
        )
        self.inbound.put(message, body)
        self.quarantine.remove(entry)
        return entry
