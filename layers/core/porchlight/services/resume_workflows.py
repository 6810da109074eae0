"""Workflows that wait for news of a parcel: leaving their task token with it, and answering the tokens when
news comes.

Two things race: the workflow that is about to wait, and the news. The token is stored first and the parcel is
read after, so whichever is second sees the other: either the news finds the token, or the waiting finds the
news.
"""

from dataclasses import dataclass

from porchlight.ports import Shipments, Wait, Workflows


@dataclass(frozen=True)
class NewsDesk:
    """Where workflows wait for parcels."""

    shipments: Shipments
    workflows: Workflows

    def await_news(self, wait: Wait, seen: int) -> bool:
        """Store the wait; True if the news was there already and the task has been answered.

        News is any event beyond the ``seen`` that the workflow knows of, or a delay that has been closed
        meanwhile.
        """
        self.shipments.put_wait(wait)
        shipment = self.shipments.get(wait.brand, wait.shipment_id)
        delay = shipment.delay if shipment else None
        closed = delay is None or delay.recovered_at is not None or delay.resolved_at is not None
        if shipment and shipment.event_count <= seen and not (wait.purpose == "delay" and closed):
            return False
        self._answer(wait)
        return True

    def resume(self, brand: str, shipment_id: str) -> int:
        """Answer everybody who waits for this parcel; returns how many still were waiting."""
        return sum(self._answer(wait) for wait in self.shipments.waits(brand, shipment_id))

    def _answer(self, wait: Wait) -> bool:
        """Answer, then forget: killed in between, the token is answered again and found to be used."""
        answered = self.workflows.succeed(wait.token, {"purpose": wait.purpose})
        self.shipments.remove_wait(wait)
        return answered
