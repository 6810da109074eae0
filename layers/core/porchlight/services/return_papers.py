"""What a shopper's returns have of them beside the records: addresses that they sent from, labels, pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from porchlight.domain.gifts import GIFT
from porchlight.domain.returns import Return
from porchlight.ports import Returns
from porchlight.returning import Addresses, Documents
from porchlight.services.own_label import uploaded

MOST = 1000
"""Returns of one shopper."""


@dataclass(frozen=True)
class ReturnPapers:
    """Shows them to who asks for all that is kept, and removes them with the person."""

    returns: Returns
    addresses: Addresses
    documents: Documents

    def senders(self, brand: str, shopper_id: str) -> list[dict[str, Any]]:
        """Where they sent returns from, as far as it is kept. What they gave as a present was sent by somebody else."""
        found = (
            (one.return_id, self.addresses.get(brand, shopper_id, one.return_id))
            for one in self._all(brand, shopper_id)
            if one.source != GIFT or one.recipient_id == shopper_id
        )
        return [{"return_id": key, **address.model_dump(mode="json")} for key, address in found if address]

    def forget(self, brand: str, shopper_id: str) -> None:
        """Labels, which print their address, and pictures; addresses go with the shopper (``Profiles.erase``)."""
        for request in self._all(brand, shopper_id):
            for name in _names(request):
                self.documents.remove(name)

    def _all(self, brand: str, shopper_id: str) -> list[Return]:
        return self.returns.of_shopper(brand, shopper_id, MOST)


def _names(request: Return) -> Iterator[str]:
    """All that may lie in the bucket for a return, and nothing else: names of pictures came from outside."""
    for label in (*request.old_labels, *([request.label] if request.label else [])):
        if label.document:
            yield label.document
    yield uploaded(request)
    for line in request.lines:
        yield from (name for name in line.photos if name.startswith(f"photos/{request.brand}/"))
