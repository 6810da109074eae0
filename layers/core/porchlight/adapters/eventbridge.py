"""The bus of domain events."""

from collections.abc import Sequence

from porchlight.adapters.aws import client, translated
from porchlight.announcing import OpsNotice
from porchlight.domain.changes import DomainEvent
from porchlight.errors import TransientError

SOURCE = "porchlight"
OPS_SOURCE = "porchlight.ops"
_BATCH = 10


class EventBridgeBus:
    """``ports.Bus`` on an EventBridge bus."""

    def __init__(self, name: str) -> None:
        self._name = name

    def publish(self, events: Sequence[DomainEvent]) -> list[int]:
        """PutEvents in tens; the indexes of refused entries come back, for the stream to bring them again."""
        refused: list[int] = []
        for start in range(0, len(events), _BATCH):
            batch = events[start : start + _BATCH]
            with translated():
                answer = client("events").put_events(
                    Entries=[
                        {
                            "EventBusName": self._name,
                            "Source": SOURCE,
                            "DetailType": event.type,
                            "Detail": event.model_dump_json(exclude_none=True),
                        }
                        for event in batch
                    ]
                )
            if answer.get("FailedEntryCount"):
                refused += [start + i for i, entry in enumerate(answer["Entries"]) if entry.get("ErrorCode")]
        return refused


class EventBridgeOps:
    """``announcing.OpsBus`` on the same bus: another source, so that no brand's system is sent these."""

    def __init__(self, name: str) -> None:
        self._name = name

    def notify(self, notice: OpsNotice) -> None:
        """TransientError where the bus refuses it."""
        entry = {
            "EventBusName": self._name,
            "Source": OPS_SOURCE,
            "DetailType": "OpsNotice",
            "Detail": notice.model_dump_json(),
        }
        with translated():
            answer = client("events").put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            raise TransientError("the bus refused a notice")
