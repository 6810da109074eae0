"""Table stream → domain events on the bus, what is known of shoppers, and the journal that dates are learned from."""

from collections.abc import Mapping
from typing import Any

from porchlight.domain.journal import JournalEntry
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import batch_handler
from porchlight.services.keep_journal import entry_in
from porchlight.services.publish_changes import publish
from porchlight.services.return_history import remember
from porchlight.services.traits import learn


def change(record: Mapping[str, Any]) -> JournalEntry | None:
    """One changed record; its entry is written with those of the batch."""
    publish(record, app.bus)
    learn(record, app.profiles)
    remember(record, app.histories, app.clock())
    return entry_in(record, app.shipments, app.clock())


handler = batch_handler(
    change,
    lambda record: str(record["dynamodb"]["SequenceNumber"]),
    lambda entries: app.journal.put(entries),
)
